import type { ErrorKind, Mode, SessionEvent } from "./generated";

export type * from "./generated";

/** An event of one kind. */
export type EventOf<Kind extends SessionEvent["kind"]> = Extract<SessionEvent, { kind: Kind }>;

/** What the server said of itself at `initialize`. */
export interface ServerInfo {
  methods: string[];
  modes: Mode[];
  events: string[];
}

/** A tool that the editor offers to Claude. */
export interface ToolDefinition {
  name: string;
  description: string;
  inputSchema: object;
  requiresApproval?: boolean;
  /** MCP's annotations: with `readOnlyHint` Claude may call it beside other tools, and while it plans. */
  annotations?: { readOnlyHint?: boolean };
}

/** What a request failed with. */
export interface Failure {
  kind: ErrorKind | "notRunning" | "other";
  message: string;
  hint?: string;
  retryable: boolean;
}

/** An error of the server's, or of the connection to it, in one form. */
export function failureOf(error: unknown): Failure {
  const { message, data } = (error ?? {}) as { message?: string; data?: Partial<Failure> };
  return {
    kind: data?.kind ?? "other",
    message: data?.message ?? message ?? String(error),
    hint: data?.hint,
    retryable: data?.retryable ?? false,
  };
}

/** A failure in words for people: what, and what to do about it. */
export function inWords(error: unknown): string {
  const { message, hint } = failureOf(error);
  return hint ? `${message}. ${hint}`.replaceAll("..", ".") : message;
}
