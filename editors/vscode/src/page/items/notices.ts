import { cost, duration } from "../../words";
import { tell } from "../host";
import type { EndItem, ErrorItem, NoticeItem } from "../model/items";
import { h, icon } from "../view/dom";
import { button } from "./permission";
import type { ItemView } from "./view";

const ENDS: Record<string, [icon: string, text: string]> = {
  interrupted: ["debug-stop", "Interrupted. The next message goes on from here."],
  maxTurns: ["debug-pause", "The limit of turns was reached."],
  refused: ["circle-slash", "Claude refused."],
  failed: ["error", "The turn failed."],
};

/** Something that a person should know. */
export function noticeView(): ItemView<NoticeItem> {
  const element = h("div", { class: "item notice", role: "note", tabindex: -1 });
  return {
    element,
    update({ level, text }) {
      element.className = `item notice ${level}`;
      element.replaceChildren(icon(level === "info" ? "info" : level === "error" ? "error" : "warning"), text);
      return false;
    },
  };
}

/** Something that went wrong, with what can be done about it. */
export function errorView(): ItemView<ErrorItem> {
  const element = h("div", { class: "item notice error", role: "alert", tabindex: -1 });
  return {
    element,
    update({ message, hint, details, offerDemo }) {
      element.replaceChildren(icon("error"), h("div", {}, ...errorParts(message, hint, details, offerDemo)));
      return false;
    },
  };
}

function errorParts(message: string, hint?: string, details?: string, offerDemo?: boolean): HTMLElement[] {
  return [
    h("div", {}, message),
    ...(hint ? [h("div", { class: "quiet" }, hint)] : []),
    ...(details ? [h("details", {}, h("summary", {}, "What it said"), h("pre", {}, details))] : []),
    ...(offerDemo
      ? [
          h(
            "div",
            { class: "buttons" },
            button("Try the demo", "secondary", () => demo()),
          ),
        ]
      : []),
  ];
}

function demo(): void {
  tell({ type: "command", command: "tryDemo" });
}

/** How a turn ended. */
export function endView(): ItemView<EndItem> {
  const element = h("div", { class: "item end" });
  return {
    element,
    update({ turn }) {
      const [sign, text] = ENDS[turn.stopReason] ?? [];
      element.classList.toggle("notable", text !== undefined);
      const sums = [duration(turn.durationMs), cost(turn.costUsd)].filter(Boolean).join(" · ");
      const reason = turn.error ? errorParts(turn.error.message, turn.error.hint ?? undefined) : [];
      element.replaceChildren(
        ...(sign && text ? [h("div", { class: "reason" }, icon(sign), text)] : []),
        ...reason,
        h("span", { class: "quiet" }, sums),
      );
      return false;
    },
  };
}
