import { realpath } from "node:fs/promises";
import { isAbsolute, relative } from "node:path";
import * as vscode from "vscode";
import { ToolProblem } from "./tool";

/**
 * A file that Claude names, if it is in the workspace. The editor's tools need no permission, so they reach no further
 * than what the person has opened, links included.
 */
export async function inWorkspace(path: string): Promise<vscode.Uri> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const uris = isAbsolute(path) ? [vscode.Uri.file(path)] : folders.map(({ uri }) => vscode.Uri.joinPath(uri, path));
  for (const uri of uris) {
    const real = await realpath(uri.fsPath).catch(() => undefined);
    if (real && (await isInside(real, folders))) return uri;
  }
  throw new ToolProblem(`${path} is not a file of the workspace`);
}

async function isInside(real: string, folders: readonly vscode.WorkspaceFolder[]): Promise<boolean> {
  for (const { uri } of folders) {
    const folder = await realpath(uri.fsPath).catch(() => uri.fsPath);
    const way = relative(folder, real);
    if (!way.startsWith("..") && !isAbsolute(way)) return true;
  }
  return false;
}

/** How a file is called in an answer. */
export function label(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri, false);
}
