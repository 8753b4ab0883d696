// Measures the extension host from inside: it runs in the same process and on the same loop as the extension.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { monitorEventLoopDelay, performance } = require("node:perf_hooks");
const vscode = require("vscode");

const report = (name, value) => {
  const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
  writeFileSync(join(folder, "..", `${name}.json`), JSON.stringify(value));
};

/** How late timers are while something goes on: the resolution is a millisecond, which is subtracted. */
async function late(run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  delay.enable();
  await run();
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const ms = (nanoseconds) => nanoseconds / 1e6 - 1;
  return {
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
    medianMs: ms(delay.percentile(50)),
    p99Ms: ms(delay.percentile(99)),
    maxMs: ms(delay.max),
  };
}

exports.activate = (context) => {
  const api = vscode.extensions.getExtension("claude-bridge.claude-bridge").exports;
  const commands = {
    "probe.idle": async () => report("idle", await late(() => new Promise((resolve) => setTimeout(resolve, 5000)))),
    "probe.stream": async () => {
      let [batches, deltas] = [0, 0];
      const counted = api.chats.onEvents(({ events }) => {
        batches += 1;
        for (const event of events)
          if (event.kind === "textDelta") deltas += event.seq - (event.firstSeq ?? event.seq) + 1;
      });
      const measured = await late(() => api.chats.send([{ type: "text", text: "stream, please" }]));
      counted.dispose();
      report("stream", { ...measured, batches, deltas });
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
