import { spawn } from "node:child_process";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { BRIDGE } from "./paths";

/** As many messages may wait in a session, and one runs. */
const QUEUE = 30;

/** Fills a history with one long session, as a client of the bridge would: `turns` turns with seven messages each. */
export async function fillHistory(dataDir: string, cwd: string, title: string, turns: number): Promise<void> {
  const child = spawn(BRIDGE, ["--demo"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  const connection = createMessageConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: `file://${cwd}`,
    capabilities: {},
    initializationOptions: { dataDir },
  });
  await connection.sendNotification("initialized", {});
  const { session } = await connection.sendRequest<{ session: { id: string } }>("session/create", { title });
  for (let turn = 0; turn < turns; turn += QUEUE) {
    const say = () =>
      connection.sendRequest("message/send", { sessionId: session.id, content: "Tell me more, tool, fast" });
    await Promise.all(Array.from({ length: Math.min(QUEUE, turns - turn) }, say));
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await connection.sendRequest("shutdown");
  await connection.sendNotification("exit");
  await ended;
  connection.dispose();
}
