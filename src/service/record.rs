//! What a session is apart from what it is doing: the part that outlives every process.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::ErrorData;
use crate::ids::{ProviderSessionId, SessionId};
use crate::protocol::session::{ContextInfo, McpServer, Mode};
use crate::protocol::usage::Usage;
use crate::time::Timestamp;

/// The lasting facts of a session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) id: SessionId,
    /// Empty until it is given or the first message lends it one.
    pub(super) title: String,
    pub(super) mode: Mode,
    /// The mode that Claude was last told of.
    pub(super) told_mode: Mode,
    pub(super) study: Bound,
    pub(super) cwd: PathBuf,
    pub(super) model: Option<String>,
    pub(super) effort: Option<String>,
    pub(super) max_turns: Option<u32>,
    pub(super) max_budget_usd: Option<f64>,
    pub(super) mcp_servers: BTreeMap<String, McpServer>,
    pub(super) rest: Rest,
    pub(super) created_at: Timestamp,
    pub(super) last_active_at: Timestamp,
    pub(super) message_count: u64,
    pub(super) provider_session_id: ProviderSessionId,
    /// Whether the CLI has a conversation under that id, which it can resume.
    pub(super) provider_started: bool,
    pub(super) fork: Option<Fork>,
    pub(super) context: Option<ContextInfo>,
    pub(super) credential: Option<String>,
    pub(super) usage: Usage,
    pub(super) cost_usd: f64,
}

/// Where a session goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fork {
    /// The other session.
    pub(super) of: SessionId,
    /// The CLI's conversation there, where there was one.
    pub(super) conversation: Option<ProviderSessionId>,
}

/// Which study a session is about, by its id; `None`: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) id: Option<String>,
    /// The study that the session's context tells of.
    pub(super) in_context: Option<String>,
    /// The study that Claude was last told of.
    told: Option<String>,
}

impl Bound {
    pub(super) fn new(id: Option<String>, in_context: Option<String>, told: Option<String>) -> Self {
        Self { id, in_context, told }
    }

    /// Whether Claude takes the session to be about something else.
    pub(super) fn is_news(&self) -> bool {
        self.told != self.id
    }

    /// Whether that is so for who knows the context alone.
    pub(super) fn is_news_to_beginners(&self) -> bool {
        self.in_context != self.id
    }

    pub(super) fn is_told(&mut self, study: Option<String>) {
        self.told = study;
    }

    pub(super) fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }
}

/// What a session is while no process serves it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rest {
    /// Ready for the next message.
    Parked,
    /// Closed by the client.
    Closed,
    /// It could not be served.
    Failed(ErrorData),
}
