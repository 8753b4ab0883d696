import * as vscode from "vscode";
import type { Chats } from "./chat/chats";
import type { ChatView } from "./chat/view";
import type { Permission } from "./protocol";
import type { Server } from "./server/server";

/** Says what the person cannot see: that Claude asks while the chat is out of sight, and that the bridge has failed. */
export function showToasts(server: Server, chats: Chats, view: ChatView): vscode.Disposable {
  return vscode.Disposable.from(
    chats.onEvents(({ follower, events }) => {
      if (follower === chats.current && view.isVisible) return;
      for (const event of events) {
        if (event.kind === "permissionRequested") void tellAsked(chats, view, event.permission);
      }
    }),
    server.onDidChangeState((state) => {
      if (state.kind === "failed" && !view.isVisible) void tellFailed(state.why);
    }),
  );
}

async function tellAsked(chats: Chats, view: ChatView, permission: Permission): Promise<void> {
  const show = "Show";
  const answer = await vscode.window.showInformationMessage(`Claude asks: ${permission.title}`, show);
  if (answer !== show) return;
  await chats.show(permission.sessionId);
  await view.focus();
}

async function tellFailed(why: string): Promise<void> {
  const [restart, log] = ["Restart", "Show the log"];
  const answer = await vscode.window.showErrorMessage(`claude-bridge: ${why}`, restart, log);
  if (answer === restart) await vscode.commands.executeCommand("claudeBridge.restart");
  if (answer === log) await vscode.commands.executeCommand("claudeBridge.showLog");
}
