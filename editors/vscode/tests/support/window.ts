import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Frame, FrameLocator, Locator, Page } from "playwright-core";
import type { CodeServer } from "./codeServer";
import { ARTEFACTS } from "./paths";
import { insist, until } from "./process";

const LIMIT = 60_000;
/** How long something may take that is tried again where it fails. */
const SOON = 5000;
/** Other editors have such frames too: the preview of Markdown. */
const CHAT_FRAME = 'iframe.webview[src*="extensionId=claude-bridge.claude-bridge"]';

/** What is chosen in a list of VS Code's own. */
export interface Choice {
  /** The title of the list, or what stands in its box where it has none. */
  title: string;
  /** A text of the row. */
  row: string;
  /** What is written in its box before. */
  typed?: string;
  /** Texts of other rows that are there. */
  beside?: string[];
  /** The name of the picture that is taken of it. */
  picture?: string;
}

/** The rows of the list in which a mode is chosen. */
export const MODES = {
  user: { title: "Mode of this session", row: "User mode" },
  power: { title: "Mode of this session", row: "Power mode" },
};

/** A window of VS Code, with the words of a test. */
export class Window {
  private opened: { page: Page; server: CodeServer } | undefined;

  static async open(browser: Browser, server: CodeServer): Promise<Window> {
    const window = new Window();
    await window.open(browser, server);
    return window;
  }

