import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import Mocha from "mocha";
import * as vscode from "vscode";

/** What VS Code calls in the extension host. The report goes to a file, next to the workspace. */
export async function run(): Promise<void> {
  const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "";
  const lines: string[] = [];
  const grep = process.env.EXTENSION_TEST_GREP;
  const mocha = new Mocha({ ui: "bdd", timeout: 120_000, reporter: Silent, ...(grep && { grep }) });
  mocha.suite.emit("pre-require", globalThis, "host", mocha);
  require("./all");
  const { passes, failures } = await new Promise<{ passes: number; failures: number }>((resolve) => {
    const runner = mocha.run((failed) => resolve({ passes: runner.stats?.passes ?? 0, failures: failed }));
    runner.on("pass", (test) => lines.push(`  ✔ ${test.fullTitle()} (${test.duration} ms)`));
    runner.on("fail", (test, error) => lines.push(`  ✘ ${test.fullTitle()}\n${error.stack ?? error.message}`));
  });
  const report = { passes, failures, text: lines.join("\n") };
  await writeFile(join(dirname(workspace), "report.json"), JSON.stringify(report));
}

/** The lines are ours: mocha's own go nowhere. */
class Silent extends Mocha.reporters.Base {
  override epilogue(): void {}
}
