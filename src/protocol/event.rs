//! Session events: what streams while a turn runs, and what a replay gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mcp::McpServerInfo;
use super::message::{Message, ProgressToken};
use super::permission::{Permission, PermissionOutcome, PermissionResolver};
use super::session::Session;
use super::turn::Turn;
use super::usage::Usage;
use crate::error::ErrorData;
use crate::ids::{MessageId, PermissionId, SessionId, TurnId};
use crate::time::Timestamp;

/// One event of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionEvent {
    /// Where and when.
    #[serde(flatten)]
    pub meta: EventMeta,
    /// What.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What every event has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventMeta {
    /// Its number in the session: rising, never reused. Of merged deltas, the last one's.
    pub seq: u64,
    /// Of merged deltas, the first one's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seq: Option<u64>,
    /// The session.
    pub session_id: SessionId,
    /// The turn, where it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// When it happened.
    pub at: Timestamp,
    /// The call of the `Task` tool whose agent it is about, where it is not the conversation's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_tool_use_id: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventBody {
    /// A turn began.
    TurnStarted {
        /// The message that it answers; absent where nobody asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<MessageId>,
        /// Who began it.
        origin: TurnOrigin,
    },
    /// More of a text that is being written.
    TextDelta {
        /// The id of the message that will replace the deltas.
        item_id: MessageId,
        /// Length in bytes of UTF-8 of the item's text before this.
        offset: u64,
        /// The text to append.
        text: String,
    },
    /// More of a thought.
    ThinkingDelta {
        /// The id of the message that will replace the deltas.
        item_id: MessageId,
        /// Length in bytes of UTF-8 of the item's text before this.
        offset: u64,
        /// The text to append.
        text: String,
    },
    /// A message is complete; it replaces the deltas whose `itemId` is its id. Tool calls and their results have
    /// events of their own.
    Message {
        /// The message.
        message: Message,
    },
    /// Claude calls a tool.
    ToolCall {
        /// The stored message that holds the call.
        message_id: MessageId,
        /// The model's id of the call.
        tool_use_id: String,
        /// The tool's name.
        name: String,
        /// What it does, in a few words: "Read src/main.rs".
        title: String,
        /// The arguments.
        input: Value,
    },
    /// A tool answered.
    ToolResult {
        /// The stored message that holds the whole answer.
        message_id: MessageId,
        /// The id of the call that it answers.
        tool_use_id: String,
        /// Whether the tool failed.
        is_error: bool,
        /// What it said: text, or the model's own content blocks.
        content: Value,
        /// The same in the tool's own terms, where the CLI gives it: a patch, an exit code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        structured: Option<Value>,
        /// How many bytes of a long answer are left out here. `message/list` has all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        truncated_bytes: Option<u64>,
    },
    /// Claude needs the person: a permission waits for its answer.
    PermissionRequested {
        /// What is asked.
        permission: Box<Permission>,
    },
    /// A permission waits no more.
    PermissionResolved {
        /// Which.
        permission_id: PermissionId,
        /// What became of it.
        behavior: PermissionOutcome,
        /// Who, or what, resolved it.
        by: PermissionResolver,
    },
    /// What the session waits for.
    Status {
        /// What.
        status: Status,
        /// More about it, for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The session's own fields changed.
    SessionChanged {
        /// The session as it is now.
        session: Box<Session>,
    },
    /// How the session's MCP servers are now: when that has become known, or has changed.
    McpStatus {
        /// All of them.
        servers: Vec<McpServerInfo>,
    },
    /// The conversation was summarised to make room.
    Compacted {
        /// Who wanted it, as the CLI names it: `manual` or `auto`.
        trigger: String,
        /// How many tokens it had before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tokens_before: Option<u64>,
        /// How many it has now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tokens_after: Option<u64>,
    },
    /// What the turn used, by its end.
    Usage {
        /// Tokens.
        usage: Usage,
    },
    /// Something a person should know.
    Notice {
        /// How serious it is.
        level: NoticeLevel,
        /// What it is.
        text: String,
    },
    /// Something went wrong.
    Error {
        /// What.
        error: ErrorData,
    },
    /// A turn ended: always its last event.
    TurnCompleted {
        /// How, and what it came to.
        turn: Turn,
    },
    /// A frame of the CLI's that this version does not know.
    Unknown {
        /// The frame's type, with its subtype where it has one: `system/task_started`.
        #[serde(rename = "type")]
        frame_type: String,
        /// The CLI's own JSON, untouched.
        frame: Value,
    },
}

impl EventBody {
    /// The names of all kinds, as the answer to `initialize` lists them.
    pub const KINDS: [&str; 17] = [
        "turnStarted",
        "textDelta",
        "thinkingDelta",
        "message",
        "toolCall",
        "toolResult",
        "permissionRequested",
        "permissionResolved",
        "status",
        "sessionChanged",
        "mcpStatus",
        "compacted",
        "usage",
        "notice",
        "error",
        "turnCompleted",
        "unknown",
    ];

    /// The name of its kind, as on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TurnStarted { .. } => "turnStarted",
            Self::TextDelta { .. } => "textDelta",
            Self::ThinkingDelta { .. } => "thinkingDelta",
            Self::Message { .. } => "message",
            Self::ToolCall { .. } => "toolCall",
            Self::ToolResult { .. } => "toolResult",
            Self::PermissionRequested { .. } => "permissionRequested",
            Self::PermissionResolved { .. } => "permissionResolved",
            Self::Status { .. } => "status",
            Self::SessionChanged { .. } => "sessionChanged",
            Self::McpStatus { .. } => "mcpStatus",
            Self::Compacted { .. } => "compacted",
            Self::Usage { .. } => "usage",
            Self::Notice { .. } => "notice",
            Self::Error { .. } => "error",
            Self::TurnCompleted { .. } => "turnCompleted",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// Who began a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TurnOrigin {
    /// A client's message.
    Client,
    /// A background task of Claude's that ended.
    Background,
}

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// The CLI is coming up.
    Starting,
    /// The API was asked and has not answered yet.
    Requesting,
    /// The API failed and will be asked again.
    Retrying,
    /// The conversation is being summarised to make room.
    Compacting,
    /// A permission waits for the person's answer.
    WaitingForPermission,
    /// The message waits for the turns before it, or for other sessions to come to rest.
    Queued,
    /// The turn waits for MCP servers that are still starting; `detail` names them.
    WaitingForServers,
    /// The CLI has said nothing for a long time.
    Stalled,
}

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Something is missing or was refused.
    Warning,
    /// Something was lost.
    Error,
}

/// Parameters of the `$/progress` notifications that carry events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventProgress {
    /// The token that the client gave.
    pub token: ProgressToken,
    /// The event, wrapped: its own `kind` at the top would be taken for work-done progress.
    pub value: EventValue,
}

/// The value of a `$/progress` notification that carries an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventValue {
    /// The event.
    pub event: SessionEvent,
}
