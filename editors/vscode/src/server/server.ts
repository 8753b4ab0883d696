import * as vscode from "vscode";
import type { Methods, ServerInfo, SessionEvent, ToolCallParams, ToolCallResult, ToolDefinition } from "../protocol";
import { bridgeOptions, own } from "../settings";
import { Backoff } from "./backoff";
import { findBinary } from "./binary";
import { Connection } from "./connection";

/** How the server is. */
export type State =
  | { kind: "stopped" }
  | { kind: "starting" }
  | { kind: "running" }
  /** It ended, and is started again in a moment. */
  | { kind: "restarting"; why: string }
  /** It could not be started, or ended too often. */
  | { kind: "failed"; why: string; missing?: boolean };

/** The tools of the editor. */
export interface Tools {
  definitions(): ToolDefinition[];
  call(call: ToolCallParams): Promise<ToolCallResult>;
}

/** The bridge: started when it is needed, and again when it ends. */
export class Server implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<State>();
  readonly onDidChangeState = this.stateChanged.event;
  private connection: Connection | undefined;
  private current: State = { kind: "stopped" };
  private readonly backoff = new Backoff();
  private retry: NodeJS.Timeout | undefined;
  /** Rises with every start and stop: what belongs to an older one is ignored. */
  private generation = 0;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly tools: Tools,
  ) {}

  get state(): State {
    return this.current;
  }

  get info(): ServerInfo | undefined {
    return this.connection?.info;
  }

  /** The process id of the server that runs. */
  get pid(): number | undefined {
    return this.connection?.pid;
  }

  /** Whether the server that runs has a method. */
  has(method: string): boolean {
    return this.connection?.info.methods.includes(method) ?? false;
  }

  /** Starts the server, unless it runs or is about to. */
  async start(): Promise<void> {
    if (this.current.kind !== "stopped" && this.current.kind !== "failed") return;
    await this.open();
  }

  /** Ends the server, if one runs, and starts it anew. */
  async restart(): Promise<void> {
    this.backoff.reset();
    await this.stop();
    await this.open();
  }

  async stop(): Promise<void> {
    this.generation += 1;
    clearTimeout(this.retry);
    const connection = this.connection;
    this.connection = undefined;
    this.become({ kind: "stopped" });
    await connection?.close().catch((error) => this.log.warn(`The bridge did not end as it should: ${error}`));
  }

  dispose(): void {
    void this.stop();
    this.stateChanged.dispose();
  }

  /** Asks the server something; waits until it runs, where it is starting. */
  async request<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    token?: vscode.CancellationToken,
  ): Promise<Methods[M]["result"]> {
    await this.ready();
    const { connection } = this;
    if (!connection) throw new NotRunning(this.current);
    return connection.request<Methods[M]["result"]>(method, params, token).catch((error: unknown) => {
      // What a connection says of its own end helps nobody.
      throw connection === this.connection ? error : new NotRunning(this.current);
    });
  }

  /** Follows what is streamed under a token, as long as the server runs. */
  follow(token: string, onEvent: (event: SessionEvent) => void): vscode.Disposable {
    if (!this.connection) throw new NotRunning(this.current);
    return this.connection.follow(token, onEvent);
  }

  /** Resolves when the server runs, or is known not to. */
  async ready(): Promise<void> {
    if (this.current.kind === "stopped") await this.start();
    if (this.current.kind === "running" || this.current.kind === "failed") return;
    await new Promise<void>((resolve) => {
      const settled = this.onDidChangeState(({ kind }) => {
        if (kind !== "running" && kind !== "failed" && kind !== "stopped") return;
        settled.dispose();
        resolve();
      });
    });
  }

  private async open(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    this.become({ kind: "starting" });
    try {
      const connection = await this.connect(() => generation === this.generation);
      if (!connection) return;
      if (generation !== this.generation) {
        await connection.close();
        return;
      }
      this.connection = connection;
      this.backoff.started(Date.now());
      this.become({ kind: "running" });
    } catch (error) {
      if (generation === this.generation) this.ended(error instanceof Error ? error.message : String(error));
    }
  }

  private async connect(isCurrent: () => boolean): Promise<Connection | undefined> {
    const found = await findBinary({
      setting: own<string>("path"),
      extension: this.context.extensionPath,
      path: process.env.PATH ?? "",
      platform: process.platform,
      arch: process.arch,
    });
    if (!isCurrent()) return undefined;
    if ("searched" in found) {
      this.become({ kind: "failed", missing: true, why: notFound(found.searched) });
      return undefined;
    }
    return Connection.open({
      command: found.path,
      args: own<boolean>("demo") ? ["--demo"] : [],
      options: bridgeOptions(this.context),
      tools: this.tools.definitions(),
      log: this.log,
      callTool: (call) => this.tools.call(call),
      onEnd: (why) => isCurrent() && this.ended(why || "The bridge ended."),
    });
  }

  private ended(why: string): void {
    this.log.error(why);
    this.connection = undefined;
    const wait = this.backoff.failed(Date.now());
    if (wait === undefined) {
      this.become({ kind: "failed", why });
      return;
    }
    this.become({ kind: "restarting", why });
    this.retry = setTimeout(() => void this.open(), wait);
  }

  private become(state: State): void {
    this.current = state;
    this.stateChanged.fire(state);
  }
}

/** What is said where no server can be asked. */
export class NotRunning extends Error {
  readonly data: { kind: "notRunning"; hint: string; retryable: true };

  constructor(state: State) {
    super(state.kind === "failed" ? state.why : "The bridge has ended");
    const restarts = state.kind === "restarting" || state.kind === "starting" || state.kind === "running";
    const hint = restarts ? "It is started again." : "Restart it by “Claude: Restart the Bridge”.";
    this.data = { kind: "notRunning", hint, retryable: true };
  }
}

function notFound(searched: string[]): string {
  const places = searched.length > 4 ? [...searched.slice(0, 4), `${searched.length - 4} more places`] : searched;
  return `The program claude-bridge was not found. Looked for: ${places.join(", ") || "nothing: PATH is empty"}`;
}
