import * as vscode from "vscode";
import { type EditorTool, lineNumber, object, ToolProblem, text } from "./tool";
import { inWorkspace } from "./workspace";

/** Shows a file to the person. */
export const openFile: EditorTool = {
  name: "openFile",
  description: "Opens a file of the workspace in the person's editor, and marks lines of it.",
  inputSchema: object(
    {
      path: { type: "string", description: "The file, absolute or relative to the workspace" },
      line: { type: "integer", minimum: 1, description: "The line to show" },
      endLine: { type: "integer", minimum: 1, description: "The last line to mark; without it only `line` is shown" },
    },
    ["path"],
  ),
  async run(args) {
    const path = text(args, "path");
    const [line, endLine] = [lineNumber(args, "line"), lineNumber(args, "endLine")];
    await showFile(await inWorkspace(path), line, endLine);
    return `${path} is open${line ? ` at line ${line}` : ""}.`;
  },
};

/** Opens a file, at a line if one is given. */
export async function showFile(uri: vscode.Uri, line?: number, endLine?: number): Promise<void> {
  const document = await openDocument(uri);
  const editor = await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
  if (line === undefined) return;
  const first = document.lineAt(Math.min(line, document.lineCount) - 1).range;
  const last = document.lineAt(Math.min(endLine ?? line, document.lineCount) - 1).range;
  editor.selection = endLine
    ? new vscode.Selection(first.start, last.end)
    : new vscode.Selection(first.start, first.start);
  editor.revealRange(first.union(last), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function openDocument(uri: vscode.Uri): Promise<vscode.TextDocument> {
  return vscode.workspace.openTextDocument(uri).then(
    (document) => document,
    () => {
      throw new ToolProblem(`${uri.fsPath} cannot be opened: there is no such text file`);
    },
  );
}
