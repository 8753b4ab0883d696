import { h, icon } from "../view/dom";

/** Something that can be chosen. */
export interface Choice {
  label: string;
  detail?: string;
  icon: string;
  choose(): void;
}

/** A list of choices above the input; the input keeps the focus, and the keys. */
export class Completion {
  readonly element = h("div", { class: "completion", role: "listbox", id: "completion", "aria-label": "Suggestions" });
  private choices: Choice[] = [];
  private active = 0;

  constructor(private readonly input: HTMLTextAreaElement) {
    this.element.hidden = true;
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-haspopup", "listbox");
    input.setAttribute("aria-controls", "completion");
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  show(choices: Choice[]): void {
    this.choices = choices;
    this.active = 0;
    this.element.hidden = choices.length === 0;
    this.element.replaceChildren(...choices.map((choice, index) => this.option(choice, index)));
    this.mark();
  }

  close(): void {
    this.show([]);
  }

  /** Takes a key, if it is meant for the list. */
  takes(event: KeyboardEvent): boolean {
    if (!this.isOpen) return false;
    const { length } = this.choices;
    if (event.key === "ArrowDown") this.active = (this.active + 1) % length;
    else if (event.key === "ArrowUp") this.active = (this.active + length - 1) % length;
    else if (event.key === "Enter" || event.key === "Tab") return this.choose(this.active);
    else if (event.key === "Escape") this.close();
    else return false;
    this.mark();
    return true;
  }

  private choose(index: number): true {
    const choice = this.choices[index];
    this.close();
    choice?.choose();
    return true;
  }

  private option({ label, detail, icon: name }: Choice, index: number): HTMLElement {
    const option = h(
      "div",
      { class: "option", role: "option", id: `choice-${index}` },
      icon(name),
      h("span", { class: "label" }, label),
      detail ? h("span", { class: "quiet" }, detail) : undefined,
    );
    // The input must not lose the focus.
    option.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.choose(index);
    });
    return option;
  }

  private mark(): void {
    for (const [index, option] of [...this.element.children].entries()) {
      option.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) option.scrollIntoView({ block: "nearest" });
    }
    if (this.isOpen) this.input.setAttribute("aria-activedescendant", `choice-${this.active}`);
    else this.input.removeAttribute("aria-activedescendant");
  }
}
