import * as vscode from "vscode";
import type { SessionEvent } from "../protocol";
import { failureOf, inWords } from "../protocol";
import type { Server } from "../server/server";
import { own } from "../settings";
import { selectionAttachment, withOpenTexts } from "./attach";
import type { Chats } from "./chats";
import { findFiles, selectionLabel } from "./files";
import type { Follower } from "./follower";
import { chatPage } from "./html";
import { type Attachment, type FromPage, PAGE_COMMANDS, type ServerView, type ToPage } from "./wire";

export const CHAT_VIEW = "claudeBridge.chat";

/** What the page's wishes lead to outside of the chat. */
export interface Surroundings {
  openFile(path: string, cwd: string, line?: number): Promise<void>;
  openDiff(diff: Extract<FromPage, { type: "diff" }>["diff"], cwd: string): Promise<void>;
  insert(text: string): Promise<void>;
  /** Whether the person has made a version of their own of a change. */
  isEdited(toolUseId: string): boolean;
}

/** The chat in the side bar. What it shows is in the bridge and in `Chats`: the page may come and go. */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  private view: vscode.WebviewView | undefined;
  private ready = false;
  /** What is to be told to the page as soon as it listens. */
  private waiting: ToPage[] = [];
  private readonly subscriptions: vscode.Disposable[];
  private readonly shown = new vscode.EventEmitter<number>();
  /** The page has a session on the screen: how many items it has. */
  readonly onShown = this.shown.event;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly server: Server,
    private readonly chats: Chats,
    private readonly surroundings: Surroundings,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      server.onDidChangeState(() => this.tellServer()),
      chats.onDidChangeCurrent(() => void this.tellSession()),
      chats.onDidChangeSessions(() => {
        this.tell({ type: "session", session: chats.current?.session, mode: chats.mode });
      }),
      chats.onEvents(({ follower, events }) => this.tellEvents(follower, events)),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("claudeBridge")) this.tellServer();
      }),
    ];
  }

  /** Whether a person can see it. */
  get isVisible(): boolean {
    return this.view?.visible ?? false;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    this.ready = false;
    view.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.extension, "dist", "page")],
    };
    view.webview.onDidReceiveMessage((message: FromPage) => void this.take(message));
    view.onDidDispose(() => {
      this.view = undefined;
      this.ready = false;
    });
    view.onDidChangeVisibility(() => {
      // A page that is hidden is gone; the next one says that it is ready.
      if (!view.visible) this.ready = false;
    });
    view.webview.html = chatPage(view.webview, this.extension);
  }

  /** Shows the chat, with the cursor in its input. */
  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    this.tellWhenReady({ type: "focus" });
  }

  /** Puts a file or a selection to the next message. */
  async attach(attachment: Attachment): Promise<void> {
    this.tellWhenReady({ type: "attach", attachment });
    await this.focus();
  }

  /** Scrolls to a message of the session that is shown. */
  async reveal(messageId: string): Promise<void> {
    this.tellWhenReady({ type: "reveal", messageId });
    await this.focus();
  }

  /** Says that what is allowed from now on is the person's own version of a change. */
  tellEdited(toolUseId: string): void {
    this.tell({ type: "edited", toolUseId });
  }

  /** Says in the chat that something failed. */
  fail(error: unknown, localId?: string): void {
    this.log.error(`The chat: ${inWords(error)}`);
    const { message, hint, kind } = failureOf(error);
    this.tell({ type: "failed", kind, message, hint, localId });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.shown.dispose();
  }

  private async take(message: FromPage): Promise<void> {
    try {
      await this.act(message);
    } catch (error) {
      this.fail(error, message.type === "send" ? message.localId : undefined);
    }
  }

  private async act(message: FromPage): Promise<void> {
    const current = this.chats.current;
    const cwd = current?.session.cwd ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
    switch (message.type) {
      case "ready":
        return this.begin();
      case "send":
        return this.chats.send(withOpenTexts(message.content, cwd));
      case "stop":
        return current?.interrupt();
      case "answer":
        return this.answer(message.permissionId, message.answer);
      case "older":
        return this.tellOlder(current);
      case "findFiles":
        return this.tellFiles(message.query);
      case "attachSelection":
        return this.attachSelection();
      case "diff":
        return this.surroundings.openDiff(message.diff, cwd);
      case "openFile":
        return this.surroundings.openFile(message.path, cwd, message.line);
      case "insert":
        return this.surroundings.insert(message.text);
      case "command":
        if (!PAGE_COMMANDS.includes(message.command)) return;
        return void (await vscode.commands.executeCommand(`claudeBridge.${message.command}`));
      case "shown":
        return this.shown.fire(message.items);
    }
  }

  private async begin(): Promise<void> {
    this.ready = true;
    this.tellServer();
    await this.tellSession();
    for (const message of this.waiting.splice(0)) this.tell(message);
    if (this.server.state.kind === "stopped") void this.server.start();
  }

  private async answer(permissionId: string, answer: Extract<FromPage, { type: "answer" }>["answer"]): Promise<void> {
    try {
      await this.chats.answer(permissionId, answer);
      this.tell({ type: "answered", permissionId });
    } catch (error) {
      this.tell({ type: "answered", permissionId, problem: failureOf(error).message });
    }
  }

  private tellServer(): void {
    const { state } = this.server;
    const server: ServerView = {
      state: state.kind,
      ...("why" in state && { why: state.why }),
      ...("missing" in state && { missing: state.missing }),
      demo: own<boolean>("demo"),
      modes: this.server.info?.modes ?? [],
      sendWith: own<"enter" | "ctrlEnter">("sendWith"),
    };
    this.tell({ type: "server", server });
  }

  private async tellSession(): Promise<void> {
    const follower = this.chats.current;
    const snapshot = await follower?.snapshot();
    if (follower !== this.chats.current) return;
    this.tell({ type: "open", snapshot, mode: this.chats.mode });
    for (const { toolUseId } of follower?.permissions ?? []) {
      if (this.surroundings.isEdited(toolUseId)) this.tellEdited(toolUseId);
    }
    if (follower) await this.tellCapabilities(follower.session.id);
  }

  private async tellCapabilities(sessionId: string): Promise<void> {
    const { commands, models } = await this.server.request("session/capabilities", { sessionId });
    this.tell({ type: "capabilities", commands: commands ?? [], models: models ?? [] });
  }

  private tellEvents(follower: Follower, events: SessionEvent[]): void {
    if (follower !== this.chats.current) return;
    this.tell({ type: "events", events });
    // What the CLI offers is known only once it runs.
    const { session } = follower;
    if (events.some((event) => event.kind === "turnStarted")) {
      void this.tellCapabilities(session.id).catch(() => undefined);
    }
  }

  private async tellOlder(follower: Follower | undefined): Promise<void> {
    const page = await follower?.older();
    if (page && follower === this.chats.current) this.tell({ type: "older", ...page });
  }

  private async tellFiles(query: string): Promise<void> {
    this.tell({ type: "files", query, files: await findFiles(query), selection: selectionLabel() });
  }

  private attachSelection(): void {
    const attachment = selectionAttachment();
    if (attachment) this.tell({ type: "attach", attachment });
  }

  private tellWhenReady(message: ToPage): void {
    if (this.ready) this.tell(message);
    else this.waiting.push(message);
  }

  private tell(message: ToPage): void {
    if (this.ready) void this.view?.webview.postMessage(message);
  }
}
