import assert from "node:assert/strict";
import { until } from "../support/process";
import { MODES, type Window } from "../support/window";

/** What has to be said to an agent so that it does what the tests below are about. */
export interface Agent {
  /** Has it say a great deal, slowly. */
  long: string;
  /** How that begins. */
  longBegins: string;
  /** Each word of it, by its place. */
  word(place: number): string;
  /** Has it tell what was said before. */
  recall: string;
  /** A message with a word that nobody else says, which gets a short answer. */
  rare: string;
  rareWord: string;
}

/** What holds of a conversation, whoever answers. */
export function conversation(window: Window, agent: Agent): void {
  const answer = (text: string) => window.chat.locator(".answer", { hasText: text });
  const interrupted = () => window.chat.locator(".end.notable", { hasText: "Interrupted" });
  const said = async () => (await window.answers()).join(" ");

  async function begin(): Promise<void> {
    await window.say(agent.long);
    await answer(agent.longBegins).waitFor();
  }

  /** The turn still runs, and what is on the page is all that was said. */
  async function goesOn(): Promise<void> {
    await answer(agent.longBegins).waitFor();
    const before = (await said()).length;
    await until("more is said", async () => (await said()).length > before + 20);
    // The last word may be there in part.
    const words = (await said()).trim().split(/\s+/).slice(0, -1);
    assert.deepEqual(
      words,
      words.map((_, place) => agent.word(place)),
      "none is missing, none is there twice",
    );
    await window.button("Stop").click();
    await interrupted().waitFor();
  }

  async function remembers(): Promise<void> {
    await window.say(agent.recall);
    await answer(agent.long).waitFor();
  }

  it("stops a turn, keeps what was said, and goes on with the next message", async () => {
    await begin();
    await window.button("Stop").click();
    await interrupted().waitFor();
    await answer(agent.longBegins).waitFor();
    await remembers();
  });

  it("streams on when the chat is hidden and shown again in mid-turn", async () => {
    await begin();
    await window.hideChat();
    await window.showChat();
    await goesOn();
  });

  it("streams on when its page is loaded anew in mid-turn", async () => {
    await begin();
    await window.reloadChat();
    await goesOn();
  });

  it("shows an interrupted turn when the window was loaded anew in mid-turn, and goes on from it", async () => {
    await begin();
    await window.reload();
    await answer(agent.longBegins).waitFor();
    await interrupted().waitFor();
    await remembers();
    await window.picture(`reloaded-${agent.rareWord}`);
  });

  it("finds a message of another session, and shows it there", async () => {
    await window.say(agent.rare);
    await window.turnEnds(1);
    await window.newSession();
    await window.choose(() => window.command("Claude: Search All Sessions"), {
      title: "Search All Sessions",
      typed: agent.rareWord,
      row: agent.rareWord,
      picture: `search-${agent.rareWord}`,
    });
    await window.chat.locator(".item.found", { hasText: agent.rareWord }).waitFor();
  });

  it("refuses power mode where it is not enabled, and says how to enable it", async () => {
    await window.say(agent.rare);
    await window.turnEnds(1);
    await window.choose(() => window.command("Claude: Choose the Mode"), MODES.power);
    await window.toast("power mode is not enabled").waitFor();
    assert.match((await window.status.textContent()) ?? "", /user/);
    await window.picture(`power-refused-${agent.rareWord}`);
    await window.command("Notifications: Clear All Notifications");
    await window.toast("power mode").waitFor({ state: "hidden" });
  });
}
