const VERBS: Record<string, [verb: string, field: string]> = {
  Read: ["Read", "file_path"],
  Edit: ["Edit", "file_path"],
  MultiEdit: ["Edit", "file_path"],
  Write: ["Write", "file_path"],
  NotebookEdit: ["Edit", "notebook_path"],
  Bash: ["Run", "command"],
  Grep: ["Search for", "pattern"],
  Glob: ["Find", "pattern"],
  WebFetch: ["Fetch", "url"],
  WebSearch: ["Search the web for", "query"],
  Task: ["Send a helper:", "description"],
};

/** What a tool does, in a few words. The events of a turn say it themselves; the messages of the history do not. */
export function toolTitle(name: string, input: Record<string, unknown>, cwd: string): string {
  if (name === "AskUserQuestion") return "Ask a question";
  if (name === "ExitPlanMode") return "Present a plan";
  const [verb, field] = VERBS[name] ?? [];
  const object = field === undefined ? undefined : input[field];
  if (typeof object === "string") return `${verb} ${oneLine(relative(object, cwd))}`;
  const [, server, tool] = /^mcp__(.+?)__(.+)$/.exec(name) ?? [];
  return server && tool ? `${tool} (${server})` : name;
}

function relative(path: string, cwd: string): string {
  return cwd !== "" && path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path;
}

function oneLine(text: string): string {
  const line = text.split("\n")[0] ?? "";
  return line.length > 120 || line !== text ? `${line.slice(0, 120)}…` : line;
}
