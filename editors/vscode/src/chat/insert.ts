import * as vscode from "vscode";
import { meantEditor } from "./editors";

/** Puts text in the place of the selection, or at the cursor, of the editor that was used last. */
export async function insertText(text: string): Promise<void> {
  const editor = meantEditor();
  if (!editor) {
    await vscode.window.showInformationMessage("There is no open editor to insert into.");
    return;
  }
  await editor.edit((edit) => edit.replace(editor.selection, text));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}
