import * as vscode from "vscode";
import type { Chats } from "./chat/chats";
import type { Server } from "./server/server";

/** What menus and keys depend on: what the server can do, and whether Claude works or asks. */
export function keepContexts(server: Server, chats: Chats): vscode.Disposable {
  const set = remembering((key, value) => void vscode.commands.executeCommand("setContext", key, value));
  const tellAbilities = () => {
    set("claudeBridge.can.search", server.has("message/search"));
    set("claudeBridge.can.fork", server.has("session/fork"));
    set("claudeBridge.can.export", server.has("session/export"));
    set("claudeBridge.can.study", server.has("study/list"));
    set("claudeBridge.can.usage", server.has("usage/summary"));
    set("claudeBridge.can.health", server.has("bridge/health"));
  };
  const tellActivity = () => {
    set("claudeBridge.running", chats.current?.isBusy ?? false);
    set("claudeBridge.asked", (chats.current?.permissions.length ?? 0) > 0);
  };
  return vscode.Disposable.from(
    server.onDidChangeState(tellAbilities),
    chats.onDidChangeCurrent(tellActivity),
    chats.onDidChangeSessions(tellActivity),
    chats.onEvents(tellActivity),
  );
}

/** Passes on what is new alone. */
function remembering(set: (key: string, value: boolean) => void): (key: string, value: boolean) => void {
  const told = new Map<string, boolean>();
  return (key, value) => {
    if (told.get(key) === value) return;
    told.set(key, value);
    set(key, value);
  };
}
