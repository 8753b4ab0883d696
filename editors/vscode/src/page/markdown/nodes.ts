import { h } from "../view/dom";
import type { Token } from "./syntax";

/** All elements that Markdown makes. */
const TAGS = [
  ...["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br"],
  ...["table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s", "a"],
] as const;
type Tag = (typeof TAGS)[number];
const PROTOCOLS = ["http:", "https:", "mailto:", "tel:"];

/**
 * Markdown as nodes. They are made one by one, and never of HTML: of what the model writes nothing reaches the page but
 * texts, the elements above, and addresses that lead to the web or to a file.
 */
export function nodes(tokens: Token[]): DocumentFragment {
  const root = document.createDocumentFragment();
  append(root, tokens);
  return root;
}

function append(root: Node, tokens: Token[]): void {
  const open = [root];
  for (const token of tokens) {
    const at = open.at(-1) ?? root;
    // The paragraphs of a list without blank lines are none to be seen.
    if (token.hidden) continue;
    if (token.type === "inline") append(at, token.children ?? []);
    else if (token.nesting < 0) open.pop();
    else {
      const made = nodeOf(token);
      at.appendChild(token.tag === "table" ? h("div", { class: "table" }, made) : made);
      if (token.nesting > 0) open.push(made);
    }
  }
}

function nodeOf(token: Token): Node {
  switch (token.type) {
    case "softbreak":
      return document.createTextNode("\n");
    case "code_inline":
      return h("code", {}, token.content);
    case "fence":
    case "code_block":
      return h("pre", { "data-language": languageOf(token) }, h("code", {}, token.content));
    case "image":
      // A picture from the network would tell others what is read: it is a link.
      return h("a", { href: address(token.attrGet("src")) }, token.content || String(token.attrGet("src")));
    default:
      return isTag(token.tag) ? elementOf(token, token.tag) : document.createTextNode(token.content);
  }
}

function elementOf(token: Token, tag: Tag): HTMLElement {
  const start = token.attrGet("start");
  return h(tag, {
    ...(tag === "a" && { href: address(token.attrGet("href")), title: token.attrGet("title") ?? undefined }),
    ...(tag === "ol" && start !== null && { start: Number(start) }),
  });
}

function isTag(tag: string): tag is Tag {
  return (TAGS as readonly string[]).includes(tag);
}

function languageOf({ info }: Token): string {
  return info.trim().split(/\s+/)[0] ?? "";
}

/** An address that does no harm; nothing of one that may, such as a command of VS Code's. */
function address(given: string | number | null): string | undefined {
  const [text, base] = [String(given ?? ""), "https://file.invalid/"];
  return URL.canParse(text, base) && PROTOCOLS.includes(new URL(text, base).protocol) ? text : undefined;
}
