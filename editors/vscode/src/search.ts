import * as vscode from "vscode";
import type { MessageSearchResult } from "./protocol";
import { inWords } from "./protocol";
import type { Server } from "./server/server";
import { age } from "./words";

const WAIT_MS = 150;

interface HitItem extends vscode.QuickPickItem {
  sessionId?: string;
  messageId?: string;
}

/** What was chosen among the messages that were found. */
export interface Chosen {
  sessionId: string;
  messageId: string;
}

/** Searches the messages of all sessions while the person types. */
export async function searchMessages(server: Server): Promise<Chosen | undefined> {
  const picker = vscode.window.createQuickPick<HitItem>();
  picker.title = "Search All Sessions";
  picker.placeholder = 'words, "a phrase", prefix*, -not, one OR other';
  picker.matchOnDescription = picker.matchOnDetail = true;
  let timer: NodeJS.Timeout | undefined;
  let search: vscode.CancellationTokenSource | undefined;
  picker.onDidChangeValue((query) => {
    clearTimeout(timer);
    search?.cancel();
    search = new vscode.CancellationTokenSource();
    const { token } = search;
    timer = setTimeout(() => void fill(picker, server, query, token), WAIT_MS);
  });
  try {
    return await chosen(picker);
  } finally {
    clearTimeout(timer);
    search?.cancel();
    picker.dispose();
  }
}

function chosen(picker: vscode.QuickPick<HitItem>): Promise<Chosen | undefined> {
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      const { sessionId, messageId } = picker.selectedItems[0] ?? {};
      if (sessionId && messageId) resolve({ sessionId, messageId });
    });
    picker.onDidHide(() => resolve(undefined));
    picker.show();
  });
}

async function fill(
  picker: vscode.QuickPick<HitItem>,
  server: Server,
  query: string,
  token: vscode.CancellationToken,
): Promise<void> {
  if (query.trim() === "") {
    picker.items = [];
    return;
  }
  picker.busy = true;
  const items = await server.request("message/search", { query, limit: 50 }, token).then(
    (result) => hitItems(result),
    (error) => [{ label: inWords(error), alwaysShow: true }],
  );
  if (token.isCancellationRequested) return;
  picker.busy = false;
  picker.items = items.length > 0 ? items : [{ label: "Nothing was found", alwaysShow: true }];
}

/** The server has found them: VS Code must not filter them once more, by rules of its own. */
function hitItems({ hits, unindexed }: MessageSearchResult): HitItem[] {
  const items: HitItem[] = hits.map(({ message, session, snippet }) => ({
    label: `$(${message.role === "user" ? "account" : "sparkle"}) ${snippet.replaceAll("$(", "$ (")}`,
    detail: `${session.title} · ${age(message.createdAt, Date.now())}`,
    alwaysShow: true,
    sessionId: session.id,
    messageId: message.id,
  }));
  if (unindexed) items.push({ label: `About ${unindexed} older messages are not searched yet`, alwaysShow: true });
  return items;
}
