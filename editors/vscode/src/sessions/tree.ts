import * as vscode from "vscode";
import type { Session, SessionState } from "../protocol";
import type { Server } from "../server/server";
import { age, cost } from "../words";

export const SESSIONS_VIEW = "claudeBridge.sessions";
const PAGE = 50;

const ICONS: Partial<Record<SessionState, [icon: string, color?: string]>> = {
  running: ["loading~spin", "charts.blue"],
  waiting: ["bell-dot", "charts.orange"],
  idle: ["comment-discussion"],
  parked: ["comment"],
  closed: ["archive"],
  failed: ["error", "charts.red"],
};

/** An entry of the tree: a session, or the way to more of them. */
export type Entry = { session: Session } | { more: true };

/** All sessions, the newest activity first. */
export class SessionTree implements vscode.TreeDataProvider<Entry>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private limit = PAGE;
  private pending: NodeJS.Timeout | undefined;

  constructor(
    private readonly server: Server,
    private readonly currentId: () => string | undefined,
  ) {}

  /** Reads the list again, in a moment: changes come in crowds. */
  refresh(): void {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.changed.fire();
    }, 200);
  }

  showMore(): void {
    this.limit += PAGE;
    this.refresh();
  }

  async getChildren(entry?: Entry): Promise<Entry[]> {
    if (entry || this.server.state.kind !== "running") return [];
    const { sessions, nextCursor } = await this.server.request("session/list", { limit: Math.min(this.limit, 1000) });
    return [...sessions.map((session) => ({ session })), ...(nextCursor ? [{ more: true as const }] : [])];
  }

  getTreeItem(entry: Entry): vscode.TreeItem {
    return "more" in entry ? moreItem() : sessionItem(entry.session, entry.session.id === this.currentId());
  }

  dispose(): void {
    clearTimeout(this.pending);
    this.changed.dispose();
  }
}

function sessionItem(session: Session, isCurrent: boolean): vscode.TreeItem {
  const title = session.title || "Untitled";
  const item = new vscode.TreeItem(
    isCurrent ? { label: title, highlights: [[0, title.length]] } : title,
    vscode.TreeItemCollapsibleState.None,
  );
  const { heldBy } = session;
  const [icon, color] = heldBy ? ["eye"] : (ICONS[session.state] ?? ["comment"]);
  const power = session.mode === "power" && "POWER";
  const fork = session.forkedFrom && "fork";
  item.id = session.id;
  item.iconPath = new vscode.ThemeIcon(icon, color ? new vscode.ThemeColor(color) : undefined);
  item.description = [power, session.studyId, fork, age(session.lastActiveAt, Date.now())].filter(Boolean).join(" · ");
  item.tooltip = tooltip(session);
  const state = heldBy ? "run by another program" : session.state;
  item.accessibilityInformation = { label: `${title}, ${state}, ${item.description}` };
  item.contextValue = ["idle", "running", "waiting"].includes(session.state) ? "session live" : "session";
  item.command = { command: "claudeBridge.openSession", title: "Open", arguments: [{ session }] };
  return item;
}

function moreItem(): vscode.TreeItem {
  const item = new vscode.TreeItem("Show more…", vscode.TreeItemCollapsibleState.None);
  item.command = { command: "claudeBridge.moreSessions", title: "Show more" };
  return item;
}

function tooltip(session: Session): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const lines = [
    session.title,
    `State: ${session.state}${session.heldBy ? `, run by ${session.heldBy.client ?? "another program"}` : ""}`,
    `Mode: ${session.mode}`,
    session.studyId && `Study: ${session.studyId}`,
    session.model && `Model: ${session.model}`,
    `${session.messageCount} messages${session.costUsd > 0 ? `, ${cost(session.costUsd)}` : ""}`,
    session.cwd,
  ];
  text.appendText(lines.filter(Boolean).join("\n"));
  return text;
}
