//! The history's file as another program sees it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Bridge;

/// The history's file.
pub(crate) struct HistoryFile {
    db: Connection,
}

impl Bridge {
    /// Its history's file, to be read.
    pub(crate) fn history_file(&self) -> HistoryFile {
        HistoryFile::open(self, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Its history's file, to be changed behind its back.
    pub(crate) fn history_file_to_change(&self) -> HistoryFile {
        HistoryFile::open(self, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Its history's file, locked: nobody else can write until it is dropped.
    pub(crate) fn lock_history(&self) -> HistoryFile {
        let file = HistoryFile::open(self, OpenFlags::SQLITE_OPEN_READ_WRITE);
        file.db.execute_batch("BEGIN IMMEDIATE").expect("the history can be locked");
        file
    }
}

impl HistoryFile {
    fn open(bridge: &Bridge, flags: OpenFlags) -> Self {
        let path = bridge.folders().data.join("history.db");
        let db = Connection::open_with_flags(path, flags).expect("the history can be opened");
        db.busy_timeout(std::time::Duration::from_secs(5)).expect("a time-out can be set");
        Self { db }
    }

    /// The events of a session in the protocol's form, without their time; deltas that go on where the one before
    /// ended are merged, as the tests' own [`merged`] does.
    pub(crate) fn events(&self, session: &str) -> Vec<Value> {
        let sql = "SELECT events.seq, first_seq, events.turn_id, events.parent_tool_use_id, body, messages.id, role, \
                   content FROM events LEFT JOIN messages ON messages.number = events.message \
                   WHERE events.session_id = ?1 ORDER BY events.seq";
        let mut statement = self.db.prepare(sql).expect("the schema is as expected");
        let rows = statement.query_map([id(session)], event_of).expect("events can be read");
        merged(rows.map(|row| row.expect("an event can be read")))
    }

    /// Whether an event is stored.
    pub(crate) fn has_event(&self, session: &str, seq: &Value) -> bool {
        let sql = "SELECT 1 FROM events WHERE session_id = ?1 AND seq = ?2";
        let found = self.db.query_row(sql, (id(session), seq.as_u64()), |_| Ok(())).optional();
        found.expect("events can be looked up").is_some()
    }

    /// Removes all copies of the CLI's own transcripts.
    pub(crate) fn forget_transcripts(&self) {
        self.db.execute("DELETE FROM transcripts", []).expect("transcripts can be removed");
    }

    /// Makes it a history from before there was an index of what was said.
    pub(crate) fn forget_index(&self) {
        let sql = "INSERT INTO search (search) VALUES ('delete-all'); DELETE FROM search_days; \
                   UPDATE search_backlog SET below = (SELECT max(number) + 1 FROM messages);";
        self.db.execute_batch(sql).expect("the index can be emptied");
    }

    /// Makes an event of a session unreadable: its last status.
    pub(crate) fn spoil_event(&self, session: &str) {
        let sql = "UPDATE events SET body = '{\"kind\":' WHERE session_id = ?1 \
                   AND seq = (SELECT max(seq) FROM events WHERE session_id = ?1 AND kind = 'status')";
        let changed = self.db.execute(sql, [id(session)]).expect("an event can be changed");
        assert_eq!(changed, 1);
    }

    /// Lets a session have been used last so many days earlier.
    pub(crate) fn make_older(&self, session: &str, days: u64) {
        let sql = "UPDATE sessions SET last_active_at = last_active_at - ?2 WHERE id = ?1";
        self.db.execute(sql, (id(session), days * 24 * 60 * 60 * 1000)).expect("a session can be changed");
    }

    /// How many turns of a session have come to their end.
    pub(crate) fn ended_turns(&self, session: &str) -> u64 {
        let sql = "SELECT count(*) FROM turns WHERE session_id = ?1 AND ended_at IS NOT NULL";
        self.db.query_row(sql, [id(session)], |row| row.get(0)).expect("turns can be counted")
    }

    /// How many turns of a session have not come to their end.
    pub(crate) fn open_turns(&self, session: &str) -> u64 {
        let sql = "SELECT count(*) FROM turns WHERE session_id = ?1 AND ended_at IS NULL";
        self.db.query_row(sql, [id(session)], |row| row.get(0)).expect("turns can be counted")
    }

    /// How many permissions wait for an answer, of all sessions.
    pub(crate) fn open_permissions(&self) -> u64 {
        let sql = "SELECT count(*) FROM permissions WHERE resolved_at IS NULL";
        self.db.query_row(sql, [], |row| row.get(0)).expect("permissions can be counted")
    }

    /// Whether the stored events of a session have this text.
    pub(crate) fn has_text(&self, session: &str, text: &str) -> bool {
        let sql = "SELECT 1 FROM events WHERE session_id = ?1 AND instr(body, ?2) > 0 LIMIT 1";
        let found = self.db.query_row(sql, (id(session), text), |_| Ok(())).optional();
        found.expect("events can be looked up").is_some()
    }

    /// How many rows each table has, those of the full-text index left out, and the ids of what was deleted, which stay.
    pub(crate) fn rows(&self) -> BTreeMap<String, u64> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' \
                   AND name <> 'deleted_conversations' AND name NOT GLOB 'search*' OR name = 'search_days'";
        let mut statement = self.db.prepare(sql).expect("the schema can be read");
        let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("tables can be listed");
        let count = |name: &String| {
            self.db
                .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))
                .expect("rows can be counted")
        };
        names.map(|name| name.expect("a name")).map(|name| (name.clone(), count(&name))).collect()
    }
}

/// Events without their session and time, which a row does not repeat; deltas that go on where the one before ended
/// are merged.
pub(crate) fn merged(events: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for mut event in events {
        let fields = event.as_object_mut().expect("an event is an object");
        fields.remove("sessionId");
        fields.remove("at");
        if let Some(message) = fields.get_mut("message").and_then(Value::as_object_mut) {
            message.retain(|name, _| ["id", "role", "content"].contains(&name.as_str()));
        }
        if !merged.last_mut().is_some_and(|last| goes_on(last, &event)) {
            merged.push(event);
        }
    }
    merged
}

/// Takes a delta into the one before, if it goes on where that ended.
fn goes_on(last: &mut Value, event: &Value) -> bool {
    let first = event["firstSeq"].as_u64().or(event["seq"].as_u64());
    let follows = last["seq"].as_u64().map(|seq| seq + 1) == first;
    let is_same = !event["itemId"].is_null() && last["itemId"] == event["itemId"] && last["kind"] == event["kind"];
    if !(follows && is_same) {
        return false;
    }
    let text = [&*last, event].map(|delta| delta["text"].as_str().unwrap_or_default()).concat();
    if last["firstSeq"].is_null() {
        last["firstSeq"] = last["seq"].clone();
    }
    last["seq"] = event["seq"].clone();
    last["text"] = text.into();
    true
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<Value> {
    let body: Option<String> = row.get("body")?;
    let mut event: Value = match body {
        Some(body) => serde_json::from_str(&body).expect("a body is JSON"),
        None => json!({"kind": "message", "message": message_of(row)?}),
    };
    event["seq"] = row.get::<_, u64>("seq")?.into();
    if let Some(first) = row.get::<_, Option<u64>>("first_seq")? {
        event["firstSeq"] = first.into();
    }
    if let Some(turn) = row.get::<_, Option<[u8; 16]>>("turn_id")? {
        event["turnId"] = Uuid::from_bytes(turn).to_string().into();
    }
    if let Some(parent) = row.get::<_, Option<String>>("parent_tool_use_id")? {
        event["parentToolUseId"] = parent.into();
    }
    Ok(event)
}

fn message_of(row: &Row<'_>) -> rusqlite::Result<Value> {
    let content: String = row.get("content")?;
    let content: Value = serde_json::from_str(&content).expect("content is JSON");
    let id = Uuid::from_bytes(row.get("id")?).to_string();
    Ok(json!({"id": id, "role": row.get::<_, String>("role")?, "content": content}))
}

fn id(session: &str) -> [u8; 16] {
    Uuid::parse_str(session).expect("a session's id is a UUID").into_bytes()
}
