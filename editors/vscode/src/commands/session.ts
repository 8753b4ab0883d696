import { join } from "node:path";
import * as vscode from "vscode";
import type { Session } from "../protocol";
import { age } from "../words";
import { type Parts, target } from "./context";

export async function newSession({ chats, view }: Parts): Promise<void> {
  chats.showNew();
  await view.focus();
}

/** Shows a session: the one that was clicked, or one that the person chooses. */
export async function openSession(parts: Parts, argument?: unknown): Promise<void> {
  const given = (argument as { session?: Session } | undefined)?.session;
  const session = given ?? (await chooseSession(parts));
  if (!session) return;
  await parts.chats.show(session.id);
  parts.tree.refresh();
  await parts.view.focus();
}

async function chooseSession({ server }: Parts): Promise<Session | undefined> {
  const { sessions } = await server.request("session/list", { limit: 200 });
  const items = sessions.map((session) => ({
    label: session.title || "Untitled",
    description: [session.state, age(session.lastActiveAt, Date.now())].join(" · "),
    session,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: "Open Session", matchOnDescription: true });
  return chosen?.session;
}

export async function rename(parts: Parts, argument?: unknown): Promise<void> {
  const session = target(parts, argument);
  if (!session) return noSession();
  const title = await vscode.window.showInputBox({
    title: "Rename Session",
    value: session.title,
    validateInput: (text) => (text.trim() === "" || text.length > 200 ? "1 to 200 characters" : undefined),
  });
  if (title === undefined) return;
  const renamed = await parts.server.request("session/rename", { sessionId: session.id, title: title.trim() });
  parts.chats.changed(renamed.session);
}

/** Makes a session that goes on from where this one is, and shows it. */
export async function fork(parts: Parts, argument?: unknown): Promise<void> {
  const session = target(parts, argument);
  if (!session) return noSession();
  const made = await parts.server.request("session/fork", { sessionId: session.id });
  parts.tree.refresh();
  await parts.chats.show(made.session.id);
}

/** Saves a session as a file, in the format that the file's name says. */
export async function exportSession(parts: Parts, argument?: unknown): Promise<void> {
  const session = target(parts, argument);
  if (!session) return noSession();
  const uri = await vscode.window.showSaveDialog({
    title: "Export Session",
    defaultUri: vscode.Uri.file(join(session.cwd, `${fileName(session.title)}.md`)),
    filters: { Markdown: ["md"], JSON: ["json"] },
  });
  if (!uri) return;
  const format = uri.path.endsWith(".json") ? "json" : "markdown";
  const { content } = await parts.server.request("session/export", { sessionId: session.id, format });
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
  await vscode.window.showTextDocument(uri);
}

function fileName(title: string): string {
  const plain = title.replaceAll(/[^\p{Letter}\p{Number}]+/gu, "-").slice(0, 60);
  return plain.replaceAll(/^-+|-+$/g, "").toLowerCase() || "session";
}

export async function closeSession(parts: Parts, argument?: unknown): Promise<void> {
  const session = target(parts, argument);
  if (!session) return noSession();
  const closed = await parts.server.request("session/close", { sessionId: session.id });
  parts.chats.changed(closed.session);
}

export async function deleteSession(parts: Parts, argument?: unknown): Promise<void> {
  const session = target(parts, argument);
  if (!session) return noSession();
  const answer = await vscode.window.showWarningMessage(
    `Delete “${session.title || "Untitled"}”?`,
    { modal: true, detail: "Its history will be gone, here and in the search. This cannot be undone." },
    "Delete",
  );
  if (answer !== "Delete") return;
  await parts.server.request("session/delete", { sessionId: session.id });
  parts.chats.removed(session.id);
}

export async function interrupt({ chats }: Parts): Promise<void> {
  await chats.current?.interrupt();
}

export async function compact(parts: Parts): Promise<void> {
  const follower = parts.chats.current;
  if (!follower) return noSession();
  await follower.compact();
}

async function noSession(): Promise<void> {
  await vscode.window.showInformationMessage("There is no session in the chat yet.");
}
