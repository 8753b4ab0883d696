import * as vscode from "vscode";
import { absolute } from "./chat/attach";
import { Chats } from "./chat/chats";
import { rememberEditors } from "./chat/editors";
import { insertText } from "./chat/insert";
import { CHAT_VIEW, ChatView, type Surroundings } from "./chat/view";
import { registerCommands } from "./commands";
import { keepContexts } from "./contexts";
import { Diffs } from "./diff/documents";
import { Proposals } from "./diff/proposals";
import { Pages } from "./pages";
import { Server } from "./server/server";
import { SESSIONS_VIEW, SessionTree } from "./sessions/tree";
import { needsRestart } from "./settings";
import { StatusBar } from "./status";
import { showToasts } from "./toasts";
import { editorTools } from "./tools";
import { showFile } from "./tools/openFile";

/** What other extensions, and the tests, can use. */
export interface Api {
  readonly server: Server;
  readonly chats: Chats;
  readonly view: ChatView;
}

let running: Server | undefined;

/** Puts everything in its place. VS Code waits for this, so nothing here waits: the bridge is started behind it. */
export function activate(context: vscode.ExtensionContext): Api {
  const log = vscode.window.createOutputChannel("Claude Bridge", { log: true });
  const server = new Server(context, log, editorTools);
  const proposals = new Proposals();
  const chats = new Chats(server, context.workspaceState, proposals);
  const diffs = new Diffs(proposals);
  const pages = new Pages();
  const surroundings: Surroundings = {
    openFile: (path, cwd, line) => showFile(absolute(path, cwd), line),
    openDiff: (diff, cwd) => diffs.show(diff, cwd),
    insert: insertText,
    isEdited: (toolUseId) => proposals.inputOf(toolUseId) !== undefined,
  };
  const view = new ChatView(context.extensionUri, server, chats, surroundings, log);
  const tree = new SessionTree(server, () => chats.current?.session.id);
  context.subscriptions.push(
    log,
    server,
    chats,
    proposals,
    diffs,
    pages,
    view,
    tree,
    rememberEditors(),
    proposals.onDidEdit((toolUseId) => view.tellEdited(toolUseId)),
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, view),
    registerTree(tree, server, chats),
    new StatusBar(server, chats),
    keepContexts(server, chats),
    showToasts(server, chats, view),
    registerCommands({ server, chats, view, tree, pages, log }),
    restartWhenChanged(context, server, chats),
  );
  running = server;
  setImmediate(() => void server.start());
  return { server, chats, view };
}

/** VS Code waits for this: what a turn has said so far is stored before all ends. */
export async function deactivate(): Promise<void> {
  await running?.stop();
}

function registerTree(tree: SessionTree, server: Server, chats: Chats): vscode.Disposable {
  const registered = vscode.window.createTreeView(SESSIONS_VIEW, { treeDataProvider: tree });
  return vscode.Disposable.from(
    registered,
    registered.onDidChangeVisibility(({ visible }) => visible && tree.refresh()),
    server.onDidChangeState(() => tree.refresh()),
    chats.onDidChangeSessions(() => registered.visible && tree.refresh()),
    chats.onDidChangeCurrent(() => registered.visible && tree.refresh()),
  );
}

function restartWhenChanged(context: vscode.ExtensionContext, server: Server, chats: Chats): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (!needsRestart(context, change)) return;
    const otherHistory = ["demo", "dataDir"].some((key) => change.affectsConfiguration(`claudeBridge.${key}`));
    if (otherHistory) chats.forgetAll();
    void server.restart();
  });
}
