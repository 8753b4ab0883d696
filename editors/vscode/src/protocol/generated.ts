// Generated from schemas/openrpc.json by `npm run generate`. Do not edit.

/**
 * What a client sends: text, or blocks of `text`, `image` and `file`.
 */
export type Content = string | ContentBlock[];
/**
 * A part of a message.
 */
export type ContentBlock =
  | {
      type: "text";
      /**
       * The text.
       */
      text: string;
    }
  | {
      type: "image";
      /**
       * `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
       */
      mediaType: string;
      /**
       * The bytes, in base64.
       */
      data: string;
    }
  | {
      type: "file";
      /**
       * The file's path, absolute or relative to the session's `cwd`.
       */
      path: string;
      range?: Range;
      /**
       * The text of that part as the editor has it, saved or not; absent: Claude reads the file itself.
       */
      text?: string;
    }
  | {
      type: "thinking";
      /**
       * The thought, as far as the model shows it.
       */
      text: string;
    }
  | {
      type: "toolUse";
      /**
       * The model's id of the call.
       */
      toolUseId: string;
      /**
       * The tool's name.
       */
      name: string;
      /**
       * The arguments.
       */
      input: unknown;
    }
  | {
      type: "toolResult";
      /**
       * The id of the call that it answers.
       */
      toolUseId: string;
      /**
       * Whether the tool failed.
       */
      isError: boolean;
      /**
       * What it said: text, or the model's own content blocks.
       */
      content: unknown;
    };
/**
 * A progress token, chosen by whoever wants to follow.
 */
export type ProgressToken = number | string;
/**
 * Every kind of error that can reach a client, with its JSON-RPC code.
 */
export type ErrorKind =
  | "parseError"
  | "invalidRequest"
  | "methodNotFound"
  | "invalidParams"
  | "internalError"
  | "serverNotInitialized"
  | "requestCancelled"
  | "sessionNotFound"
  | "studyNotFound"
  | "permissionNotFound"
  | "invalidQuery"
  | "sessionBusy"
  | "modeNotAllowed"
  | "sessionHeld"
  | "sessionClosed"
  | "sessionExists"
  | "cliNotFound"
  | "cliUnsupported"
  | "cliExited"
  | "cliTimeout"
  | "cliProtocol"
  | "authentication"
  | "apiError"
  | "overloadedApi"
  | "budgetExceeded"
  | "storeUnavailable"
  | "storeCorrupt"
  | "storeNewer"
  | "overloaded"
  | "shuttingDown"
  | "payloadTooLarge";
/**
 * One event of a session.
 */
export type SessionEvent = {
  /**
   * Its number in the session: rising, never reused. Of merged deltas, the last one's.
   */
  seq: number;
  /**
   * Of merged deltas, the first one's number.
   */
  firstSeq?: number;
  sessionId: SessionId;
  turnId?: TurnId;
  at: Timestamp;
  /**
   * The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
   */
  parentToolUseId?: string;
} & SessionEvent1;
/**
 * A session: a row that outlives every process that served it.
 */
export type SessionId = string;
/**
 * One turn: a message of the person's and all that Claude did in answer to it.
 */
export type TurnId = string;
/**
 * RFC 3339, UTC, with milliseconds.
 */
export type Timestamp = string;
export type SessionEvent1 =
  | {
      kind: "turnStarted";
      messageId?: MessageId;
      origin: TurnOrigin;
    }
  | {
      kind: "textDelta";
      itemId: MessageId;
      /**
       * Length in bytes of UTF-8 of the item's text before this.
       */
      offset: number;
      /**
       * The text to append.
       */
      text: string;
    }
  | {
      kind: "thinkingDelta";
      itemId: MessageId;
      /**
       * Length in bytes of UTF-8 of the item's text before this.
       */
      offset: number;
      /**
       * The text to append.
       */
      text: string;
    }
  | {
      kind: "message";
      message: Message;
    }
  | {
      kind: "toolCall";
      messageId: MessageId;
      /**
       * The model's id of the call.
       */
      toolUseId: string;
      /**
       * The tool's name.
       */
      name: string;
      /**
       * What it does, in a few words: "Read src/main.rs".
       */
      title: string;
      /**
       * The arguments.
       */
      input: unknown;
    }
  | {
      kind: "toolResult";
      messageId: MessageId;
      /**
       * The id of the call that it answers.
       */
      toolUseId: string;
      /**
       * Whether the tool failed.
       */
      isError: boolean;
      /**
       * What it said: text, or the model's own content blocks.
       */
      content: unknown;
      /**
       * The same in the tool's own terms, where the CLI gives it: a patch, an exit code.
       */
      structured?: unknown;
      /**
       * How many bytes of a long answer are left out here. `message/list` has all of it.
       */
      truncatedBytes?: number;
    }
  | {
      kind: "permissionRequested";
      permission: Permission;
    }
  | {
      kind: "permissionResolved";
      permissionId: PermissionId;
      behavior: PermissionOutcome;
      by: PermissionResolver;
    }
  | {
      kind: "status";
      status: Status;
      /**
       * More about it, for people.
       */
      detail?: string;
    }
  | {
      kind: "sessionChanged";
      session: Session;
    }
  | {
      kind: "mcpStatus";
      /**
       * All of them.
       */
      servers: McpServerInfo[];
    }
  | {
      kind: "compacted";
      /**
       * Who wanted it, as the CLI names it: `manual` or `auto`.
       */
      trigger: string;
      /**
       * How many tokens it had before.
       */
      tokensBefore?: number;
      /**
       * How many it has now.
       */
      tokensAfter?: number;
    }
  | {
      kind: "usage";
      usage: Usage;
    }
  | {
      kind: "notice";
      level: NoticeLevel;
      /**
       * What it is.
       */
      text: string;
    }
  | {
      kind: "error";
      error: ErrorData;
    }
  | {
      kind: "turnCompleted";
      turn: Turn;
    }
  | {
      kind: "unknown";
      /**
       * The frame's type, with its subtype where it has one: `system/task_started`.
       */
      type: string;
      /**
       * The CLI's own JSON, untouched.
       */
      frame: unknown;
    };
