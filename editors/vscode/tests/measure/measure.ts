// Measures the extension in a real VS Code: how long its activation takes, whether 2,000 deltas a second hold up the
// extension host or the page, and how soon a long chat is open. Prints a table; `editors/vscode/measure` runs it.
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { MessagesApi } from "../support/api";
import { fillHistory } from "../support/bridge";
import { openBrowser } from "../support/browser";
import { claudeCli } from "../support/cli";
import { CodeServer } from "../support/codeServer";
import { ARTEFACTS, BRIDGE, EXTENSION } from "../support/paths";
import { until } from "../support/process";
import { Window } from "../support/window";

const PER_SECOND = 2000;
const SECONDS = 10;
const TURNS = 720;
const MARK = "claude-bridge measures from here";

/** Text like a model's: paragraphs, lists, code. */
function deltas(): string[] {
  const paragraph = "Some words of an answer, with `code` in it and **what matters**, as they come from a model. ";
  const code = '```rust\nfn main() {\n    println!("{}", 1 + 1);\n}\n```\n\n';
  const page = `## A part\n\n${paragraph.repeat(6)}\n\n- one\n- two\n- three\n\n${code}`;
  const pieces = page.match(/[\s\S]{1,6}/g) ?? [];
  return Array.from({ length: PER_SECOND * SECONDS }, (_, number) => pieces[number % pieces.length] ?? "");
}

interface Late {
  seconds: number;
  cpuSeconds: number;
  blockedMaxMs: number;
  blockedOver: number;
  medianMs: number;
  p99Ms: number;
  maxMs: number;
}

interface Streamed {
  batches: number;
  deltas: number;
  /** From the first delta to the last. */
  streamedSeconds: number;
}

async function main(): Promise<void> {
  const api = await MessagesApi.start(() => ({ say: deltas(), pauseMs: 10, perPause: PER_SECOND / 100 }));
  const probe = join(EXTENSION, "dist-test", "probe.vsix");
  execFileSync(
    join(EXTENSION, "node_modules/.bin/vsce"),
    ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", probe],
    {
      cwd: join(EXTENSION, "tests/measure/probe"),
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const server = await CodeServer.start({
    machine: { "claudeBridge.path": BRIDGE, "claudeBridge.cli.path": claudeCli() },
    env: api.env,
    also: [probe],
    prepare: async ({ home, workspace }) => {
      const data = join(home, "history");
      await fillHistory(data, workspace, "five thousand", TURNS);
      return { "claudeBridge.dataDir": data };
    },
  });
  const browser = await openBrowser();
  try {
    await measure(browser, server);
  } finally {
    await browser.close();
    await server.stop();
    await api.stop();
  }
}

async function measure(browser: Browser, server: CodeServer): Promise<void> {
  const window = await Window.open(browser, server);
  const reported = async <T>(name: string): Promise<T> =>
    until(
      `there is a report on ${name}`,
      async () => readFile(join(server.home, `${name}.json`), "utf8").then(JSON.parse, () => false),
      180_000,
    );
  const traced = async (name: string, command: string) => {
    await browser.startTracing(window.page, {
      categories: ["-*", "toplevel", "devtools.timeline", "blink.user_timing"],
    });
    await window.command(command);
    // What the palette does is not what is measured.
    await window.page.evaluate((mark) => performance.mark(mark), MARK);
    const report = await reported<Late>(name);
    const trace = await browser.stopTracing();
    await writeFile(join(ARTEFACTS, `trace-${name}.json`), trace);
    return { report, page: longTasks(trace) };
  };

  await window.command("Probe: Open");
  const open = await reported<{ messages: number; times: number[] }>("open");
  console.error(JSON.stringify(open));
  await window.command("Probe: Activation");
  const [, , load, call, finish] = await reported<string[]>("activation");
  await window.showChat();
  await window.command("Claude: New Session");
  const idle = await traced("idle", "Probe: Idle");
  const stream = await traced("stream", "Probe: Stream");
  const { batches, deltas: came, streamedSeconds } = stream.report as Late & Streamed;
  await window.picture("stream");

  const sorted = [...open.times].sort((a, b) => a - b);
  row("Activation, as VS Code itself says: loading, the call, the rest", `${load} ms, ${call} ms, ${finish} ms`);
  row(
    `Chat of ${open.messages} messages open and drawn: median and worst of ${sorted.length}`,
    `${ms(sorted[sorted.length >> 1])}, ${ms(sorted.at(-1))}`,
  );
  row("Deltas that came, and how many a second", `${came}, ${Math.round(came / streamedSeconds)}`);
  row("Messages from the extension to the page, a second", (batches / streamedSeconds).toFixed(1));
  for (const [name, { report, page }] of Object.entries({ "in 5 s of rest": idle, "while they stream": stream })) {
    row(
      `Extension host ${name}: its loop was late by (median, p99, worst)`,
      [report.medianMs, report.p99Ms, report.maxMs].map(ms).join(", "),
    );
    row(
      `Extension host ${name}: longest that it worked without a pause, and how often over 16 ms`,
      `${ms(report.blockedMaxMs)}, ${report.blockedOver}`,
    );
    row(`Extension host ${name}: CPU`, `${((report.cpuSeconds / report.seconds) * 100).toFixed(0)} %`);
    row(`Page ${name}: longest task, by the clock and by its own CPU time`, `${ms(page.wall)}, ${ms(page.cpu)}`);
    row(
      `Page ${name}: tasks over 16 ms, by the clock and by CPU time`,
      `${page.overWall}, ${page.overCpu} of ${page.count}`,
    );
  }
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

interface Tasks {
  count: number;
  wall: number;
  cpu: number;
  overWall: number;
  overCpu: number;
}

/** The tasks of the busiest main thread: webviews are in the same process as the window around them. */
function longTasks(trace: Buffer): Tasks {
  const events: TraceEvent[] = JSON.parse(trace.toString()).traceEvents;
  const from = events.find(({ name }) => name === MARK)?.ts ?? 0;
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, pid, tid, ts }) => ts > from && /RunTask$/.test(name) && mains.has(`${pid} ${tid}`),
  );
  const walls = tasks.map(({ dur = 0 }) => dur / 1000);
  const cpus = tasks.map(({ tdur = 0 }) => tdur / 1000);
  return {
    count: tasks.length,
    wall: walls.reduce((a, b) => Math.max(a, b), 0),
    cpu: cpus.reduce((a, b) => Math.max(a, b), 0),
    overWall: walls.filter((time) => time > 16).length,
    overCpu: cpus.filter((time) => time > 16).length,
  };
}

function ms(time: number | undefined): string {
  return time === undefined ? "?" : `${time.toFixed(1)} ms`;
}

function row(what: string, figure: string): void {
  console.log(`| ${what} | ${figure} |`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
