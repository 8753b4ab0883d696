import type { ServerView, ToPage } from "../chat/wire";
import type { ContentBlock, Mode } from "../protocol";
import { Composer, showMode, showModel, showStudy } from "./composer/composer";
import { tell } from "./host";
import { holderOf, type Item } from "./model/items";
import { Transcript } from "./model/transcript";
import { Announcer } from "./view/announcer";
import { activityText, bannerFor, welcome } from "./view/banner";
import { h, icon, iconButton } from "./view/dom";
import { List } from "./view/list";

const MOST_PAGES_TO_REVEAL = 60;

/** The chat: the conversation above, the input below. */
export class App {
  private transcript = new Transcript();
  private server: ServerView = { state: "starting", demo: false, modes: [], sendWith: "enter" };
  private mode: Mode = "user";
  private hasOlder = false;
  private loadingOlder = false;
  private toReveal: { messageId: string; pages: number } | undefined;
  private sent = 0;

  private readonly banner = h("div", {});
  private readonly greeting = h("div", {});
  private readonly scroller = h("main", { class: "scroller", tabindex: 0, "aria-label": "Conversation" });
  private readonly activity = h("div", { class: "activity quiet" });
  private readonly toEnd = iconButton("arrow-down", "To the end", () => this.list.toEnd());
  private readonly list = new List(this.scroller, this.transcript);
  private readonly announcer = new Announcer();
  private readonly composer = new Composer({
    send: (content) => this.send(content),
    stop: () => tell({ type: "stop" }),
    problem: (text) => this.notice(text),
    leave: () => this.scroller.focus(),
  });

