import MarkdownIt, { type Token } from "markdown-it";

export type { Token };

/** Markdown without HTML in it. */
const parser = new MarkdownIt({ html: false, linkify: true, breaks: false });

/** What a text is made of. */
export function parsed(text: string): Token[] {
  return parser.parse(text, {});
}

/** A text, cut where its last block begins: what is complete, and what may still grow. */
export interface Cut {
  complete: Token[];
  /** Where in the text the last block begins. */
  at: number;
  last: Token[];
}

/** Cuts a text where its last block begins: a paragraph, a list, a code block. */
export function cut(text: string): Cut {
  const tokens = parsed(text);
  const start = tokens.findLastIndex(beginsBlock);
  if (start < 0) return { complete: [], at: 0, last: tokens };
  const line = tokens[start]?.map?.[0] ?? 0;
  return { complete: tokens.slice(0, start), at: lineOffsets(text)[line] ?? 0, last: tokens.slice(start) };
}

/** Where the blocks of a text begin, as offsets into it. */
export function blockStarts(text: string): number[] {
  const lines = lineOffsets(text);
  return parsed(text)
    .filter(beginsBlock)
    .map(({ map }) => lines[map?.[0] ?? 0] ?? 0);
}

function beginsBlock({ level, map, nesting }: Token): boolean {
  return level === 0 && nesting >= 0 && map !== null;
}

function lineOffsets(text: string): number[] {
  const offsets = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
