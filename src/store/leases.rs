//! Leases: which bridge runs which session.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::LeaseRow;
use crate::ids::{BridgeId, SessionId};

/// Where no session has that id, the reference to it fails.
const TAKE: &str = "INSERT INTO leases (session_id, bridge_id, pid, host, client, taken_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
     ON CONFLICT (session_id) DO UPDATE SET bridge_id = excluded.bridge_id, pid = excluded.pid, \
     host = excluded.host, client = excluded.client, taken_at = excluded.taken_at \
     WHERE leases.bridge_id IN (excluded.bridge_id, ?7)";

const RELEASE: &str = "DELETE FROM leases WHERE session_id = ?1 AND bridge_id = ?2";

pub(super) const RELEASE_ALL: &str = "DELETE FROM leases WHERE bridge_id = ?1";

/// Takes a lease if it is free, is that bridge's already or is held by `over`. Gives whoever holds it instead.
pub(super) fn take(db: &Connection, row: &LeaseRow, over: Option<BridgeId>) -> rusqlite::Result<Option<LeaseRow>> {
    let taken = db.prepare_cached(TAKE)?.execute(params![
        row.session_id,
        row.bridge_id,
        row.pid,
        row.host,
        row.client,
        row.taken_at,
        over,
    ])?;
    if taken == 0 { by_session(db, row.session_id) } else { Ok(None) }
}

/// Gives a lease back, if it is that bridge's. Says how many those were.
pub(super) fn release(db: &Connection, session: SessionId, bridge: BridgeId) -> rusqlite::Result<usize> {
    db.prepare_cached(RELEASE)?.execute(params![session, bridge])
}

/// Gives all leases of a bridge back. Says how many those were.
pub(super) fn release_all(db: &Connection, bridge: BridgeId) -> rusqlite::Result<usize> {
    db.prepare_cached(RELEASE_ALL)?.execute([bridge])
}

/// All leases, oldest first.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<LeaseRow>> {
    db.prepare_cached("SELECT * FROM leases ORDER BY taken_at, session_id")?.query_map([], read)?.collect()
}

/// The lease of a session.
pub(super) fn by_session(db: &Connection, session: SessionId) -> rusqlite::Result<Option<LeaseRow>> {
    db.prepare_cached("SELECT * FROM leases WHERE session_id = ?1")?.query_row([session], read).optional()
}

/// Reads a lease by the names of its columns.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<LeaseRow> {
    Ok(LeaseRow {
        session_id: row.get("session_id")?,
        bridge_id: row.get("bridge_id")?,
        pid: row.get("pid")?,
        host: row.get("host")?,
        client: row.get("client")?,
        taken_at: row.get("taken_at")?,
    })
}
