import * as vscode from "vscode";
import type { Parts } from "./context";

/** The menu behind the status bar: what is done most often. */
export async function menu({ server, chats }: Parts): Promise<void> {
  const items: (vscode.QuickPickItem & { command: string })[] = [
    { command: "focusChat", label: "$(comment-discussion) Open the chat" },
    { command: "newSession", label: "$(add) New session" },
    { command: "openSession", label: "$(list-unordered) Open session…" },
    ...(server.has("message/search") ? [{ command: "search", label: "$(search) Search all sessions…" }] : []),
    { command: "setMode", label: "$(shield) Mode…", description: chats.mode },
    { command: "setModel", label: "$(symbol-misc) Model…", description: chats.current?.session.model ?? "default" },
    ...(server.has("study/list") ? [{ command: "setStudy", label: "$(beaker) Study…" }] : []),
    ...(server.has("usage/summary") ? [{ command: "usage", label: "$(graph) What was used" }] : []),
    ...(server.has("bridge/health") ? [{ command: "health", label: "$(pulse) Check the bridge's health" }] : []),
    { command: "restart", label: "$(refresh) Restart the bridge" },
    { command: "showLog", label: "$(output) Show the log" },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: "Claude" });
  if (chosen) await vscode.commands.executeCommand(`claudeBridge.${chosen.command}`);
}
