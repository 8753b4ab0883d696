/** What two texts have in common at their beginning, and what is different before the end that they share. */
export function lineChange(before: string, after: string): { same: string[]; removed: string[]; added: string[] } {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let end = 0;
  const most = Math.min(old.length, fresh.length) - start;
  while (end < most && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  return {
    same: old.slice(0, start),
    removed: old.slice(start, old.length - end),
    added: fresh.slice(start, fresh.length - end),
  };
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
