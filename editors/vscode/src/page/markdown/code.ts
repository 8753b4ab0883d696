import highlighter from "highlight.js/lib/common";
import { tell } from "../host";
import { h, iconButton } from "../view/dom";

/** Longer code stays without colours: to find them would hold everything up. */
const LONGEST_COLOURED = 20_000;
const waiting: HTMLElement[] = [];
let scheduled = false;

/** Gives code blocks their bar; those that are complete get colours, as soon as there is nothing else to do. */
export function decorate(root: DocumentFragment | HTMLElement, complete: boolean): void {
  for (const block of root.querySelectorAll<HTMLElement>("pre[data-language]")) {
    const code = block.querySelector("code");
    if (!code) continue;
    frame(block, code);
    if (complete && (code.textContent?.length ?? 0) <= LONGEST_COLOURED)
      colourLater(code, block.dataset.language ?? "");
  }
}

/** A file's or a command's text as a code block. */
export function codeBlock(text: string, language: string): HTMLElement {
  const code = h("code", {}, text);
  const block = h("pre", { "data-language": language }, code);
  if (text.length <= LONGEST_COLOURED) colourLater(code, language);
  return block;
}

function frame(block: HTMLElement, code: HTMLElement): void {
  const language = block.dataset.language || "text";
  const text = () => code.textContent ?? "";
  const copy = iconButton("copy", "Copy", () => {
    void navigator.clipboard.writeText(text()).then(() => {
      const sign = copy.firstElementChild;
      sign?.classList.replace("codicon-copy", "codicon-check");
      setTimeout(() => sign?.classList.replace("codicon-check", "codicon-copy"), 1500);
    });
  });
  const insert = iconButton("insert", "Insert at the cursor", () => tell({ type: "insert", text: text() }));
  const bar = h("div", { class: "code-bar" }, h("span", { class: "language" }, language), copy, insert);
  const framed = h("div", { class: "code", role: "group", "aria-label": `Code, ${language}` });
  block.tabIndex = 0;
  block.replaceWith(framed);
  framed.append(bar, block);
}

function colourLater(code: HTMLElement, language: string): void {
  if (!highlighter.getLanguage(language)) return;
  code.dataset.language = language;
  waiting.push(code);
  schedule();
}

function schedule(): void {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  requestIdleCallback(
    () => {
      scheduled = false;
      const code = waiting.pop();
      if (code) colour(code);
      schedule();
    },
    { timeout: 500 },
  );
}

/** The library escapes the text: what it returns is that text, and spans with classes. */
function colour(code: HTMLElement): void {
  const { value } = highlighter.highlight(code.textContent ?? "", {
    language: code.dataset.language ?? "",
    ignoreIllegals: true,
  });
  code.innerHTML = value;
}
