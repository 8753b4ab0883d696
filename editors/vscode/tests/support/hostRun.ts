import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openBrowser } from "./browser";
import { CodeServer } from "./codeServer";
import { BRIDGE, EXTENSION } from "./paths";
import { until } from "./process";

/** What came of the tests in the extension host. */
export interface HostReport {
  passes: number;
  failures: number;
  text: string;
}

/** Runs mocha inside of a real extension host, on the extension as it has been built. */
export async function runInHost(): Promise<HostReport> {
  const server = await CodeServer.start({
    machine: { "claudeBridge.path": BRIDGE, "claudeBridge.demo": true },
    smokeTestDriver: true,
    installed: false,
    env: { EXTENSION_TEST_GREP: process.env.GREP ?? "" },
  });
  const report = join(server.home, "report.json");
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    let exited = false;
    await page.exposeFunction("codeAutomationExit", () => {
      exited = true;
    });
    await page.exposeFunction("codeAutomationLog", () => {});
    const remote = (path: string) => `vscode-remote://127.0.0.1:${server.port}${path}`;
    await page.goto(
      server.url([
        ["extensionDevelopmentPath", remote(EXTENSION)],
        ["extensionTestsPath", remote(join(EXTENSION, "dist-test/host/index.js"))],
      ]),
    );
    await until("the tests in the extension host have ended", () => exited, 400_000);
    return JSON.parse(await readFile(report, "utf8"));
  } finally {
    await browser.close();
    await server.stop();
  }
}
