//! What the history's file holds, where the protocol does not tell it yet.

use rusqlite::{Connection, OpenFlags};

use crate::support::bridge::Bridge;

/// The turns, oldest first: what began each, and how it ended.
pub(super) fn turns(bridge: &Bridge) -> Vec<(String, Option<String>)> {
    let file = bridge.folders().data.join("history.db");
    let history = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut turns = history.prepare("SELECT origin, stop_reason FROM turns ORDER BY started_at, id").unwrap();
    let rows = turns.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
