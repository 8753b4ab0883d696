// Packages the extension: `node scripts/package.mjs [--target linux-x64 --binary PATH] [--out FILE]`. With a target the
// package has the binary in it, in the folder where the extension looks for its own platform's.
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { values } = parseArgs({
  options: { target: { type: "string" }, binary: { type: "string" }, out: { type: "string" } },
});

await rm(at("bin"), { recursive: true, force: true });
if (values.target) {
  if (!values.binary) throw new Error("--target needs --binary: the claude-bridge of that platform");
  const folder = at(`bin/${values.target}`);
  const name = values.target.startsWith("win32") ? "claude-bridge.exe" : "claude-bridge";
  await mkdir(folder, { recursive: true });
  await copyFile(values.binary, `${folder}/${name}`);
  await chmod(`${folder}/${name}`, 0o755);
}
const out = values.out ?? at("dist/claude-bridge.vsix");
const options = ["package", "--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", out];
execFileSync(at("node_modules/.bin/vsce"), [...options, ...(values.target ? ["--target", values.target] : [])], {
  cwd: at("."),
  stdio: ["ignore", "ignore", "inherit"],
});
await rm(at("bin"), { recursive: true, force: true });
console.log(out);
