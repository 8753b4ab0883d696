import * as vscode from "vscode";
import type { Api } from "../../src/extension";
import type { SessionEvent } from "../../src/protocol";
import { until } from "../support/process";

/** The extension, activated, with a bridge that runs. */
export async function bridge(): Promise<Api> {
  const extension = vscode.extensions.getExtension<Api>("claude-bridge.claude-bridge");
  if (!extension) throw new Error("the extension is not there");
  const api = await extension.activate();
  await until("the bridge runs", () => api.server.state.kind === "running");
  return api;
}

/** Sets a setting of the machine, and puts it back when the test is over. */
export async function withSetting<T>(key: string, value: unknown, run: () => Promise<T>): Promise<T> {
  const configuration = () => vscode.workspace.getConfiguration("claudeBridge");
  const before = configuration().inspect(key)?.globalValue;
  await configuration().update(key, value, vscode.ConfigurationTarget.Global);
  try {
    return await run();
  } finally {
    await configuration().update(key, before, vscode.ConfigurationTarget.Global);
  }
}

export function text(text: string) {
  return [{ type: "text" as const, text }];
}

/** All events of the session in the chat, as they come. */
export function record({ chats }: Api): SessionEvent[] {
  const events: SessionEvent[] = [];
  chats.onEvents((heard) => {
    if (heard.follower === chats.current) events.push(...heard.events);
  });
  return events;
}
