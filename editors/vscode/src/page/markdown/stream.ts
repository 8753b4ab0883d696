import { decorate } from "./code";
import { type OpenFence, openFence } from "./fence";
import { nodes } from "./nodes";
import { blockStarts } from "./syntax";

/** A block that is longer than this is shown as plain text until it is complete. */
const LONGEST_LIVE = 16_000;
/** Rendering may take this part of the time at most. */
const SHARE = 8;

/**
 * Shows Markdown while it is being written. Blocks that are complete are rendered once and never touched again; only
 * the last one is rendered anew, and of an open code block only the new text is appended. So the work for a delta does
 * not grow with the length of the answer.
 */
export class MarkdownStream {
  private text = "";
  /** Where the last block begins. */
  private tailAt = 0;
  private readonly tail = document.createElement("div");
  private fence: (OpenFence & { shownTo: number; node: Text }) | undefined;
  private plain: { shownTo: number; node: Text } | undefined;
  private notBefore = 0;

  constructor(private readonly root: HTMLElement) {
    this.tail.className = "tail";
    root.append(this.tail);
  }

  /** Shows what the text is now. Says whether something is left to be done later. */
  update(text: string, now: number): boolean {
    if (text.length === this.text.length) return false;
    if (!this.fence && !this.plain && now < this.notBefore) return true;
    this.text = text;
    if (this.fence) this.growFence();
    else if (this.plain) this.growPlain();
    else this.render(now);
    return false;
  }

  /** The text is complete. */
  finish(text: string): void {
    if (!text.startsWith(this.text)) {
      this.root.replaceChildren(this.tail);
      this.tailAt = 0;
    }
    this.text = text;
    this.fence = this.plain = undefined;
    const rest = nodes(this.text.slice(this.tailAt));
    decorate(rest, true);
    this.tail.replaceWith(rest);
  }

  private render(now: number): void {
    const began = performance.now();
    this.commitComplete();
    const block = this.text.slice(this.tailAt);
    const fence = openFence(block);
    if (fence) this.beginFence(fence, block);
    else if (block.length > LONGEST_LIVE) this.beginPlain(block);
    else this.showTail(block);
    this.notBefore = now + (performance.now() - began) * SHARE;
  }

  /** Renders for good all blocks but the last. */
  private commitComplete(): void {
    const rest = this.text.slice(this.tailAt);
    const last = blockStarts(rest).at(-1);
    if (!last) return;
    const complete = nodes(rest.slice(0, last));
    decorate(complete, true);
    this.tail.before(complete);
    this.tailAt += last;
  }

  private showTail(block: string): void {
    const rendered = nodes(block);
    decorate(rendered, false);
    this.tail.replaceChildren(rendered);
  }

  private beginFence(fence: OpenFence, block: string): void {
    this.showTail(block);
    const code = this.tail.querySelector("code");
    if (!code) return;
    const node = document.createTextNode(block.slice(fence.contentAt));
    code.replaceChildren(node);
    this.fence = { ...fence, shownTo: this.text.length, node };
  }

  private growFence(): void {
    const { fence } = this;
    if (!fence) return;
    // The closing line may have begun in what is shown.
    const lineStart = this.text.lastIndexOf("\n", fence.shownTo - 1) + 1;
    if (fence.closing.test(this.text.slice(lineStart))) {
      this.fence = undefined;
      this.render(performance.now());
      return;
    }
    fence.node.appendData(this.text.slice(fence.shownTo));
    fence.shownTo = this.text.length;
  }

  private beginPlain(block: string): void {
    const node = document.createTextNode(block);
    const paragraph = document.createElement("p");
    paragraph.className = "plain";
    paragraph.append(node);
    this.tail.replaceChildren(paragraph);
    this.plain = { shownTo: this.text.length, node };
  }

  private growPlain(): void {
    const { plain } = this;
    if (!plain) return;
    const fresh = this.text.slice(plain.shownTo);
    plain.node.appendData(fresh);
    plain.shownTo = this.text.length;
    // A blank line may have ended the block.
    if (fresh.includes("\n")) {
      const block = this.text.slice(this.tailAt);
      if (blockStarts(block).length > 1) {
        this.plain = undefined;
        this.render(performance.now());
      }
    }
  }
}
