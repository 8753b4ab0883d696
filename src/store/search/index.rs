//! What is written to the index.

use rusqlite::{CachedStatement, Connection, Row, params};

use super::position;
use super::text::Text;
use super::words::Words;
use crate::ids::SessionId;
use crate::store::rows::MessageRow;
use crate::time::Timestamp;

/// How many messages are caught up on at once, and how many bytes of their contents: for a few milliseconds at a time,
/// since all that happens meanwhile waits to be written.
const BATCH: u32 = 100;
const BATCH_BYTES: usize = 128 * 1024;

const INSERT: &str = "INSERT INTO search (rowid, scope, said, tools) VALUES (?1, ?2, ?3, ?4)";

const DELETE: &str = "INSERT INTO search (search, rowid, scope, said, tools) VALUES ('delete', ?1, ?2, ?3, ?4)";

const BACKLOG: &str = "SELECT below FROM search_backlog";

const SET_BACKLOG: &str = "UPDATE search_backlog SET below = ?1";

const INSERT_DAY: &str = "INSERT INTO search_days (day, first, last) VALUES (?1, ?2, ?2) \
     ON CONFLICT (day) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)";

const DELETE_DAYS: &str = "DELETE FROM search_days \
     WHERE NOT EXISTS (SELECT 1 FROM messages WHERE position BETWEEN search_days.first AND search_days.last)";

const SET_POSITION: &str = "UPDATE messages SET position = ?2 WHERE number = ?1";

const BEGIN_ANEW: &str = "BEGIN IMMEDIATE; INSERT INTO search (search) VALUES ('delete-all'); \
     DELETE FROM search_days; UPDATE search_backlog SET below = (SELECT coalesce(max(number), 0) + 1 FROM messages); \
     COMMIT";

pub(in crate::store) const BEFORE: &str = "SELECT number, session_id, role, content, created_at, position \
     FROM messages WHERE number < ?1 ORDER BY number DESC LIMIT ?2";

pub(in crate::store) const OF_SESSION: &str = "SELECT number, session_id, role, content, created_at, position \
     FROM messages WHERE session_id = ?1";

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// What the index holds of a message.
pub(in crate::store) struct Entry {
    position: i64,
    day: i64,
    scope: String,
    said: String,
    tools: String,
}

/// What the index is to hold of a message that is about to be written; nothing where there is nothing to find in it.
pub(in crate::store) fn entry(db: &Connection, row: &MessageRow) -> rusqlite::Result<Option<Entry>> {
    let words = Scoped::of(row.session_id, &row.role, &row.content);
    words.map(|words| Ok(words.at(position::of_new(db, row.created_at)?, row.created_at))).transpose()
}

/// Adds a message that was just written, unless it is one of those that are caught up on.
pub(in crate::store) fn add(db: &Connection, number: i64, entry: &Entry) -> rusqlite::Result<()> {
    if number < backlog(db)? {
        return Ok(());
    }
    entry.write(&mut db.prepare_cached(INSERT)?, &mut db.prepare_cached(INSERT_DAY)?)
}

/// Takes the messages of a session out, as long as they are there.
pub(in crate::store) fn remove_session(db: &Connection, session: SessionId) -> rusqlite::Result<()> {
    let backlog = backlog(db)?;
    let mut messages = db.prepare_cached(OF_SESSION)?;
    let mut rows = messages.query([session])?;
    let mut delete = db.prepare_cached(DELETE)?;
    while let Some(row) = rows.next()? {
        let (number, position): (i64, Option<i64>) = (row.get("number")?, row.get("position")?);
        // FTS5 would count on what it never had.
        if let Some(position) = position.filter(|_| number >= backlog)
            && let Some(words) = Scoped::of_row(row)?
        {
            words.at(position, row.get("created_at")?).put(&mut delete)?;
        }
    }
    Ok(())
}

/// Whether what SQLite found when it looked the file through is wrong in the index alone.
pub(in crate::store) fn is_damage_of_the_index(found: &str) -> bool {
    found.contains("fts5:") || found.contains("FTS5 table")
}