/**
 * One message of a session. The deltas of a message that is still being written carry the same id, as their `itemId`.
 */
export type MessageId = string;
/**
 * Who began a turn.
 */
export type TurnOrigin = "client" | "background";
/**
 * Who said a message.
 */
export type Role = "user" | "assistant";
/**
 * One question of Claude's that waits, or waited, for the person.
 */
export type PermissionId = string;
/**
 * What is asked.
 */
export type PermissionKind = "tool" | "question" | "plan";
/**
 * For how long something is allowed.
 */
export type PermissionScope = "once" | "session" | "project";
/**
 * What became of a permission.
 */
export type PermissionOutcome = "allow" | "deny" | "withdrawn";
/**
 * Who, or what, resolved a permission.
 */
export type PermissionResolver = "client" | "deadline" | "nobody" | "cli" | "interrupt" | "turnEnd" | "processEnd";
/**
 * What a session waits for.
 */
export type Status =
  | "starting"
  | "requesting"
  | "retrying"
  | "compacting"
  | "waitingForPermission"
  | "queued"
  | "waitingForServers"
  | "stalled";
/**
 * What Claude may do.
 */
export type Mode = "user" | "power";
/**
 * What a session is doing.
 */
export type SessionState = "idle" | "running" | "waiting" | "parked" | "closed" | "failed";
/**
 * The CLI's own name for a conversation, which may change when a session is forked or rebuilt.
 */
export type ProviderSessionId = string;
/**
 * How an MCP server is.
 */
export type McpServerState = "pending" | "connected" | "failed" | "needsAuth" | "disabled" | "stopped" | "other";
/**
 * How serious a notice is.
 */
export type NoticeLevel = "info" | "warning" | "error";
/**
 * Why a turn ended.
 */
export type StopReason = "completed" | "interrupted" | "maxTurns" | "refused" | "failed";
/**
 * The form of an exported session.
 */
export type ExportFormat = "markdown" | "json";
/**
 * How something is.
 */
export type HealthStatus = "ok" | "warning" | "failed";
/**
 * What is done where a session that is imported is here already, and not the same.
 */
export type ImportConflict = "fail" | "replace";
/**
 * What an import did.
 */
export type ImportOutcome = "imported" | "unchanged" | "replaced";
/**
 * An MCP server that Claude can use.
 */
export type McpServer =
  | {
      type: McpTransport;
      /**
       * Where.
       */
      url: string;
      /**
       * Headers that are sent with each request; secrets belong here, never in the URL.
       */
      headers?: {
        [k: string]: string;
      };
    }
  | {
      /**
       * The program.
       */
      command: string;
      /**
       * Its arguments.
       */
      args?: string[];
      /**
       * Variables added to its environment.
       */
      env?: {
        [k: string]: string;
      };
    };
/**
 * How a remote MCP server is reached.
 */
export type McpTransport = "http" | "sse";
/**
 * The order of a list.
 */
export type Order = "asc" | "desc";
/**
 * The order of what a search finds.
 */
export type SearchOrder = "newest" | "best";
/**
 * What is searched by choice.
 */
export type SearchInclude = "tools";
/**
 * What is answered.
 */
export type PermissionBehavior = "allow" | "deny";
/**
 * The answer to a question: an option's label, or a text of the person's own.
 */
export type QuestionAnswer = string | string[];
/**
 * A part of what a tool answers.
 */
export type ToolContent =
  | {
      type: "text";
      /**
       * The text.
       */
      text: string;
    }
  | {
      type: "image";
      /**
       * `image/png`, `image/jpeg`, …
       */
      mediaType: string;
      /**
       * The picture, in base64.
       */
      data: string;
    };
