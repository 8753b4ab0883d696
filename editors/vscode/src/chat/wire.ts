// What the extension and the chat's page tell each other.
import type {
  CommandInfo,
  ContentBlock,
  Failure,
  Message,
  Mode,
  ModelInfo,
  Permission,
  PermissionAnswer,
  Session,
  SessionEvent,
} from "../protocol";

/** A session as the page first sees it: what was said, then what happened since. */
export interface Snapshot {
  session: Session;
  messages: Message[];
  /** Whether there are older messages than these. */
  hasOlder: boolean;
  events: SessionEvent[];
  permissions: Permission[];
}

/** What the page has to know of the bridge. */
export interface ServerView {
  state: "stopped" | "starting" | "running" | "restarting" | "failed";
  why?: string;
  /** Whether the program itself was not found. */
  missing?: boolean;
  demo: boolean;
  modes: Mode[];
  sendWith: "enter" | "ctrlEnter";
}

/** A file, a selection of one or a picture that goes with a message. */
export type Attachment = Extract<ContentBlock, { type: "file" } | { type: "image" }>;

/** A tool call whose change is to be shown. */
export interface DiffRequest {
  toolUseId: string;
  title: string;
  name: string;
  input: Record<string, unknown>;
  /** Whether the person is asked about it, and may make it another one. */
  isAsked: boolean;
  /** What the tool said in its own terms, if it has run. */
  structured?: unknown;
}

export type ToPage =
  | { type: "server"; server: ServerView }
  /** Without a snapshot: a session that will be made by its first message. */
  | { type: "open"; snapshot?: Snapshot; mode: Mode }
  /** The session, or the one to come, is another one in something that no event says. */
  | { type: "session"; session?: Session; mode: Mode }
  | { type: "events"; events: SessionEvent[] }
  | { type: "older"; messages: Message[]; hasOlder: boolean }
  | { type: "capabilities"; commands: CommandInfo[]; models: ModelInfo[] }
  | { type: "files"; query: string; files: string[]; selection?: string }
  | { type: "attach"; attachment: Attachment }
  | { type: "failed"; kind: Failure["kind"]; message: string; hint?: string; localId?: string }
  | { type: "answered"; permissionId: string; problem?: string }
  /** The person has made a version of their own of a change that they are asked about. */
  | { type: "edited"; toolUseId: string }
  | { type: "reveal"; messageId: string }
  | { type: "focus" };

export type FromPage =
  | { type: "ready" }
  | { type: "send"; localId: string; content: ContentBlock[] }
  | { type: "stop" }
  | { type: "answer"; permissionId: string; answer: PermissionAnswer }
  | { type: "older" }
  | { type: "findFiles"; query: string }
  | { type: "attachSelection" }
  | { type: "diff"; diff: DiffRequest }
  | { type: "openFile"; path: string; line?: number }
  | { type: "insert"; text: string }
  | { type: "command"; command: PageCommand }
  /** The snapshot is on the screen. */
  | { type: "shown"; items: number };

/** The commands that the page may run. */
export const PAGE_COMMANDS = [
  "newSession",
  "search",
  "setMode",
  "setModel",
  "setStudy",
  "compact",
  "rename",
  "fork",
  "export",
  "tryDemo",
  "restart",
  "showLog",
  "menu",
] as const;
export type PageCommand = (typeof PAGE_COMMANDS)[number];
