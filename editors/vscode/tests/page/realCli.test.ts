import assert from "node:assert/strict";
import { access, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Answer, MessagesApi } from "../support/api";
import { claudeCli } from "../support/cli";
import { CodeServer } from "../support/codeServer";
import { BRIDGE } from "../support/paths";
import { inWindow } from "../support/suite";
import { conversation } from "./conversation";

let api: MessagesApi | undefined;
let made = "";

/** What the stand-in for the Messages API says. */
const answer: Answer = ({ said, result, all }) => {
  if (result !== undefined) return { say: ["The tool", " answered: ", result.slice(0, 200)] };
  if (said.includes("selected")) return { use: "mcp__editor__getSelection", input: {} };
  if (said.includes("write")) {
    return { use: "Write", input: { file_path: made, content: "made by Claude\n" }, first: "I will write a file." };
  }
  if (said.includes("count")) return { say: Array.from({ length: 5000 }, (_, n) => `${n} `), pauseMs: 20 };
  if (said.includes("remember")) return { say: ["You said: ", all.join(" | ")] };
  return { say: ["## An answer\n\n", "It is ", "**streamed**.\n"], pauseMs: 50 };
};

async function start(): Promise<CodeServer> {
  api = await MessagesApi.start(answer);
  const machine = { "claudeBridge.path": BRIDGE, "claudeBridge.cli.path": claudeCli() };
  return CodeServer.start({ machine, env: api.env });
}

/** The page, driven as by a person, against the real CLI, which asks a stand-in for the Messages API. */
inWindow("the chat with the real Claude CLI", start, (window) => {
  before(() => {
    made = join(window.server.workspace, "made.txt");
  });

  after(() => api?.stop());

  conversation(window, {
    long: "count as far as you can",
    longBegins: "10 11 12",
    word: String,
    recall: "what do you remember?",
    rare: "Tell me about cormorants",
    rareWord: "cormorants",
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
    await assert.rejects(access(made));
    await window.say("write it now");
    await window.button("Allow once").click();
    await window.turnEnds(2);
    assert.equal(await readFile(made, "utf8"), "made by Claude\n");
    await window.picture("real-cli");
  });

  it("writes what the person has made of a change in the diff editor", async () => {
    await rm(made, { force: true });
    await window.say("write, please");
    await window.button("Open the diff").click();
    const line = window.page.locator(".monaco-diff-editor .modified .view-line", { hasText: "Claude" });
    await line.click();
    await window.page.keyboard.press("End");
    await window.page.keyboard.type(" and by me");
    await window.page.keyboard.press("Control+S");
    await window.chat.getByText("Your own version of it will be used.").waitFor();
    await window.picture("edited");
    await window.button("Allow once").click();
    await window.turnEnds(1);
    assert.equal(await readFile(made, "utf8"), "made by Claude and by me\n");
  });

  it("asks the editor what is selected there", async () => {
    await writeFile(join(window.server.workspace, "poem.txt"), "Water, water, every where\n");
    await window.openFile("poem.txt");
    await window.page.locator(".monaco-editor .view-line", { hasText: "every" }).click();
    await window.page.keyboard.press("Control+A");
    await window.say("What have I selected?");
    await window.chat.locator(".answer", { hasText: "Water, water, every where" }).waitFor();
    await window.chat.locator(".tool.done summary", { hasText: "getSelection" }).waitFor();
    await window.picture("editor-tool");
  });

  it("leads to the demo by the walkthrough, and back", async () => {
    await window.choose(() => window.command("Welcome: Open Walkthrough"), {
      title: "Select a walkthrough to open",
      row: "Get started with Claude Bridge",
    });
    const page = window.page.locator(".gettingStartedContainer");
    await page.getByText("A built-in agent streams").waitFor();
    await window.picture("walkthrough");
    await page.getByRole("button", { name: "Try the demo" }).last().click();
    await window.chat.getByText("This is the demo").waitFor();
    await window.say("help");
    await window.chat.locator(".answer h2", { hasText: "What the demo agent understands" }).waitFor();
    await window.command("Claude: Leave the Demo");
    await window.chat.getByText("Ask about your code").waitFor();
  });

  it("has an output channel", async () => {
    await window.command("Claude: Show the Log");
    // The text is not there: code-server's own logger is compiled, and what is compiled is not installed for the tests.
    await window.page.locator(".part.panel").getByText("Claude Bridge").first().waitFor({ state: "attached" });
    await window.page.locator(".part.panel").getByRole("button", { name: "Hide Panel" }).click();
  });
});