/**
 * By what usage is grouped.
 */
export type UsageGroup = "session" | "study" | "model" | "day";

export interface GeneratedRoot {
  [k: string]: unknown;
}
/**
 * An agent that Claude can send.
 */
export interface AgentInfo {
  /**
   * Its name.
   */
  name: string;
  /**
   * What it is for.
   */
  description?: string;
}
/**
 * A command that a message can be.
 */
export interface CommandInfo {
  /**
   * Its name, without the slash.
   */
  name: string;
  /**
   * What it does.
   */
  description?: string;
  /**
   * What can follow it.
   */
  argumentHint?: string;
}
/**
 * A part of a text document, as LSP has it.
 */
export interface Range {
  start: Position;
  end: Position;
}
/**
 * A place in a text document, as LSP has it.
 */
export interface Position {
  /**
   * Line, from zero.
   */
  line: number;
  /**
   * Character in the line, from zero, in UTF-16 code units.
   */
  character: number;
}
/**
 * What Claude was told when the session began.
 */
export interface ContextInfo {
  /**
   * SHA-256 of the text, in hexadecimal.
   */
  hash: string;
  /**
   * Length of the text in bytes.
   */
  bytes: number;
}
/**
 * A part of the model's context.
 */
export interface ContextPart {
  /**
   * Its name, for people: "System prompt".
   */
  name: string;
  /**
   * Its size in tokens.
   */
  tokens: number;
  /**
   * What it is, as the CLI names it: `used`, `free`, `buffer`, …
   */
  kind: string;
}
/**
 * What fills the model's context, by the CLI's estimate.
 */
export interface ContextUsage {
  /**
   * How many tokens are taken.
   */
  totalTokens: number;
  /**
   * How many there is room for.
   */
  maxTokens: number;
  /**
   * The model whose context it is.
   */
  model?: string;
  /**
   * What takes them, and what is left.
   */
  categories: ContextPart[];
}
/**
 * Result of `session/contextUsage`.
 */
export interface ContextUsageResult {
  context?: ContextUsage;
}
/**
 * Result of the methods that have nothing to say but that it was done.
 */
export interface Done {}
/**
 * Parameters of the `$/progress` notification with which a subscription ends by itself. Its token is free again.
 */
export interface EndProgress {
  token: ProgressToken;
  value: EndValue;
}
/**
 * The value of that notification.
 */
export interface EndValue {
  ended: ErrorData;
}
/**
 * What every error carries as `data`, and what a failed turn or session carries as `error`.
 */
export interface ErrorData {
  kind: ErrorKind;
  /**
   * What went wrong, for people.
   */
  message: string;
  /**
   * Whether the same request may succeed later, with nothing changed.
   */
  retryable: boolean;
  /**
   * What can be done about it.
   */
  hint?: string;
  [k: string]: unknown;
}
/**
 * Parameters of the `$/progress` notifications that carry events.
 */
export interface EventProgress {
  token: ProgressToken;
  value: EventValue;
}
/**
 * The value of a `$/progress` notification that carries an event.
 */
export interface EventValue {
  event: SessionEvent;
}
/**
 * One stored message of a session.
 */
export interface Message {
  id: MessageId;
  sessionId: SessionId;
  turnId: TurnId;
  /**
   * The number of the event that announced it.
   */
  seq: number;
  role: Role;
  /**
   * What it says.
   */
  content: ContentBlock[];
  createdAt: Timestamp;
  /**
   * The call of the `Task` tool whose agent said it, where it was not the conversation's own.
   */
  parentToolUseId?: string;
}
/**
 * Something that Claude may do only if the person lets it, or that only the person can answer.
 */
export interface Permission {
  id: PermissionId;
  sessionId: SessionId;
  turnId: TurnId;
  /**
   * The model's id of the tool call.
   */
  toolUseId: string;
  /**
   * The tool's name.
   */
  toolName: string;
  /**
   * What it does, in a few words: "Run cargo test".
   */
  title: string;
  /**
   * What the model says of it.
   */
  description?: string;
  /**
   * The arguments; of a plan, with its text as `plan`.
   */
  input: unknown;
  kind: PermissionKind;
  /**
   * Where `kind` is `question`: what the person is asked.
   */
  questions?: Question[];
  /**
   * What can be allowed from now on together with this, the closest first.
   */
  suggestions?: PermissionSuggestion[];
  createdAt: Timestamp;
  expiresAt?: Timestamp;
}
/**
 * A question of the model's to the person.
 */
export interface Question {
  /**
   * The question, by which its answer is given.
   */
  question: string;
  /**
   * What it is about, in a word or two.
   */
  header: string;
  /**
   * What can be chosen. A text of the person's own is an answer as well.
   */
  options: QuestionOption[];
  /**
   * Whether several can be chosen.
   */
  multiSelect: boolean;
}
/**
 * What can be chosen as an answer.
 */
