import { decorate } from "./code";
import { type OpenFence, openFence } from "./fence";
import { nodes } from "./nodes";
import { blockStarts, cut, parsed, type Token } from "./syntax";

/** A block that is longer than this is shown as plain text until it is complete. */
const LONGEST_LIVE = 16_000;
/** Rendering may take this part of the time at most. */
const SHARE = 8;
/** More text than this is not taken in one frame: what has come while the machine was busy must not hold it up. */
const MOST_PER_FRAME = 1500;
/** Of so much text is a part made that the browser can pass over as a whole while it is out of sight. */
const PART = 3000;

/**
 * Shows Markdown while it is being written. Blocks that are complete are rendered once and never touched again; only
 * the last one is rendered anew, and of an open code block only the new text is appended. So the work for a delta does
 * not grow with the length of the answer.
 */
export class MarkdownStream {
  private text = "";
  /** Where the last block begins. */
  private tailAt = 0;
  private readonly tail = element("tail");
  /** The part that takes the next complete blocks, and how much text is in it. */
  private part: { element: HTMLElement; length: number } | undefined;
  private fence: (OpenFence & { shownTo: number; node: Text }) | undefined;
  private plain: { shownTo: number; node: Text } | undefined;
  private notBefore = 0;

  constructor(private readonly root: HTMLElement) {
    root.append(this.tail);
  }

  /** Shows what the text is now. Says whether something is left to be done later. */
  update(text: string, now: number): boolean {
    if (text.length === this.text.length) return false;
    if (!this.fence && !this.plain && now < this.notBefore) return true;
    this.text = text.slice(0, this.text.length + MOST_PER_FRAME);
    if (this.fence) this.growFence();
    else if (this.plain) this.growPlain();
    else this.render(now);
    return this.text.length < text.length;
  }

  /** Whether so much of a text is not shown yet that it takes some frames. */
  isFarBehind(text: string): boolean {
    return this.text !== "" && text.length - this.text.length > MOST_PER_FRAME && text.startsWith(this.text);
  }

  /** The text is complete. */
  finish(text: string): void {
    if (!text.startsWith(this.text)) {
      this.root.replaceChildren(this.tail);
      this.part = undefined;
      this.tailAt = 0;
    }
    this.text = text;
    this.fence = this.plain = undefined;
    this.commit(parsed(this.text.slice(this.tailAt)), this.text.length);
    this.tail.remove();
  }

  private render(now: number): void {
    const began = performance.now();
    const { complete, at, last } = cut(this.text.slice(this.tailAt));
    if (at > 0) this.commit(complete, this.tailAt + at);
    const block = this.text.slice(this.tailAt);
    const fence = openFence(block);
    if (fence) this.beginFence(fence, block, last);
    else if (block.length > LONGEST_LIVE) this.beginPlain(block);
    else this.showTail(last);
    this.notBefore = now + (performance.now() - began) * SHARE;
  }

  /** Renders for good what comes before a place in the text. */
  private commit(tokens: Token[], end: number): void {
    const complete = nodes(tokens);
    decorate(complete, true);
    if (!this.part || this.part.length > PART) {
      this.part = { element: element("part"), length: 0 };
      this.tail.before(this.part.element);
    }
    this.part.element.append(complete);
    this.part.length += end - this.tailAt;
    this.tailAt = end;
  }

  private showTail(tokens: Token[]): void {
    const rendered = nodes(tokens);
    decorate(rendered, false);
    this.tail.replaceChildren(rendered);
  }

  private beginFence(fence: OpenFence, block: string, tokens: Token[]): void {
    this.showTail(tokens);
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

function element(name: string): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  return made;
}
