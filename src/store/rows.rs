//! The rows, as those who use the store see them: plain data, with JSON as text.

use crate::ids::{BridgeId, MessageId, PermissionId, ProviderSessionId, SessionId, TurnId};
use crate::time::Timestamp;

/// A session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// What Claude may do in it.
    pub mode: String,
    /// The mode that Claude was last told of; absent: the same.
    pub told_mode: Option<String>,
    /// The study it is about.
    pub study_id: Option<String>,
    /// The study that its context tells of.
    pub context_study_id: Option<String>,
    /// The study that Claude was last told of.
    pub told_study_id: Option<String>,
    /// The folder Claude works in.
    pub cwd: String,
    /// The model that was asked for.
    pub model: Option<String>,
    /// The effort that was asked for.
    pub effort: Option<String>,
    /// After how many requests to the model a turn is ended.
    pub max_turns: Option<u32>,
    /// What it may cost, in US dollars.
    pub max_budget_usd: Option<f64>,
    /// Its own MCP servers, as JSON.
    pub mcp_servers: Option<String>,
    /// `open`, `closed` or `failed`.
    pub state: String,
    /// Why it failed, as JSON.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something last happened in it.
    pub last_active_at: Timestamp,
    /// How many messages it has.
    pub message_count: u64,
    /// The numbers of events up to here may have been given out.
    pub reserved_seq: u64,
    /// The CLI's own id of the conversation.
    pub provider_session_id: Option<ProviderSessionId>,
    /// Whether the CLI has a conversation under that id, so that it can be resumed.
    pub provider_started: bool,
    /// What Claude was told, by the hash of its [`ContextRow`].
    pub context_hash: Option<String>,
    /// Length of what Claude was told, in bytes; 0 where nothing was.
    pub context_bytes: u64,
    /// The session that it goes on from.
    pub forked_from: Option<SessionId>,
    /// The CLI's conversation that it goes on from, where there was one.
    pub forked_conversation: Option<ProviderSessionId>,
    /// Which credential pays.
    pub credential: Option<String>,
    /// Tokens of all turns that were neither read from nor written to the prompt cache.
    pub input_tokens: u64,
    /// Tokens that Claude wrote in all turns.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache in all turns.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache in all turns.
    pub cache_write_tokens: u64,
    /// What all turns cost, in US dollars.
    pub cost_usd: f64,
}

/// A session that is to go on from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkRow {
    /// Its id.
    pub id: SessionId,
    /// The session that it goes on from.
    pub of: SessionId,
    /// Its title; absent: the other one's.
    pub title: Option<String>,
    /// The CLI's id of its conversation.
    pub provider_session_id: ProviderSessionId,
    /// When it is made.
    pub at: Timestamp,
    /// The lease of the bridge that runs it from its beginning.
    pub lease: LeaseRow,
}

/// What Claude was told about its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextRow {
    /// The hash of the text: its name.
    pub hash: String,
    /// The text.
    pub text: String,
}

/// A turn.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRow {
    /// Its id.
    pub id: TurnId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// The message that it answers.
    pub message_id: Option<MessageId>,
    /// Who began it.
    pub origin: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent while it runs, or if nobody was there to see its end.
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    pub stop_reason: Option<String>,
    /// The last text that Claude wrote in it.
    pub text: String,
    /// The tools that were called, as JSON.
    pub tool_calls: String,
    /// Tokens that were neither read from nor written to the prompt cache.
    pub input_tokens: u64,
    /// Tokens that Claude wrote.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// What it cost, in US dollars.
    pub cost_usd: f64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// After how long the first text came, in milliseconds.
    pub first_text_ms: Option<u64>,
    /// What went wrong, as JSON.
    pub error: Option<String>,
    /// The same tokens and costs by model, each model once, sorted by its name.
    pub usage_by_model: Vec<ModelUsage>,
}

impl TurnRow {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let models = self.usage_by_model.iter().map(|used| size_of_val(used) + used.model.len());
        size_of_val(self) + self.text.len() + self.tool_calls.len() + models.sum::<usize>()
    }
}

/// What one model used in a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelUsage {
    /// The model.
    pub model: String,
    /// Tokens that were neither read from nor written to the prompt cache.
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// What it cost, in US dollars.
    pub cost_usd: f64,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its id.
    pub id: MessageId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// The turn it was said in.
    pub turn_id: TurnId,
    /// The number of the event that announced it; no two messages of a session share one.
    pub seq: u64,
    /// Who said it.
    pub role: String,
    /// What it says, as JSON.
    pub content: String,
    /// When it was complete.
    pub created_at: Timestamp,
    /// The tool call whose agent said it.
    pub parent_tool_use_id: Option<String>,
}

impl MessageRow {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self) + self.content.len()
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The session it belongs to.
    pub session_id: SessionId,
    /// Its number in the session; of merged deltas, the last one's.
    pub seq: u64,
    /// Of merged deltas, the first one's number.
    pub first_seq: Option<u64>,
    /// The turn, where it belongs to one.
    pub turn_id: Option<TurnId>,
    /// When it happened.
    pub at: Timestamp,
    /// The tool call whose agent it is about.
    pub parent_tool_use_id: Option<String>,
    /// Of merged deltas, how they were cut; absent in rows of older versions.
    pub pieces: Option<Vec<u8>>,
    /// What happened.
    pub payload: EventPayload,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventPayload {
    /// Something of its own.
    Json {
        /// Its kind.
        kind: String,
        /// Its kind and its fields: the text of a JSON object that begins with `{"kind":`.
        body: String,
    },
    /// That a message is complete. Writing the event writes the message, and what the message says is stored with it
    /// alone; reading the event reads it back from there.
    Message(MessageRow),
}

