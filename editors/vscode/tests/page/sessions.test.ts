import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DemoBridge } from "../support/bridge";
import { CodeServer } from "../support/codeServer";
import { BRIDGE } from "../support/paths";
import { until } from "../support/process";
import { inWindow } from "../support/suite";
import { MODES } from "../support/window";

let dataDir = "";

/** The Atomizer profile has studies; power mode is enabled; the history is one that others can reach. */
async function start(): Promise<CodeServer> {
  return CodeServer.start({
    machine: {
      "claudeBridge.path": BRIDGE,
      "claudeBridge.demo": true,
      "claudeBridge.profile": "atomizer",
      "claudeBridge.modes.power.enabled": true,
    },
    prepare: async ({ home, workspace }) => {
      dataDir = join(home, "history");
      for (const study of ["beam", "mirror/bracket"]) {
        const folder = join(workspace, "studies", study);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "optimization_config.json"), JSON.stringify({ study_name: study }));
      }
      return { "claudeBridge.dataDir": dataDir, "claudeBridge.root": workspace };
    },
  });
}

/** What can be done with whole sessions, by the palette, the tree and the buttons, against the demo agent. */
inWindow("what surrounds the chat", start, (window) => {
  const said = (text: string) => window.chat.locator(".user .said", { hasText: text });
  const answer = (text: string) => window.chat.locator(".answer", { hasText: text });

  it("forks a session: the fork goes on with its memory, and the other one stays as it is", async () => {
    await window.say("Remember the heron, fast");
    await window.turnEnds(1);
    await window.command("Claude: Fork Session");
    await window.showSessions();
    // Its title is marked as soon as it is the one in the chat.
    await window
      .session("fork")
      .filter({ has: window.page.locator(".highlight") })
      .waitFor();
    await window.say("recall fast");
    await answer("Remember the heron").nth(1).waitFor();
    await window.picture("forked");
    const other = window.session("Remember the heron").filter({ hasNotText: "fork" });
    await window.openInTree(other, window.chat.locator(".list:not(:has-text('recall fast'))"));
    await said("Remember the heron").waitFor();
  });

  it("exports a session, as Markdown to be read and as JSON to be taken in again", async () => {
    await window.say("Tell me of pelicans, fast");
    await window.turnEnds(1);
    for (const [name, holds] of [
      ["pelicans.md", /## .*\n[\s\S]*Tell me of pelicans, fast/],
      ["pelicans.json", /"title": ?"Tell me of pelicans, fast"/],
    ] as const) {
      const file = join(window.server.workspace, name);
      const save = () => window.command("Claude: Export Session");
      await window.enter(save, "Export Session", file, /\/workspace\/tell-me-of-pelicans-fast\.md$/);
      await window.page.locator(".tab", { hasText: name }).waitFor();
      assert.match(await readFile(file, "utf8"), holds);
    }
    await window.picture("exported");
  });

  it("shows what study a session is about, changes it and takes it away", async () => {
    await window.say("hello fast");
    await window.turnEnds(1);
    const study = window.chat.getByTitle("Study of this session");
    await study.waitFor({ state: "hidden" });
    const title = "Study of this session";
    await window.choose(() => window.command("Claude: Choose the Study"), { title, row: "mirror/bracket" });
    await study.filter({ hasText: "mirror/bracket" }).waitFor();
    await window.showSessions();
    await window.session("hello fast").filter({ hasText: "mirror/bracket" }).waitFor();
    await window.status.filter({ hasText: "mirror/bracket" }).waitFor();
    await window.picture("study");
    await window.choose(() => study.click(), { title, row: "beam", beside: ["(now)"] });
    await study.filter({ hasText: "beam" }).waitFor();
    await window.session("hello fast").filter({ hasText: "beam" }).waitFor();
    await window.choose(() => study.click(), { title, row: "No study" });
    await study.waitFor({ state: "hidden" });
    await window.status.filter({ hasNotText: "beam" }).waitFor();
    await window.say("recall fast");
    await window.turnEnds(2);
  });

  it("marks power mode wherever the session is seen, and asks nothing in it", async () => {
    await window.say("hello fast");
    await window.turnEnds(1);
    await window.choose(() => window.chat.getByTitle("Mode of this session").click(), MODES.power);
    await window.status.filter({ hasText: "POWER" }).waitFor();
    await window.chat.getByTitle("Mode of this session").filter({ hasText: "POWER" }).waitFor();
    await window.showSessions();
    await window.session("hello fast").filter({ hasText: "POWER" }).waitFor();
    await window.picture("power");
    await window.say("edit fast");
    await window.turnEnds(2);
    assert.equal(await window.chat.locator(".card, .outcome").count(), 0);
    await window.choose(() => window.command("Claude: Choose the Mode"), MODES.user);
    await window.status.filter({ hasText: "user" }).waitFor();
  });

  it("lets one read along what another bridge runs, and go on when that has let go", async () => {
    const other = await DemoBridge.start(dataDir, window.server.workspace, "another editor");
    const readOnly = window.chat.getByText("Run by another editor: you can read along.");
    try {
      const { session } = await other.request("session/create", { title: "run elsewhere" });
      const turn = other.request("message/send", { sessionId: session.id, content: "long 100000" });
      const open = () => window.command("Claude: Open Session");
      await window.choose(open, { title: "Open Session", row: "run elsewhere" });
      await answer("words come and go").waitFor();
      const before = (await window.answers()).join().length;
      await until("it grows", async () => (await window.answers()).join().length > before + 200);
      await readOnly.waitFor();
      await window.chat.locator(".activity", { hasText: "Working" }).waitFor();
      assert.equal(await window.input.isDisabled(), true);
      assert.equal(await window.button("Stop").count(), 0);
      await window.picture("read-only");
      await other.request("session/interrupt", { sessionId: session.id });
      await turn;
      await window.chat.locator(".end.notable", { hasText: "Interrupted" }).waitFor();
      void other.request("message/send", { sessionId: session.id, content: "edit" }).catch(() => {});
      await window.chat.locator(".card", { hasText: "Waits for an answer in another editor." }).waitFor();
      assert.equal(await window.button("Allow once").count(), 0);
      assert.equal(await window.input.isDisabled(), true);
      await window.picture("read-only-asked");
    } finally {
      await other.stop();
    }
    await readOnly.waitFor({ state: "hidden" });
    await window.say("recall fast");
    await answer("long 100000").waitFor();
  });

  it("checks the bridge's health, and shows what it found", async () => {
    await window.command("Claude: Check the Bridge's Health");
    const page = window.page.frameLocator("iframe.webview[src*='markdown']").frameLocator("#active-frame");
    await page.getByText("The bridge's health").waitFor();
    await page.locator("li", { hasText: "history" }).first().waitFor();
    await window.picture("health");
    assert.equal(await window.page.locator(".tab.dirty").count(), 0);
  });

  // The last of these, since nothing asks in this folder after it.
  it("allows for the whole project, and a session that comes later is not asked either", async () => {
    await window.say("edit fast");
    await window.button("For this project").click();
    await window.turnEnds(1);
    await window.newSession();
    await window.say("edit fast");
    await window.turnEnds(1);
    await window.chat.locator(".tool.done").waitFor();
    assert.equal(await window.chat.locator(".card, .outcome").count(), 0);
  });
});
