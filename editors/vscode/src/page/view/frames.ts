/** A page that is out of sight has no frames; then a timer has to do. */
const LATEST_MS = 100;

/** Runs something in the next frame, once however often it was wished for. */
export class Frames {
  private frame: number | undefined;
  private timer: number | undefined;

  constructor(private readonly run: () => void) {}

  request(): void {
    if (this.frame !== undefined) return;
    this.frame = requestAnimationFrame(() => this.fire());
    this.timer = window.setTimeout(() => this.fire(), LATEST_MS);
  }

  private fire(): void {
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = this.timer = undefined;
    this.run();
  }
}