export interface QuestionOption {
  /**
   * The answer.
   */
  label: string;
  /**
   * What it means.
   */
  description: string;
}
/**
 * What can be allowed from now on.
 */
export interface PermissionSuggestion {
  /**
   * Its name in the answer.
   */
  id: string;
  /**
   * What it allows: "Allow Bash(cargo test:*)".
   */
  label: string;
  scope: PermissionScope;
}
/**
 * A conversation, with the process that serves it, if one does.
 */
export interface Session {
  id: SessionId;
  /**
   * Its title; until one is given, the beginning of its first message.
   */
  title: string;
  mode: Mode;
  /**
   * The study it is about.
   */
  studyId?: string;
  /**
   * The folder Claude works in, absolute.
   */
  cwd: string;
  /**
   * The model that was asked for; absent: the CLI's default.
   */
  model?: string;
  state: SessionState;
  error?: ErrorData;
  createdAt: Timestamp;
  lastActiveAt: Timestamp;
  /**
   * How many messages it has.
   */
  messageCount: number;
  /**
   * The highest event number that has been given out.
   */
  lastSeq: number;
  forkedFrom?: SessionId;
  context?: ContextInfo;
  usage: Usage;
  /**
   * What all its turns cost, in US dollars.
   */
  costUsd: number;
  process?: ProcessInfo;
  heldBy?: HeldBy;
  /**
   * Which credential pays, as the CLI names it.
   */
  credential?: string;
  providerSessionId?: ProviderSessionId;
}
/**
 * What a turn, or all turns of a session, used.
 */
export interface Usage {
  /**
   * Tokens sent to the model that were not in its cache.
   */
  inputTokens: number;
  /**
   * Tokens the model wrote.
   */
  outputTokens: number;
  /**
   * Tokens read from the prompt cache.
   */
  cacheReadTokens: number;
  /**
   * Tokens written to the prompt cache.
   */
  cacheWriteTokens: number;
}
/**
 * A running Claude CLI.
 */
export interface ProcessInfo {
  /**
   * Its process id.
   */
  pid: number;
  startedAt: Timestamp;
  /**
   * Its version.
   */
  cliVersion: string;
}
/**
 * A bridge that runs a session.
 */
export interface HeldBy {
  /**
   * Its process id.
   */
  pid: number;
  /**
   * The machine that it runs on.
   */
  host: string;
  /**
   * The client that it serves, as the client calls itself.
   */
  client?: string;
}
/**
 * An MCP server of a session's.
 */
export interface McpServerInfo {
  /**
   * Its name.
   */
  name: string;
  status: McpServerState;
  /**
   * The names of the tools that Claude has from it; none while it is not connected.
   */
  tools: string[];
  /**
   * What went wrong, in the CLI's words; the CLI does not pass on what the server wrote to its stderr.
   */
  error?: string;
}
/**
 * How a turn ended, and what it came to.
 */
export interface Turn {
  id: TurnId;
  sessionId: SessionId;
  stopReason: StopReason;
  /**
   * The last text that Claude wrote in it; of a turn that was cut short, what had arrived.
   */
  text: string;
  /**
   * The tools Claude called, in order.
   */
  toolCalls: ToolCallSummary[];
  usage: Usage;
  /**
   * What this turn cost, in US dollars, by the CLI's own account.
   */
  costUsd: number;
  /**
   * From the message being given to the CLI to the end, in milliseconds.
   */
  durationMs: number;
  /**
   * From the message being given to the CLI to the first text, in milliseconds.
   */
  firstTextMs?: number;
  error?: ErrorData;
}
/**
 * A tool that was called in a turn.
 */
export interface ToolCallSummary {
  /**
   * The model's id of the call.
   */
  toolUseId: string;
  /**
   * The tool's name.
   */
  name: string;
  /**
   * Whether it failed; absent while, or if, it never answered.
   */
  isError?: boolean;
}
/**
 * Something that was looked at.
 */
export interface HealthCheck {
  /**
   * What: `configuration`, `folders`, `leftovers`, `history`, `cli`, `credential`, `mcp`, or `mcp.NAME` for one server. There may be more.
   */
  name: string;
  status: HealthStatus;
  /**
   * What was found, for people.
   */
  detail: string;
  /**
   * What can be done about it.
   */
  hint?: string;
}
/**
 * Parameters of `bridge/health`.
 */
export interface HealthParams {}
/**
 * Result of `bridge/health`.
 */
export interface HealthResult {
  /**
   * What was looked at.
   */
  checks: HealthCheck[];
}
/**
 * Result of `mcp/status`.
 */
export interface McpStatusResult {
  /**
   * The servers, as the CLI orders them.
   */
  servers: McpServerInfo[];
}
/**
 * Parameters of `message/list`.
 */
