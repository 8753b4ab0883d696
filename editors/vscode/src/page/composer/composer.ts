import type { Attachment, PageCommand } from "../../chat/wire";
import type { CommandInfo, ContentBlock } from "../../protocol";
import { keep, kept, tell } from "../host";
import { h, icon, iconButton } from "../view/dom";
import { Attachments } from "./attachments";
import { type Choice, Completion } from "./completion";
import { type Trigger, triggerAt } from "./trigger";

const PLACEHOLDER = "Ask Claude (@ file, / command)";

/** Commands of ours; those of the CLI come with the session. */
const OWN_COMMANDS: [name: PageCommand, says: string, description: string][] = [
  ["newSession", "new", "Begin a new session"],
  ["setModel", "model", "Choose the model"],
  ["setMode", "mode", "Choose the mode"],
  ["setStudy", "study", "Choose what this session is about"],
  ["search", "search", "Search all sessions"],
  ["export", "export", "Save this session as a file"],
  ["fork", "fork", "Go on from here in a new session"],
  ["rename", "rename", "Give this session another title"],
];

/** What the composer leads to. */
export interface Wishes {
  send(content: ContentBlock[]): void;
  stop(): void;
  problem(text: string): void;
  /** The person wants to leave the input and read. */
  leave(): void;
}

/** The input: text, files, pictures; and the buttons around it. */
export class Composer {
  readonly element: HTMLElement;
  private readonly input = h("textarea", {
    id: "input",
    rows: 1,
    "aria-label": "Message to Claude",
    placeholder: PLACEHOLDER,
  });
  private readonly readOnly = h("div", { class: "read-only", role: "status" });
  private readonly completion = new Completion(this.input);
  private readonly attachments: Attachments;
  private readonly sendButton = iconButton("send", "Send", () => this.send());
  private readonly stopButton = iconButton("debug-stop", "Stop", () => this.wishes.stop());
  readonly modeButton = h("button", { type: "button", class: "choice mode", title: "Mode of this session" });
  readonly modelButton = h("button", { type: "button", class: "choice", title: "Model of this session" });
  readonly studyButton = h("button", { type: "button", class: "choice", title: "Study of this session" });
  private commands: CommandInfo[] = [];
  private sendWith: "enter" | "ctrlEnter" = "enter";
  /** What was sent, for the arrow up. */
  private readonly history: string[] = [];
  private historyAt = 0;
  private isBusy = false;
  private isReadOnly = false;

