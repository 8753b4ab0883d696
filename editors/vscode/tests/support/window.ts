import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Frame, FrameLocator, Locator, Page } from "playwright-core";
import type { CodeServer } from "./codeServer";
import { ARTEFACTS } from "./paths";

const LIMIT = 60_000;
/** Other editors have such frames too: the preview of Markdown. */
const CHAT_FRAME = 'iframe.webview[src*="extensionId=claude-bridge.claude-bridge"]';

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
    if ((await this.page.locator(CHAT_FRAME).count()) === 0) {
      await this.page.locator('.activitybar .action-label[aria-label^="Claude"]').first().click();
    }
    await this.input.waitFor();
  }

  async hideChat(): Promise<void> {
    await this.page.locator('.activitybar .action-label[aria-label^="Explorer"]').first().click();
    await this.page.locator(CHAT_FRAME).first().waitFor({ state: "hidden" });
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
    // It comes last, and would take the focus from what is opened before it.
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
    await this.chooseBy("Control+P", name, name);
  }

  /** Chooses a row of the list that a key opens. Where something takes the focus, which closes it, it is opened again. */
  private async chooseBy(key: string, typed: string, row: string): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      const chosen = await this.tryToChoose(key, typed, row).then(
        () => true,
        () => false,
      );
      if (chosen) return;
    }
    throw new Error(`${key} did not lead to: ${row}`);
  }

  private async tryToChoose(key: string, typed: string, row: string): Promise<void> {
    await this.page.keyboard.press(key);
    await this.quickInput.fill(typed, { timeout: 2000 });
    await this.row(row).click({ timeout: 4000 });
  }

  /** The box above VS Code's own list. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget input").first();
  }

  /** The first row of VS Code's own list that has this text. */
  row(text: string): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }

  /** Chooses in VS Code's own list. */
  async pick(text: string): Promise<void> {
    await this.row(text).click();
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
