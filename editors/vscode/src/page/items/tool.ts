import { changedFile } from "../../diff/sides";
import { tell } from "../host";
import { codeBlock } from "../markdown/code";
import type { ToolItem } from "../model/items";
import { h, icon } from "../view/dom";
import { changeView } from "./change";
import { permissionView } from "./permission";
import type { ItemView } from "./view";

const ICONS: Record<string, string> = {
  Read: "file",
  Edit: "edit",
  MultiEdit: "edit",
  Write: "new-file",
  Bash: "terminal",
  Grep: "search",
  Glob: "search",
  WebFetch: "globe",
  WebSearch: "globe",
  Task: "robot",
  AskUserQuestion: "question",
  ExitPlanMode: "checklist",
};
/** More of an output than this is not put into the page. */
const LONGEST_OUTPUT = 50_000;

/** A tool call: one line, which unfolds to what went in and what came out; and what the person is asked about it. */
export function toolView(): ItemView<ToolItem> {
  const sign = h("span", { class: "sign" });
  const title = h("span", { class: "title" });
  const body = h("div", { class: "body" });
  const details = h("details", { class: "tool" }, h("summary", {}, sign, title), body);
  const question = h("div", { class: "question" });
  const element = h("article", { class: "item", tabindex: -1 }, details, question);
  let item: ToolItem | undefined;
  let shown: ToolItem["asked"];
  details.addEventListener("toggle", () => details.open && item && body.replaceChildren(...bodyOf(item)));
  return {
    element,
    update(next) {
      item = next;
      element.classList.toggle("nested", next.nested === true);
      details.className = `tool ${stateOf(next)}`;
      sign.replaceChildren(signOf(next));
      title.textContent = next.title;
      if (details.open) body.replaceChildren(...bodyOf(next));
      if (shown !== next.asked) {
        shown = next.asked;
        question.replaceChildren(...(next.asked ? permissionView(next, next.asked) : []));
      }
      return false;
    },
  };
}

function stateOf(item: ToolItem): string {
  if (item.asked && !item.asked.outcome) return "asked";
  if (item.asked?.outcome === "deny") return "denied";
  if (item.result) return item.result.isError ? "failed" : "done";
  return item.cut ? "cut" : "running";
}

function signOf(item: ToolItem): HTMLElement {
  const signs: Record<string, HTMLElement> = {
    asked: labelled("bell-dot", "waits for you"),
    denied: labelled("circle-slash", "denied"),
    failed: labelled("error", "failed"),
    cut: labelled("debug-stop", "stopped"),
    running: labelled("loading", "running", "codicon-modifier-spin"),
  };
  return signs[stateOf(item)] ?? labelled(ICONS[item.name] ?? "tools", "done");
}

function labelled(name: string, label: string, ...classes: string[]): HTMLElement {
  return h("span", {}, icon(name, ...classes), h("span", { class: "unseen" }, `${label}: `));
}

function bodyOf(item: ToolItem): HTMLElement[] {
  const path = item.input.file_path;
  const links = h(
    "div",
    { class: "links" },
    typeof path === "string" && linkButton("go-to-file", "Open the file", () => tell({ type: "openFile", path })),
    changedFile(item.name, item.input) !== undefined && linkButton("diff", "Open the diff", () => openDiff(item)),
  );
  return [
    ...(links.childElementCount > 0 ? [links] : []),
    h("h3", {}, "Input"),
    changeView(item) ?? inputView(item),
    ...(item.result ? [h("h3", {}, item.result.isError ? "Error" : "Output"), outputView(item)] : []),
  ];
}

export function linkButton(name: string, label: string, onclick: () => void, title?: string): HTMLButtonElement {
  return h("button", { type: "button", class: "link", onclick, title }, icon(name), label);
}

export function openDiff({ id, title, name, input, result, asked }: ToolItem): void {
  const isAsked = asked !== undefined && !asked.outcome && !asked.holder;
  tell({ type: "diff", diff: { toolUseId: id, title, name, input, isAsked, structured: result?.structured } });
}

function inputView({ name, input }: ToolItem): HTMLElement {
  if (name === "Bash" && typeof input.command === "string") return codeBlock(input.command, "bash");
  return codeBlock(JSON.stringify(input, undefined, 2), "json");
}

function outputView({ result }: ToolItem): HTMLElement {
  const text = textOf(result?.content);
  const cut = Math.max(0, text.length - LONGEST_OUTPUT) + (result?.truncatedBytes ?? 0);
  const block = codeBlock(text.slice(0, LONGEST_OUTPUT) || "(nothing)", "");
  block.classList.add("output");
  return cut === 0 ? block : h("div", {}, block, h("div", { class: "quiet" }, `${cut} more are left out here.`));
}

/** What a tool said, as text: a text, or the model's own blocks. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return content === undefined ? "" : JSON.stringify(content, undefined, 2);
  return content.map((block) => (typeof block?.text === "string" ? block.text : `[${block?.type ?? "?"}]`)).join("\n");
}
