import type * as vscode from "vscode";
import type { Chats } from "../chat/chats";
import type { ChatView } from "../chat/view";
import type { Pages } from "../pages";
import type { Session } from "../protocol";
import type { Server } from "../server/server";
import type { SessionTree } from "../sessions/tree";

/** What commands work with. */
export interface Parts {
  server: Server;
  chats: Chats;
  view: ChatView;
  tree: SessionTree;
  pages: Pages;
  log: vscode.LogOutputChannel;
}

/** The session that a command is about: the one it was called on, else the one in the chat. */
export function target({ chats }: Parts, argument: unknown): Session | undefined {
  const given = (argument as { session?: Session } | undefined)?.session;
  return given ?? chats.current?.session;
}
