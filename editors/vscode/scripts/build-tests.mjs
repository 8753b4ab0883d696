// Bundles the tests into dist-test/: those for Node, and those for the extension host.
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const testsIn = (folder) =>
  readdirSync(at(`tests/${folder}`))
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => at(`tests/${folder}/${name}`));
const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  logLevel: "warning",
};

await rm(at("dist-test"), { recursive: true, force: true });
await build({
  ...common,
  entryPoints: [at("tests/run.ts"), at("tests/measure/measure.ts"), ...["unit", "page"].flatMap(testsIn)],
  entryNames: "[name]",
  outdir: at("dist-test/node"),
  external: ["mocha", "playwright-core", "vscode"],
});
await build({
  ...common,
  entryPoints: [at("tests/host/index.ts")],
  outdir: at("dist-test/host"),
  external: ["vscode", "mocha"],
});
