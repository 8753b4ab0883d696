//! How a session stands, for whoever follows it from the history.

use rusqlite::{Connection, OptionalExtension, Row};

use super::leases;
use super::rows::Standing;
use crate::ids::SessionId;

pub(super) const BY_SESSION: &str = "SELECT s.reserved_seq, \
     (SELECT seq FROM events AS e WHERE e.session_id = s.id ORDER BY seq DESC LIMIT 1) AS last_seq, l.* \
     FROM sessions AS s LEFT JOIN leases AS l ON l.session_id = s.id WHERE s.id = ?1";

/// How a session stands; nothing if it is not there.
pub(super) fn by_session(db: &Connection, id: SessionId) -> rusqlite::Result<Option<Standing>> {
    db.prepare_cached(BY_SESSION)?.query_row([id], read).optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let holder: Option<u32> = row.get("pid")?;
    Ok(Standing {
        reserved_seq: row.get("reserved_seq")?,
        last_seq: row.get::<_, Option<u64>>("last_seq")?.unwrap_or(0),
        lease: holder.map(|_| leases::read(row)).transpose()?,
    })
}
