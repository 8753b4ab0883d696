import type { EventOf, SessionEvent } from "../protocol";

type Delta = EventOf<"textDelta"> | EventOf<"thinkingDelta">;

export function isDelta(event: SessionEvent): event is Delta {
  return event.kind === "textDelta" || event.kind === "thinkingDelta";
}

/** Puts an event behind others; a delta joins the one before it, if that is of the same text. */
export function appendMerged(events: SessionEvent[], event: SessionEvent): void {
  const last = events.at(-1);
  if (last && isDelta(event) && isDelta(last) && last.itemId === event.itemId && last.kind === event.kind) {
    const firstSeq = last.firstSeq ?? last.seq;
    events[events.length - 1] = { ...last, text: last.text + event.text, seq: event.seq, firstSeq };
  } else {
    events.push(event);
  }
}

/**
 * Knows what has come of a session, so that a replay brings nothing twice: events by their number, and of deltas that
 * the server has merged the part that is new by their offset.
 */
export class Seen {
  /** The number of the last event that has come. */
  lastSeq = 0;
  private readonly bytes = new Map<string, number>();

  /** What of an event is new; nothing if all of it has come before. */
  fresh(event: SessionEvent): SessionEvent | undefined {
    if (event.seq <= this.lastSeq) return undefined;
    this.lastSeq = event.seq;
    if (isDelta(event)) return this.freshDelta(event);
    if (event.kind === "message") this.bytes.delete(event.message.id);
    return event;
  }

  private freshDelta(delta: Delta): Delta | undefined {
    const had = this.bytes.get(delta.itemId) ?? delta.offset;
    const length = Buffer.byteLength(delta.text);
    const end = delta.offset + length;
    this.bytes.set(delta.itemId, Math.max(had, end));
    if (had <= delta.offset) return delta;
    if (had >= end) return undefined;
    const text = Buffer.from(delta.text)
      .subarray(had - delta.offset)
      .toString();
    return { ...delta, offset: had, text };
  }
}
