import type { Item } from "../model/items";
import { endView, errorView, noticeView } from "./notices";
import { answerView, thinkingView } from "./text";
import { toolView } from "./tool";
import { userView } from "./user";
import type { ItemView } from "./view";

const VIEWS: { [Kind in Item["kind"]]: () => ItemView<Extract<Item, { kind: Kind }>> } = {
  user: userView,
  text: answerView as () => ItemView<Extract<Item, { kind: "text" }>>,
  thinking: thinkingView as () => ItemView<Extract<Item, { kind: "thinking" }>>,
  tool: toolView,
  notice: noticeView,
  error: errorView,
  end: endView,
};

/** What shows an item of this kind. */
export function viewOf(item: Item): ItemView {
  return VIEWS[item.kind]() as ItemView;
}
