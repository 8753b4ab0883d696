import { type ChildProcess, spawn } from "node:child_process";
import type * as vscode from "vscode";
import type { LanguageClient, LanguageClientOptions, ProgressType } from "vscode-languageclient/node";
import type { ServerInfo, SessionEvent, ToolCallParams, ToolCallResult, ToolDefinition } from "../protocol";

/** How the server is started, and what the two sides tell each other. */
export interface Plan {
  command: string;
  args: string[];
  options: Record<string, unknown>;
  tools: ToolDefinition[];
  log: vscode.LogOutputChannel;
  callTool(call: ToolCallParams): Promise<ToolCallResult>;
  /** The server has ended without having been told to. */
  onEnd(why: string): void;
}

const STDERR_TAIL = 20;

/** One running server, and the client that speaks to it. */
export class Connection {
  private constructor(
    private readonly client: LanguageClient,
    private readonly progress: ProgressType<{ event?: SessionEvent }>,
    readonly info: ServerInfo,
    /** The server's process id. */
    readonly pid: number | undefined,
  ) {}

  /** Starts the server, or says why it could not be started. */
  static async open(plan: Plan): Promise<Connection> {
    // The library is big and loaded only here, so that VS Code's start does not wait for it.
    const library = await import("vscode-languageclient/node");
    const child = new Child(plan);
    const client = new Client(library, plan, child);
    await client.language.start().catch((error: unknown) => {
      throw new Error(child.lastWords() || (error instanceof Error ? error.message : String(error)));
    });
    client.up = true;
    const answered = client.language.initializeResult?.capabilities.experimental as
      | { claudeBridge?: ServerInfo }
      | undefined;
    return new Connection(
      client.language,
      new library.ProgressType(),
      answered?.claudeBridge ?? { methods: [], modes: [], events: [] },
      child.pid,
    );
  }

  request<Result>(method: string, params: object, token?: vscode.CancellationToken): Promise<Result> {
    // An absent token would be taken for a second parameter.
    return token
      ? this.client.sendRequest<Result>(method, params, token)
      : this.client.sendRequest<Result>(method, params);
  }

  /** Follows what is streamed under a token. */
  follow(token: string, onEvent: (event: SessionEvent) => void): vscode.Disposable {
    return this.client.onProgress(this.progress, token, ({ event }) => {
      // Without an event it says that the subscription ended, since the session is gone.
      if (event) onEvent(event);
    });
  }

  async close(): Promise<void> {
    await this.client.dispose(2000);
  }
}

/** The server's process, with the last that it said on stderr. */
class Child {
  pid: number | undefined;
  private readonly tail: string[] = [];

  constructor(private readonly plan: Plan) {}

  start(): Promise<ChildProcess> {
    const { command, args, log } = this.plan;
    log.info(`Starting ${[command, ...args].join(" ")}`);
    const child = spawn(command, args, { stdio: "pipe" });
    this.pid = child.pid;
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.hear(text));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child));
    });
  }

  lastWords(): string {
    return this.tail.join("\n");
  }

  private hear(text: string): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    for (const line of lines) this.plan.log.info(line);
    this.tail.push(...lines);
    this.tail.splice(0, this.tail.length - STDERR_TAIL);
  }
}

/** The language client, made to be no more than a connection: when to start again is decided elsewhere. */
class Client {
  readonly language: LanguageClient;
  /** Whether the server has answered `initialize`. */
  up = false;

  constructor(library: typeof import("vscode-languageclient/node"), plan: Plan, child: Child) {
    const options: LanguageClientOptions = {
      documentSelector: [],
      initializationOptions: plan.options,
      outputChannel: plan.log,
      traceOutputChannel: plan.log,
      revealOutputChannelOn: library.RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: library.ErrorAction.Continue, handled: true }),
        closed: () => {
          if (this.up) plan.onEnd(child.lastWords());
          return { action: library.CloseAction.DoNotRestart, handled: true };
        },
      },
    };
    this.language = new library.LanguageClient("claudeBridge", "Claude Bridge", () => child.start(), options);
    this.language.registerFeature({
      fillClientCapabilities: (capabilities) => {
        const bridge = { permissions: "poll", ...(plan.tools.length > 0 && { tools: plan.tools }) };
        capabilities.experimental = { ...capabilities.experimental, claudeBridge: bridge };
        // The chat and the status bar show what goes on; VS Code's own progress would say it twice.
        capabilities.window = { ...capabilities.window, workDoneProgress: false };
      },
      initialize: () => {},
      getState: () => ({ kind: "static" }),
      clear: () => {},
    });
    this.language.onRequest("tool/call", (call: ToolCallParams) => plan.callTool(call));
  }
}
