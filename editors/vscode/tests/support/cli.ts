import { readdirSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./paths";

/** The pinned Claude CLI. */
export function claudeCli(): string {
  const scope = join(REPOSITORY, "tests/cli/node_modules/@anthropic-ai");
  const folder = readdirSync(scope).find((name) => name.startsWith("claude-code-"));
  if (!folder) throw new Error(`there is no Claude CLI in ${scope}`);
  return join(scope, folder, "claude");
}
