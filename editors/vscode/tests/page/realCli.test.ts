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

/** What a model may say that has been told to do harm. */
const HOSTILE = [
  "<img src=x onerror=alert(1)>\n\n<script>document.title = 'harmed'</script>\n\n",
  "[a](javascript:alert(1)) [b](command:workbench.action.quit) ![c](https://spy.example/x.png) ",
  "[d](docs/a.md) [e](data:text/html,x)\n\n",
  "```js\n</code><script>document.title = 'harmed'</script>\n```\n",
];

/** What the stand-in for the Messages API says. */
const answer: Answer = ({ said, result, all }) => {
  if (result !== undefined) return { say: ["The tool", " answered: ", result.slice(0, 200)] };
  if (said.includes("selected")) return { use: "mcp__editor__getSelection", input: {} };
  if (said.includes("open it")) return { use: "mcp__editor__openFile", input: { path: "shapes.json", line: 3 } };
  if (said.includes("wrong")) return { use: "mcp__editor__getDiagnostics", input: { path: "shapes.json" } };
  if (said.includes("symbols")) return { use: "mcp__editor__findSymbols", input: { path: "shapes.json" } };
  if (said.includes("unravish'd")) return { say: ["You sent: ", said] };
  if (all.some((text) => text.includes("harm me"))) return { say: HOSTILE };
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
  return CodeServer.start({
    machine,
    env: api.env,
    // VS Code finds by name what is there when it begins to look.
    prepare: async ({ workspace }) => {
      await writeFile(join(workspace, "poem.txt"), "Water, water, every where\n");
      await writeFile(join(workspace, "ode.txt"), "Thou still unravish'd bride of quietness\n");
      return {};
    },
  });
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
    await window.status.filter({ hasText: /user · default model · \$0\.0/ }).waitFor();
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
    await window.openFile("poem.txt");
    await window.page.locator(".monaco-editor .view-line", { hasText: "every" }).click();
    await window.page.keyboard.press("Control+A");
    await window.say("What have I selected?");
    await window.chat.locator(".answer", { hasText: "Water, water, every where" }).waitFor();
    await window.chat.locator(".tool.done summary", { hasText: "getSelection" }).waitFor();
    await window.picture("editor-tool");
  });

  it("sends by @ what is selected", async () => {
    await window.openFile("ode.txt");
    await window.page.locator(".monaco-editor .view-line", { hasText: "bride" }).click();
    await window.page.keyboard.press("Control+A");
    await window.input.pressSequentially("Look at @sel");
    await window.chat.locator(".completion .option", { hasText: "Selection" }).filter({ hasText: "ode.txt" }).waitFor();
    await window.input.press("Enter");
    await window.chat.locator(".attachments .chip", { hasText: "ode.txt:1-2" }).waitFor();
    await window.input.press("Enter");
    await window.chat.locator(".user .chip", { hasText: "ode.txt:1-2" }).waitFor();
    await window.chat.locator(".answer", { hasText: "unravish'd bride of quietness" }).waitFor();
  });

  it("has the editor open a file, and asks it what is wrong there and what is in it", async () => {
    await writeFile(join(window.server.workspace, "shapes.json"), '{\n  "circle": 1,\n  "square" 2\n}\n');
    await window.say("Please open it");
    await window.page.locator(".tab.active", { hasText: "shapes.json" }).waitFor();
    await window.page.locator(".statusbar-item", { hasText: "Ln 3, Col 1" }).waitFor();
    await window.turnEnds(1);
    await window.page.locator(".monaco-editor .squiggly-error").first().waitFor();
    await window.say("What is wrong?");
    await window.chat.locator(".answer", { hasText: "error" }).filter({ hasText: "Colon expected" }).waitFor();
    await window.turnEnds(2);
    await window.say("Which symbols?");
    await window.chat.locator(".answer", { hasText: "circle" }).waitFor();
    await window.turnEnds(3);
    for (const tool of ["openFile", "getDiagnostics", "findSymbols"]) {
      await window.chat.locator(".tool.done summary", { hasText: tool }).waitFor();
    }
    await window.picture("editor-tools");
  });

  it("makes of a model's words nothing that could do harm", async () => {
    await window.say("harm me");
    await window.turnEnds(1);
    const body = window.chat.locator(".answer .body");
    await body.getByText("<img src=x onerror=alert(1)>").waitFor();
    await body.locator("pre", { hasText: "</code><script>" }).waitFor();
    assert.equal(await body.locator("img, script, iframe, style, form, [onerror]").count(), 0);
    const links = await body.locator("a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    assert.deepEqual(
      links.filter((address) => address !== null),
      ["https://spy.example/x.png", "docs/a.md"],
    );
  });

  it("has a page in which nothing else runs, and from which nothing gets out", async () => {
    const frame = await window.chatFrame();
    const violated = await frame.evaluate(async () => {
      const directives: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        directives.push(effectiveDirective);
      });
      const script = document.createElement("script");
      script.textContent = "document.title = 'harmed'";
      document.body.append(script);
      const button = document.createElement("button");
      button.setAttribute("onclick", "document.title = 'harmed'");
      button.click();
      new Image().src = "https://spy.example/x.png";
      await fetch("https://spy.example/").catch(() => undefined);
      // What a test evaluates may do what the page may not: a timer is the page's own.
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          try {
            new Function("document.title = 'harmed'")();
          } catch {
            directives.push("refused eval");
          }
          resolve();
        });
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      script.remove();
      return { directives, title: document.title };
    });
    assert.equal(violated.title, "Claude");
    const expected = ["script-src-elem", "script-src-attr", "img-src", "connect-src", "refused eval"];
    assert.deepEqual(
      expected.filter((directive) => !violated.directives.includes(directive)),
      [],
    );
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
