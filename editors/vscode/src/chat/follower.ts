import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { ContentBlock, Message, Permission, PermissionAnswer, Session, SessionEvent, Turn } from "../protocol";
import { failureOf } from "../protocol";
import type { Server } from "../server/server";
import { Batch } from "./batch";
import { appendMerged, Seen } from "./deltas";
import type { Snapshot } from "./wire";

const PAGE = 40;
const OLDER_PAGE = 100;
/** With more events than this since it was opened, a session at rest is read anew rather than remembered. */
const MOST_REMEMBERED = 2000;
/** How often it is looked whether another bridge has let go of a session: no event says so. */
const LOOK_MS = 2000;

/**
 * Follows one session: what was said before, and what happens now. It survives the server: when that has been started
 * again, it goes on behind the last event that has come.
 */
export class Follower implements vscode.Disposable {
  private readonly happened = new vscode.EventEmitter<SessionEvent[]>();
  /** What happens, a few times a second. */
  readonly onEvents = this.happened.event;
  private readonly reread = new vscode.EventEmitter<void>();
  /** The session was read anew: a snapshot taken before this is no longer good. */
  readonly onReread = this.reread.event;
  private readonly sessionRead = new vscode.EventEmitter<void>();
  /** The session is another one now in something that no event says: who runs it, what it has cost. */
  readonly onSessionRead = this.sessionRead.event;

