import type {
  ContentBlock,
  ErrorData,
  NoticeLevel,
  Permission,
  PermissionOutcome,
  PermissionResolver,
  Session,
  Turn,
} from "../../protocol";

/** What stands in the chat, one below the other. */
export type Item = UserItem | TextItem | ToolItem | NoticeItem | ErrorItem | EndItem;

interface Common {
  id: string;
  /** Whether a helper of Claude's said or did it. */
  nested?: boolean;
}

export interface UserItem extends Common {
  kind: "user";
  content: ContentBlock[];
  /** It was sent and has not come back yet: its turn has not begun. */
  pending: boolean;
}

export interface TextItem extends Common {
  kind: "text" | "thinking";
  text: string;
  done: boolean;
}

export interface ToolItem extends Common {
  kind: "tool";
  name: string;
  title: string;
  input: Record<string, unknown>;
  result?: ToolResult;
  /** It never answered, since its turn was ended. */
  cut?: boolean;
  asked?: Asked;
}

export interface ToolResult {
  isError: boolean;
  content: unknown;
  structured?: unknown;
  truncatedBytes?: number;
}

/** What the person was asked about a tool. */
export interface Asked {
  permission: Permission;
  outcome?: PermissionOutcome;
  by?: PermissionResolver;
  /** Who else has to answer, where another program runs the session. */
  holder?: string;
  /** The person has made a version of their own. */
  edited?: boolean;
  /** The answer is on its way. */
  sending?: boolean;
  /** Why the answer was not taken. */
  problem?: string;
}

export interface NoticeItem extends Common {
  kind: "notice";
  level: NoticeLevel;
  text: string;
}

export interface ErrorItem extends Common {
  kind: "error";
  message: string;
  hint?: string;
  offerDemo?: boolean;
  details?: string;
}

export interface EndItem extends Common {
  kind: "end";
  turn: Turn;
}

/** What the program calls itself that runs a session in our stead. */
export function holderOf({ heldBy }: Session): string | undefined {
  return heldBy && (heldBy.client ?? "another program");
}

/** A failure in the form that the chat shows. */
export function errorItem(id: string, error: ErrorData): ErrorItem {
  const { message, hint, kind } = error as ErrorData & { message?: string; stderr?: string[] };
  const stderr = (error as { stderr?: unknown }).stderr;
  const details = Array.isArray(stderr) ? stderr.join("\n") : typeof stderr === "string" ? stderr : undefined;
  return {
    kind: "error",
    id,
    message: message ?? kind,
    hint: hint ?? undefined,
    offerDemo: kind === "cliNotFound",
    details,
  };
}
