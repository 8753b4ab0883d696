//! Sessions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::ProgressToken;
use super::usage::Usage;
use crate::error::ErrorData;
use crate::ids::{ProviderSessionId, SessionId};
use crate::time::Timestamp;

/// A conversation, with the process that serves it, if one does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session's id: ours, for ever.
    pub id: SessionId,
    /// Its title; until one is given, the beginning of its first message.
    pub title: String,
    /// What Claude may do in it.
    pub mode: Mode,
    /// The study it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
    /// The folder Claude works in, absolute.
    pub cwd: String,
    /// The model that was asked for; absent: the CLI's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What it is doing.
    pub state: SessionState,
    /// Why it failed, where `state` is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorData>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub last_active_at: Timestamp,
    /// How many messages it has.
    pub message_count: u64,
    /// The highest event number that has been given out.
    pub last_seq: u64,
    /// The session that it was forked from; its messages until then come first in this one, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<SessionId>,
    /// What Claude was told about its surroundings, once that is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextInfo>,
    /// Tokens used by all its turns.
    pub usage: Usage,
    /// What all its turns cost, in US dollars.
    pub cost_usd: f64,
    /// The process that serves it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<ProcessInfo>,
    /// The other bridge that runs it; from here its history can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
    /// Which credential pays, as the CLI names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The CLI's own id of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_session_id: Option<ProviderSessionId>,
}

/// What Claude may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Restricted: what the configuration does not allow is asked or denied.
    #[default]
    User,
    /// Everything, where the configuration enables it.
    Power,
}

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SessionState {
    /// A process is up or coming up; no turn.
    Idle,
    /// In a turn.
    Running,
    /// In a turn that waits for the person.
    Waiting,
    /// No process; the next message starts one.
    Parked,
    /// Closed by the client; a message opens it again.
    Closed,
    /// It could not be served; `error` says why, and the next message tries again.
    Failed,
}

/// What Claude was told when the session began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContextInfo {
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
    /// Length of the text in bytes.
    pub bytes: u64,
}

/// A running Claude CLI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessInfo {
    /// Its process id.
    pub pid: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// Its version.
    pub cli_version: String,
}

/// A bridge that runs a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldBy {
    /// Its process id.
    pub pid: u32,
    /// The machine that it runs on.
    pub host: String,
    /// The client that it serves, as the client calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// An MCP server that Claude can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "an MCP server has a `command`, or a `type` of `http` or `sse` and a `url`")]
pub enum McpServer {
    /// One that is reached over the network.
    Remote {
        /// How: `http` or `sse`.
        #[serde(rename = "type")]
        transport: McpTransport,
        /// Where.
        url: String,
        /// Headers that are sent with each request; secrets belong here, never in the URL.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// One that the CLI starts as a child process.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        args: Vec<String>,
        /// Variables added to its environment.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<String, String>,
    },
}

/// How a remote MCP server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum McpTransport {
    /// Streamable HTTP.
    Http,
    /// Server-sent events.
    Sse,
}

/// Parameters of `session/create`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionCreateParams {
    /// What Claude may do; default `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The study it is about, as `study/list` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
    /// The folder Claude works in, absolute; default: the workspace folder, with the Atomizer profile its root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// A title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The model, as the CLI names it; default: the CLI's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How hard the model thinks, as the CLI names it: `low`, `medium`, `high`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// After how many requests to the model a turn is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_turns: Option<u32>,
    /// What the session may cost, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_budget_usd: Option<f64>,
    /// Go on with this session instead of making one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_session_id: Option<SessionId>,
    /// MCP servers for this session, beside the configured ones; one of the same name replaces it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mcp_servers: BTreeMap<String, McpServer>,
}

/// Parameters of the methods that name a session and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionParams {
    /// The session.
    pub session_id: SessionId,
}

/// Result of the methods that answer with a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionResult {
    /// The session as it is now.
    pub session: Session,
}

/// Parameters of `session/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SessionListParams {
    /// How many at most, 1 to 1000; default 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended: its `nextCursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Only those that are doing this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<SessionState>,
    /// Only those that are about this study.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
    /// Only those whose title contains this, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// Result of `session/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionListResult {
    /// The page, newest activity first.
    pub sessions: Vec<Session>,
    /// Give it as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Parameters of `session/fork`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionForkParams {
    /// The session to go on from. It stays as it is, and may go on, too.
    pub session_id: SessionId,
    /// The title of the new one, 1 to 200 characters; default: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Parameters of `session/rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRenameParams {
    /// The session.
    pub session_id: SessionId,
    /// Its new title, 1 to 200 characters.
    pub title: String,
}

/// Parameters of `session/setMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSetModeParams {
    /// The session.
    pub session_id: SessionId,
    /// What Claude may do in it from now on.
    pub mode: Mode,
}

/// Parameters of `session/setModel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSetModelParams {
    /// The session.
    pub session_id: SessionId,
    /// The model, as `session/capabilities` names it; `default` for the CLI's own choice.
    pub model: String,
}

/// Parameters of `session/setStudy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSetStudyParams {
    /// The session.
    pub session_id: SessionId,
    /// The study it is about from now on, as `study/list` names it; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub study_id: Option<String>,
}

/// Parameters of `session/compact`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionCompactParams {
    /// The session.
    pub session_id: SessionId,
    /// The token for work-done progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_done_token: Option<ProgressToken>,
    /// The token under which the turn's events are streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial_result_token: Option<ProgressToken>,
}

/// Parameters of `session/interrupt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInterruptParams {
    /// The session.
    pub session_id: SessionId,
    /// Whether the messages that wait behind the turn go too.
    #[serde(default)]
    pub include_queued: bool,
}

/// Result of `session/interrupt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInterruptResult {
    /// Whether there was anything to interrupt.
    pub interrupted: bool,
}

/// Parameters of `session/export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionExportParams {
    /// The session.
    pub session_id: SessionId,
    /// In what form.
    pub format: ExportFormat,
}

/// The form of an exported session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExportFormat {
    /// For people: the conversation, with what it cost.
    Markdown,
    /// For programs: all that is stored, as `archive.json` describes it.
    Json,
}

/// Result of `session/export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionExportResult {
    /// The document.
    pub content: String,
    /// Its media type.
    pub media_type: String,
}

/// Parameters of `session/import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionImportParams {
    /// What `session/export` gave for the format `json`.
    pub content: String,
    /// The folder that the session works in from now on, absolute; default: the one that it worked in, which has to be
    /// there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// What is done where the session is here already, and not the same; default `fail`.
    #[serde(default)]
    pub on_conflict: ImportConflict,
    /// Whether what the archive says of power mode, of permissions that were granted for longer than once, and of MCP
    /// servers, counts here. Only for archives of one's own.
    #[serde(default)]
    pub trust: bool,
}

/// What is done where a session that is imported is here already, and not the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportConflict {
    /// Nothing: the answer is `sessionExists`.
    #[default]
    Fail,
    /// The archive's takes its place.
    Replace,
}

/// Result of `session/import`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionImportResult {
    /// The session as it is now.
    pub session: Session,
    /// What was done.
    pub outcome: ImportOutcome,
    /// What of the archive does not count here: `mode`, `grants`, `mcpServers.NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportOutcome {
    /// The session is new here.
    Imported,
    /// It was here, with all that the archive has: nothing was changed.
    Unchanged,
    /// It took the place of the one that was here.
    Replaced,
}

/// Result of the methods that have nothing to say but that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}