  private messages: Message[] = [];
  private cursor: string | undefined;
  private events: SessionEvent[] = [];
  private readonly open = new Map<string, Permission>();
  private seen = new Seen();
  private subscription: vscode.Disposable | undefined;
  private readonly batch = new Batch((events) => this.happened.fire(events));
  /** Events that somebody waits for. */
  private readonly awaited = new Set<{ seq: number; resolve(): void }>();
  /** How many of our messages have not been answered. */
  private sent = 0;
  private look: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: Server,
    public session: Session,
  ) {}

  /** Reads a session and follows it. */
  static async open(server: Server, session: Session): Promise<Follower> {
    const follower = new Follower(server, session);
    await follower.read();
    return follower;
  }

  /** Whether a turn runs or waits. */
  get isBusy(): boolean {
    return this.sent > 0 || this.session.state === "running" || this.session.state === "waiting";
  }

  /** The permissions that wait for an answer of ours, oldest first. */
  get permissions(): Permission[] {
    return this.session.heldBy ? [] : [...this.open.values()];
  }

  /** All that a page needs to show the session. */
  async snapshot(): Promise<Snapshot> {
    if (this.events.length > MOST_REMEMBERED && !this.isBusy) await this.read();
    // What waits for the next delivery is in the snapshot, and must not come to the page once more.
    this.batch.flush();
    const { session, messages, events } = this;
    return { session, messages, hasOlder: this.cursor !== undefined, events, permissions: [...this.open.values()] };
  }

  /** The page of messages before those that are known. */
  async older(): Promise<{ messages: Message[]; hasOlder: boolean }> {
    if (this.cursor === undefined) return { messages: [], hasOlder: false };
    const page = await this.server.request("message/list", {
      sessionId: this.session.id,
      order: "desc",
      limit: OLDER_PAGE,
      cursor: this.cursor,
    });
    this.cursor = page.nextCursor;
    return { messages: page.messages.reverse(), hasOlder: page.nextCursor !== undefined };
  }

  /** Says something, and waits until the turn has ended. */
  async send(content: ContentBlock[]): Promise<Turn> {
    return this.turn((streamed) => this.server.request("message/send", { ...streamed, content }));
  }

  /** Sums the conversation up, to make room. */
  async compact(): Promise<Turn> {
    return this.turn((streamed) => this.server.request("session/compact", streamed));
  }

  /** Asks for a turn. Where the session is followed anyway, its events come that way, else under a token of its own. */
  private async turn(
    ask: (params: { sessionId: string; partialResultToken?: string }) => Promise<Turn>,
  ): Promise<Turn> {
    const sessionId = this.session.id;
    const token = this.subscription ? undefined : randomUUID();
    const stream = token && this.server.follow(token, (event) => this.take(event));
    this.sent += 1;
    try {
      const turn = await ask({ sessionId, ...(token && { partialResultToken: token }) });
      if (this.subscription) void this.readSession();
      return turn;
    } catch (error) {
      if (failureOf(error).kind === "sessionHeld") await this.readSession();
      throw error;
    } finally {
      this.sent -= 1;
      if (stream) stream.dispose();
      this.batch.flush();
      if (!this.subscription) await this.readSession();
    }
  }

  async interrupt(): Promise<void> {
    await this.server.request("session/interrupt", { sessionId: this.session.id });
  }

  async answer(permissionId: string, answer: PermissionAnswer): Promise<void> {
    await this.server.request("permission/answer", { permissionId, answer });
  }

  /** Goes on after the server was started again. */
  async resume(): Promise<void> {
    this.subscription = undefined;
    const goesOn =
      this.server.has("session/subscribe") &&
      (await this.subscribe(this.seen.lastSeq).then(
        () => true,
        () => false,
      ));
    if (goesOn) return;
    await this.read();
    this.reread.fire();
  }

  dispose(): void {
    clearTimeout(this.look);
    this.subscription?.dispose();
    this.batch.clear();
    this.happened.dispose();
    this.reread.dispose();
    this.sessionRead.dispose();
  }

  private async read(): Promise<void> {
    const sessionId = this.session.id;
    this.subscription?.dispose();
    this.subscription = undefined;
    const [{ session }, page, { permissions }] = await Promise.all([
      this.server.request("session/get", { sessionId }),
      this.server.request("message/list", { sessionId, order: "desc", limit: PAGE }),
      this.server.request("permission/list", { sessionId }),
    ]);
    this.session = session;
    this.lookWhileHeld();
    this.messages = page.messages.reverse();
    this.cursor = page.nextCursor;
    this.events = [];
    this.seen = new Seen();
    this.open.clear();
    for (const permission of permissions) this.open.set(permission.id, permission);
    if (this.server.has("session/subscribe")) await this.replayLastTurn();
    else this.seen.lastSeq = session.lastSeq;
  }

  /** The last turn is replayed from its events: they tell more than its messages, and go on while it runs. */
  private async replayLastTurn(): Promise<void> {
    const turnId = this.messages.at(-1)?.turnId;
    const first = this.messages.findIndex((message) => message.turnId === turnId);
    // The event before its first message is the turn's beginning.
    const afterSeq = first < 0 ? 0 : Math.max(0, (this.messages[first]?.seq ?? 0) - 2);
    if (first >= 0) this.messages = this.messages.slice(0, first);
    await this.subscribe(afterSeq);
    // What was replayed is no news: it is in the snapshot.
    this.batch.clear();
  }

  /** Follows what comes after an event, and waits until all that is stored has come. */
  private async subscribe(afterSeq: number): Promise<void> {
    const { server } = this;
    const subscriptionToken = randomUUID();
    const stream = server.follow(subscriptionToken, (event) => this.take(event));
    this.subscription = {
      dispose: () => {
        stream.dispose();
        void server.request("session/unsubscribe", { subscriptionToken }).catch(() => undefined);
      },
    };
    this.seen.lastSeq = afterSeq;
    const sessionId = this.session.id;
    const { lastSeq } = await server.request("session/subscribe", { sessionId, afterSeq, subscriptionToken });
    await this.comesTo(lastSeq);
  }

  /** Resolves when an event has come; also where the server ends before that. */
  private async comesTo(seq: number): Promise<void> {
    let ended: vscode.Disposable | undefined;
    await new Promise<void>((resolve) => {
      const awaited = { seq, resolve: () => this.awaited.delete(awaited) && resolve() };
      this.awaited.add(awaited);
      ended = this.server.onDidChangeState(awaited.resolve);
      this.resolveAwaited();
    });
    ended?.dispose();
  }

  private resolveAwaited(): void {
    for (const { seq, resolve } of this.awaited) if (this.seen.lastSeq >= seq) resolve();
  }

  /** What becomes of the session after a turn's end is no part of the turn; nor is what it has cost so far. */
  private async readSession(): Promise<void> {
    const sessionId = this.session.id;
    await this.server.request("session/get", { sessionId }).then(
      ({ session }) => {
        const before = this.session;
        const changed = session.heldBy?.pid !== before.heldBy?.pid || session.costUsd !== before.costUsd;
        this.session = session;
        if (changed) this.sessionRead.fire();
      },
      // Where the session or the server is gone, others say so.
      () => undefined,
    );
    this.lookWhileHeld();
  }

  private lookWhileHeld(): void {
    clearTimeout(this.look);
    if (this.session.heldBy) this.look = setTimeout(() => void this.readSession(), LOOK_MS);
  }

  private take(event: SessionEvent): void {
    const fresh = this.seen.fresh(this.withHolder(event));
    if (fresh) {
      this.note(fresh);
      appendMerged(this.events, fresh);
      this.batch.add(fresh);
    }
    this.resolveAwaited();
  }

  /** Who runs a session does not say of itself that another one does. */
  private withHolder(event: SessionEvent): SessionEvent {
    const { heldBy } = this.session;
    if (!heldBy || event.kind !== "sessionChanged") return event;
    return { ...event, session: { ...event.session, heldBy } };
  }

  private note(event: SessionEvent): void {
    // A replay tells of older states of the session as well.
    if (event.kind === "sessionChanged" && event.seq >= this.session.lastSeq) this.session = event.session;
    if (event.kind === "turnCompleted" && this.session.state === "running") {
      this.session = { ...this.session, state: "idle" };
    }
    if (event.kind === "permissionRequested") this.open.set(event.permission.id, event.permission);
    if (event.kind === "permissionResolved") this.open.delete(event.permissionId);
  }
}
