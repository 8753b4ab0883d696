import type { Browser } from "playwright-core";
import { openBrowser } from "./browser";
import type { CodeServer } from "./codeServer";
import { Window } from "./window";

/** Tests in one window of a real VS Code. Each begins with an empty chat; of one that fails a picture is kept. */
export function inWindow(title: string, start: () => Promise<CodeServer>, tests: (window: Window) => void): void {
  describe(title, function () {
    this.timeout(300_000);
    const window = new Window();
    let server: CodeServer | undefined;
    let browser: Browser | undefined;

    before(async () => {
      server = await start();
      browser = await openBrowser();
      await window.open(browser, server);
    });

    beforeEach(() => window.newSession());

    afterEach(async function () {
      if (this.currentTest?.state === "failed") await window.failed(this.currentTest.title);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    tests(window);
  });
}
