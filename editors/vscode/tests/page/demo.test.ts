import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodeServer } from "../support/codeServer";
import { BRIDGE } from "../support/paths";
import { insist, until } from "../support/process";
import { inWindow } from "../support/suite";
import { conversation } from "./conversation";

async function start(): Promise<CodeServer> {
  return CodeServer.start({
    machine: { "claudeBridge.path": BRIDGE, "claudeBridge.demo": true },
    prepare: async ({ workspace }) => {
      await writeFile(join(workspace, "notes.md"), "# Notes\n\n- Try the demo\n- Read the README\n");
      await writeFile(join(workspace, "hello.py"), "def hello():\n    return 'hello'\n\n\nhello()\n");
      return {};
    },
  });
}

/** What it says to `long`, again and again. */
const WORDS = ["words", "come", "and", "go", "like", "waves", "on", "a", "long", "beach"];

/** The page, driven as by a person, against the demo agent. */
inWindow("the chat with the demo agent", start, (window) => {
  conversation(window, {
    long: "long 3000",
    longBegins: "words come and go",
    word: (place) => WORDS[place % WORDS.length] ?? "",
    recall: "recall",
    rare: "Where is the albatross? fast",
    rareWord: "albatross",
  });

  it("streams an answer as Markdown with highlighted code", async () => {
    await window.say("What is a monad?");
    const answer = window.chat.locator(".answer .body");
    await answer.getByText("You said").waitFor();
    await window.turnEnds(1);
    await window.chat.locator(".answer .code .hljs-keyword", { hasText: "def" }).waitFor();
    await until("the list is there", async () => (await answer.locator("li").count()) === 3);
    await window.button("Stop").waitFor({ state: "hidden" });
    await window.status.filter({ hasText: /user · demo · \$0\.00/ }).waitFor();
    await window.picture("answer");
  });

  it("asks before an edit, shows its diff in the diff editor, and goes on when allowed", async () => {
    await window.say("think, then edit");
    await window.chat.locator(".card").waitFor();
    await window.picture("permission");
    await window.chat.locator(".card").getByRole("button", { name: "Open the diff" }).click();
    await window.page.locator(".tab", { hasText: "notes.md (Claude wants to change this)" }).waitFor();
    await window.page
      .locator(".monaco-diff-editor .view-line", { hasText: /then.build.something/ })
      .first()
      .waitFor();
    await window.picture("diff");
    await window.button("Allow once").click();
    await window.chat.getByText("Allowed by you").waitFor();
    await window.turnEnds(1);
    await window.chat.locator(".tool.done summary").click();
    await window.chat.locator(".tool .output", { hasText: "has been updated successfully" }).waitFor();
  });

  it("tells Claude why something was denied", async () => {
    await window.say("edit");
    const card = window.chat.locator(".card");
    await card.locator(".reason").fill("Leave that file alone");
    await window.button("Deny").click();
    await window.chat.getByText("Denied by you").waitFor();
    await window.chat.locator(".answer blockquote", { hasText: "Leave that file alone" }).waitFor();
  });

  it("allows for the whole session, and is not asked again", async () => {
    await window.say("edit fast");
    await window.button("For this session").click();
    await window.turnEnds(1);
    await window.say("edit fast");
    await window.turnEnds(2);
    assert.equal(await window.chat.locator(".tool.done").count(), 2);
    assert.equal(await window.chat.locator(".outcome").count(), 1);
  });

  it("answers a question by a choice", async () => {
    await window.say("ask");
    const reply = window.button("Answer");
    await reply.waitFor();
    assert.equal(await reply.isDisabled(), true);
    await window.chat.getByLabel("Ahoy").check();
    await window.picture("question");
    await reply.click();
    await window.chat.locator(".answer strong", { hasText: "Ahoy" }).waitFor();
  });

  it("shows a plan, and carries it out when it is approved", async () => {
    await window.say("plan");
    await window.chat.locator(".plan li", { hasText: "Count to three" }).waitFor();
    await window.picture("plan");
    await window.button("Carry it out").click();
    await window.chat.locator(".answer", { hasText: "You approved the plan" }).waitFor();
  });

  it("shows a message that waits for its turn", async () => {
    await window.say("long 3000");
    await window.say("help");
    await window.chat.locator(".user.pending", { hasText: "help" }).waitFor();
    await window.chat.locator(".answer", { hasText: "words come and go" }).waitFor();
    await window.button("Stop").click();
    await window.chat.locator(".answer h2", { hasText: "What the demo agent understands" }).waitFor();
    assert.equal(await window.chat.locator(".user.pending").count(), 0);
    assert.deepEqual(await window.chat.locator(".user .said").allInnerTexts(), ["long 3000", "help"]);
  });

  it("offers files by @ and commands by /", async () => {
    await window.input.pressSequentially("Look at @hel");
    const options = window.chat.locator(".completion .option");
    await options.filter({ hasText: "hello.py" }).waitFor();
    await window.picture("files");
    await window.input.press("Enter");
    await window.chat.locator(".attachments .chip", { hasText: "hello.py" }).waitFor();
    await window.input.press("Enter");
    await window.chat.locator(".user .chip", { hasText: "hello.py" }).waitFor();
    await window.chat.locator(".answer", { hasText: "With it came" }).waitFor();
    await window.input.pressSequentially("/");
    await options.filter({ hasText: "/new" }).waitFor();
    await window.input.press("Escape");
    await options.first().waitFor({ state: "hidden" });
    await window.input.fill("");
  });

  it("goes by Tab through what is asked, and on to the input", async () => {
    await window.say("edit");
    await window.chat.locator(".card").waitFor();
    await window.input.focus();
    await window.page.keyboard.press("Escape");
    await window.chat.locator(".scroller:focus").waitFor();
    const order: string[] = [];
    for (let step = 0; step < 12; step += 1) {
      await window.page.keyboard.press("Tab");
      order.push(
        await window.chat.locator(":focus").evaluate((at) => at.getAttribute("aria-label") || at.textContent || ""),
      );
    }
    assert.deepEqual(order, [
      "waits for you: Edit notes.md",
      "Change",
      "Open the diff",
      "Allow once",
      "For this session",
      "For this project",
      "Deny",
      "Why not: Claude is told",
      "Message to Claude",
      "Add a file or the selection",
      "Mode of this session: user",
      "Model of this session: demo",
    ]);
    await window.page.keyboard.press("Shift+Tab");
    await window.chat.locator(".choice.mode:focus").waitFor();
    await window.button("Deny").press("Enter");
    await window.turnEnds(1);
  });

  it("sends a picture that was pasted", async () => {
    await window.input.evaluate((input) => {
      const bytes = atob(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
      );
      const file = new File([Uint8Array.from(bytes, (sign) => sign.charCodeAt(0))], "a.png", { type: "image/png" });
      const clipboardData = new DataTransfer();
      clipboardData.items.add(file);
      input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    await window.chat.locator(".attachments .chip", { hasText: "Picture" }).waitFor();
    await window.say("What is this?");
    await window.chat.locator(".user img.picture").waitFor();
    await window.chat.locator(".answer", { hasText: "With it came" }).waitFor();
  });

  it("lists the sessions in a tree, by which they are opened, renamed and deleted", async () => {
    await window.say("a session to be renamed, fast");
    await window.turnEnds(1);
    await window.newSession();
    await window.showSessions();
    const row = window.session("a session to be renamed");
    await window.openInTree(row, window.chat.locator(".user .said", { hasText: "a session to be renamed" }));
    const rename = async () => {
      await row.hover();
      await row.getByRole("button", { name: "Rename Session" }).click();
    };
    await window.enter(rename, "Rename Session", "Renamed by a test", /^a session to be renamed/);
    await window.session("Renamed by a test").waitFor();
    await window.picture("sessions");
    const confirm = window.page.locator(".monaco-dialog-box").getByRole("button", { name: "Delete" });
    // A menu takes no click in its first moment, and goes away where something else takes the focus.
    await insist("it is asked whether it is meant", async () => {
      const item = window.page.getByRole("menuitem", { name: "Delete Session" });
      if (!(await item.isVisible())) {
        await window.session("Renamed by a test").click({ button: "right", timeout: 5000 });
      }
      await item.click({ timeout: 2000 });
      await confirm.waitFor({ timeout: 2000 });
    });
    await confirm.click();
    await window.session("Renamed by a test").waitFor({ state: "detached" });
    await window.chat.locator(".welcome").waitFor();
    await window.hideSessions();
  });

  it("reaches everything by the keyboard and tells a screen reader what happens", async () => {
    await window.say("edit");
    await window.chat.locator(".card").waitFor();
    await window.chat.locator('[role="status"]', { hasText: "Claude asks: Edit notes.md" }).waitFor();
    await window.button("Allow once").focus();
    await window.page.keyboard.press("Enter");
    await window.turnEnds(1);
    await window.chat.locator('[role="status"]', { hasText: "Claude has ended" }).waitFor();
    const unnamed = await window.chat
      .locator("button")
      .evaluateAll((all) =>
        all
          .filter((button) => !(button.getAttribute("aria-label") || button.textContent?.trim()))
          .map((b) => b.outerHTML),
      );
    assert.deepEqual(unnamed, []);
  });
});
