//! A session as a file: all that is stored of it, to be kept, carried away and given back by `session/import`.
//!
//! The form has a version of its own. Fields may be added to it; whoever reads it ignores those that it does not know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::TurnOrigin;
use super::message::Message;
use super::permission::{Permission, PermissionOutcome, PermissionResolver};
use super::session::{McpServer, Mode};
use super::turn::Turn;
use super::usage::Usage;
use crate::error::ErrorData;
use crate::ids::{MessageId, ProviderSessionId, SessionId, TurnId};
use crate::time::Timestamp;

/// The version that this program writes, and the latest that it reads.
pub const ARCHIVE_VERSION: u32 = 1;

/// All that is stored of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionArchive {
    /// What this is.
    pub format: ArchiveFormat,
    /// The version of its form, now 1. A later one cannot be read by an older program.
    pub version: u32,
    /// When it was written.
    pub exported_at: Timestamp,
    /// The program that wrote it, with its version.
    pub exported_by: String,
    /// The session.
    pub session: ArchivedSession,
    /// What Claude is told in it, once that is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ArchivedContext>,
    /// Its turns, oldest first.
    pub turns: Vec<ArchivedTurn>,
    /// Its messages, by `seq`.
    pub messages: Vec<Message>,
    /// Its events, by `seq`.
    pub events: Vec<ArchivedEvent>,
    /// What Claude asked in it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<ArchivedPermission>,
    /// What was allowed in this session for longer than once. What was allowed in its folder belongs to the folder, and
    /// is not here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<ArchivedGrant>,
    /// The CLI's own transcript, from which it goes on with its full memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<TranscriptPart>,
    /// The conversations of the CLI's whose transcripts have holes, so that none is kept of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript_gaps: Vec<ProviderSessionId>,
}

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ArchiveFormat {
    /// A session of claude-bridge.
    #[serde(rename = "claude-bridge/session")]
    Session,
}

/// The lasting facts of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedSession {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// What Claude may do in it.
    pub mode: Mode,
    /// The mode that Claude was last told of.
    pub told_mode: Mode,
    /// The study that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
    /// The study that its context tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_study_id: Option<String>,
    /// The study that Claude was last told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_study_id: Option<String>,
    /// The folder Claude works in, absolute.
    pub cwd: String,
    /// The model that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The effort that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// After how many requests to the model a turn is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// What it may cost, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_budget_usd: Option<f64>,
    /// Its own MCP servers. The values of `env` and `headers` are left empty: they are where secrets are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mcp_servers: BTreeMap<String, McpServer>,
    /// Whether a client closed it.
    #[serde(default)]
    pub closed: bool,
    /// Why it could not be served when that was tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorData>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub last_active_at: Timestamp,
    /// How many messages it has.
    pub message_count: u64,
    /// Event numbers up to here may have been given out.
    pub last_seq: u64,
    /// The CLI's own id of the conversation.
    pub provider_session_id: ProviderSessionId,
    /// Whether the CLI has begun it.
    pub provider_started: bool,
    /// The hash of what Claude is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_hash: Option<String>,
    /// Which credential paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Tokens used by all its turns.
    pub usage: Usage,
    /// What all its turns cost, in US dollars.
    pub cost_usd: f64,
}

/// What Claude is told about its surroundings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedContext {
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
    /// The text.
    pub text: String,
}

/// A turn, and what is stored of it besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedTurn {
    /// The turn.
    pub turn: Turn,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Who began it.
    pub origin: TurnOrigin,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent where it ran when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What each model used in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_by_model: BTreeMap<String, ArchivedUsage>,
}

/// What a model used in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedUsage {
    /// Tokens.
    pub usage: Usage,
    /// What it cost, in US dollars.
    pub cost_usd: f64,
}

/// An event. It has either a `body` or a `messageId`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedEvent {
    /// Its number in the session; of merged deltas, the last one's.
    pub seq: u64,
    /// Of merged deltas, the first one's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seq: Option<u64>,
    /// The turn, where it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<TurnId>,
    /// When it happened.
    pub at: Timestamp,
    /// The tool call whose agent it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_tool_use_id: Option<String>,
    /// What a session event has beside its place and time: `kind`, and the fields of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Map<String, Value>>,
    /// Of an event of the kind `message`: which of the messages it announces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
}

/// What Claude asked, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedPermission {
    /// What was asked.
    pub permission: Permission,
    /// What became of it; absent where it waited when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<ArchivedResolution>,
}

/// What became of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedResolution {
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub behavior: PermissionOutcome,
    /// Who, or what, resolved it.
    pub by: PermissionResolver,
}

/// What was allowed in a session for longer than once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedGrant {
    /// A change of permissions, in the CLI's own terms.
    pub grant: Value,
    /// When it was allowed.
    pub created_at: Timestamp,
}

/// Lines of the CLI's transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptPart {
    /// The conversation.
    pub provider_session_id: ProviderSessionId,
    /// The file that they belong to, by its path below the CLI's `projects` folder.
    pub file: String,
    /// The lines, untouched, each with its line feed.
    pub lines: String,
}