  async open(browser: Browser, server: CodeServer): Promise<void> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    page.setDefaultTimeout(LIMIT);
    this.opened = { page, server };
    await page.goto(server.url());
    await this.showChat();
  }

  get page(): Page {
    return this.things.page;
  }

  /** The VS Code that it is a window of. */
  get server(): CodeServer {
    return this.things.server;
  }

  /** The chat's page, inside of the two frames that VS Code puts around it. */
  get chat(): FrameLocator {
    return this.page.frameLocator(CHAT_FRAME).frameLocator("#active-frame");
  }

  get input(): Locator {
    return this.chat.locator("#input");
  }

  get status(): Locator {
    return this.page.locator(".statusbar-item", { hasText: "Claude" });
  }

  /** Loads the window anew, as the person does by "Reload Window". */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.showChat();
  }

  async showChat(): Promise<void> {
    await this.status.waitFor();
    await this.showInSideBar("Claude");
    await this.input.waitFor();
  }

  async hideChat(): Promise<void> {
    await this.showInSideBar("Explorer");
    await this.page.locator(CHAT_FRAME).first().waitFor({ state: "hidden" });
  }

  /** A click on the sign of what is shown already would hide it. */
  private async showInSideBar(name: string): Promise<void> {
    const sign = this.page
      .locator(".activitybar .action-item", { has: this.page.locator(`.action-label[aria-label^="${name}"]`) })
      .first();
    await sign.waitFor();
    if (!(await sign.getAttribute("class"))?.split(" ").includes("checked")) await sign.click();
  }

  /** Loads the chat's page anew, as the person does by "Reload Webviews". */
  async reloadChat(): Promise<void> {
    await this.chat.locator("body").evaluate((body) => body.setAttribute("data-old", ""));
    await this.command("Developer: Reload Webviews");
    await this.chat.locator("body:not([data-old]) #input").waitFor();
  }

  /** An empty chat. */
  async newSession(): Promise<void> {
    await this.command("Claude: New Session");
    await this.chat.locator(".welcome").waitFor();
    await this.inputHasFocus();
  }

  /** The chat takes the focus last, and would take it from what is opened before that. */
  private async inputHasFocus(): Promise<void> {
    await this.chat.locator("#input:focus").waitFor();
  }

  async say(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
  }

  /** Unfolds the tree of sessions. */
  async showSessions(): Promise<void> {
    await this.foldSessions("true");
  }

  async hideSessions(): Promise<void> {
    await this.foldSessions("false");
  }

  private async foldSessions(expanded: "true" | "false"): Promise<void> {
    const header = this.page.locator('.pane-header[aria-label^="Sessions"]');
    if ((await header.getAttribute("aria-expanded")) !== expanded) await header.click();
  }

  /** Opens a session by its row in the tree, which may be drawn anew under the click; `shown` is in the chat then. */
  async openInTree(row: Locator, shown: Locator): Promise<void> {
    await insist("a session is opened by its row", async () => {
      await row.click({ timeout: SOON });
      await shown.waitFor({ timeout: SOON });
    });
    await this.inputHasFocus();
  }

  /** The session with this text in its row in the tree. */
  session(text: string): Locator {
    return this.page.locator(".tree-explorer-viewlet-tree-view .monaco-list-row", { hasText: text });
  }

  /** What Claude has said, one text an answer. */
  answers(): Promise<string[]> {
    return this.chat.locator(".answer .body").allInnerTexts();
  }

  /** Waits until no turn runs and the last one has ended in some way. */
  async turnEnds(count: number): Promise<void> {
    await this.chat
      .locator(".end")
      .nth(count - 1)
      .waitFor();
  }

  /** The frame of the chat's page. */
  async chatFrame(): Promise<Frame> {
    const body = await this.chat.locator("body").elementHandle();
    const frame = await body?.ownerFrame();
    if (!frame) throw new Error("the chat has no page");
    return frame;
  }

  /** Drags the border of the side bar to a place. */
  async dragSideBar(width: number): Promise<void> {
    const bar = await this.page.locator(".part.sidebar").boundingBox();
    if (!bar) throw new Error("there is no side bar");
    const [edge, y] = [bar.x + bar.width, bar.y + 200];
    await this.page.mouse.move(edge, y);
    await this.page.mouse.down();
    await this.page.mouse.move(bar.x + width, y, { steps: 8 });
    await this.page.mouse.up();
  }

  button(name: string): Locator {
    return this.chat.getByRole("button", { name, exact: true });
  }

  /** Runs a command by the palette. */
  async command(title: string): Promise<void> {
    await this.page.locator(".part.statusbar").click({ position: { x: 400, y: 10 } });
    await this.chooseBy("F1", `>${title}`, title);
  }

  /** Opens a file of the workspace by its name. */
  async openFile(name: string): Promise<void> {
    await insist(`${name} is open`, async () => {
      await this.chooseBy("Control+P", name, name);
      await this.page.locator(".tab.active", { hasText: name }).waitFor({ timeout: SOON });
    });
  }

  /** Chooses a row of the list that a key opens. Where something takes the focus, which closes it, it is opened again. */
  private async chooseBy(key: string, typed: string, row: string): Promise<void> {
    await insist(`${key} leads to: ${row}`, async () => {
      // One that was left open would go on with what it has found.
      if (await this.quickInput.isVisible()) await this.quickInput.press("Escape");
      await this.page.keyboard.press(key);
      await this.quickInput.fill(typed, { timeout: SOON });
      await this.row(row).click({ timeout: SOON });
    });
  }

  /** Chooses a row of the list with this title, which `open` opens: once more where something has closed it. */
  async choose(open: () => Promise<void>, list: Choice): Promise<void> {
    const box = await this.insistOnBox(open, list.title, async () => {
      if (list.typed !== undefined) await this.quickInput.fill(list.typed, { timeout: SOON });
      for (const row of [list.row, ...(list.beside ?? [])]) await this.row(row).waitFor({ timeout: SOON });
      if (list.picture) await this.picture(list.picture);
      await this.row(list.row).click({ timeout: SOON });
    });
    await box.waitFor({ state: "hidden" });
  }

  /** Writes into the box with this title, which `open` opens, and leaves it by Enter; `holds` is what is in it before. */
  async enter(open: () => Promise<void>, title: string, text: string, holds?: RegExp): Promise<void> {
    const box = await this.insistOnBox(open, title, async (box) => {
      if (holds) await until("something is proposed", async () => holds.test(await this.quickInput.inputValue()), SOON);
      await this.quickInput.fill(text, { timeout: SOON });
      // While it looks at what was written, it takes no Enter.
      await until("the text is taken", async () => {
        if (await box.isVisible()) await this.quickInput.press("Enter", { timeout: SOON });
        return !(await box.isVisible());
      });
    });
    await box.waitFor({ state: "hidden" });
  }

  private async insistOnBox(
    open: () => Promise<void>,
    title: string,
    use: (box: Locator) => Promise<void>,
  ): Promise<Locator> {
    const widget = this.page.locator(".quick-input-widget");
    const titled = widget.filter({ has: this.page.locator(".quick-input-title", { hasText: title }) });
    const box = titled.or(widget.filter({ has: this.page.getByPlaceholder(title) }));
    await insist(`something is chosen in: ${title}`, async () => {
      if (!(await box.isVisible())) await open();
      await box.waitFor({ timeout: SOON });
      await use(box);
    });
    return box;
  }

  /** The box above VS Code's own list. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget input").first();
  }

  /** The first row of VS Code's own list that has this text. */
  row(text: string): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }

  toast(text: string): Locator {
    return this.page.locator(".notification-toast", { hasText: text });
  }

  /** Keeps a picture of what the window looked like when a test failed. */
  async failed(title: string): Promise<void> {
    await this.picture(`failed-${title.replaceAll(/\W+/g, "-")}`);
  }

  /** Keeps a picture of the window. */
  async picture(name: string): Promise<void> {
    await mkdir(ARTEFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
  }

  private get things() {
    if (!this.opened) throw new Error("the window is not open yet");
    return this.opened;
  }
}