export interface MessageListParams {
  sessionId: SessionId;
  /**
   * How many at most, 1 to 1000; default 100.
   */
  limit?: number;
  /**
   * Where the page before ended: its `nextCursor`.
   */
  cursor?: string;
  order?: Order;
}
/**
 * Result of `message/list`.
 */
export interface MessageListResult {
  /**
   * The page.
   */
  messages: Message[];
  /**
   * Give it as `cursor` to get the next page; absent on the last one.
   */
  nextCursor?: string;
}
/**
 * Parameters of `message/search`.
 */
export interface MessageSearchParams {
  /**
   * What the messages say: words, all of which have to occur; `"a phrase"`; `prefix*`; `-not`; `one OR other`. Case and accents make no difference, punctuation separates words. Chinese, Japanese, Korean and Thai words are found inside of sentences.
   */
  query: string;
  order?: SearchOrder;
  sessionId?: SessionId;
  /**
   * Only messages of sessions that are about this study.
   */
  studyId?: string;
  role?: Role;
  since?: Timestamp;
  until?: Timestamp;
  /**
   * What is searched beside what was said and the files that were attached.
   */
  include?: SearchInclude[];
  /**
   * How many at most, 1 to 200; default 20.
   */
  limit?: number;
  /**
   * Where the page before ended: its `nextCursor`.
   */
  cursor?: string;
}
/**
 * Result of `message/search`.
 */
export interface MessageSearchResult {
  /**
   * The page.
   */
  hits: SearchHit[];
  /**
   * Give it as `cursor`, with the same parameters, to get the next page; absent on the last one.
   */
  nextCursor?: string;
  /**
   * About how many of the oldest messages cannot be found yet, since they are from before there was an index and are still being added to it; absent where all can.
   */
  unindexed?: number;
}
/**
 * A message that was found.
 */
export interface SearchHit {
  message: Message;
  session: SearchedSession;
  /**
   * The part of the message that was found, in one line.
   */
  snippet: string;
  /**
   * Where in `snippet` the words are: start and end, exclusive, in UTF-16 code units, as LSP counts.
   */
  ranges: [number, number][];
}
/**
 * The session of a message that was found.
 */
export interface SearchedSession {
  id: SessionId;
  /**
   * Its title.
   */
  title: string;
}
/**
 * Parameters of `message/send`.
 */
export interface MessageSendParams {
  sessionId: SessionId;
  content: Content;
  workDoneToken?: ProgressToken;
  partialResultToken?: ProgressToken;
}
/**
 * A model that can be chosen.
 */
export interface ModelInfo {
  /**
   * What it is chosen by: `opus`.
   */
  id: string;
  /**
   * Its name for people.
   */
  name: string;
  /**
   * What it is good for.
   */
  description?: string;
  /**
   * The API's name of the model that this stands for today.
   */
  resolved?: string;
  /**
   * The values of `effort` that it takes.
   */
  effortLevels?: string[];
}
/**
 * The answer to a permission.
 */
export interface PermissionAnswer {
  behavior: PermissionBehavior;
  scope?: PermissionScope;
  /**
   * What else is allowed: one of the permission's suggestions.
   */
  suggestionId?: string;
  /**
   * What the model is told about a denial.
   */
  message?: string;
  /**
   * The arguments to use instead: the whole object.
   */
  updatedInput?: {
    [k: string]: unknown;
  };
  /**
   * The answers to the questions, each by the question's text.
   */
  answers?: {
    [k: string]: QuestionAnswer;
  };
}
/**
 * Parameters of `permission/answer`.
 */
export interface PermissionAnswerParams {
  permissionId: PermissionId;
  answer: PermissionAnswer;
}
/**
 * What the person has allowed for longer than once.
 */
export interface PermissionGrant {
  /**
   * Its id, by which it is revoked.
   */
  id: string;
  /**
   * What it allows: "Allow Bash(cargo test:*)".
   */
  label: string;
  scope: PermissionScope;
  sessionId?: SessionId;
  /**
   * The folder, where it is for all sessions that work in it; by its real path.
   */
  project?: string;
  createdAt: Timestamp;
}
/**
 * Parameters of `permission/grants`.
 */
export interface PermissionGrantsParams {
  sessionId?: SessionId;
}
/**
 * Result of `permission/grants`.
 */
export interface PermissionGrantsResult {
  /**
   * What is allowed, the oldest first.
   */
  grants: PermissionGrant[];
}
/**
 * Parameters of `permission/list`.
 */
export interface PermissionListParams {
  sessionId?: SessionId;
}
/**
 * Result of `permission/list`.
 */
export interface PermissionListResult {
  /**
   * Those that still wait for an answer, oldest first.
   */
  permissions: Permission[];
}
/**
 * Parameters of `permission/revoke`.
 */
export interface PermissionRevokeParams {
  /**
   * The grant.
   */
  grantId: string;
}
/**
 * Result of `permission/revoke`.
 */
