// Writes what follows from the repository's schemas: the protocol's types, and the settings that mirror the
// configuration. With --check it writes nothing, and fails if something would change.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mirroredSettings } from "./settings.mjs";
import { protocolTypes } from "./types.mjs";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const TYPES = here("src/protocol/generated.ts");
const MANIFEST = here("package.json");

async function generatedTypes() {
  return formatted(await protocolTypes(here("../../schemas/openrpc.json")));
}

async function generatedManifest() {
  const manifest = JSON.parse(await readFile(MANIFEST, "utf8"));
  const mirrored = manifest.contributes.configuration.find(({ title }) => title === "Configuration of the bridge");
  mirrored.properties = await mirroredSettings(here("../../schemas/config.json"));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

async function formatted(source) {
  const biome = here("node_modules/.bin/biome");
  const run = promisify(execFile)(biome, ["format", "--stdin-file-path=src/protocol/generated.ts"], {
    cwd: here("."),
    maxBuffer: 1 << 24,
  });
  run.child.stdin.end(source);
  return (await run).stdout;
}

const wanted = new Map([
  [TYPES, await generatedTypes()],
  [MANIFEST, await generatedManifest()],
]);
for (const [path, text] of wanted) {
  const same = (await readFile(path, "utf8").catch(() => "")) === text;
  if (same) continue;
  if (process.argv.includes("--check")) {
    console.error(`${path} is not what the schemas say: run \`npm run generate\` in editors/vscode, and commit it.`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
  }
}