  constructor(private readonly wishes: Wishes) {
    this.attachments = new Attachments((text) => wishes.problem(text));
    this.input.value = kept().draft ?? "";
    this.input.addEventListener("input", () => this.edited());
    this.input.addEventListener("click", () => this.complete());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.completion.close());
    this.input.addEventListener("paste", (event) => {
      if (this.attachments.paste(event.clipboardData)) event.preventDefault();
    });
    this.modeButton.addEventListener("click", () => tell({ type: "command", command: "setMode" }));
    this.modelButton.addEventListener("click", () => tell({ type: "command", command: "setModel" }));
    this.studyButton.addEventListener("click", () => tell({ type: "command", command: "setStudy" }));
    const add = iconButton("mention", "Add a file or the selection", () => this.begin("@"));
    const choices = [this.modeButton, this.modelButton, this.studyButton];
    const bar = h(
      "div",
      { class: "bar" },
      add,
      ...choices,
      h("span", { class: "gap" }),
      this.stopButton,
      this.sendButton,
    );
    this.element = h(
      "section",
      { class: "composer", "aria-label": "Your message" },
      this.completion.element,
      this.readOnly,
      h("div", { class: "box" }, this.attachments.element, this.input, bar),
    );
    // What stands in it may need other lines when the side bar has another width.
    new ResizeObserver(() => this.resize()).observe(this.element);
    this.sendButton.classList.add("send");
    this.setBusy(false);
  }

  focus(): void {
    this.input.focus();
  }

  attach(attachment: Attachment): void {
    this.attachments.add(attachment);
  }

  setCommands(commands: CommandInfo[]): void {
    this.commands = commands;
  }

  setSendWith(keys: "enter" | "ctrlEnter"): void {
    this.sendWith = keys;
  }

  setBusy(busy: boolean): void {
    this.isBusy = busy;
    this.showButtons();
  }

  private showButtons(): void {
    this.stopButton.hidden = !this.isBusy || this.isReadOnly;
    this.sendButton.title = this.isBusy ? "Send when the turn has ended" : "Send";
  }

  /** Another program runs the session: it can only be read. */
  setReadOnly(holder: string | undefined): void {
    const isReadOnly = holder !== undefined;
    if (isReadOnly === this.isReadOnly) return;
    this.isReadOnly = isReadOnly;
    this.readOnly.replaceChildren(...(isReadOnly ? [icon("eye"), `Run by ${holder}: you can read along.`] : []));
    this.input.disabled = this.sendButton.disabled = isReadOnly;
    this.input.placeholder = isReadOnly ? "" : PLACEHOLDER;
    this.showButtons();
  }

  /** Gives back a message that could not be sent, unless something else is being written by now. */
  restore(content: ContentBlock[]): void {
    if (this.input.value !== "") return;
    this.input.value = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
    for (const block of content) if (block.type === "file" || block.type === "image") this.attach(block);
    this.edited();
  }

  /** The files that were asked for have come. */
  showFiles(query: string, files: string[], selection: string | undefined): void {
    const trigger = triggerAt(this.input.value, this.input.selectionStart);
    if (trigger?.kind !== "file" || trigger.typed !== query) return;
    const choices: Choice[] = files.map((path) => ({
      label: path.split("/").at(-1) ?? path,
      detail: path,
      icon: "file",
      choose: () => this.chooseFile(trigger, path),
    }));
    if (selection && "selection".startsWith(query.toLowerCase())) {
      const choose = () => {
        this.cut(trigger);
        tell({ type: "attachSelection" });
      };
      choices.unshift({ label: "Selection", detail: selection, icon: "selection", choose });
    }
    this.completion.show(choices);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (this.completion.takes(event)) event.preventDefault();
    else if (event.key === "Enter" && this.isSending(event)) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape") this.wishes.leave();
    else if (event.key === "ArrowUp" && this.recall(-1)) event.preventDefault();
    else if (event.key === "ArrowDown" && this.recall(1)) event.preventDefault();
  }

  private isSending({ shiftKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    return this.sendWith === "enter" ? !shiftKey : ctrlKey || metaKey;
  }

  /** Brings back what was sent before, where nothing else has been written. */
  private recall(step: 1 | -1): boolean {
    const recalled = this.history[this.historyAt] ?? "";
    if (this.input.value !== "" && this.input.value !== recalled) return false;
    const next = this.historyAt + step;
    if (next < 0 || next > this.history.length || this.history.length === 0) return false;
    this.historyAt = next;
    this.input.value = this.history[next] ?? "";
    this.resize();
    return true;
  }

  private edited(): void {
    this.resize();
    this.complete();
    keep({ draft: this.input.value });
  }

  private resize(): void {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
  }

  private complete(): void {
    const trigger = triggerAt(this.input.value, this.input.selectionStart);
    if (trigger?.kind === "command") this.completion.show(this.commandChoices(trigger));
    else if (trigger) tell({ type: "findFiles", query: trigger.typed });
    else this.completion.close();
  }

  private commandChoices(trigger: Trigger): Choice[] {
    const own = OWN_COMMANDS.map(([command, says, description]) => ({
      label: `/${says}`,
      detail: description,
      icon: "terminal",
      choose: () => {
        this.cut(trigger);
        tell({ type: "command", command });
      },
    }));
    const cli = this.commands.map(({ name, description, argumentHint }) => ({
      label: `/${name}${argumentHint ? ` ${argumentHint}` : ""}`,
      detail: description ?? undefined,
      icon: "symbol-event",
      choose: () => this.replace(trigger, `/${name} `),
    }));
    const typed = `/${trigger.typed.toLowerCase()}`;
    return [...own, ...cli].filter(({ label }) => label.toLowerCase().startsWith(typed)).slice(0, 30);
  }

  private chooseFile(trigger: Trigger, path: string): void {
    this.cut(trigger);
    this.attach({ type: "file", path });
  }

  private cut(trigger: Trigger): void {
    this.replace(trigger, "");
  }

  private replace(trigger: Trigger, text: string): void {
    // More may have been typed since the list was asked for.
    const now = triggerAt(this.input.value, this.input.selectionStart);
    const { start, end } = now?.kind === trigger.kind ? now : trigger;
    this.input.setRangeText(text, start, end, "end");
    this.resize();
    keep({ draft: this.input.value });
    this.focus();
  }

  private begin(text: string): void {
    const { selectionStart, value } = this.input;
    const space = selectionStart > 0 && !/\s/.test(value[selectionStart - 1] ?? "") ? " " : "";
    this.input.setRangeText(space + text, selectionStart, this.input.selectionEnd, "end");
    this.focus();
    this.edited();
  }

  private send(): void {
    const text = this.input.value.trim();
    const attached = this.attachments.take();
    if (text === "" && attached.length === 0) return;
    if (text !== "") this.history.push(text);
    this.historyAt = this.history.length;
    this.input.value = "";
    this.edited();
    this.wishes.send([...(text === "" ? [] : [{ type: "text" as const, text }]), ...attached]);
  }
}

/** What stands on the button that chooses the model. */
export function showModel(button: HTMLElement, model: string): void {
  button.setAttribute("aria-label", `Model of this session: ${model}`);
  button.replaceChildren(h("span", {}, model));
}

/** What stands on the button that chooses the study: nothing where there is none. */
export function showStudy(button: HTMLElement, study: string | undefined): void {
  button.hidden = study === undefined;
  button.setAttribute("aria-label", `Study of this session: ${study ?? "none"}`);
  button.replaceChildren(icon("beaker"), h("span", {}, study ?? ""));
}

/** What stands on the button that chooses the mode. */
export function showMode(button: HTMLElement, power: boolean): void {
  button.classList.toggle("power", power);
  button.setAttribute("aria-label", `Mode of this session: ${power ? "power, nothing is asked" : "user"}`);
  button.replaceChildren(icon(power ? "warning" : "shield"), power ? "POWER" : "user");
}
