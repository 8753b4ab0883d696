import * as vscode from "vscode";
import { type EditorTool, object, text } from "./tool";
import { inWorkspace, label } from "./workspace";

const MOST = 200;
const SEVERITIES = ["error", "warning", "information", "hint"];

/** What compilers and linters say in the editor. */
export const getDiagnostics: EditorTool = {
  name: "getDiagnostics",
  annotations: { readOnlyHint: true },
  description: "Errors and warnings that the editor shows, of one file or of all. The worst come first.",
  inputSchema: object({ path: { type: "string", description: "The file; absent: all files" } }),
  async run(args) {
    const all = await wanted(args);
    const found = all
      .flatMap(([uri, diagnostics]) => diagnostics.map((diagnostic) => ({ uri, diagnostic })))
      .sort((a, b) => a.diagnostic.severity - b.diagnostic.severity);
    const problems = found.slice(0, MOST).map(({ uri, diagnostic }) => described(uri, diagnostic));
    return JSON.stringify({ problems, ...(found.length > MOST && { leftOut: found.length - MOST }) });
  },
};

async function wanted(args: Record<string, unknown>): Promise<[vscode.Uri, vscode.Diagnostic[]][]> {
  if (args.path === undefined) return vscode.languages.getDiagnostics();
  const uri = await inWorkspace(text(args, "path"));
  return [[uri, vscode.languages.getDiagnostics(uri)]];
}

function described(uri: vscode.Uri, { severity, message, range, source }: vscode.Diagnostic): object {
  return { file: label(uri), line: range.start.line + 1, severity: SEVERITIES[severity], message, source };
}
