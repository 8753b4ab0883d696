import type { Snapshot } from "../../chat/wire";
import type { EventOf, Message, Permission, Session, SessionEvent } from "../../protocol";
import { errorItem, holderOf, type Item, type TextItem, type ToolItem, type UserItem } from "./items";
import { toolTitle } from "./titles";

/**
 * A session as a list of items, kept up to date event by event. It knows nothing of the page: what has changed is in
 * `changed`, for whoever draws it.
 */
export class Transcript {
  readonly items: Item[] = [];
  /** Items that are new or different since this was last emptied. */
  readonly changed = new Set<Item>();
  session: Session | undefined;
  /** What the session waits for, in the server's words; nothing while it waits for nothing. */
  status: EventOf<"status"> | undefined;
  /** Whether a turn runs. */
  busy = false;
  private readonly byId = new Map<string, Item>();
  /** What tools said whose calls are in messages that are not read yet. */
  private readonly answersWithoutCall = new Map<string, ToolAnswer>();
  private readonly askedIn = new Map<string, ToolItem>();

  constructor(snapshot?: Snapshot) {
    if (!snapshot) return;
    this.session = snapshot.session;
    for (const message of snapshot.messages) this.addMessage(message);
    for (const event of snapshot.events) this.apply(event);
    for (const permission of snapshot.permissions) this.ask(permission);
    this.takeSession(snapshot.session);
  }

  /** Takes over what is known of the session now; the events have told of older states too. */
  takeSession(session: Session): void {
    this.session = session;
    // What runs in another bridge the events alone tell.
    if (!session.heldBy) this.busy = isBusy(session);
  }

  /** Takes an event in. */
  apply(event: SessionEvent): void {
    const nested = event.parentToolUseId !== undefined;
    switch (event.kind) {
      case "turnStarted":
        this.busy = true;
        return;
      case "textDelta":
      case "thinkingDelta":
        return this.addDelta(event, nested);
      case "message":
        return this.addMessage(event.message);
      case "toolCall":
        return this.addCall(event, nested);
      case "toolResult":
        return this.addResult(event);
      case "permissionRequested":
        return this.ask(event.permission);
      case "permissionResolved":
        return this.resolve(event);
      case "status":
        this.status = event;
        return;
      case "sessionChanged":
        this.session = event.session;
        this.busy = isBusy(event.session);
        return;
      case "compacted":
        return this.add({ kind: "notice", id: `e${event.seq}`, level: "info", text: compactedText(event) });
      case "notice":
        return this.add({ kind: "notice", id: `e${event.seq}`, level: event.level, text: event.text });
      case "error":
        // What it waited for will not come.
        this.status = undefined;
        return this.add(errorItem(`e${event.seq}`, event.error));
      case "turnCompleted":
        return this.endTurn(event);
      default:
        // Kinds that concern others, and those of later servers.
        return;
    }
  }

  /** Shows a message of the person's before the server has taken it. */
  addPending(item: UserItem): void {
    this.items.push(item);
    this.byId.set(item.id, item);
    this.changed.add(item);
  }

  /** Takes back a message that the server did not take. */
  removePending(id: string): UserItem | undefined {
    const item = this.byId.get(id);
    if (item?.kind !== "user" || !item.pending) return undefined;
    this.remove(item);
    return item;
  }

  /** Adds something that no event says. A failure that has just been told is not told again. */
  add(item: Item): void {
    const firstPending = this.items.findIndex((other) => other.kind === "user" && other.pending);
    const end = firstPending < 0 ? this.items.length : firstPending;
    if (isSameFailure(item, this.items[end - 1])) return;
    this.items.splice(end, 0, item);
    this.byId.set(item.id, item);
    this.changed.add(item);
  }

  /** Puts older messages before all others, and returns their items. */
  addOlder(messages: Message[]): Item[] {
    const older = new Transcript();
    older.session = this.session;
    for (const message of messages) older.addMessage(message);
    for (const [id, result] of this.answersWithoutCall) {
      if (older.byId.has(id)) older.addResult(result);
    }
    this.items.unshift(...older.items);
    for (const item of older.items) this.byId.set(item.id, item);
    return older.items;
  }

  find(id: string): Item | undefined {
    return this.byId.get(id);
  }

  /** The tool call that a permission is about. */
  toolOf(permissionId: string): ToolItem | undefined {
    return this.askedIn.get(permissionId);
  }

  private remove(item: Item): void {
    this.items.splice(this.items.indexOf(item), 1);
    this.byId.delete(item.id);
    this.changed.add(item);
  }