export interface PermissionRevokeResult {
  /**
   * Whether it was there.
   */
  revoked: boolean;
}
/**
 * Result of `session/capabilities`: what the CLI said when it was started. All of it is absent while no process serves the session.
 */
export interface SessionCapabilitiesResult {
  /**
   * The CLI's version.
   */
  cliVersion?: string;
  /**
   * The models that `session/setModel` takes.
   */
  models?: ModelInfo[];
  /**
   * The commands that a message can be: `/NAME`.
   */
  commands?: CommandInfo[];
  /**
   * The agents that Claude can send.
   */
  agents?: AgentInfo[];
}
/**
 * Parameters of `session/compact`.
 */
export interface SessionCompactParams {
  sessionId: SessionId;
  workDoneToken?: ProgressToken;
  partialResultToken?: ProgressToken;
}
/**
 * Parameters of `session/create`.
 */
export interface SessionCreateParams {
  mode?: Mode;
  /**
   * The study it is about, as `study/list` names it.
   */
  studyId?: string;
  /**
   * The folder Claude works in, absolute; default: the workspace folder, with the Atomizer profile its root.
   */
  cwd?: string;
  /**
   * A title.
   */
  title?: string;
  /**
   * The model, as the CLI names it; default: the CLI's.
   */
  model?: string;
  /**
   * How hard the model thinks, as the CLI names it: `low`, `medium`, `high`, …
   */
  effort?: string;
  /**
   * After how many requests to the model a turn is ended.
   */
  maxTurns?: number;
  /**
   * What the session may cost, in US dollars.
   */
  maxBudgetUsd?: number;
  resumeSessionId?: SessionId;
  /**
   * MCP servers for this session, beside the configured ones; one of the same name replaces it.
   */
  mcpServers?: {
    [k: string]: McpServer;
  };
}
/**
 * Parameters of `session/export`.
 */
export interface SessionExportParams {
  sessionId: SessionId;
  format: ExportFormat;
}
/**
 * Result of `session/export`.
 */
export interface SessionExportResult {
  /**
   * The document.
   */
  content: string;
  /**
   * Its media type.
   */
  mediaType: string;
}
/**
 * Parameters of `session/fork`.
 */
export interface SessionForkParams {
  sessionId: SessionId;
  /**
   * The title of the new one, 1 to 200 characters; default: the same.
   */
  title?: string;
}
/**
 * Parameters of `session/import`.
 */
export interface SessionImportParams {
  /**
   * What `session/export` gave for the format `json`.
   */
  content: string;
  /**
   * The folder that the session works in from now on, absolute; default: the one that it worked in, which has to be there.
   */
  cwd?: string;
  onConflict?: ImportConflict;
  /**
   * Whether what the archive says of power mode, of permissions that were granted for longer than once, and of MCP servers, counts here. Only for archives of one's own.
   */
  trust?: boolean;
}
/**
 * Result of `session/import`.
 */
export interface SessionImportResult {
  session: Session;
  outcome: ImportOutcome;
  /**
   * What of the archive does not count here: `mode`, `grants`, `mcpServers.NAME`.
   */
  leftOut?: string[];
}
/**
 * Parameters of `session/interrupt`.
 */
export interface SessionInterruptParams {
  sessionId: SessionId;
  /**
   * Whether the messages that wait behind the turn go too.
   */
  includeQueued?: boolean;
}
/**
 * Result of `session/interrupt`.
 */
export interface SessionInterruptResult {
  /**
   * Whether there was anything to interrupt.
   */
  interrupted: boolean;
}
/**
 * Parameters of `session/list`.
 */
export interface SessionListParams {
  /**
   * How many at most, 1 to 1000; default 100.
   */
  limit?: number;
  /**
   * Where the page before ended: its `nextCursor`.
   */
  cursor?: string;
  state?: SessionState;
  /**
   * Only those that are about this study.
   */
  studyId?: string;
  /**
   * Only those whose title contains this, in any case.
   */
  query?: string;
}
/**
 * Result of `session/list`.
 */
export interface SessionListResult {
  /**
   * The page, newest activity first.
   */
  sessions: Session[];
  /**
   * Give it as `cursor` to get the next page; absent on the last one.
   */
  nextCursor?: string;
}
/**
 * Parameters of the methods that name a session and nothing else.
 */
export interface SessionParams {
  sessionId: SessionId;
}
/**
 * Parameters of `session/rename`.
 */
export interface SessionRenameParams {
  sessionId: SessionId;
  /**
   * Its new title, 1 to 200 characters.
   */
  title: string;
}
/**
 * Result of the methods that answer with a session.
 */
export interface SessionResult {
  session: Session;
}
/**
 * Parameters of `session/setMode`.
 */
export interface SessionSetModeParams {
  sessionId: SessionId;
  mode: Mode;
}
/**
 * Parameters of `session/setModel`.
 */
