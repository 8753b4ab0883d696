import type { UsageRow } from "../protocol";
import { setOwn } from "../settings";
import { cost, count } from "../words";
import type { Parts } from "./context";

export async function restart({ server }: Parts): Promise<void> {
  await server.restart();
}

export async function showLog({ log }: Parts): Promise<void> {
  log.show(true);
}

/** Talks to the demo agent from now on. */
export async function tryDemo({ view }: Parts): Promise<void> {
  await setOwn("demo", true);
  await view.focus();
}

export async function leaveDemo({ view }: Parts): Promise<void> {
  await setOwn("demo", undefined);
  await view.focus();
}

/** Shows what was used, day by day and model by model. */
export async function usage({ server, pages }: Parts): Promise<void> {
  const [days, models] = await Promise.all([
    server.request("usage/summary", { groupBy: "day" }),
    server.request("usage/summary", { groupBy: "model" }),
  ]);
  await pages.show("What was used", `${table("Day", days.rows)}\n${table("Model", models.rows)}`);
}

function table(title: string, rows: UsageRow[]): string {
  const lines = rows.map((row) =>
    [row.key, row.turns, count(row.inputTokens), count(row.outputTokens), count(row.cacheReadTokens), cost(row.costUsd)]
      .map((cell) => String(cell).replaceAll("|", "\\|"))
      .join(" | "),
  );
  const head = `${title} | Turns | Input | Output | From the cache | Cost\n:-- | --: | --: | --: | --: | --:`;
  return `${head}\n${lines.join("\n")}\n`;
}

/** Shows whether all is well, and what to do where it is not. */
export async function health({ server, pages }: Parts): Promise<void> {
  const { checks } = await server.request("bridge/health", {});
  const signs: Record<string, string> = { ok: "✓", warning: "⚠", failed: "✗" };
  const lines = checks.map(
    ({ name, status, detail, hint }) =>
      `- ${signs[status] ?? "?"} **${name}**: ${detail}${hint ? `\n  *${hint}*` : ""}`,
  );
  await pages.show("The bridge's health", `${lines.join("\n")}\n`);
}
