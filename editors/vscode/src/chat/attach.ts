import * as vscode from "vscode";
import type { ContentBlock } from "../protocol";
import { meantEditor } from "./editors";
import type { Attachment } from "./wire";

/** The selection of the editor that was used last, as it is there, saved or not; nothing where nothing is selected. */
export function selectionAttachment(): Attachment | undefined {
  const editor = meantEditor();
  if (!editor || editor.selection.isEmpty) return undefined;
  const { start, end } = editor.selection;
  return {
    type: "file",
    path: pathOf(editor.document.uri),
    range: { start: plain(start), end: plain(end) },
    text: editor.document.getText(editor.selection),
  };
}

/** A whole file. */
export function fileAttachment(uri: vscode.Uri): Attachment {
  return { type: "file", path: pathOf(uri) };
}

/** Adds to files that are open and not saved what the editor has of them: that is what the person sees. */
export function withOpenTexts(content: ContentBlock[], cwd: string): ContentBlock[] {
  return content.map((block) => {
    if (block.type !== "file" || block.text !== undefined || block.range) return block;
    const document = openDocument(block.path, cwd);
    return document?.isDirty ? { ...block, text: document.getText() } : block;
  });
}

function openDocument(path: string, cwd: string): vscode.TextDocument | undefined {
  const uri = absolute(path, cwd);
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
}

/** A path as Claude gives it: absolute, or relative to the folder that it works in. */
export function absolute(path: string, cwd: string): vscode.Uri {
  const isAbsolute = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path);
  return isAbsolute ? vscode.Uri.file(path) : vscode.Uri.joinPath(vscode.Uri.file(cwd), path);
}

/** Relative to the workspace where it is in it; of other schemes the whole address. */
function pathOf(uri: vscode.Uri): string {
  if (uri.scheme !== "file") return uri.toString();
  const single = vscode.workspace.workspaceFolders?.length === 1;
  return single ? vscode.workspace.asRelativePath(uri, false) : uri.fsPath;
}

function plain({ line, character }: vscode.Position): { line: number; character: number } {
  return { line, character };
}
