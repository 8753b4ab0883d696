import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accessProblems } from "../support/axe";
import { CodeServer } from "../support/codeServer";
import { BRIDGE } from "../support/paths";
import { inWindow } from "../support/suite";
import { MODES } from "../support/window";

/** A theme of each kind that VS Code knows. */
const THEMES = {
  light: "Light Modern",
  dark: "Dark Modern",
  "high-contrast": "Default High Contrast",
  "high-contrast-light": "Default High Contrast Light",
};

async function start(): Promise<CodeServer> {
  return CodeServer.start({
    machine: { "claudeBridge.path": BRIDGE, "claudeBridge.demo": true, "claudeBridge.modes.power.enabled": true },
    prepare: async ({ workspace }) => {
      await writeFile(join(workspace, "notes.md"), "# Notes\n\n- Try the demo\n- Read the README\n");
      return {};
    },
  });
}

/** What the chat looks like, and whether those can use it who do not see it, or see no small differences. */
inWindow("how the chat looks", start, (window) => {
  async function wear(theme: keyof typeof THEMES): Promise<void> {
    await window.server.writeUserSettings({ "workbench.colorTheme": THEMES[theme] });
    await window.reload();
    await window.chat.locator(`body[data-vscode-theme-kind="vscode-${theme}"]`).waitFor();
    await window.newSession();
  }

  for (const name of Object.keys(THEMES) as (keyof typeof THEMES)[]) {
    it(`is fit to be read, in ${THEMES[name]}`, async () => {
      await wear(name);
      await window.say("fast");
      await window.turnEnds(1);
      await window.say("tool fast");
      await window.turnEnds(2);
      await window.chat.locator(".tool.done summary").last().click();
      await window.say("think, then edit fast");
      await window.chat.locator(".card").waitFor();
      await window.picture(`looks-${name}`);
      assert.deepEqual(await accessProblems(window), []);
      await window.button("Deny").click();
      await window.turnEnds(3);
      await window.say("ask fast");
      await window.button("Answer").waitFor();
      assert.deepEqual(await accessProblems(window), []);
      await window.button("Do not answer").click();
      await window.turnEnds(4);
      await window.say("error");
      await window.turnEnds(5);
      await window.choose(() => window.chat.getByLabel("Mode of this session").click(), MODES.power);
      await window.status.filter({ hasText: "POWER" }).waitFor();
      await window.input.fill("/");
      await window.chat.locator(".completion .option").first().waitFor();
      assert.deepEqual(await accessProblems(window), []);
      await window.picture(`looks-${name}-power`);
      await window.input.fill("");
    });
  }

  it("fits in a narrow side bar", async () => {
    await wear("dark");
    await window.dragSideBar(180);
    await window.say("Where is everything?");
    await window.turnEnds(1);
    await window.say("think, then edit fast");
    await window.chat.locator(".card").waitFor();
    await window.picture("looks-narrow");
    const wider = await window.chat.locator("body").evaluate(() => {
      const width = document.querySelector(".box")?.getBoundingClientRect().right ?? 0;
      const inside = (element: Element) => element.closest(".change, pre, .table, .unseen, [hidden]") !== null;
      return [...document.querySelectorAll(".item, .item *, .composer *")]
        .filter((element) => !inside(element) && element.getBoundingClientRect().right > width + 1)
        .map((element) => element.outerHTML.slice(0, 120));
    });
    assert.deepEqual(wider, []);
    await window.button("Allow once").click();
    await window.turnEnds(2);
  });
});