export interface SessionSetModelParams {
  sessionId: SessionId;
  /**
   * The model, as `session/capabilities` names it; `default` for the CLI's own choice.
   */
  model: string;
}
/**
 * Parameters of `session/setStudy`.
 */
export interface SessionSetStudyParams {
  sessionId: SessionId;
  /**
   * The study it is about from now on, as `study/list` names it; absent: none.
   */
  studyId?: string;
}
/**
 * Parameters of `session/subscribe`.
 */
export interface SessionSubscribeParams {
  sessionId: SessionId;
  /**
   * The number of the last event that the client has; absent: it wants all from the beginning. The `lastSeq` of a session asks for what is still to come.
   */
  afterSeq?: number;
  subscriptionToken: ProgressToken;
}
/**
 * Result of `session/subscribe`. The events follow it.
 */
export interface SessionSubscribeResult {
  /**
   * The number of the last event there is by now: with it the replay ends. `afterSeq` where nothing came after it.
   */
  lastSeq: number;
  heldBy?: HeldBy;
}
/**
 * Parameters of `session/unsubscribe`.
 */
export interface SessionUnsubscribeParams {
  subscriptionToken: ProgressToken;
}
/**
 * A study.
 */
export interface Study {
  /**
   * Its id: its path below the folder of all studies, with `/` between the names.
   */
  id: string;
  /**
   * Its folder, absolute.
   */
  path: string;
  /**
   * What says what is optimised, by its path in the folder; absent where there is none, as with those below.
   */
  configuration?: string;
  /**
   * Optuna's database.
   */
  database?: string;
  /**
   * What people say of it.
   */
  readme?: string;
  /**
   * What came of it.
   */
  report?: string;
}
/**
 * What Claude is told.
 */
export interface StudyContext {
  /**
   * The text.
   */
  text: string;
  /**
   * SHA-256 of the text, in hexadecimal.
   */
  hash: string;
  /**
   * Length of the text in bytes.
   */
  bytes: number;
}
/**
 * Parameters of `study/get`.
 */
export interface StudyGetParams {
  /**
   * The study.
   */
  studyId: string;
}
/**
 * Result of `study/get`.
 */
export interface StudyGetResult {
  study: Study;
  context: StudyContext;
}
/**
 * Parameters of `study/list`.
 */
export interface StudyListParams {}
/**
 * Result of `study/list`.
 */
export interface StudyListResult {
  /**
   * All studies, sorted by id; none where the profile knows of none.
   */
  studies: Study[];
}
/**
 * Parameters of `tool/call`.
 */
export interface ToolCallParams {
  sessionId: SessionId;
  /**
   * The tool's name, as it was declared.
   */
  name: string;
  /**
   * The arguments, which are as the tool's schema wants them.
   */
  arguments: {
    [k: string]: unknown;
  };
  /**
   * The model's id of the call, under which events speak of it.
   */
  toolUseId?: string;
}
/**
 * Result of `tool/call`.
 */
export interface ToolCallResult {
  /**
   * What the model is told.
   */
  content: ToolContent[];
  /**
   * Whether it failed; `content` then says why.
   */
  isError?: boolean;
}
/**
 * What a group of turns used.
 */
export interface UsageRow {
  /**
   * The session's id, the study's (empty: sessions that are about none), the model's name, or the day, as `2026-11-22`.
   */
  key: string;
  /**
   * How many turns, those that run included.
   */
  turns: number;
  /**
   * Tokens sent to the model that were not in its cache.
   */
  inputTokens: number;
  /**
   * Tokens the model wrote.
   */
  outputTokens: number;
  /**
   * Tokens read from the prompt cache.
   */
  cacheReadTokens: number;
  /**
   * Tokens written to the prompt cache.
   */
  cacheWriteTokens: number;
  /**
   * What they cost, in US dollars.
   */
  costUsd: number;
}
/**
 * Parameters of `usage/summary`.
 */
export interface UsageSummaryParams {
  groupBy: UsageGroup;
  since?: Timestamp;
  until?: Timestamp;
}
/**
 * Result of `usage/summary`.
 */
export interface UsageSummaryResult {
  /**
   * What each group used.
   */
  rows: UsageRow[];
}

