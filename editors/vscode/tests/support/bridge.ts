import { type ChildProcess, spawn } from "node:child_process";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { Methods } from "../../src/protocol";
import { BRIDGE } from "./paths";

/** As many messages may wait in a session, and one runs. */
const QUEUE = 30;

/** A bridge with the demo agent, spoken to without an editor. */
export class DemoBridge {
  private constructor(
    private readonly child: ChildProcess,
    private readonly connection: MessageConnection,
  ) {}

  /** Starts one on a history, as a client with this name. */
  static async start(dataDir: string, cwd: string, name = "tests"): Promise<DemoBridge> {
    const child = spawn(BRIDGE, ["--demo"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
    const connection = createMessageConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    connection.listen();
    await connection.sendRequest("initialize", {
      processId: process.pid,
      clientInfo: { name },
      rootUri: `file://${cwd}`,
      capabilities: { experimental: { claudeBridge: { permissions: "poll" } } },
      initializationOptions: { dataDir },
    });
    await connection.sendNotification("initialized", {});
    return new DemoBridge(child, connection);
  }

  request<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]> {
    return this.connection.sendRequest(method, params);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    await this.connection.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    await ended;
    this.connection.dispose();
  }
}

/** Fills a history with one long session, as a client of the bridge would: `turns` turns with seven messages each. */
export async function fillHistory(dataDir: string, cwd: string, title: string, turns: number): Promise<void> {
  const bridge = await DemoBridge.start(dataDir, cwd);
  const { session } = await bridge.request("session/create", { title });
  for (let turn = 0; turn < turns; turn += QUEUE) {
    const say = () => bridge.request("message/send", { sessionId: session.id, content: "Tell me more, tool, fast" });
    await Promise.all(Array.from({ length: Math.min(QUEUE, turns - turn) }, say));
  }
  await bridge.stop();
}
