import * as vscode from "vscode";
import { fileAttachment, selectionAttachment } from "../chat/attach";
import type { Parts } from "./context";

export async function focusChat({ view }: Parts): Promise<void> {
  await view.focus();
}

/** Puts the selection to the next message. */
export async function askSelection({ view }: Parts): Promise<void> {
  const attachment = selectionAttachment();
  if (attachment) await view.attach(attachment);
  else await view.focus();
}

/** Puts a file to the next message: the one that was clicked, or the one in the editor. */
export async function attachFile({ view }: Parts, argument?: unknown): Promise<void> {
  const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  if (uri) await view.attach(fileAttachment(uri));
}
