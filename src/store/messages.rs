//! Messages.

use rusqlite::types::{ToSql, ToSqlOutput};
use rusqlite::{Connection, Row, params};

use super::rows::{MessageQuery, MessageRow};
use super::search;

const INSERT: &str = "INSERT INTO messages (id, session_id, turn_id, seq, role, content, created_at, \
     parent_tool_use_id, position) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const ASCENDING: &str = "SELECT id, session_id, turn_id, seq, role, content, created_at, \
     parent_tool_use_id FROM messages WHERE session_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

pub(super) const DESCENDING: &str = "SELECT id, session_id, turn_id, seq, role, content, created_at, \
     parent_tool_use_id FROM messages WHERE session_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";

/// Adds a message, to the index of searches too. Gives the number that other tables refer to it by.
pub(super) fn insert(db: &Connection, row: &MessageRow) -> rusqlite::Result<i64> {
    let entry = search::entry(db, row)?;
    let number = db.prepare_cached(INSERT)?.insert(params![
        row.id,
        row.session_id,
        row.turn_id,
        row.seq,
        row.role,
        row.content,
        row.created_at,
        row.parent_tool_use_id,
        entry.as_ref().map(search::Entry::position),
    ])?;
    if let Some(entry) = entry {
        search::add(db, number, &entry)?;
    }
    Ok(number)
}

/// A page of a session's messages.
pub(super) fn page(db: &Connection, query: &MessageQuery) -> rusqlite::Result<Vec<MessageRow>> {
    // A first page begins before the first number, or after the last.
    let (sql, start) =
        if query.descending { (DESCENDING, ToSqlOutput::from(i64::MAX)) } else { (ASCENDING, ToSqlOutput::from(-1)) };
    let after = query.after.as_ref().map_or(Ok(start), ToSql::to_sql)?;
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![query.session_id, after, query.limit], |row| read(row, 0))?.collect()
}

/// Reads a message whose columns, in the order of the queries above, begin at column `first`.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: row.get(first)?,
        session_id: row.get(first + 1)?,
        turn_id: row.get(first + 2)?,
        seq: row.get(first + 3)?,
        role: row.get(first + 4)?,
        content: row.get(first + 5)?,
        created_at: row.get(first + 6)?,
        parent_tool_use_id: row.get(first + 7)?,
    })
}
