import { dirname, join } from "node:path";

/** The extension's folder; the tests are run from there. */
export const EXTENSION = process.cwd();
export const REPOSITORY = dirname(dirname(EXTENSION));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, "target");
export const BRIDGE = process.env.CLAUDE_BRIDGE_BINARY ?? join(TARGET, "debug", "claude-bridge");
export const CODE_SERVER = join(TARGET, "code-server");
export const VSIX = join(EXTENSION, "dist", "claude-bridge.vsix");
/** Where pictures and figures of the tests are kept. */
export const ARTEFACTS = join(TARGET, "vscode-artefacts");
export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
