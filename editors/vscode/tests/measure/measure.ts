// Measures the extension in a real VS Code: how long its activation takes, whether 2,000 deltas a second hold up the
// extension host or the page, and how soon a long chat is open. Prints a table; `editors/vscode/measure` runs it.
import { execFileSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
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
const ONLY_ACTIVATION = process.env.ONLY === "activation";
const TURNS = ONLY_ACTIVATION ? 0 : 720;
const WINDOWS = 9;
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

interface Activation {
  load: number;
  call: number;
  said: number;
}

/** Prints what the activation takes, in so many new windows. */
async function measureActivation(browser: Browser, server: CodeServer, windows: number): Promise<void> {
  const all: Activation[] = [];
  for (let round = 0; round < windows; round += 1) {
    const window = await Window.open(browser, server);
    await window.command("Probe: Activation");
    all.push(await reported<Activation>(server, "activation"));
    await window.page.close();
  }
  console.error(JSON.stringify(all));
  const own = all.map(({ load, call }) => load + call);
  row(`Activation, loading the code and calling it: median and worst of ${windows}`, medianAndWorst(own));
  row(
    "The same with what VS Code loads of others in that time, as it says itself",
    medianAndWorst(all.map(({ said }) => said)),
  );
}

/** What the probe in the extension host has found; it is taken away, so that the next report is another one. */
async function reported<T>(server: CodeServer, name: string): Promise<T> {
  const file = join(server.home, `${name}.json`);
  const read = () => readFile(file, "utf8").then(JSON.parse, () => false);
  const report = await until(`there is a report on ${name}`, read, 180_000);
  await rm(file);
  return report;
}

async function measure(browser: Browser, server: CodeServer): Promise<void> {
  await measureActivation(browser, server, WINDOWS);
  if (ONLY_ACTIVATION) return;
  const window = await Window.open(browser, server);
  const traced = async (name: string, command: string) => {
    await browser.startTracing(window.page, {
      categories: ["-*", "toplevel", "devtools.timeline", "blink.user_timing"],
    });
    await window.command(command);
    // What the palette does is not what is measured.
    await window.page.evaluate((mark) => performance.mark(mark), MARK);
    const report = await reported<Late>(server, name);
    const trace = await browser.stopTracing();
    await writeFile(join(ARTEFACTS, `trace-${name}.json`), trace);
    return { report, page: longTasks(trace) };
  };

  await window.command("Probe: Open");
  const open = await reported<{ messages: number; times: number[] }>(server, "open");
  console.error(JSON.stringify(open));
  await window.showChat();
  await window.command("Claude: New Session");
  const idle = await traced("idle", "Probe: Idle");
  const stream = await traced("stream", "Probe: Stream");
  const { batches, deltas: came, streamedSeconds } = stream.report as Late & Streamed;
  await window.picture("stream");

  row(
    `Chat of ${open.messages} messages open and drawn: median and worst of ${open.times.length}`,
    medianAndWorst(open.times),
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

function medianAndWorst(times: number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `${ms(sorted[sorted.length >> 1])}, ${ms(sorted.at(-1))}`;
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