  constructor(root: HTMLElement) {
    this.toEnd.classList.add("to-end");
    this.scroller.append(this.greeting, this.list.element, this.activity);
    this.composer.element.prepend(this.toEnd);
    root.append(this.banner, this.scroller, this.composer.element, this.announcer.element);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.key(event));
    this.scroller.addEventListener("click", (event) => followLink(event));
    this.showAround();
  }

  take(message: ToPage): void {
    switch (message.type) {
      case "server":
        this.server = message.server;
        this.composer.setSendWith(message.server.sendWith);
        return this.showAround();
      case "open":
        return this.open(message);
      case "session":
        return this.takeSession(message);
      case "events":
        return this.takeEvents(message);
      case "older":
        return this.takeOlder(message);
      case "capabilities":
        return this.composer.setCommands(message.commands);
      case "files":
        return this.composer.showFiles(message.query, message.files, message.selection);
      case "attach":
        return this.composer.attach(message.attachment);
      case "failed":
        return this.fail(message);
      case "answered":
        return this.answered(message);
      case "edited":
        return this.edited(message.toolUseId);
      case "reveal":
        this.toReveal = { messageId: message.messageId, pages: 0 };
        return this.reveal();
      case "focus":
        return this.composer.focus();
    }
  }

  private open({ snapshot, mode }: Extract<ToPage, { type: "open" }>): void {
    const pending = this.pendingFor(snapshot?.session.id);
    this.transcript = new Transcript(snapshot);
    for (const item of pending) this.transcript.addPending(item);
    this.mode = mode;
    this.hasOlder = snapshot?.hasOlder ?? false;
    this.loadingOlder = false;
    this.list.show(this.transcript, () => {
      this.reveal();
      // Behind the frame that brings it to the screen.
      const items = this.transcript.items.length;
      requestAnimationFrame(() => setTimeout(() => tell({ type: "shown", items })));
    });
    this.showAround();
  }

  /** What was sent from the empty chat belongs to the session that it has made. */
  private pendingFor(sessionId: string | undefined) {
    const before = this.transcript.session?.id;
    if (sessionId === undefined || (before !== undefined && before !== sessionId)) return [];
    return this.transcript.items.flatMap((item) => (item.kind === "user" && item.pending ? [item] : []));
  }

  private takeSession({ session, mode }: Extract<ToPage, { type: "session" }>): void {
    this.mode = mode;
    if (session && session.id === this.transcript.session?.id) this.transcript.takeSession(session);
    this.showAround();
  }

  private takeEvents({ events }: Extract<ToPage, { type: "events" }>): void {
    for (const event of events) {
      if (event.sessionId !== this.transcript.session?.id) continue;
      this.transcript.apply(event);
      if (event.kind === "permissionRequested") this.announcer.say(`Claude asks: ${event.permission.title}`);
      if (event.kind === "turnCompleted") this.announcer.say(`Claude has ended: ${event.turn.text.slice(0, 300)}`);
    }
    this.list.refresh();
    this.showAround();
  }

  private takeOlder({ messages, hasOlder }: Extract<ToPage, { type: "older" }>): void {
    this.loadingOlder = false;
    this.hasOlder = hasOlder;
    this.list.prepend(this.transcript.addOlder(messages));
    this.reveal();
  }

  private send(content: ContentBlock[]): void {
    this.sent += 1;
    const localId = `local-${this.sent}`;
    this.transcript.addPending({ kind: "user", id: localId, content, pending: true });
    this.list.refresh();
    this.list.toEnd();
    this.showAround();
    tell({ type: "send", localId, content });
  }

  private fail({ kind, message, hint, localId }: Extract<ToPage, { type: "failed" }>): void {
    const unsent = localId === undefined ? undefined : this.transcript.removePending(localId);
    if (unsent) this.composer.restore(unsent.content);
    // A turn that had begun when the bridge ended shows its own end as soon as there is a bridge again.
    if (kind === "notRunning" && localId !== undefined && !unsent) return;
    if (!this.transcript.busy) this.transcript.status = undefined;
    this.sent += 1;
    const offerDemo = kind === "cliNotFound";
    this.transcript.add({ kind: "error", id: `failure-${this.sent}`, message, hint, offerDemo });
    this.list.refresh();
    this.showAround();
  }

  private notice(text: string): void {
    this.sent += 1;
    this.transcript.add({ kind: "notice", id: `notice-${this.sent}`, level: "warning", text });
    this.list.refresh();
  }

  private answered({ permissionId, problem }: Extract<ToPage, { type: "answered" }>): void {
    const item = this.transcript.toolOf(permissionId);
    if (!item?.asked || item.asked.outcome || !problem) return;
    item.asked = { ...item.asked, problem };
    this.transcript.changed.add(item);
    this.list.refresh();
  }

  private edited(toolUseId: string): void {
    const item = this.transcript.find(toolUseId);
    if (item?.kind !== "tool" || !item.asked) return;
    item.asked = { ...item.asked, edited: true };
    this.transcript.changed.add(item);
    this.list.refresh();
  }

  private reveal(): void {
    if (!this.toReveal) return;
    const item = this.itemOf(this.toReveal.messageId);
    if (item && this.list.reveal(item)) {
      this.toReveal = undefined;
    } else if (!item && this.hasOlder && this.toReveal.pages < MOST_PAGES_TO_REVEAL) {
      this.toReveal.pages += 1;
      this.loadOlder();
    }
  }

  private itemOf(messageId: string): Item | undefined {
    return this.transcript.find(messageId);
  }

  private scrolled(): void {
    this.toEnd.classList.toggle("shown", !this.list.isFollowing);
    if (this.scroller.scrollTop < 400) this.loadOlder();
  }

  private loadOlder(): void {
    if (!this.hasOlder || this.loadingOlder) return;
    this.loadingOlder = true;
    tell({ type: "older" });
  }

  private key(event: KeyboardEvent): void {
    const inText = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (inText || event.ctrlKey || event.metaKey) return;
    if (event.altKey && event.key === "ArrowUp") this.list.step(-1);
    else if (event.altKey && event.key === "ArrowDown") this.list.step(1);
    else return;
    event.preventDefault();
  }

  /** All that is not the list of items itself. */
  private showAround(): void {
    const { transcript, server, composer } = this;
    const session = transcript.session;
    const power = (session?.mode ?? this.mode) === "power";
    document.body.classList.toggle("power", power);
    this.banner.replaceChildren(...bannerFor(server));
    this.greeting.replaceChildren(...(transcript.items.length === 0 && !session ? [welcome(server)] : []));
    const holder = session && holderOf(session);
    const activity = activityText(transcript.busy, transcript.status, holder);
    if (activity !== this.activity.textContent) {
      this.activity.replaceChildren(...(activity ? [icon("loading", "codicon-modifier-spin"), activity] : []));
    }
    composer.setBusy(transcript.busy);
    showMode(composer.modeButton, power);
    showStudy(composer.studyButton, session?.studyId);
    showModel(composer.modelButton, server.demo ? "demo" : (session?.model ?? "default model"));
    composer.setReadOnly(holder);
  }
}

/** A link to a file opens it; those to the web are VS Code's. */
function followLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const address = link?.getAttribute("href");
  if (!link || !address || /^[a-z][a-z+.-]*:/i.test(address)) return;
  event.preventDefault();
  const [, path, line] = /^(.*?)(?:#L(\d+)|:(\d+))?$/.exec(address) ?? [];
  if (path) tell({ type: "openFile", path: decodeURIComponent(path), line: line ? Number(line) : undefined });
}
