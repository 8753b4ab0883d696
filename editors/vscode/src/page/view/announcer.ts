import { h } from "./dom";

/** Tells those who do not see the page what has happened. Text that streams would be read word by word; this is not. */
export class Announcer {
  readonly element = h("div", { class: "unseen", role: "status", "aria-live": "polite" });

  say(text: string): void {
    this.element.textContent = text;
  }
}
