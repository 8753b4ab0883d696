//! The CLI's own transcripts: lines that were added, never changed.
//!
//! Of a conversation that was given up only a mark is left: a row without lines, whose number is below 0.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};

use super::compression::{compress, decompress};
use super::rows::{TranscriptGap, TranscriptRow};
use crate::ids::{ProviderSessionId, SessionId};

const INSERT: &str = "INSERT INTO transcripts (session_id, number, provider_session_id, file, entries) \
     SELECT ?1, max(coalesce(max(number), 0), 0) + 1, ?2, ?3, ?4 FROM transcripts WHERE session_id = ?1 \
     HAVING NOT EXISTS (SELECT 1 FROM transcripts \
     WHERE session_id = ?1 AND number < 0 AND provider_session_id = ?2)";

const DELETE: &str = "DELETE FROM transcripts WHERE session_id = ?1 AND provider_session_id = ?2";

const MARK: &str = "INSERT INTO transcripts (session_id, number, provider_session_id, file, entries) \
     SELECT ?1, min(coalesce(min(number), 0), 0) - 1, ?2, '', x'' FROM transcripts WHERE session_id = ?1";

pub(super) const BY_CONVERSATION: &str = "SELECT session_id, provider_session_id, file, entries FROM transcripts \
     WHERE session_id = ?1 AND number > 0 AND provider_session_id = ?2 ORDER BY number";

const ALL: &str = "SELECT session_id, provider_session_id, file, entries FROM transcripts \
     WHERE session_id = ?1 AND number > 0 ORDER BY number";

const GAPS: &str = "SELECT session_id, provider_session_id FROM transcripts \
     WHERE session_id = ?1 AND number < 0 ORDER BY number DESC";

const NAMES: &str = "SELECT DISTINCT file FROM transcripts \
     WHERE session_id = ?1 AND number > 0 AND provider_session_id = ?2";

/// Adds lines behind those that the session has, unless the conversation was given up.
pub(super) fn insert(db: &Connection, row: &TranscriptRow) -> rusqlite::Result<()> {
    let entries = compress(&row.lines).map_err(|problem| Error::ToSqlConversionFailure(Box::new(problem)))?;
    db.prepare_cached(INSERT)?.execute(params![row.session_id, row.provider_session_id, row.file, entries])?;
    Ok(())
}

/// Removes the lines of a conversation, and sees to it that none are added any more.
pub(super) fn give_up(db: &Connection, gap: &TranscriptGap) -> rusqlite::Result<()> {
    let conversation = params![gap.session_id, gap.provider_session_id];
    db.prepare_cached(DELETE)?.execute(conversation)?;
    db.prepare_cached(MARK)?.execute(conversation)?;
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

/// The lines of all conversations of a session, in their order.
pub(super) fn all(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<TranscriptRow>> {
    db.prepare_cached(ALL)?.query_map([session], read)?.collect()
}

/// The conversations of a session that were given up.
pub(super) fn gaps(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<TranscriptGap>> {
    let read = |row: &Row<'_>| Ok(TranscriptGap { session_id: row.get(0)?, provider_session_id: row.get(1)? });
    db.prepare_cached(GAPS)?.query_map([session], read)?.collect()
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
