import * as vscode from "vscode";

let last: vscode.TextEditor | undefined;

/** Remembers the editor that was used last: while the person writes in the chat there is no active one. */
export function rememberEditors(): vscode.Disposable {
  last = vscode.window.activeTextEditor;
  return vscode.window.onDidChangeActiveTextEditor((editor) => {
    if (editor) last = editor;
  });
}

/** The editor that the person means: the active one, or the one before they came to the chat, if it is still open. */
export function meantEditor(): vscode.TextEditor | undefined {
  const active = vscode.window.activeTextEditor;
  if (active) return active;
  return vscode.window.visibleTextEditors.find((editor) => editor.document === last?.document);
}
