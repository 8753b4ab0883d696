import { viewOf } from "../items";
import type { ItemView } from "../items/view";
import type { Item } from "../model/items";
import type { Transcript } from "../model/transcript";
import { h } from "./dom";
import { Frames } from "./frames";

/** Within a frame no more time than this is spent on drawing. */
const BUDGET_MS = 6;
/** So near to the end the person is taken to follow it. */
const NEAR_PX = 48;

/** The items of a transcript on the page, drawn a few at a time so that nothing is ever held up. */
export class List {
  readonly element = h("div", { class: "list", role: "log", "aria-live": "off", "aria-label": "Conversation" });
  private readonly scroller: HTMLElement;
  private transcript: Transcript;
  private readonly views = new Map<Item, ItemView>();
  /** What is to be drawn; where the session has just been opened the last items come first. */
  private readonly queue = new Set<Item>();
  private readonly frames = new Frames(() => this.draw());
  private following = true;
  private whenDrawn: (() => void) | undefined;

  constructor(scroller: HTMLElement, transcript: Transcript) {
    this.scroller = scroller;
    this.transcript = transcript;
    scroller.addEventListener("scroll", () => this.noteScroll(), { passive: true });
    const resized = new ResizeObserver(() => this.follow());
    for (const element of [this.element, scroller]) resized.observe(element);
  }

  get isFollowing(): boolean {
    return this.following;
  }

  /** Shows another transcript, its end first. */
  show(transcript: Transcript, whenDrawn: () => void): void {
    this.transcript = transcript;
    this.views.clear();
    this.queue.clear();
    this.element.replaceChildren();
    this.following = true;
    this.whenDrawn = whenDrawn;
    transcript.changed.clear();
    for (const item of transcript.items.toReversed()) this.queue.add(item);
    this.draw();
  }

  /** Takes up what has changed in the transcript. */
  refresh(): void {
    for (const item of this.transcript.changed) this.queue.add(item);
    this.transcript.changed.clear();
    this.frames.request();
  }

  /** Draws older items above all others; what the person reads stays where it is. */
  prepend(items: Item[]): void {
    const before = this.scroller.scrollHeight - this.scroller.scrollTop;
    const drawn = items.map((item) => {
      const view = viewOf(item);
      view.update(item, Number.POSITIVE_INFINITY);
      this.views.set(item, view);
      return view.element;
    });
    this.element.prepend(...drawn);
    this.scroller.scrollTop = this.scroller.scrollHeight - before;
  }

  /** Scrolls to an item, and marks it for a moment. */
  reveal(item: Item): boolean {
    const element = this.views.get(item)?.element;
    if (!element) return false;
    this.following = false;
    element.scrollIntoView({ block: "center" });
    element.classList.add("found");
    element.focus({ preventScroll: true });
    setTimeout(() => element.classList.remove("found"), 2500);
    return true;
  }

  toEnd(): void {
    this.following = true;
    this.follow();
  }

  /** Moves the focus to the item before or after the one that has it. */
  step(direction: 1 | -1): void {
    const all = [...this.element.children] as HTMLElement[];
    const at = all.findIndex((element) => element.contains(document.activeElement));
    const next = at < 0 ? all.at(-1) : all[at + direction];
    next?.focus();
  }

  private draw(): void {
    const began = performance.now();
    for (const item of this.queue) {
      this.queue.delete(item);
      if (this.drawItem(item, began)) this.queue.add(item);
      if (performance.now() - began > BUDGET_MS) break;
    }
    this.follow();
    if (this.queue.size > 0) this.frames.request();
    else if (this.whenDrawn) this.finish();
  }

  private finish(): void {
    const { whenDrawn } = this;
    this.whenDrawn = undefined;
    whenDrawn?.();
  }

  private drawItem(item: Item, now: number): boolean {
    const known = this.views.get(item);
    if (this.transcript.find(item.id) !== item) {
      known?.element.remove();
      this.views.delete(item);
      return false;
    }
    if (known) return known.update(item, now);
    const view = viewOf(item);
    this.views.set(item, view);
    this.place(item, view.element);
    return view.update(item, now);
  }

  /** Puts an element before that of the next item that has one. */
  private place(item: Item, element: HTMLElement): void {
    const { items } = this.transcript;
    for (let index = items.lastIndexOf(item) + 1; index < items.length; index += 1) {
      const next = items[index];
      const sibling = next && this.views.get(next)?.element;
      if (sibling) {
        sibling.before(element);
        return;
      }
    }
    this.element.append(element);
  }

  private noteScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  }

  private follow(): void {
    if (this.following) this.scroller.scrollTop = this.scroller.scrollHeight;
  }
}
