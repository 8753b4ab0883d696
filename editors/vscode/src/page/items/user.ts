import { tell } from "../host";
import type { UserItem } from "../model/items";
import { h, icon } from "../view/dom";
import type { ItemView } from "./view";

type Block = UserItem["content"][number];

/** What the person said. */
export function userView(): ItemView<UserItem> {
  const body = h("div", { class: "body" });
  const element = h("article", { class: "item user", tabindex: -1 }, h("h2", { class: "unseen" }, "You"), body);
  return {
    element,
    update(item) {
      element.classList.toggle("pending", item.pending);
      body.replaceChildren(...item.content.flatMap(blockView));
      if (item.pending) body.append(h("div", { class: "quiet" }, icon("clock"), " waits for its turn"));
      return false;
    },
  };
}

function blockView(block: Block): HTMLElement[] {
  if (block.type === "text") return [h("div", { class: "said" }, block.text)];
  if (block.type === "image") return [pictureView(block)];
  return block.type === "file" ? [fileView(block)] : [];
}

function pictureView({ mediaType, data }: Extract<Block, { type: "image" }>): HTMLElement {
  const image = h("img", { class: "picture", alt: "Picture that was sent" });
  image.src = `data:${mediaType};base64,${data}`;
  return image;
}

function fileView({ path, range }: Extract<Block, { type: "file" }>): HTMLElement {
  const line = range && range.start.line + 1;
  const open = () => tell({ type: "openFile", path, line });
  return h("button", { type: "button", class: "chip", onclick: open }, icon("file"), fileLabel(path, range));
}

/** "src/main.rs" or "src/main.rs:3-9". */
export function fileLabel(path: string, range?: { start: { line: number }; end: { line: number } }): string {
  return range ? `${path}:${range.start.line + 1}-${range.end.line + 1}` : path;
}
