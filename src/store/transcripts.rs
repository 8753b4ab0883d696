//! The CLI's own transcripts: lines that were added, never changed.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};

use super::compression::{compress, decompress};
use super::rows::TranscriptRow;
use crate::ids::{ProviderSessionId, SessionId};

const INSERT: &str = "INSERT INTO transcripts (session_id, number, provider_session_id, file, entries) \
     SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM transcripts WHERE session_id = ?1";

pub(super) const BY_CONVERSATION: &str = "SELECT session_id, provider_session_id, file, entries FROM transcripts \
     WHERE session_id = ?1 AND provider_session_id = ?2 ORDER BY number";

const NAMES: &str = "SELECT DISTINCT file FROM transcripts WHERE session_id = ?1 AND provider_session_id = ?2";

/// Adds lines behind those that the session has.
pub(super) fn insert(db: &Connection, row: &TranscriptRow) -> rusqlite::Result<()> {
    let entries = compress(&row.lines).map_err(|problem| Error::ToSqlConversionFailure(Box::new(problem)))?;
    db.prepare_cached(INSERT)?.execute(params![row.session_id, row.provider_session_id, row.file, entries])?;
    Ok(())
}

/// The lines of a conversation in their order.
pub(super) fn of(
    db: &Connection,
    session: SessionId,
    conversation: ProviderSessionId,
) -> rusqlite::Result<Vec<TranscriptRow>> {
    db.prepare_cached(BY_CONVERSATION)?.query_map(params![session, conversation], read)?.collect()
}

/// The names of the files that a conversation's lines are in.
pub(super) fn names(
    db: &Connection,
    session: SessionId,
    conversation: ProviderSessionId,
) -> rusqlite::Result<Vec<String>> {
    db.prepare_cached(NAMES)?.query_map(params![session, conversation], |row| row.get(0))?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<TranscriptRow> {
    let entries = row.get_ref(3)?.as_blob()?;
    Ok(TranscriptRow {
        session_id: row.get(0)?,
        provider_session_id: row.get(1)?,
        file: row.get(2)?,
        lines: decompress(entries)
            .map_err(|problem| Error::FromSqlConversionFailure(3, Type::Blob, Box::new(problem)))?,
    })
}
