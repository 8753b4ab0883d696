import { MarkdownStream } from "../markdown/stream";
import type { TextItem } from "../model/items";
import { h, icon } from "../view/dom";
import type { ItemView } from "./view";

/** What Claude says. */
export function answerView(): ItemView<TextItem> {
  const body = h("div", { class: "body markdown" });
  const element = h("article", { class: "item answer", tabindex: -1 }, h("h2", { class: "unseen" }, "Claude"), body);
  const update = streaming(body);
  return { element, update };
}

/** What Claude thinks: folded, unless the person unfolds it. */
export function thinkingView(): ItemView<TextItem> {
  const label = h("span", {}, "Thinking…");
  const body = h("div", { class: "body markdown" });
  const details = h("details", { class: "thinking" }, h("summary", {}, icon("lightbulb"), label), body);
  const element = h("article", { class: "item", tabindex: -1 }, details);
  const stream = streaming(body);
  let last: TextItem | undefined;
  // Nothing is rendered that nobody sees.
  details.addEventListener("toggle", () => details.open && last && stream(last, Number.POSITIVE_INFINITY));
  return {
    element,
    update(item, now) {
      last = item;
      label.textContent = item.done ? "Thought" : "Thinking…";
      return details.open && stream(item, now);
    },
  };
}

function streaming(body: HTMLElement): (item: TextItem, now: number) => boolean {
  const stream = new MarkdownStream(body);
  let finished = false;
  return (item, now) => {
    if (finished) return false;
    if (!item.done) return stream.update(item.text, now);
    if (stream.isFarBehind(item.text)) {
      stream.update(item.text, now);
      return true;
    }
    stream.finish(item.text);
    finished = true;
    return false;
  };
}