/// Empties the index; all messages are to be caught up on.
pub(in crate::store) fn begin_anew(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(BEGIN_ANEW)
}

/// Forgets the days of which no message is left.
pub(in crate::store) fn remove_days(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached(DELETE_DAYS)?.execute([]).map(drop)
}

/// Adds the newest messages of those that are not indexed yet. Says how many it looked at; none where all are.
pub(in crate::store) fn catch_up(db: &Connection) -> rusqlite::Result<usize> {
    let below = backlog(db)?;
    if below == 0 {
        return Ok(0);
    }
    let mut entries = Vec::new();
    let (mut count, mut bytes, mut last) = (0, 0, 0);
    let mut messages = db.prepare_cached(BEFORE)?;
    let mut rows = messages.query(params![below, BATCH])?;
    while bytes < BATCH_BYTES
        && let Some(row) = rows.next()?
    {
        count += 1;
        last = row.get("number")?;
        bytes += row.get_ref("content")?.as_str()?.len();
        if let Some(words) = Scoped::of_row(row)? {
            entries.push(words.at(position_of(db, row)?, row.get("created_at")?));
        }
    }
    // FTS5 takes them in best in their order.
    entries.sort_unstable_by_key(Entry::position);
    let (mut insert, mut insert_day) = (db.prepare_cached(INSERT)?, db.prepare_cached(INSERT_DAY)?);
    entries.iter().try_for_each(|entry| entry.write(&mut insert, &mut insert_day))?;
    db.prepare_cached(SET_BACKLOG)?.execute([last])?;
    Ok(count)
}

/// Messages below this number are still to be indexed.
pub(super) fn backlog(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached(BACKLOG)?.query_row([], |row| row.get(0))
}

/// The day of a time, as `search_days` counts.
pub(super) fn day(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(MILLIS_PER_DAY)
}

/// The word that a session has in the index.
pub(super) fn session_word(session: SessionId) -> String {
    session.as_bytes().iter().fold("s".to_owned(), |word, byte| word + &format!("{byte:02x}"))
}

/// The word that a role has in the index.
pub(super) fn role_word(role: &str) -> String {
    format!("r{role}")
}

/// The position of a message that is not indexed: the one that it had before the index was made anew, or a new one.
fn position_of(db: &Connection, row: &Row<'_>) -> rusqlite::Result<i64> {
    if let Some(position) = row.get("position")? {
        return Ok(position);
    }
    let position = position::of_old(db, row.get("created_at")?)?;
    db.prepare_cached(SET_POSITION)?.execute([row.get("number")?, position])?;
    Ok(position)
}

/// The words of a message, as the index has them.
struct Scoped {
    scope: String,
    said: String,
    tools: String,
}

impl Scoped {
    /// Nothing where there is nothing to find in it. The same message always gives the same.
    fn of(session: SessionId, role: &str, content: &str) -> Option<Self> {
        let text = Text::of(content);
        if text.is_empty() {
            return None;
        }
        let mut words = Words::of(&text.said);
        let said = words.index_text();
        words.read(&text.tools);
        let scope = format!("{} {}", session_word(session), role_word(role));
        Some(Self { scope, said, tools: words.index_text() })
    }

    fn of_row(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let role: String = row.get("role")?;
        Ok(Self::of(row.get("session_id")?, &role, row.get_ref("content")?.as_str()?))
    }

    fn at(self, position: i64, created_at: Timestamp) -> Entry {
        Entry { position, day: day(created_at), scope: self.scope, said: self.said, tools: self.tools }
    }
}

impl Entry {
    /// Where it is in the index.
    pub(in crate::store) fn position(&self) -> i64 {
        self.position
    }

    fn write(&self, insert: &mut CachedStatement<'_>, insert_day: &mut CachedStatement<'_>) -> rusqlite::Result<()> {
        self.put(insert)?;
        insert_day.execute(params![self.day, self.position]).map(drop)
    }

    fn put(&self, statement: &mut CachedStatement<'_>) -> rusqlite::Result<()> {
        statement.execute(params![self.position, self.scope, self.said, self.tools]).map(drop)
    }
}
