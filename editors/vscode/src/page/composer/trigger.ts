/** What is being written that can be completed: a command or a file, and where in the text it stands. */
export interface Trigger {
  kind: "command" | "file";
  typed: string;
  start: number;
  end: number;
}

/** Looks whether the cursor stands behind `/command`, at the very beginning, or `@file`, after a space. */
export function triggerAt(text: string, cursor: number): Trigger | undefined {
  const before = text.slice(0, cursor);
  const command = /^\/(\S*)$/.exec(before);
  if (command) return { kind: "command", typed: command[1] ?? "", start: 0, end: cursor };
  const file = /(?:^|\s)@([^\s@]*)$/.exec(before);
  if (!file) return undefined;
  const typed = file[1] ?? "";
  return { kind: "file", typed, start: cursor - typed.length - 1, end: cursor };
}