  private addDelta(event: EventOf<"textDelta"> | EventOf<"thinkingDelta">, nested: boolean): void {
    this.status = undefined;
    const known = this.byId.get(event.itemId);
    if (known?.kind === "text" || known?.kind === "thinking") {
      if (known.done) return;
      known.text += event.text;
      this.changed.add(known);
      return;
    }
    const kind = event.kind === "textDelta" ? "text" : "thinking";
    this.add({ kind, id: event.itemId, text: event.text, done: false, nested });
  }

  private addMessage(message: Message): void {
    const nested = message.parentToolUseId !== undefined;
    const shown = message.content.filter(({ type }) => ["text", "image", "file"].includes(type));
    if (message.role === "user" && shown.length > 0) this.addUser(message, nested);
    for (const block of message.content) {
      if (block.type === "toolUse") this.addCall({ ...block, title: undefined }, nested);
      else if (block.type === "toolResult") this.addResult(block);
      else if (message.role === "assistant" && (block.type === "text" || block.type === "thinking")) {
        this.addText({ kind: block.type, id: message.id, text: block.text, done: true, nested });
      }
    }
  }

  /** What the person said takes the place of the oldest message of theirs that waits for its turn. */
  private addUser(message: Message, nested: boolean): void {
    if (this.byId.has(message.id)) return;
    const pending = this.items.find((item) => item.kind === "user" && item.pending);
    if (pending) this.remove(pending);
    this.add({ kind: "user", id: message.id, content: message.content, pending: false, nested });
  }

  private addText(item: TextItem): void {
    const known = this.byId.get(item.id);
    if (known?.kind !== item.kind) return this.add(item);
    Object.assign(known, { text: item.text, done: true });
    this.changed.add(known);
  }

  private addCall(
    call: { toolUseId: string; name: string; input: unknown; title: string | undefined },
    nested: boolean,
  ): void {
    const input = (call.input ?? {}) as Record<string, unknown>;
    const title = call.title ?? toolTitle(call.name, input, this.session?.cwd ?? "");
    this.status = undefined;
    const known = this.byId.get(call.toolUseId);
    if (known) return;
    this.add({ kind: "tool", id: call.toolUseId, name: call.name, title, input, nested });
  }

  private addResult(result: ToolAnswer): void {
    const item = this.byId.get(result.toolUseId);
    if (item?.kind !== "tool") {
      this.answersWithoutCall.set(result.toolUseId, result);
      return;
    }
    const { isError, content, structured, truncatedBytes } = result;
    item.result = { isError, content, structured: structured ?? item.result?.structured, truncatedBytes };
    this.changed.add(item);
  }

  private ask(permission: Permission): void {
    if (this.askedIn.has(permission.id)) return;
    let item = this.byId.get(permission.toolUseId);
    if (item?.kind !== "tool") {
      const { toolUseId, toolName, title } = permission;
      item = { kind: "tool", id: toolUseId, name: toolName, title, input: permission.input as Record<string, unknown> };
      this.add(item);
    }
    item.asked = { permission, holder: this.session && holderOf(this.session) };
    this.askedIn.set(permission.id, item);
    this.changed.add(item);
  }

  private resolve({ permissionId, behavior, by }: EventOf<"permissionResolved">): void {
    const item = this.askedIn.get(permissionId);
    if (!item?.asked) return;
    item.asked = { permission: item.asked.permission, outcome: behavior, by };
    this.changed.add(item);
  }

  private endTurn(event: EventOf<"turnCompleted">): void {
    this.busy = false;
    this.status = undefined;
    for (const item of this.items) {
      if ((item.kind === "text" || item.kind === "thinking") && !item.done) {
        item.done = true;
        this.changed.add(item);
      } else if (item.kind === "tool" && !item.result && !item.cut) {
        item.cut = true;
        this.changed.add(item);
      }
    }
    this.add({ kind: "end", id: `e${event.seq}`, turn: event.turn });
  }
}

function isSameFailure(item: Item, before: Item | undefined): boolean {
  return item.kind === "error" && before?.kind === "error" && item.message === before.message;
}

function isBusy({ state }: Session): boolean {
  return state === "running" || state === "waiting";
}

/** What a tool said, in an event or in a message. */
interface ToolAnswer {
  toolUseId: string;
  isError: boolean;
  content: unknown;
  structured?: unknown;
  truncatedBytes?: number;
}

function compactedText({ tokensBefore, tokensAfter }: EventOf<"compacted">): string {
  const sizes = tokensBefore && tokensAfter ? `: ${tokensBefore} tokens became ${tokensAfter}` : "";
  return `The conversation was summarised to make room${sizes}.`;
}