impl EventRow {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self) + self.pieces.as_ref().map_or(0, Vec::len) + self.payload.bytes()
    }
}

impl EventPayload {
    /// Length in bytes of what it says.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Json { body, .. } => body.len(),
            Self::Message(message) => message.content.len(),
        }
    }
}

/// A permission that the person was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionRow {
    /// Its id.
    pub id: PermissionId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// The turn that it was asked in.
    pub turn_id: TurnId,
    /// What was asked, as JSON.
    pub body: String,
    /// When.
    pub created_at: Timestamp,
}

/// What happened to a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionChange {
    /// It was asked for.
    Asked(PermissionRow),
    /// It waits no more. Once only: what became of it first stays.
    Resolved {
        /// Which.
        id: PermissionId,
        /// When.
        at: Timestamp,
        /// What became of it.
        outcome: String,
        /// Who, or what, resolved it.
        by: String,
    },
}

impl PermissionChange {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let body = match self {
            Self::Asked(row) => row.body.len(),
            Self::Resolved { .. } => 0,
        };
        size_of_val(self) + body
    }
}

/// What became of a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: String,
    /// Who, or what, resolved it.
    pub by: String,
}

/// Something that the person allowed for longer than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    /// Where it counts.
    pub scope: GrantScope,
    /// What, as JSON.
    pub body: String,
    /// When it was allowed.
    pub created_at: Timestamp,
}

impl GrantRow {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self) + self.body.len()
    }
}

/// Where a grant counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantScope {
    /// In a session.
    Session(SessionId),
    /// In all sessions that work in this folder, by its real path.
    Project(String),
}

/// That a bridge runs a session, and no other one may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRow {
    /// The session.
    pub session_id: SessionId,
    /// The bridge that holds it.
    pub bridge_id: BridgeId,
    /// That bridge's process.
    pub pid: u32,
    /// The machine that it runs on.
    pub host: String,
    /// The client that it serves.
    pub client: Option<String>,
    /// Since when it holds it.
    pub taken_at: Timestamp,
}

/// How a session stands, for whoever follows it from the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The highest number that may have been given to an event.
    pub reserved_seq: u64,
    /// The number of the last event that is stored; 0 where none is.
    pub last_seq: u64,
    /// The lease, where a bridge holds it.
    pub lease: Option<LeaseRow>,
}

/// Lines that the CLI added to its own transcript of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscriptRow {
    /// The session.
    pub session_id: SessionId,
    /// The conversation.
    pub provider_session_id: ProviderSessionId,
    /// The CLI's name for the file that they were added to.
    pub file: String,
    /// The lines, each with its line feed.
    pub lines: String,
}

impl TranscriptRow {
    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self) + self.file.len() + self.lines.len()
    }
}

/// That lines of a conversation's transcript are missing. A copy with a hole is worse than none: the one there is goes,
/// and nothing is kept of that conversation any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranscriptGap {
    /// The session.
    pub session_id: SessionId,
    /// The conversation.
    pub provider_session_id: ProviderSessionId,
}

/// What is written as one: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The session as it is now. It must exist; it is found by its id, and all else is replaced.
    pub session: Option<SessionRow>,
    /// What Claude is told. Give it together with the session that refers to it: when a session is deleted, the
    /// contexts that none refers to go with it.
    pub context: Option<ContextRow>,
    /// Turns, new or changed.
    pub turns: Vec<TurnRow>,
    /// New messages that are not announced by an [`EventPayload::Message`] of this batch: those that hold tool calls
    /// and their results.
    pub messages: Vec<MessageRow>,
    /// New events.
    pub events: Vec<EventRow>,
    /// What happened to permissions, in its order.
    pub permissions: Vec<PermissionChange>,
    /// What was granted.
    pub grants: Vec<GrantRow>,
    /// What is added to the CLI's transcript of the session, behind what is there.
    pub transcript: Vec<TranscriptRow>,
    /// The conversations whose transcripts have holes.
    pub transcript_gaps: Vec<TranscriptGap>,
}

impl Batch {
    /// The session that it is about, as far as it is about any.
    pub(super) fn session_id(&self) -> Option<SessionId> {
        let session = self.session.iter().map(|row| row.id);
        let turns = self.turns.iter().map(|row| row.session_id);
        let messages = self.messages.iter().map(|row| row.session_id);
        let events = self.events.iter().map(|row| row.session_id);
        let transcript = self.transcript.iter().map(|row| row.session_id);
        let gaps = self.transcript_gaps.iter().map(|gap| gap.session_id);
        session.chain(turns).chain(messages).chain(events).chain(transcript).chain(gaps).next()
    }
}

/// Which sessions are wanted: newest activity first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionQuery {
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended: `last_active_at` and `id` of its last session.
    pub before: Option<(Timestamp, SessionId)>,
    /// Only those that are about this study.
    pub study_id: Option<String>,
    /// Only those in one of these states.
    pub state: Option<Vec<String>>,
    /// Only those whose title contains this, in any case.
    pub title_contains: Option<String>,
}

/// Which messages are wanted: those of a session, by `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageQuery {
    /// The session.
    pub session_id: SessionId,
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended: `seq` of its last message.
    pub after: Option<u64>,
    /// Whether the newest come first.
    pub descending: bool,
}

/// Which events are wanted: those of a session, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventQuery {
    /// The session.
    pub session_id: SessionId,
    /// Only those with a `seq` above this.
    pub after_seq: u64,
    /// Only those of this turn.
    pub turn_id: Option<TurnId>,
    /// How many bytes of bodies and contents to read at most. One event is read in any case, if there is one.
    pub max_bytes: usize,
}
