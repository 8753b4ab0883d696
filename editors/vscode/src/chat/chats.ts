import * as vscode from "vscode";
import type { Proposals } from "../diff/proposals";
import type { ContentBlock, Mode, Permission, PermissionAnswer, Session, SessionEvent } from "../protocol";
import type { Server } from "../server/server";
import { own } from "../settings";
import { Follower } from "./follower";

const LAST_SESSION = "claudeBridge.lastSession";

/** The sessions that are followed: the one in the chat, and those in which a turn of ours still runs. */
export class Chats implements vscode.Disposable {
  private readonly currentChanged = new vscode.EventEmitter<void>();
  /** Another session is in the chat, or the same one was read anew. */
  readonly onDidChangeCurrent = this.currentChanged.event;
  private readonly events = new vscode.EventEmitter<{ follower: Follower; events: SessionEvent[] }>();
  /** Something happened in a session that is followed. */
  readonly onEvents = this.events.event;
  private readonly sessionsChanged = new vscode.EventEmitter<void>();
  /** A list of sessions would look different now. */
  readonly onDidChangeSessions = this.sessionsChanged.event;

  private shown: Follower | undefined;
  private creating: Promise<Follower> | undefined;
  private readonly followers = new Map<string, Follower>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private isRestored = false;
  /** The mode of a session that is still to be made. */
  private nextMode: Mode | undefined;

  constructor(
    private readonly server: Server,
    private readonly memento: vscode.Memento,
    private readonly proposals: Proposals,
  ) {
    this.subscriptions.push(
      server.onDidChangeState(({ kind }) => {
        if (kind === "running") void this.resume();
      }),
    );
  }

  /** The session in the chat. */
  get current(): Follower | undefined {
    return this.shown;
  }

  /** The mode of the session in the chat, or of the one that its first message will make. */
  get mode(): Mode {
    return this.shown?.session.mode ?? this.nextMode ?? own<Mode>("mode");
  }

  /** The permissions that wait in sessions that are followed. */
  get permissions(): Permission[] {
    return [...this.followers.values()].flatMap((follower) => follower.permissions);
  }

  follower(sessionId: string): Follower | undefined {
    return this.followers.get(sessionId);
  }

  /** Shows a session. */
  async show(sessionId: string): Promise<Follower> {
    const follower = this.followers.get(sessionId) ?? (await this.followNew(sessionId));
    this.become(follower);
    return follower;
  }

  /** Empties the chat: its next message makes a session. */
  showNew(): void {
    this.nextMode = undefined;
    this.creating = undefined;
    this.become(undefined);
  }

  /** Says something in the session that is shown; makes one where there is none. */
  async send(content: ContentBlock[]): Promise<void> {
    const follower = this.shown ?? (await this.created());
    try {
      await follower.send(content);
    } finally {
      this.forgetIdle();
      this.sessionsChanged.fire();
    }
  }

  /** Answers what the session that is shown asks. A version that the person made of a change goes with it. */
  async answer(permissionId: string, answer: PermissionAnswer): Promise<void> {
    const permission = this.shown?.permissions.find(({ id }) => id === permissionId);
    const updatedInput = permission && answer.behavior === "allow" && this.proposals.inputOf(permission.toolUseId);
    await this.shown?.answer(permissionId, { ...answer, ...(updatedInput && { updatedInput }) });
    if (permission) this.proposals.forget(permission.toolUseId);
  }

  /** Changes the mode of the session that is shown, or of the one to come. */
  async setMode(mode: Mode): Promise<void> {
    if (this.shown) {
      const { session } = await this.server.request("session/setMode", { sessionId: this.shown.session.id, mode });
      this.changed(session);
    } else {
      if (mode === "power" && !this.server.info?.modes.includes("power")) throw new PowerNotEnabled();
      this.nextMode = mode;
      this.sessionsChanged.fire();
    }
  }

  /** A session is another one now; whoever shows it has to know. */
  changed(session: Session): void {
    const follower = this.followers.get(session.id);
    if (follower) follower.session = session;
    this.sessionsChanged.fire();
  }

  /** A session is gone. */
  removed(sessionId: string): void {
    this.followers.get(sessionId)?.dispose();
    this.followers.delete(sessionId);
    if (this.shown?.session.id === sessionId) this.showNew();
    this.sessionsChanged.fire();
  }

  /** Another history is read now: nothing of the old one is to be shown. */
  forgetAll(): void {
    for (const follower of this.followers.values()) follower.dispose();
    this.followers.clear();
    this.showNew();
  }

  dispose(): void {
    for (const follower of this.followers.values()) follower.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.currentChanged.dispose();
    this.events.dispose();
    this.sessionsChanged.dispose();
  }

  /** The session of an empty chat: several messages at once make one. */
  private async created(): Promise<Follower> {
    this.creating ??= this.create();
    const { creating } = this;
    try {
      const follower = await creating;
      // Unless the person has turned to another session by now.
      if (creating === this.creating && !this.shown) this.become(follower);
      return follower;
    } finally {
      if (creating === this.creating) this.creating = undefined;
    }
  }

  private async create(): Promise<Follower> {
    const model = own<string>("model");
    const { session } = await this.server.request("session/create", { mode: this.mode, ...(model && { model }) });
    return this.follow(session);
  }

  private async followNew(sessionId: string): Promise<Follower> {
    const { session } = await this.server.request("session/get", { sessionId });
    return this.follow(session);
  }

  private async follow(session: Session): Promise<Follower> {
    const follower = await Follower.open(this.server, session);
    const known = this.followers.get(session.id);
    if (known) {
      follower.dispose();
      return known;
    }
    this.followers.set(session.id, follower);
    follower.onEvents((events) => this.heard(follower, events));
    follower.onSessionRead(() => this.sessionsChanged.fire());
    follower.onReread(() => follower === this.shown && this.currentChanged.fire());
    return follower;
  }

  private heard(follower: Follower, events: SessionEvent[]): void {
    this.events.fire({ follower, events });
    if (events.some(({ kind }) => kind === "sessionChanged" || kind === "turnCompleted")) this.sessionsChanged.fire();
  }

  private become(follower: Follower | undefined): void {
    this.shown = follower;
    this.forgetIdle();
    void this.memento.update(LAST_SESSION, follower?.session.id);
    this.currentChanged.fire();
  }

  private forgetIdle(): void {
    for (const [id, follower] of this.followers) {
      if (follower === this.shown || follower.isBusy) continue;
      follower.dispose();
      this.followers.delete(id);
    }
  }

  private async resume(): Promise<void> {
    await Promise.allSettled([...this.followers.values()].map((follower) => follower.resume()));
    if (!this.isRestored) await this.restore();
  }

  /** Shows what was shown before the window was loaded, if it is still there and nothing else is shown by now. */
  private async restore(): Promise<void> {
    this.isRestored = true;
    const sessionId = this.memento.get<string>(LAST_SESSION);
    if (!sessionId || this.shown) return;
    await this.show(sessionId).catch(() => this.memento.update(LAST_SESSION, undefined));
  }
}

/** The same refusal as the bridge gives, where there is no session yet that it could be asked about. */
class PowerNotEnabled extends Error {
  readonly data = {
    kind: "modeNotAllowed",
    hint: "Set `claudeBridge.modes.power.enabled` to allow it.",
    retryable: false,
  };

  constructor() {
    super("Power mode is not enabled");
  }
}
