import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { appendMerged, Seen } from "../../src/chat/deltas";
import { best } from "../../src/chat/fuzzy";
import type { SessionEvent } from "../../src/protocol";
import { failureOf, inWords } from "../../src/protocol";
import { Backoff } from "../../src/server/backoff";
import { candidates, findBinary } from "../../src/server/binary";
import { initializationOptions } from "../../src/server/options";
import { age, cost, count, duration } from "../../src/words";
import { delta, event } from "./support";

describe("what comes from the server", () => {
  it("joins deltas of one text, and of no two", () => {
    const events: SessionEvent[] = [];
    for (const part of [delta(1, "a", 0, "Hel"), delta(2, "a", 3, "lo"), delta(3, "b", 0, "x")])
      appendMerged(events, part);
    assert.deepEqual(
      events.map((e) => e.kind === "textDelta" && [e.firstSeq, e.seq, e.text]),
      [
        [1, 2, "Hello"],
        [undefined, 3, "x"],
      ],
    );
  });

  it("takes nothing twice, and of merged deltas what is new", () => {
    const seen = new Seen();
    assert.ok(seen.fresh(delta(1, "a", 0, "Grüß")));
    assert.equal(seen.fresh(delta(1, "a", 0, "Grüß")), undefined);
    // A replay merges what has come with what has not; offsets count bytes, and "Grüß" has six.
    const merged = seen.fresh({ ...delta(3, "a", 0, "Grüß Gott"), firstSeq: 1 });
    assert.equal(merged?.kind === "textDelta" && merged.text, " Gott");
    assert.ok(seen.fresh(event(4, { kind: "turnStarted", origin: "client" })));
    assert.equal(seen.fresh(event(4, { kind: "turnStarted", origin: "client" })), undefined);
  });

  it("takes a text up where it comes in the middle", () => {
    const late = new Seen().fresh(delta(9, "a", 500, "more"));
    assert.equal(late?.kind === "textDelta" && late.text, "more");
  });

  it("tells a failure in words, with what to do about it", () => {
    const error = Object.assign(new Error("-1"), {
      data: { kind: "modeNotAllowed", message: "power mode is off", hint: "set it", retryable: false },
    });
    assert.equal(inWords(error), "power mode is off. set it");
    assert.equal(failureOf(error).kind, "modeNotAllowed");
    assert.equal(inWords("broken"), "broken");
    assert.equal(failureOf(undefined).kind, "other");
  });
});

describe("the server's start", () => {
  it("waits longer each time, gives up, and forgets after good health", () => {
    const backoff = new Backoff();
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6].map((at) => backoff.failed(at)),
      [500, 1000, 2000, 4000, 8000, 16_000, undefined],
    );
    backoff.reset();
    assert.equal(backoff.failed(0), 500);
    backoff.started(1000);
    assert.equal(backoff.failed(2000), 1000, "one that dies soon is no better");
    backoff.started(3000);
    assert.equal(backoff.failed(63_000), 500, "one that was well for a minute begins anew");
  });

  it("looks for the program by the setting, then in the package, then on PATH", async () => {
    const places = { setting: "", extension: "/ext", path: "/a:relative:/b", platform: "linux", arch: "x64" } as const;
    assert.deepEqual(candidates(places), ["/ext/bin/linux-x64/claude-bridge", "/a/claude-bridge", "/b/claude-bridge"]);
    assert.deepEqual(candidates({ ...places, setting: "/my/bridge" }), ["/my/bridge"]);
    assert.deepEqual(candidates({ ...places, setting: "bridge" }), ["/a/bridge", "/b/bridge"]);
    assert.match(candidates({ ...places, setting: "~/bridge" })[0] ?? "", /^\/.*[^~]\/bridge$/);
  });

  it("takes only what can be run", async () => {
    const folder = await mkdtemp(join(tmpdir(), "claude-bridge-unit-"));
    const bundled = join(folder, "bin/linux-x64");
    await mkdir(bundled, { recursive: true });
    await writeFile(join(bundled, "claude-bridge"), "");
    const places = { setting: "", extension: folder, path: "", platform: "linux", arch: "x64" } as const;
    assert.deepEqual(await findBinary(places), { searched: [join(bundled, "claude-bridge")] });
    await chmod(join(bundled, "claude-bridge"), 0o755);
    assert.deepEqual(await findBinary(places), { path: join(bundled, "claude-bridge") });
  });

  it("sends what is set, and nothing else", () => {
    const set: Record<string, unknown> = { "cli.path": "/cli", "modes.power.enabled": false, trust: ["/a"] };
    const options = initializationOptions([...Object.keys(set), "cli.args", "log.level"], (key) => set[key]);
    assert.deepEqual(options, { cli: { path: "/cli" }, modes: { power: { enabled: false } }, trust: ["/a"] });
  });
});

describe("words and numbers", () => {
  it("tell ages, costs, counts and durations in short", () => {
    const now = Date.parse("2026-03-01T12:00:00Z");
    const ago = (seconds: number) => age(new Date(now - seconds * 1000).toISOString(), now);
    assert.deepEqual([5, 600, 7300, 86_400 * 3, 86_400 * 59, 86_400 * 90].map(ago), [
      "now",
      "10 min",
      "2 h",
      "3 d",
      "59 d",
      "2025-12-01",
    ]);
    assert.deepEqual([0, 0.00431, 1.2].map(cost), ["", "$0.0043", "$1.20"]);
    assert.deepEqual([950, 12_340, 4_100_000].map(count), ["950", "12.3k", "4.1M"]);
    assert.deepEqual([350, 4200, 185_000].map(duration), ["350 ms", "4.2 s", "3 min 5 s"]);
  });

  it("find files by what is typed, those named so first", () => {
    const files = ["src/parser/mod.rs", "docs/parser.md", "src/main.rs", "tests/p_a_r_s_e.rs"];
    assert.deepEqual(best(files, "parse", 9), ["docs/parser.md", "src/parser/mod.rs", "tests/p_a_r_s_e.rs"]);
    assert.deepEqual(best(files, "", 2), ["src/main.rs", "docs/parser.md"]);
    assert.deepEqual(best(files, "xyz", 9), []);
  });
});
