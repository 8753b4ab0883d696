//! Sessions that go on from others, each with a copy of what was said until then, so that it needs nothing of the
//! other one's any more.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::rows::{EventPayload, EventRow, ForkRow, MessageRow, SessionRow};
use super::{events, leases, messages, sessions};
use crate::ids::{MessageId, ProviderSessionId, SessionId};

pub(super) const MESSAGES: &str = "SELECT id, session_id, turn_id, seq, role, content, created_at, \
     parent_tool_use_id, number FROM messages WHERE session_id = ?1 ORDER BY seq";

const MARK_COPY: &str = "UPDATE messages SET copy_of = ?2 WHERE number = ?1";

/// What makes the conversation: the rest of what happened is the other session's alone.
pub(super) const EVENTS: &str = "SELECT seq, turn_id, at, parent_tool_use_id, kind, body, message FROM events \
     WHERE session_id = ?1 AND (message IS NOT NULL OR kind IN ('toolCall', 'toolResult')) ORDER BY seq";

const ANNOUNCE: &str = "INSERT INTO events (session_id, seq, turn_id, at, parent_tool_use_id, message) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) const LAST_SEQ: &str = "SELECT coalesce(max(seq), 0) FROM events WHERE session_id = ?1";

/// As the CLI wrote it, under the other conversation's id.
const TRANSCRIPT: &str = "INSERT INTO transcripts (session_id, number, provider_session_id, file, entries) \
     SELECT ?1, number, provider_session_id, file, entries FROM transcripts \
     WHERE session_id = ?2 AND number > 0 AND provider_session_id = ?3";

/// Adds a session that goes on from another one. Says how many those were: none where the other one is not there.
pub(super) fn insert(db: &Connection, fork: &ForkRow) -> rusqlite::Result<usize> {
    let Some(of) = sessions::by_id(db, fork.of)? else { return Ok(0) };
    let last_seq = db.prepare_cached(LAST_SEQ)?.query_row([fork.of], |row| row.get(0))?;
    let conversation = conversation(&of);
    sessions::insert(db, &session(fork, of, last_seq))?;
    leases::take(db, &fork.lease, None)?;
    let copies = copy_messages(db, fork)?;
    copy_events(db, fork, &copies)?;
    if let Some(conversation) = conversation {
        db.prepare_cached(TRANSCRIPT)?.execute(params![fork.id, fork.of, conversation])?;
    }
    Ok(1)
}

/// The CLI's conversation there is; where the other one is a fork that has not said anything yet, what that goes on from.
fn conversation(of: &SessionRow) -> Option<ProviderSessionId> {
    if of.provider_started { of.provider_session_id } else { of.forked_conversation }
}

/// Its numbers begin behind those of what it took along; what that cost is the other one's.
fn session(fork: &ForkRow, of: SessionRow, last_seq: u64) -> SessionRow {
    SessionRow {
        id: fork.id,
        title: fork.title.clone().unwrap_or_else(|| of.title.clone()),
        state: "open".to_owned(),
        error: None,
        created_at: fork.at,
        last_active_at: fork.at,
        reserved_seq: last_seq,
        provider_session_id: Some(fork.provider_session_id),
        provider_started: false,
        forked_from: Some(fork.of),
        forked_conversation: conversation(&of),
        credential: None,
        input_tokens: 0,
        output_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        cost_usd: 0.0,
        ..of
    }
}

/// A copy of a message: its number, and its id before and after.
struct Copied {
    number: i64,
    id: MessageId,
}

/// The copies, by the number and by the id of the message that each is of.
#[derive(Default)]
struct Copies {
    numbers: HashMap<i64, i64>,
    ids: HashMap<String, MessageId>,
}

fn copy_messages(db: &Connection, fork: &ForkRow) -> rusqlite::Result<Copies> {
    let mut copies = Copies::default();
    let mut statement = db.prepare_cached(MESSAGES)?;
    let mut rows = statement.query([fork.of])?;
    while let Some(row) = rows.next()? {
        let message = messages::read(row, 0)?;
        let copied = copy_message(db, fork.id, &message)?;
        copies.numbers.insert(row.get(8)?, copied.number);
        copies.ids.insert(message.id.to_string(), copied.id);
    }
    Ok(copies)
}

fn copy_message(db: &Connection, session_id: SessionId, message: &MessageRow) -> rusqlite::Result<Copied> {
    let copy = MessageRow { id: MessageId::new(), session_id, ..message.clone() };
    let number = messages::insert(db, &copy)?;
    db.prepare_cached(MARK_COPY)?.execute(params![number, message.id])?;
    Ok(Copied { number, id: copy.id })
}

fn copy_events(db: &Connection, fork: &ForkRow, copies: &Copies) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached(EVENTS)?;
    let mut rows = statement.query([fork.of])?;
    while let Some(row) = rows.next()? {
        match row.get::<_, Option<i64>>(6)? {
            Some(number) => announce(db, fork.id, row, copies.numbers.get(&number))?,
            None => events::insert(db, &tool_event(fork.id, row, copies)?)?,
        }
    }
    Ok(())
}

fn announce(db: &Connection, session_id: SessionId, row: &Row<'_>, number: Option<&i64>) -> rusqlite::Result<()> {
    let (seq, turn): (u64, Option<[u8; 16]>) = (row.get(0)?, row.get(1)?);
    let (at, parent): (i64, Option<String>) = (row.get(2)?, row.get(3)?);
    db.prepare_cached(ANNOUNCE)?.execute(params![session_id, seq, turn, at, parent, number])?;
    Ok(())
}

fn tool_event(session_id: SessionId, row: &Row<'_>, copies: &Copies) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        session_id,
        seq: row.get(0)?,
        first_seq: None,
        turn_id: row.get(1)?,
        at: row.get(2)?,
        parent_tool_use_id: row.get(3)?,
        pieces: None,
        payload: EventPayload::Json { kind: row.get(4)?, body: of_the_copy(row.get(5)?, copies) },
    })
}

/// The body of an event, with the id of the message that it is about exchanged for its copy's.
fn of_the_copy(body: String, copies: &Copies) -> String {
    const NAME: &str = r#""messageId":""#;
    let Some(start) = body.find(NAME).map(|at| at + NAME.len()) else { return body };
    let Some(end) = body[start..].find('"').map(|length| start + length) else { return body };
    match copies.ids.get(&body[start..end]) {
        Some(id) => format!("{}{id}{}", &body[..start], &body[end..]),
        None => body,
    }
}
