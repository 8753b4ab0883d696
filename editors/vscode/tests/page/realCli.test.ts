import assert from "node:assert/strict";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { type Answer, MessagesApi } from "../support/api";
import { openBrowser } from "../support/browser";
import { claudeCli } from "../support/cli";
import { CodeServer } from "../support/codeServer";
import { BRIDGE } from "../support/paths";
import { until } from "../support/process";
import { Window } from "../support/window";

/** The page, driven as by a person, against the real CLI, which asks a stand-in for the Messages API. */
describe("the chat with the real Claude CLI", function () {
  this.timeout(300_000);
  let api: MessagesApi;
  let server: CodeServer;
  let browser: Browser;
  let window: Window;
  const made = () => join(server.workspace, "made.txt");

  const answer: Answer = ({ said, result, all }) => {
    if (result !== undefined) return { say: ["The tool", " answered: ", result.slice(0, 200)] };
    if (said.includes("selected")) return { use: "mcp__editor__getSelection", input: {} };
    if (said.includes("write")) {
      return { use: "Write", input: { file_path: made(), content: "made by Claude\n" }, first: "I will write a file." };
    }
    if (said.includes("count")) return { say: Array.from({ length: 5000 }, (_, n) => `${n} `), pauseMs: 20 };
    if (said.includes("remember")) return { say: ["You said: ", all.join(" | ")] };
    return { say: ["## An answer\n\n", "It is ", "**streamed**.\n"], pauseMs: 50 };
  };

  before(async () => {
    api = await MessagesApi.start((request) => answer(request));
    server = await CodeServer.start({
      machine: { "claudeBridge.path": BRIDGE, "claudeBridge.cli.path": claudeCli() },
      env: api.env,
    });
    browser = await openBrowser();
    window = await Window.open(browser, server);
  });

  beforeEach(async () => {
    await window.command("Claude: New Session");
    await window.chat.locator(".welcome").waitFor();
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") await window.failed(this.currentTest.title);
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    await api?.stop();
  });

  it("streams an answer", async () => {
    await window.say("Tell me about albatrosses");
    await window.chat.locator(".answer h2", { hasText: "An answer" }).waitFor();
    await window.chat.locator(".answer strong", { hasText: "streamed" }).waitFor();
    await window.turnEnds(1);
  });

  it("writes a file when that was denied not, and not when it was", async () => {
    await window.say("write, please");
    await window.chat.locator(".card .added", { hasText: "made by Claude" }).waitFor();
    await window.button("Deny").click();
    await window.turnEnds(1);
    await assert.rejects(access(made()));
    await window.say("write it now");
    await window.button("Allow once").click();
    await window.turnEnds(2);
    assert.equal(await readFile(made(), "utf8"), "made by Claude\n");
    await window.picture("real-cli");
  });

  it("is interrupted, and goes on with its memory", async () => {
    await window.say("count as far as you can");
    await window.chat.locator(".answer", { hasText: "10 11 12" }).waitFor();
    await window.button("Stop").click();
    await window.chat.locator(".end.notable", { hasText: "Interrupted" }).waitFor();
    await window.say("what do you remember?");
    await window.chat.locator(".answer", { hasText: "count as far as you can | " }).waitFor();
  });

  it("streams on when the page is loaded anew in mid-turn", async () => {
    await window.say("count on");
    await window.chat.locator(".answer", { hasText: "10 11 12" }).waitFor();
    await window.hideChat();
    await window.showChat();
    await window.chat.locator(".answer", { hasText: "10 11 12" }).waitFor();
    const before = (await window.answers())[0]?.length ?? 0;
    await until("it has counted on", async () => ((await window.answers())[0]?.length ?? 0) > before + 20);
    const numbers = ((await window.answers())[0] ?? "").trim().split(/\s+/).map(Number);
    assert.deepEqual(numbers, [...numbers.keys()], "none is missing, none is there twice");
    await window.button("Stop").click();
    await window.turnEnds(1);
  });

  it("goes on from the interrupted turn when the window is loaded anew in mid-turn", async () => {
    await window.say("count to the end");
    await window.chat.locator(".answer", { hasText: "10 11 12" }).waitFor();
    await window.reload();
    await window.chat.locator(".answer", { hasText: "10 11 12" }).waitFor();
    await window.chat.locator(".end.notable", { hasText: "Interrupted" }).waitFor();
    await window.say("what do you remember?");
    await window.chat.locator(".answer", { hasText: "count to the end | " }).waitFor();
  });

  it("finds what was said in another session", async () => {
    await window.command("Claude: Search All Sessions");
    await window.page.locator(".quick-input-widget input").first().fill("albatrosses");
    await window.pick("albatrosses");
    await window.chat.locator(".item.found", { hasText: "albatrosses" }).waitFor();
  });

  it("asks the editor what is selected there", async () => {
    await writeFile(join(server.workspace, "poem.txt"), "Water, water, every where\n");
    await window.page.keyboard.press("Control+P");
    await window.page.locator(".quick-input-widget input").first().fill("poem.txt");
    await window.pick("poem.txt");
    await window.page.locator(".monaco-editor .view-line", { hasText: "every" }).click();
    await window.page.keyboard.press("Control+A");
    await window.say("What have I selected?");
    await window.chat.locator(".answer", { hasText: "Water, water, every where" }).waitFor();
    await window.chat.locator(".tool.done summary", { hasText: "getSelection" }).waitFor();
    await window.picture("editor-tool");
  });

  it("is refused power mode, which is not enabled", async () => {
    await window.command("Claude: Choose the Mode");
    await window.pick("Power mode");
    await window.toast("power mode is not enabled").waitFor();
    assert.match((await window.status.textContent()) ?? "", /user/);
  });
});
