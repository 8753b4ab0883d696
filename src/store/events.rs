//! Events.

use rusqlite::{Connection, Row, params};

use super::messages;
use super::rows::{EventPayload, EventQuery, EventRow};

const INSERT: &str = "INSERT INTO events (session_id, seq, first_seq, turn_id, at, parent_tool_use_id, kind, body, \
     message, pieces) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

pub(super) const PAGE: &str = "SELECT e.session_id, e.seq, e.first_seq, e.turn_id, e.at, e.parent_tool_use_id, \
     e.kind, e.body, e.pieces, m.id, m.session_id, m.turn_id, m.seq, m.role, m.content, m.created_at, m.parent_tool_use_id \
     FROM events AS e LEFT JOIN messages AS m ON m.number = e.message \
     WHERE e.session_id = ?1 AND e.seq > ?2 AND (?3 IS NULL OR e.turn_id = ?3) ORDER BY e.seq";

/// Adds an event, and the message that it announces.
pub(super) fn insert(db: &Connection, row: &EventRow) -> rusqlite::Result<()> {
    match &row.payload {
        EventPayload::Json { kind, body } => put(db, row, Some((kind, body)), None),
        EventPayload::Message(message) => announce(db, row, messages::insert(db, message)?),
    }
}

/// Adds an event that announces a message, by the number of the message.
pub(super) fn announce(db: &Connection, row: &EventRow, message: i64) -> rusqlite::Result<()> {
    put(db, row, None, Some(message))
}

fn put(
    db: &Connection,
    row: &EventRow,
    body: Option<(&String, &String)>,
    message: Option<i64>,
) -> rusqlite::Result<()> {
    let (kind, body) = body.unzip();
    db.prepare_cached(INSERT)?.execute(params![
        row.session_id,
        row.seq,
        row.first_seq,
        row.turn_id,
        row.at,
        row.parent_tool_use_id,
        kind,
        body,
        message,
        row.pieces,
    ])?;
    Ok(())
}

/// The events of a session behind a number, up to a sum of sizes.
pub(super) fn page(db: &Connection, query: &EventQuery) -> rusqlite::Result<Vec<EventRow>> {
    let mut statement = db.prepare_cached(PAGE)?;
    let mut rows = statement.query(params![query.session_id, query.after_seq, query.turn_id])?;
    let mut page = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let event = read(row)?;
        bytes += event.payload.bytes();
        if bytes > query.max_bytes && !page.is_empty() {
            break;
        }
        page.push(event);
    }
    Ok(page)
}

fn read(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    let payload = match row.get(6)? {
        Some(kind) => EventPayload::Json { kind, body: row.get(7)? },
        None => EventPayload::Message(messages::read(row, 9)?),
    };
    Ok(EventRow {
        session_id: row.get(0)?,
        seq: row.get(1)?,
        first_seq: row.get(2)?,
        turn_id: row.get(3)?,
        at: row.get(4)?,
        parent_tool_use_id: row.get(5)?,
        pieces: row.get(8)?,
        payload,
    })
}
