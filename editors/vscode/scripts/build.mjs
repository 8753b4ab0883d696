// Bundles the extension, the language client beside it, and the chat's page, into dist/.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const watch = process.argv.includes("--watch");
const common = { bundle: true, minify: !watch, sourcemap: watch ? "inline" : false, logLevel: "warning" };

/** The language client is a file of its own, which is loaded when the bridge is started and not when VS Code is. */
const clientApart = {
  name: "language client apart",
  setup({ onResolve }) {
    onResolve({ filter: /^vscode-languageclient\/node$/ }, () => ({ path: "./languageclient.js", external: true }));
  },
};
/**
 * Of `import * as vscode` esbuild makes a copy for each file, with a getter for each of the hundreds of names: a third
 * of what VS Code waits for at the extension's activation. The module itself does as well.
 */
const vscodeUncopied = {
  name: "vscode uncopied",
  setup({ initialOptions, onEnd }) {
    initialOptions.write = false;
    onEnd(async ({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text.replaceAll(/[\w$]+\(require\("vscode"\)\)/g, 'require("vscode")'));
      }
    });
  },
};
const inHost = {
  ...common,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  // As `require`, since of a bundle of CommonJS `import()` sees no names.
  supported: { "dynamic-import": false },
};

const bundles = [
  {
    ...inHost,
    entryPoints: [at("src/extension.ts")],
    outfile: at("dist/extension.js"),
    plugins: [clientApart, vscodeUncopied],
  },
  {
    ...inHost,
    stdin: { contents: 'module.exports = require("vscode-languageclient/node");', resolveDir: at(".") },
    outfile: at("dist/languageclient.js"),
  },
  {
    ...common,
    entryPoints: { page: at("src/page/main.ts") },
    outdir: at("dist/page"),
    format: "iife",
    target: "chrome120",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
  },
];

await rm(at("dist"), { recursive: true, force: true });
if (watch) {
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  await Promise.all(bundles.map((bundle) => build(bundle)));
}
