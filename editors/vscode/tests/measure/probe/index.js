// Measures the extension host from inside: it runs in the same process and on the same loop as the extension.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { monitorEventLoopDelay, performance } = require("node:perf_hooks");
const vscode = require("vscode");

const report = (name, value) => {
  const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
  writeFileSync(join(folder, "..", `${name}.json`), JSON.stringify(value));
};

/** How often it is looked how much CPU time the loop's own thread has taken since the last look. */
const LOOK_MS = 4;

/**
 * How late timers are while something goes on: the resolution is a millisecond, which is subtracted. Lateness is also
 * waiting for a CPU; `blocked` are the times that the thread itself worked between two looks which were late.
 */
async function late(run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const blocked = [];
  let [looked, worked] = [performance.now(), threadMs()];
  const looking = setInterval(() => {
    const [now, work] = [performance.now(), threadMs()];
    if (now - looked - LOOK_MS > 8) blocked.push(work - worked);
    [looked, worked] = [now, work];
  }, LOOK_MS);
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  delay.enable();
  await run();
  delay.disable();
  clearInterval(looking);
  const { user, system } = process.cpuUsage(cpu);
  const ms = (nanoseconds) => nanoseconds / 1e6 - 1;
  return {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
    medianMs: ms(delay.percentile(50)),
    p99Ms: ms(delay.percentile(99)),
    maxMs: ms(delay.max),
    blockedMaxMs: Math.max(0, ...blocked),
    blockedOver: blocked.filter((time) => time > 16).length,
  };
}

function threadMs() {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const ID = "claude-bridge.claude-bridge";

/** The extension's activation in milliseconds: what its own code took by VS Code's marks, and what VS Code says of it. */
async function activation() {
  const marks = new Map(globalThis.MonacoPerformanceMarks.getMarks().map(({ name, startTime }) => [name, startTime]));
  const took = (what) => marks.get(`code/extHost/did${what}/${ID}`) - marks.get(`code/extHost/will${what}/${ID}`);
  const [loaded, called, finished] = (await startupRow()).slice(2, 5).map(Number);
  return {
    load: took("LoadExtensionCode"),
    call: took("ActivateExtension"),
    said: loaded + called + finished,
  };
}

/** The extension's row in VS Code's own page on its start: name, when, loading, call, the rest. */
async function startupRow() {
  await vscode.commands.executeCommand("perfview.show");
  for (;;) {
    const page = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "perf");
    const row = page
      ?.getText()
      .split("\n")
      .find((line) => line.includes(ID));
    if (row)
      return row
        .split("|")
        .map((cell) => cell.trim())
        .filter(Boolean);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

exports.activate = (context) => {
  const api = vscode.extensions.getExtension(ID).exports;
  const commands = {
    "probe.activation": async () => report("activation", await activation()),
    "probe.idle": async () => report("idle", await late(() => new Promise((resolve) => setTimeout(resolve, 5000)))),
    "probe.stream": async () => {
      let [batches, deltas, first, last] = [0, 0, 0, 0];
      const counted = api.chats.onEvents(({ events }) => {
        batches += 1;
        for (const event of events) {
          if (event.kind !== "textDelta") continue;
          deltas += event.seq - (event.firstSeq ?? event.seq) + 1;
          // The CLI's own start is no part of it.
          first ||= performance.now();
          last = performance.now();
        }
      });
      const measured = await late(() => api.chats.send([{ type: "text", text: "stream, please" }]));
      counted.dispose();
      report("stream", { ...measured, batches, deltas, streamedSeconds: (last - first) / 1000 });
    },
    "probe.open": async () => {
      const { sessions } = await api.server.request("session/list", { query: "five thousand", limit: 1 });
      const times = [];
      for (let round = 0; round < 7; round += 1) {
        api.chats.showNew();
        await new Promise((resolve) => setTimeout(resolve, 700));
        const shown = new Promise((resolve) => {
          const once = api.view.onShown((items) => {
            if (items === 0) return;
            once.dispose();
            resolve(items);
          });
        });
        const began = performance.now();
        await api.chats.show(sessions[0].id);
        await shown;
        times.push(performance.now() - began);
      }
      report("open", { messages: sessions[0].messageCount, times });
    },
  };
  for (const [name, run] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(name, run));
  }
};
