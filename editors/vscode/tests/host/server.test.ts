import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { Server } from "../../src/server/server";
import { editorTools } from "../../src/tools";
import { until } from "../support/process";
import { bridge, text, withSetting } from "./support";

describe("the bridge", () => {
  it("is started again when it was killed, and the chat goes on", async () => {
    const api = await bridge();
    api.chats.showNew();
    await api.chats.send(text("Remember the walrus, fast"));
    const { pid } = api.server;
    assert.ok(pid);
    process.kill(pid, "SIGKILL");
    await until("another one runs", () => api.server.state.kind === "running" && api.server.pid !== pid);
    await api.chats.send(text("recall fast"));
    const snapshot = await api.chats.current?.snapshot();
    const all = JSON.stringify(snapshot);
    assert.match(all, /- Remember the walrus/);
  });

  it("is killed in mid-turn: the turn ends as interrupted, and the next message goes on", async () => {
    const api = await bridge();
    api.chats.showNew();
    const turn = api.chats.send(text("long 5000")).catch((error) => error);
    // Before it speaks it may not have taken the message in.
    const shown = async () => JSON.stringify((await api.chats.current?.snapshot()) ?? {});
    await until("it speaks", async () => (await shown()).includes('"textDelta"'));
    const { pid } = api.server;
    assert.ok(pid);
    process.kill(pid, "SIGKILL");
    assert.ok((await turn) instanceof Error);
    await until("another one runs", () => api.server.state.kind === "running" && api.server.pid !== pid);
    await api.chats.send(text("recall fast"));
    assert.match(await shown(), /- long 5000/);
  });

  it("is looked for where the setting says and nowhere else, and says where that was", async () => {
    const api = await bridge();
    await withSetting("path", "/nowhere/claude-bridge", async () => {
      const state = await until("it is missed", () => api.server.state.kind === "failed" && api.server.state);
      assert.ok(state.missing);
      assert.match(state.why, /\/nowhere\/claude-bridge$/);
      await assert.rejects(api.chats.send(text("hello")), /not found/);
    });
    await bridge();
  });

  it("says why where its configuration is wrong", async () => {
    const api = await bridge();
    await withSetting("sessions.idleTimeout", "a fortnight", async () => {
      const why = await until("it gives up", () => "why" in api.server.state && api.server.state.why, 100_000);
      assert.match(why, /idle/i);
    });
    await api.server.restart();
    await bridge();
  });

  // The channel's text itself is not to be seen: code-server's own logger is compiled, and so not there in the tests.
  it("tells the log what is started, and why it ended", async () => {
    const extension = vscode.extensions.getExtension("claude-bridge.claude-bridge");
    const globalStorageUri = vscode.Uri.file(await mkdtemp(join(tmpdir(), "claude-bridge-log-")));
    const context = { extension, extensionPath: extension?.extensionPath, globalStorageUri };
    const lines: string[] = [];
    const note = (line: string) => void lines.push(line);
    const log = { ...vscode.window.createOutputChannel("Test", { log: true }), info: note, warn: note, error: note };
    const server = new Server(context as never, log, editorTools);
    await server.start();
    assert.ok(server.pid, lines.join("\n"));
    assert.match(lines.join("\n"), /^Starting \/.*claude-bridge --demo$/m);
    process.kill(server.pid, "SIGKILL");
    await until("its end is told", () => lines.some((line) => /bridge ended/i.test(line)));
    server.dispose();
  });
});
