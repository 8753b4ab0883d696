import MarkdownIt from "markdown-it";

/** Markdown without HTML in it. Pictures become links: a picture from the network would tell others what is read. */
const parser = new MarkdownIt({ html: false, linkify: true, breaks: false });
parser.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const address = parser.utils.escapeHtml(String(token?.attrGet("src") ?? ""));
  return `<a href="${address}">${parser.utils.escapeHtml(token?.content || address)}</a>`;
};
parser.renderer.rules.table_open = () => `<div class="table"><table>`;
parser.renderer.rules.table_close = () => "</table></div>";
parser.renderer.rules.fence = (tokens, index) => {
  const token = tokens[index];
  const language = parser.utils.escapeHtml(token?.info.trim().split(/\s+/)[0] ?? "");
  return `<pre data-language="${language}"><code>${parser.utils.escapeHtml(token?.content ?? "")}</code></pre>`;
};

/** Where the blocks of a text begin: paragraphs, lists, fences; as offsets into it. */
export function blockStarts(text: string): number[] {
  const lines = lineOffsets(text);
  const starts: number[] = [];
  for (const { level, map, nesting } of parser.parse(text, {})) {
    if (level === 0 && nesting >= 0 && map) starts.push(lines[map[0]] ?? 0);
  }
  return starts;
}

/** Markdown as HTML. */
export function html(text: string): string {
  return parser.render(text);
}

function lineOffsets(text: string): number[] {
  const offsets = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
