const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** How many failures in a row are too many. */
const PATIENCE = 6;
/** After this long in good health, what was before is forgotten. */
const HEALTHY_MS = 60_000;

/** How long to wait before the server is started again. */
export class Backoff {
  private failures = 0;
  private startedAt = 0;

  /** The server is up. */
  started(now: number): void {
    this.startedAt = now;
  }

  /** The server ended, or did not start: how many milliseconds to wait; nothing where it is of no use to go on. */
  failed(now: number): number | undefined {
    if (this.startedAt !== 0 && now - this.startedAt >= HEALTHY_MS) this.failures = 0;
    this.startedAt = 0;
    this.failures += 1;
    if (this.failures > PATIENCE) return undefined;
    return Math.min(FIRST_MS * 2 ** (this.failures - 1), LONGEST_MS);
  }

  /** The person wants it started. */
  reset(): void {
    this.failures = 0;
  }
}
