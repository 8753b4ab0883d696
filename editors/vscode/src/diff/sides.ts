/** The two sides of a change. */
export interface Sides {
  before: string;
  after: string;
}

interface Replacement {
  old_string: string;
  new_string: string;
  replace_all?: boolean;
}

/** The file that a tool changes; nothing of a tool that changes none. */
export function changedFile(name: string, input: Record<string, unknown>): string | undefined {
  const changes = ["Edit", "MultiEdit", "Write"].includes(name);
  return changes && typeof input.file_path === "string" ? input.file_path : undefined;
}

/**
 * What a tool's change does to a file. `original` is the file as it is, or was before the tool ran. Where the change
 * does not fit it (any more), the changed passages stand alone.
 */
export function sidesOf(name: string, input: Record<string, unknown>, original: string | undefined): Sides {
  if (name === "Write") return { before: original ?? "", after: String(input.content ?? "") };
  const replacements = replacementsOf(name, input);
  const after = original === undefined ? undefined : applied(original, replacements);
  if (original !== undefined && after !== undefined) return { before: original, after };
  return {
    before: replacements.map(({ old_string }) => old_string).join("\n"),
    after: replacements.map(({ new_string }) => new_string).join("\n"),
  };
}

/** The input with which a tool that changes a whole text, `before`, makes another one of it. */
export function editedInput(
  name: string,
  input: Record<string, unknown>,
  before: string,
  after: string,
): Record<string, unknown> {
  if (name === "Write") return { ...input, content: after };
  const passage = changedPassage(before, after);
  return name === "MultiEdit" ? { ...input, edits: [passage] } : { ...input, ...passage, replace_all: false };
}

/** The lines that differ, with as many around them as it takes to be found once alone. */
function changedPassage(before: string, after: string): { old_string: string; new_string: string } {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  for (let around = 0; ; around += 1) {
    const [from, to] = [Math.max(0, start - around), Math.max(0, end - around)];
    const [removed, added] = [old.slice(from, old.length - to), fresh.slice(from, fresh.length - to)];
    const [old_string, new_string] = [removed.join("\n"), added.join("\n")];
    const isAll = from === 0 && to === 0;
    // Where there are no lines on one side, the line break belongs to none.
    const isFit = removed.length > 0 && added.length > 0 && isOnce(before, old_string);
    if (isAll || isFit) return { old_string, new_string };
  }
}

function isOnce(text: string, part: string): boolean {
  return part !== "" && text.indexOf(part) === text.lastIndexOf(part);
}

/** The file's text before the tool ran, where the tool tells it. */
export function originalOf(structured: unknown): string | undefined {
  const original = (structured as { originalFile?: unknown } | undefined)?.originalFile;
  return typeof original === "string" ? original : undefined;
}

function replacementsOf(name: string, input: Record<string, unknown>): Replacement[] {
  const all = name === "MultiEdit" && Array.isArray(input.edits) ? input.edits : [input];
  return all.map((edit: Partial<Replacement>) => ({
    old_string: String(edit.old_string ?? ""),
    new_string: String(edit.new_string ?? ""),
    replace_all: edit.replace_all === true,
  }));
}

function applied(text: string, replacements: Replacement[]): string | undefined {
  let result = text;
  for (const { old_string, new_string, replace_all } of replacements) {
    if (!result.includes(old_string)) return undefined;
    // As functions, so that a dollar sign in the text is a dollar sign.
    result = replace_all
      ? result.replaceAll(old_string, () => new_string)
      : result.replace(old_string, () => new_string);
  }
  return result;
}
