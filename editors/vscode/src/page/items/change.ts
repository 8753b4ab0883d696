import { changedFile, sidesOf } from "../../diff/sides";
import type { ToolItem } from "../model/items";
import { h } from "../view/dom";
import { lineChange } from "./lines";

const MOST_LINES = 40;

/** The lines that a tool takes away and puts in, in short; the diff editor shows all. Nothing where it changes no file. */
export function changeView({ name, input }: ToolItem): HTMLElement | undefined {
  if (changedFile(name, input) === undefined) return undefined;
  const { before, after } = sidesOf(name, input, undefined);
  const { same, removed, added } = lineChange(before, after);
  const lines = [
    ...same.slice(-2).map((line) => lineView(" ", line)),
    ...removed.map((line) => lineView("-", line)),
    ...added.map((line) => lineView("+", line)),
  ];
  const left = lines.length - MOST_LINES;
  const shown = lines.slice(0, MOST_LINES);
  if (left > 0) shown.push(h("div", { class: "quiet" }, `${left} more lines`));
  return h("div", { class: "change", role: "group", "aria-label": "Change", tabindex: 0 }, ...shown);
}

function lineView(sign: "+" | "-" | " ", line: string): HTMLElement {
  const kind = { "+": "added", "-": "removed", " ": "same" }[sign];
  const spoken = { "+": "added: ", "-": "removed: ", " ": "" }[sign];
  return h(
    "div",
    { class: `line ${kind}` },
    h("span", { class: "mark", "aria-hidden": "true" }, sign),
    h("span", { class: "unseen" }, spoken),
    line || " ",
  );
}
