import type { SessionEvent } from "../protocol";
import { appendMerged } from "./deltas";

/** About two frames: sooner nobody sees it, and each message to the page has its price. */
const INTERVAL_MS = 33;

/** Gathers events for a moment, so that thousands of deltas a second are a few messages to the page. */
export class Batch {
  private waiting: SessionEvent[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly deliver: (events: SessionEvent[]) => void) {}

  add(event: SessionEvent): void {
    appendMerged(this.waiting, event);
    this.timer ??= setTimeout(() => this.flush(), INTERVAL_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length === 0) return;
    const events = this.waiting;
    this.waiting = [];
    this.deliver(events);
  }

  /** Drops what waits. */
  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = [];
  }
}
