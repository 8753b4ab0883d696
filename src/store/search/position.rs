//! Where a message is in the index: FTS5 gives what it finds in the order of these numbers, which is that of time, also
//! where an old session was imported yesterday.

use rusqlite::{CachedStatement, Connection};

use crate::time::Timestamp;

/// How many milliseconds have one number. FTS5 stores how far apart the numbers of a word's messages are: with a number for
/// each millisecond the index is an eighth larger, with one for a second a few messages would be enough to run ahead.
const MILLIS: i64 = 64;

/// How much older than the newest message one may be that counts as newer all the same, since it came later: sessions that
/// run at once are written a little out of order, for which FTS5 would begin a new part of the index each time.
const SIMULTANEOUS: i64 = 1000 / MILLIS;

pub(in crate::store) const IS_TAKEN: &str = "SELECT 1 FROM messages WHERE position = ?1";

pub(in crate::store) const LAST: &str = "SELECT max(position) FROM messages WHERE position IS NOT NULL";

pub(in crate::store) const FIRST: &str = "SELECT min(position) FROM messages WHERE position IS NOT NULL";

const COUNT: &str = "SELECT coalesce(max(number), 1) FROM messages";

/// A position for a message that is written now, behind those of the same time.
pub(super) fn of_new(db: &Connection, time: Timestamp) -> rusqlite::Result<i64> {
    let time = number(time);
    match number_by(db, LAST)? {
        Some(last) if time <= last && last - time <= SIMULTANEOUS => Ok(last + 1),
        Some(last) if time <= last => free(db, time, 1),
        _ => Ok(time),
    }
}

/// A position for a message that is written already, before those of the same time: the later ones have theirs.
pub(super) fn of_old(db: &Connection, time: Timestamp) -> rusqlite::Result<i64> {
    free(db, number(time), -1)
}

/// About how far two messages are from one another.
pub(super) fn usual_distance(db: &Connection) -> rusqlite::Result<f64> {
    let span = number_by(db, LAST)?.unwrap_or(0).saturating_sub(number_by(db, FIRST)?.unwrap_or(0));
    let count = number_by(db, COUNT)?.unwrap_or(1);
    Ok((span as f64 / count as f64).max(1.0))
}

fn number_by(db: &Connection, sql: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(sql)?.query_row([], |row| row.get(0))
}

fn number(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(MILLIS)
}

/// The free one that is nearest in that direction. Thousands may have one time: the end of a row of taken ones is looked
/// for in steps that grow.
fn free(db: &Connection, from: i64, direction: i64) -> rusqlite::Result<i64> {
    let mut statement = db.prepare_cached(IS_TAKEN)?;
    let mut is_taken = |distance: i64| is_taken(&mut statement, from + direction * distance);
    if !is_taken(0)? {
        return Ok(from);
    }
    let (mut taken, mut open) = (0, 1);
    while is_taken(open)? {
        (taken, open) = (open, open * 2);
    }
    while open - taken > 1 {
        let middle = taken + (open - taken) / 2;
        if is_taken(middle)? { taken = middle } else { open = middle }
    }
    Ok(from + direction * open)
}

fn is_taken(statement: &mut CachedStatement<'_>, position: i64) -> rusqlite::Result<bool> {
    statement.exists([position])
}
