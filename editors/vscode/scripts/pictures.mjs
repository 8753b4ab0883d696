// Takes the README's pictures from those that the tests have kept.
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const artefacts = `${process.env.CARGO_TARGET_DIR ?? at("../../target")}/vscode-artefacts`;

await mkdir(at("media/pictures"), { recursive: true });
for (const name of ["diff", "answer"]) await copyFile(`${artefacts}/${name}.png`, at(`media/pictures/${name}.png`));
