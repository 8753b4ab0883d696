import * as vscode from "vscode";
import type { Chats } from "./chat/chats";
import type { SessionEvent } from "./protocol";
import type { Server } from "./server/server";
import { own } from "./settings";
import { cost } from "./words";

/** The status bar: mode, model, study and cost of the session in the chat, and what it does. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("claudeBridge.status", vscode.StatusBarAlignment.Right, 90);
  private readonly subscriptions: vscode.Disposable[];
  private doing: string | undefined;

  constructor(
    private readonly server: Server,
    private readonly chats: Chats,
  ) {
    this.item.name = "Claude";
    this.item.command = "claudeBridge.menu";
    this.subscriptions = [
      server.onDidChangeState(() => this.show()),
      chats.onDidChangeCurrent(() => {
        this.doing = undefined;
        this.show();
      }),
      chats.onDidChangeSessions(() => this.show()),
      chats.onEvents(({ follower, events }) => {
        if (follower === chats.current) this.hear(events);
      }),
    ];
    this.show();
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private hear(events: SessionEvent[]): void {
    const before = this.doing;
    let changed = false;
    for (const event of events) {
      if (event.kind === "toolCall") this.doing = event.title;
      if (event.kind === "toolResult" || event.kind === "turnCompleted") this.doing = undefined;
      changed ||= ["sessionChanged", "turnStarted", "turnCompleted", "permissionRequested"].includes(event.kind);
    }
    if (changed || before !== this.doing) this.show();
  }

  private show(): void {
    const { kind } = this.server.state;
    const power = this.chats.mode === "power";
    this.item.text = kind === "running" || kind === "stopped" ? this.sessionText(power) : `$(${icon(kind)}) Claude`;
    this.item.backgroundColor = background(kind, power);
    this.item.tooltip = this.tooltip(power);
    this.item.accessibilityInformation = { label: `Claude, ${this.tooltip(power)}`, role: "button" };
  }

  private sessionText(power: boolean): string {
    const follower = this.chats.current;
    const session = follower?.session;
    const asked = (follower?.permissions.length ?? 0) > 0;
    // Some themes give the item no colour of its own: the sign says it too.
    const atRest = power ? "warning" : "sparkle";
    const sign = asked ? "bell-dot" : follower?.isBusy ? "loading~spin" : atRest;
    const parts = [
      power ? "POWER" : "user",
      own<boolean>("demo") ? "demo" : session && (session.model ?? "default model"),
      session?.studyId,
      session && cost(session.costUsd),
    ];
    return `$(${sign}) Claude: ${parts.filter(Boolean).join(" · ")}`;
  }

  private tooltip(power: boolean): string {
    const { state } = this.server;
    if ("why" in state) return state.why;
    const mode = power ? "Power mode: Claude may do everything without asking" : "User mode: Claude asks first";
    return this.doing ? `${mode}. Now: ${this.doing}` : mode;
  }
}

function icon(kind: string): string {
  return kind === "failed" ? "error" : "sync~spin";
}

/** Power mode must not be overlooked. */
function background(kind: string, power: boolean): vscode.ThemeColor | undefined {
  if (power) return new vscode.ThemeColor("statusBarItem.errorBackground");
  return kind === "failed" ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
}
