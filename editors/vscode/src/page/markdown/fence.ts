/** A code block that has been opened and not closed. */
export interface OpenFence {
  /** Where in the text its content begins. */
  contentAt: number;
  language: string;
  closing: RegExp;
}

const OPENING = /^(`{3,}|~{3,})[ \t]*([^\s`]*)[^\n`]*\n/;

/** The fence that a block opens, if it is one without indentation and its first line is complete. */
export function openFence(block: string): OpenFence | undefined {
  const [first, marks, language] = OPENING.exec(block) ?? [];
  if (first === undefined || marks === undefined) return undefined;
  const closing = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}[ \\t]*$`, "m");
  const fence = { contentAt: first.length, language: language ?? "", closing };
  return closing.test(block.slice(first.length)) ? undefined : fence;
}
