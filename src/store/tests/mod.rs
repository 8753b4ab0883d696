//! The store as those see it who use it.

mod damage;
mod file;
mod leases;
mod permissions;
mod plans;
mod private;
mod rows;
mod search;
mod transcripts;
mod trouble;
mod usage;
mod writing;

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    Batch, ContextRow, EventPayload, EventQuery, EventRow, FILE, GrantRow, GrantScope, LeaseRow, MessageQuery,
    MessageRow, ModelUsage, PermissionChange, PermissionRow, SessionQuery, SessionRow, Store, TranscriptGap,
    TranscriptRow, TurnRow,
};
use crate::ids::{BridgeId, MessageId, PermissionId, ProviderSessionId, SessionId, TurnId};
use crate::time::Timestamp;

/// A folder for a history, gone at the end of the test.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn file(&self) -> PathBuf {
        self.folder().join(FILE)
    }

    fn store(&self) -> Store {
        Store::open(&self.folder())
    }

    /// A connection of somebody else's.
    fn other(&self) -> Connection {
        Connection::open(self.file()).unwrap()
    }

    fn count(&self, table: &str) -> u64 {
        self.other().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }
}

/// A session with nothing in it.
pub(super) fn session() -> SessionRow {
    SessionRow {
        id: SessionId::new(),
        title: String::new(),
        mode: "user".to_owned(),
        told_mode: None,
        study_id: None,
        context_study_id: None,
        told_study_id: None,
        cwd: "/work".to_owned(),
        model: None,
        effort: None,
        max_turns: None,
        max_budget_usd: None,
        mcp_servers: None,
        state: "open".to_owned(),
        error: None,
        created_at: Timestamp::from_millis(1_000),
        last_active_at: Timestamp::from_millis(1_000),
        message_count: 0,
        reserved_seq: 0,
        provider_session_id: None,
        provider_started: false,
        context_hash: None,
        context_bytes: 0,
        forked_from: None,
        forked_conversation: None,
        credential: None,
        input_tokens: 0,
        output_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        cost_usd: 0.0,
    }
}

/// The same with every field used.
fn full(session: SessionRow) -> SessionRow {
    SessionRow {
        title: "Größe 100%".to_owned(),
        mode: "power".to_owned(),
        cwd: "/elsewhere".to_owned(),
        model: Some("opus".to_owned()),
        effort: Some("high".to_owned()),
        max_turns: Some(u32::MAX),
        max_budget_usd: Some(2.5),
        mcp_servers: Some(r#"{"a":{}}"#.to_owned()),
        state: "failed".to_owned(),
        error: Some(r#"{"kind":"cliExited"}"#.to_owned()),
        last_active_at: Timestamp::from_millis(2_000),
        message_count: 1,
        reserved_seq: i64::MAX as u64,
        provider_session_id: Some(ProviderSessionId::new()),
        provider_started: true,
        forked_from: Some(SessionId::new()),
        forked_conversation: Some(ProviderSessionId::new()),
        credential: Some("none".to_owned()),
        input_tokens: 2,
        output_tokens: 3,
        cache_read_tokens: 4,
        cache_write_tokens: 5,
        cost_usd: 0.125,
        ..session
    }
}

/// A turn that runs.
fn turn(session_id: SessionId) -> TurnRow {
    TurnRow {
        id: TurnId::new(),
        session_id,
        message_id: None,
        origin: "client".to_owned(),
        started_at: Timestamp::from_millis(1_000),
        ended_at: None,
        stop_reason: None,
        text: String::new(),
        tool_calls: "[]".to_owned(),
        input_tokens: 0,
        output_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        cost_usd: 0.0,
        duration_ms: 0,
        first_text_ms: None,
        error: None,
        usage_by_model: Vec::new(),
    }
}

fn usage(model: &str) -> ModelUsage {
    ModelUsage {
        model: model.to_owned(),
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_write_tokens: 4,
        cost_usd: 0.5,
    }
}

fn message(session_id: SessionId, seq: u64) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        session_id,
        turn_id: TurnId::new(),
        seq,
        role: "assistant".to_owned(),
        content: r#"[{"type":"text","text":"Grüße"}]"#.to_owned(),
        created_at: Timestamp::from_millis(3_000),
        parent_tool_use_id: None,
    }
}

/// An event with a body of its own.
fn event(session_id: SessionId, seq: u64) -> EventRow {
    EventRow {
        session_id,
        seq,
        first_seq: None,
        turn_id: None,
        at: Timestamp::from_millis(4_000),
        parent_tool_use_id: None,
        pieces: None,
        payload: EventPayload::Json {
            kind: "notice".to_owned(),
            body: r#"{"kind":"notice","level":"info","text":"n"}"#.to_owned(),
        },
    }
}

/// An event that announces a message.
fn announcement(message: &MessageRow) -> EventRow {
    EventRow { payload: EventPayload::Message(message.clone()), ..event(message.session_id, message.seq) }
}

/// A lease of a bridge of its own.
fn lease(session_id: SessionId) -> LeaseRow {
    LeaseRow {
        session_id,
        bridge_id: BridgeId::new(),
        pid: u32::MAX,
        host: "möwe".to_owned(),
        client: Some("neovim".to_owned()),
        taken_at: Timestamp::from_millis(5_000),
    }
}

/// A line of a conversation's transcript.
fn transcript(session_id: SessionId, provider_session_id: ProviderSessionId, line: &str) -> TranscriptRow {
    let file = "/home/möwe/.claude/projects/-work/1.jsonl".to_owned();
    TranscriptRow { session_id, provider_session_id, file, lines: line.to_owned() }
}

fn permission(session_id: SessionId) -> PermissionRow {
    let (id, turn_id) = (PermissionId::new(), TurnId::new());
    PermissionRow { id, session_id, turn_id, body: "{}".to_owned(), created_at: Timestamp::from_millis(1) }
}

fn grant(scope: GrantScope, body: &str) -> GrantRow {
    GrantRow { scope, body: body.to_owned(), created_at: Timestamp::from_millis(1) }
}

fn events(rows: impl IntoIterator<Item = EventRow>) -> Batch {
    Batch { events: rows.into_iter().collect(), ..Batch::default() }
}

fn all_events(session_id: SessionId) -> EventQuery {
    EventQuery { session_id, after_seq: 0, turn_id: None, max_bytes: usize::MAX }
}

fn numbers(rows: &[EventRow]) -> Vec<u64> {
    rows.iter().map(|row| row.seq).collect()
}

/// A store with one session in it.
async fn with_session(home: &Home) -> (Store, SessionRow) {
    let (store, row) = (home.store(), session());
    store.create_session(row.clone(), None).await.unwrap();
    (store, row)
}
