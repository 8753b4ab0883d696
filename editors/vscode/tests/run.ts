// Runs the tests that run in Node, the units and the page as a person drives it, and those in the extension host. The
// last line counts them all. GREP=words runs those whose names have the words.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";
import { runInHost } from "./support/hostRun";

const folder = __dirname;

function runHere(): Promise<{ passes: number; failures: number }> {
  const mocha = new Mocha({ reporter: "spec", color: false, ...(process.env.GREP && { grep: process.env.GREP }) });
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.js"));
  for (const file of files.sort()) mocha.addFile(join(folder, file));
  return new Promise((resolve) => {
    const runner = mocha.run((failures) => resolve({ passes: runner.stats?.passes ?? 0, failures }));
  });
}

async function main(): Promise<void> {
  const here = await runHere();
  const host = await runInHost();
  console.log(`  in the extension host\n${host.text}\n`);
  const [passes, failures] = [here.passes + host.passes, here.failures + host.failures];
  console.log(`${passes} passed, ${failures} failed`);
  process.exit(failures === 0 && passes > 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  console.log("0 passed, 1 failed");
  process.exit(1);
});
