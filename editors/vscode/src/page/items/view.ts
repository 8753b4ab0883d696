import type { Item } from "../model/items";

/** What shows an item. */
export interface ItemView<I extends Item = Item> {
  readonly element: HTMLElement;
  /** Shows the item as it is now. Says whether something is left to be done in a later frame. */
  update(item: I, now: number): boolean;
}
