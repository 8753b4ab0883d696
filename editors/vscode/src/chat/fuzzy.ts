/** How well a path answers to what was typed: higher is better, nothing where it does not. */
export function score(path: string, typed: string): number | undefined {
  if (typed === "") return -path.length;
  const [low, wanted] = [path.toLowerCase(), typed.toLowerCase()];
  const name = low.lastIndexOf("/") + 1;
  const inName = low.indexOf(wanted, name);
  if (inName >= 0) return 3000 - (inName - name) * 10 - path.length;
  const anywhere = low.indexOf(wanted);
  if (anywhere >= 0) return 2000 - path.length;
  return inOrder(low, wanted) ? 1000 - path.length : undefined;
}

/** The paths that answer best. */
export function best(paths: string[], typed: string, most: number): string[] {
  const scored = paths.flatMap((path) => {
    const points = score(path, typed);
    return points === undefined ? [] : [{ path, points }];
  });
  scored.sort((a, b) => b.points - a.points || a.path.localeCompare(b.path));
  return scored.slice(0, most).map(({ path }) => path);
}

function inOrder(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