/** What can be asked of the server. */
export interface Methods {
  /** Makes a session, or goes on with one. It is stored when this answers. */
  "session/create": {
    params: {
      mode?: Mode;
      studyId?: string;
      cwd?: string;
      title?: string;
      model?: string;
      effort?: string;
      maxTurns?: number;
      maxBudgetUsd?: number;
      resumeSessionId?: SessionId;
      mcpServers?: Record<string, McpServer>;
    };
    result: SessionResult;
  };
  /** A session as it is now. */
  "session/get": { params: { sessionId: SessionId }; result: SessionResult };
  /** A page of the sessions, newest activity first. */
  "session/list": {
    params: { limit?: number; cursor?: string; state?: SessionState; studyId?: string; query?: string };
    result: SessionListResult;
  };
  /** Changes what Claude may do in a session, from now on. */
  "session/setMode": { params: { sessionId: SessionId; mode: Mode }; result: SessionResult };
  /** Has another model answer in a session, from the next request to it on. */
  "session/setModel": { params: { sessionId: SessionId; model: string }; result: SessionResult };
  /** Has a session be about another study, or about none, from its next turn on. */
  "session/setStudy": { params: { sessionId: SessionId; studyId?: string }; result: SessionResult };
  /** Gives a session another title. */
  "session/rename": { params: { sessionId: SessionId; title: string }; result: SessionResult };
  /** Makes a session that goes on from where another one is, which stays as it is. */
  "session/fork": { params: { sessionId: SessionId; title?: string }; result: SessionResult };
  /** Interrupts the running turn; its request then answers. */
  "session/interrupt": { params: { sessionId: SessionId; includeQueued?: boolean }; result: SessionInterruptResult };
  /** Summarises the conversation to make room in the model's context: a turn. */
  "session/compact": {
    params: { sessionId: SessionId; workDoneToken?: ProgressToken; partialResultToken?: ProgressToken };
    result: Turn;
  };
  /** The models, slash commands and agents of a session, as its CLI named them. */
  "session/capabilities": { params: { sessionId: SessionId }; result: SessionCapabilitiesResult };
  /** What fills the model's context in a session that a process serves. */
  "session/contextUsage": { params: { sessionId: SessionId }; result: ContextUsageResult };
  /** Ends a session's process and keeps its history; a message opens it again. */
  "session/close": { params: { sessionId: SessionId }; result: SessionResult };
  /** Ends a session's process and removes all that is stored of it. */
  "session/delete": { params: { sessionId: SessionId }; result: Done };
  /** Follows a session: answers, replays what is stored after `afterSeq`, and goes on live. */
  "session/subscribe": {
    params: { sessionId: SessionId; subscriptionToken: ProgressToken; afterSeq?: number };
    result: SessionSubscribeResult;
  };
  /** Ends a subscription: nothing comes under its token after the answer. */
  "session/unsubscribe": { params: { subscriptionToken: ProgressToken }; result: Done };
  /** A session as a document: Markdown to be read, or JSON with all that is stored. */
  "session/export": { params: { sessionId: SessionId; format: ExportFormat }; result: SessionExportResult };
  /** Takes in a session that was exported as JSON, with the id that it had. */
  "session/import": {
    params: { content: string; cwd?: string; onConflict?: ImportConflict; trust?: boolean };
    result: SessionImportResult;
  };
  /** Says something in a session, streams what happens, and answers with the turn. */
  "message/send": {
    params: {
      sessionId: SessionId;
      content: Content;
      workDoneToken?: ProgressToken;
      partialResultToken?: ProgressToken;
    };
    result: Turn;
  };
  /** A page of a session's messages. */
  "message/list": {
    params: { sessionId: SessionId; limit?: number; cursor?: string; order?: Order };
    result: MessageListResult;
  };
  /** A page of the messages that say something, newest or best first. */
  "message/search": {
    params: {
      query: string;
      order?: SearchOrder;
      sessionId?: SessionId;
      studyId?: string;
      role?: Role;
      since?: Timestamp;
      until?: Timestamp;
      include?: SearchInclude[];
      limit?: number;
      cursor?: string;
    };
    result: MessageSearchResult;
  };
  /** Tokens and cost by session, study, model or day. */
  "usage/summary": {
    params: { groupBy: UsageGroup; since?: Timestamp; until?: Timestamp };
    result: UsageSummaryResult;
  };
  /** The studies of the profile, sorted by id. */
  "study/list": { params: {}; result: StudyListResult };
  /** A study, and what Claude would be told of it now. */
  "study/get": { params: { studyId: string }; result: StudyGetResult };
  /** The permissions that wait for an answer. */
  "permission/list": { params: { sessionId?: SessionId }; result: PermissionListResult };
  /** Answers a permission, for a client that was not asked by request. The first answer counts. */
  "permission/answer": { params: { permissionId: PermissionId; answer: PermissionAnswer }; result: Done };
  /** What the person has allowed for longer than once. */
  "permission/grants": { params: { sessionId?: SessionId }; result: PermissionGrantsResult };
  /** Takes back what was allowed for longer than once: from the next turn on Claude asks again. A session that another bridge runs goes on with it until its process ends. */
  "permission/revoke": { params: { grantId: string }; result: PermissionRevokeResult };
  /** How a session's MCP servers are; `stopped` where no process serves it. */
  "mcp/status": { params: { sessionId: SessionId }; result: McpStatusResult };
  /** Whether all is there that is needed; what is not is a check that failed, never an error. */
  "bridge/health": { params: {}; result: HealthResult };
}
