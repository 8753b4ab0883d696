import assert from "node:assert/strict";
import { toolTitle } from "../../src/page/model/titles";
import { Transcript } from "../../src/page/model/transcript";
import type { Permission, Turn } from "../../src/protocol";
import { delta, event, message, session } from "./support";

const said = (text: string) => ({ type: "text" as const, text });
const permission: Permission = {
  id: "p",
  sessionId: "s",
  turnId: "t",
  toolUseId: "u",
  toolName: "Edit",
  title: "Edit a.txt",
  input: { file_path: "/w/a.txt" },
  kind: "tool",
  createdAt: "2026-03-01T12:00:00.000Z",
};
const turn: Turn = {
  id: "t",
  sessionId: "s",
  stopReason: "completed",
  text: "",
  toolCalls: [],
  usage: session().usage,
  costUsd: 0,
  durationMs: 1,
};

function open(...messages: ReturnType<typeof message>[]): Transcript {
  return new Transcript({ session: session(), messages, hasOlder: false, events: [], permissions: [] });
}

function shape(transcript: Transcript): string[] {
  return transcript.items.map((item) => {
    if (item.kind === "text" || item.kind === "thinking") return `${item.kind} ${item.text}${item.done ? "" : "…"}`;
    if (item.kind === "user") return `user${item.pending ? " pending" : ""}`;
    if (item.kind === "tool") return `tool ${item.title}${item.result ? " answered" : item.cut ? " cut" : ""}`;
    return item.kind;
  });
}

describe("a transcript", () => {
  it("grows by deltas, and takes the message in their place", () => {
    const transcript = open();
    transcript.apply(delta(1, "m9", 0, "Hel"));
    transcript.apply(delta(2, "m9", 3, "lo"));
    assert.deepEqual(shape(transcript), ["text Hello…"]);
    transcript.apply(event(9, { kind: "message", message: message(9, "assistant", said("Hello!")) }));
    assert.deepEqual(shape(transcript), ["text Hello!"]);
    transcript.apply(delta(10, "m9", 5, " late"));
    assert.deepEqual(shape(transcript), ["text Hello!"]);
  });

  it("reads calls and their results from messages, across the border of two pages too", () => {
    const call = { type: "toolUse" as const, toolUseId: "u", name: "Read", input: { file_path: "/w/src/a.rs" } };
    const result = { type: "toolResult" as const, toolUseId: "u", isError: false, content: "fine" };
    const transcript = open(message(3, "user", result), message(4, "assistant", said("Done")));
    assert.deepEqual(shape(transcript), ["text Done"]);
    transcript.addOlder([message(1, "user", said("Read it")), message(2, "assistant", call)]);
    assert.deepEqual(shape(transcript), ["user", "tool Read src/a.rs answered", "text Done"]);
  });

  it("puts a question to its tool, and the outcome in the question's place", () => {
    const transcript = open();
    transcript.apply(event(1, { kind: "permissionRequested", permission }));
    assert.deepEqual(shape(transcript), ["tool Edit a.txt"]);
    transcript.apply(event(2, { kind: "permissionResolved", permissionId: "p", behavior: "deny", by: "client" }));
    assert.equal(transcript.toolOf("p")?.asked?.outcome, "deny");
    // The list of open permissions may be older than the events.
    const replayed = new Transcript({
      session: session(),
      messages: [],
      hasOlder: false,
      events: [
        event(1, { kind: "permissionRequested", permission }),
        event(2, { kind: "permissionResolved", permissionId: "p", behavior: "deny", by: "client" }),
      ],
      permissions: [permission],
    });
    assert.equal(replayed.toolOf("p")?.asked?.outcome, "deny");
  });

  it("ends what was open when the turn ends", () => {
    const transcript = open();
    transcript.apply(event(1, { kind: "turnStarted", origin: "client" }));
    assert.equal(transcript.busy, true);
    transcript.apply(delta(2, "m3", 0, "I was about"));
    const call = { messageId: "m5", toolUseId: "u", name: "Bash", title: "Run ls", input: {} };
    transcript.apply(event(5, { kind: "toolCall", ...call }));
    transcript.apply(event(6, { kind: "turnCompleted", turn: { ...turn, stopReason: "interrupted" } }));
    assert.deepEqual(shape(transcript), ["text I was about", "tool Run ls cut", "end"]);
    assert.equal(transcript.busy, false);
  });

  it("keeps what waits for its turn below all else, until its turn begins", () => {
    const transcript = open();
    transcript.addPending({ kind: "user", id: "local-1", content: [said("one")], pending: true });
    transcript.addPending({ kind: "user", id: "local-2", content: [said("two")], pending: true });
    transcript.apply(event(1, { kind: "message", message: message(1, "user", said("one")) }));
    transcript.apply(delta(2, "m3", 0, "Answer"));
    assert.deepEqual(shape(transcript), ["user", "text Answer…", "user pending"]);
    assert.equal(transcript.removePending("local-2")?.id, "local-2");
    assert.equal(transcript.removePending("local-1"), undefined);
    assert.deepEqual(shape(transcript), ["user", "text Answer…"]);
  });

  it("tells a failure once, and shows no longer what will not come", () => {
    const transcript = open();
    const error = { kind: "cliNotFound", message: "no CLI", retryable: false } as never;
    transcript.apply(event(1, { kind: "status", status: "starting" }));
    transcript.apply(event(2, { kind: "error", error }));
    assert.equal(transcript.status, undefined);
    transcript.apply(event(3, { kind: "status", status: "starting" }));
    transcript.apply(event(4, { kind: "error", error }));
    transcript.add({ kind: "error", id: "failure-1", message: "no CLI" });
    assert.equal(transcript.status, undefined);
    assert.equal(transcript.items.length, 1);
    transcript.add({ kind: "error", id: "failure-2", message: "another" });
    assert.equal(transcript.items.length, 2);
  });

  it("passes over kinds that it does not know", () => {
    const transcript = open();
    transcript.apply({ ...delta(1, "a", 0, ""), kind: "fromTheFuture" } as never);
    assert.deepEqual(shape(transcript), []);
  });

  it("says what a tool does in a few words", () => {
    assert.equal(toolTitle("Read", { file_path: "/w/src/a.rs" }, "/w"), "Read src/a.rs");
    assert.equal(toolTitle("Bash", { command: "ls\npwd" }, "/w"), "Run ls…");
    assert.equal(toolTitle("mcp__tools__solve", {}, "/w"), "solve (tools)");
    assert.equal(toolTitle("Odd", {}, ""), "Odd");
  });
});
