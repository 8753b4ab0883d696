//! Sessions, and the contexts that they refer to.

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::rows::{ContextRow, SessionQuery, SessionRow};
use super::search;
use crate::ids::{ProviderSessionId, SessionId};
use crate::time::Timestamp;

const INSERT: &str = "INSERT INTO sessions (id, title, mode, told_mode, study_id, \
     context_study_id, told_study_id, cwd, model, effort, max_turns, max_budget_usd, \
     mcp_servers, state, error, created_at, last_active_at, message_count, reserved_seq, provider_session_id, \
     provider_started, context_hash, context_bytes, forked_from, forked_conversation, credential, input_tokens, \
     output_tokens, cache_read_tokens, cache_write_tokens, cost_usd) \
     VALUES (:id, :title, :mode, :told_mode, :study_id, :context_study_id, \
     :told_study_id, :cwd, :model, :effort, :max_turns, :max_budget_usd, \
     :mcp_servers, :state, :error, :created_at, :last_active_at, :message_count, :reserved_seq, :provider_session_id, \
     :provider_started, :context_hash, :context_bytes, :forked_from, :forked_conversation, :credential, :input_tokens, \
     :output_tokens, :cache_read_tokens, :cache_write_tokens, :cost_usd)";

const UPDATE: &str = "UPDATE sessions SET title = :title, mode = :mode, told_mode = :told_mode, study_id = :study_id, \
     context_study_id = :context_study_id, told_study_id = :told_study_id, cwd = :cwd, \
     model = :model, effort = :effort, \
     max_turns = :max_turns, max_budget_usd = :max_budget_usd, mcp_servers = :mcp_servers, state = :state, \
     error = :error, created_at = :created_at, last_active_at = :last_active_at, message_count = :message_count, \
     reserved_seq = :reserved_seq, provider_session_id = :provider_session_id, \
     provider_started = :provider_started, context_hash = :context_hash, context_bytes = :context_bytes, \
     forked_from = :forked_from, forked_conversation = :forked_conversation, \
     credential = :credential, input_tokens = :input_tokens, output_tokens = :output_tokens, \
     cache_read_tokens = :cache_read_tokens, cache_write_tokens = :cache_write_tokens, cost_usd = :cost_usd \
     WHERE id = :id";

const DELETE: &str = "DELETE FROM sessions WHERE id = ?1";

const REMEMBER_CONVERSATIONS: &str = "INSERT INTO deleted_conversations (provider_session_id) \
     SELECT provider_session_id FROM sessions WHERE id = ?1 AND provider_started AND provider_session_id IS NOT NULL \
     UNION SELECT provider_session_id FROM transcripts WHERE session_id = ?1 ON CONFLICT DO NOTHING";

/// Those that another session goes on with are not this one's alone.
pub(super) const CONVERSATIONS: &str = "WITH own (id) AS (SELECT provider_session_id FROM sessions \
     WHERE id = ?1 AND provider_session_id IS NOT NULL \
     UNION SELECT provider_session_id FROM transcripts WHERE session_id = ?1) \
     SELECT id FROM own WHERE NOT EXISTS \
     (SELECT 1 FROM sessions WHERE provider_session_id = own.id AND sessions.id <> ?1)";

const DELETE_ORPHANED_CONTEXTS: &str = "DELETE FROM contexts \
     WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.context_hash = contexts.hash)";

pub(super) const CLOSE_STALE: &str = "UPDATE sessions SET state = 'closed' \
     WHERE last_active_at < ?1 AND state = 'open' \
     AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.session_id = sessions.id)";

pub(super) const STALE: &str = "SELECT id FROM sessions WHERE last_active_at < ?1 ORDER BY last_active_at, id";

const BY_ID: &str = "SELECT * FROM sessions WHERE id = ?1";

pub(super) const PAGE: &str = "SELECT * FROM sessions WHERE (last_active_at, id) < (?1, ?2) \
     ORDER BY last_active_at DESC, id DESC";

pub(super) const PAGE_OF_STUDY: &str = "SELECT * FROM sessions WHERE study_id = ?3 \
     AND (last_active_at, id) < (?1, ?2) ORDER BY last_active_at DESC, id DESC";

/// Adds a session.
pub(super) fn insert(db: &Connection, row: &SessionRow) -> rusqlite::Result<usize> {
    execute(db, INSERT, row)
}

/// Replaces a session; one that does not exist is an error.
pub(super) fn update(db: &Connection, row: &SessionRow) -> rusqlite::Result<()> {
    match execute(db, UPDATE, row)? {
        1 => Ok(()),
        changed => Err(rusqlite::Error::StatementChangedRows(changed)),
    }
}

/// Removes a session with all that refers to it, and the contexts that no session refers to any more. Says how many
/// sessions that were.
pub(super) fn delete(db: &Connection, id: SessionId) -> rusqlite::Result<usize> {
    search::remove_session(db, id)?;
    db.prepare_cached(REMEMBER_CONVERSATIONS)?.execute([id])?;
    let deleted = db.prepare_cached(DELETE)?.execute([id])?;
    search::remove_days(db)?;
    db.prepare_cached(DELETE_ORPHANED_CONTEXTS)?.execute([])?;
    Ok(deleted)
}

/// The sessions with ids in a range, bounds included.
pub(super) fn between(
    db: &Connection,
    first: SessionId,
    last: SessionId,
    limit: usize,
) -> rusqlite::Result<Vec<SessionId>> {
    let sql = "SELECT id FROM sessions WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3";
    db.prepare_cached(sql)?.query_map(params![first, last, limit], |row| row.get(0))?.collect()
}

/// The conversations of the CLI's that a session goes on with, or did, and no other does.
pub(super) fn conversations(db: &Connection, id: SessionId) -> rusqlite::Result<Vec<ProviderSessionId>> {
    db.prepare_cached(CONVERSATIONS)?.query_map([id], |row| row.get(0))?.collect()
}

/// The sessions in which nothing has happened since `before`, the oldest first.
pub(super) fn stale(db: &Connection, before: Timestamp) -> rusqlite::Result<Vec<SessionId>> {
    db.prepare_cached(STALE)?.query_map([before], |row| row.get(0))?.collect()
}

/// Closes the sessions that nobody holds and that nothing has happened in since `before`. Says how many those were.
pub(super) fn close_stale(db: &Connection, before: Timestamp) -> rusqlite::Result<usize> {
    db.prepare_cached(CLOSE_STALE)?.execute([before])
}

/// The session of that id.
pub(super) fn by_id(db: &Connection, id: SessionId) -> rusqlite::Result<Option<SessionRow>> {
    db.prepare_cached(BY_ID)?.query_row([id], read).optional()
}

/// A page of sessions. The filters are applied while walking the index: SQLite's own comparison without regard to
/// case knows ASCII only.
pub(super) fn page(db: &Connection, query: &SessionQuery) -> rusqlite::Result<Vec<SessionRow>> {
    // The first page comes after a key that is later than any.
    let last = || (Timestamp::from_millis(i64::MAX), SessionId::from_bytes([0xff; 16]));
    let (time, id) = query.before.unwrap_or_else(last);
    let title_contains = query.title_contains.as_deref().map(str::to_lowercase);

    let mut statement = db.prepare_cached(if query.study_id.is_some() { PAGE_OF_STUDY } else { PAGE })?;
    let mut rows = match &query.study_id {
        Some(study) => statement.query(params![time, id, study])?,
        None => statement.query(params![time, id])?,
    };
    let mut page = Vec::new();
    while page.len() < query.limit as usize
        && let Some(row) = rows.next()?
    {
        let session = read(row)?;
        let in_state = query.state.as_ref().is_none_or(|states| states.contains(&session.state));
        if in_state && title_contains.as_ref().is_none_or(|part| session.title.to_lowercase().contains(part)) {
            page.push(session);
        }
    }
    Ok(page)
}

/// Keeps a context; one that is there already stays as it is.
pub(super) fn insert_context(db: &Connection, row: &ContextRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO contexts (hash, text) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
    db.prepare_cached(sql)?.execute([&row.hash, &row.text])?;
    Ok(())
}

/// The text of a context.
pub(super) fn context(db: &Connection, hash: &str) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT text FROM contexts WHERE hash = ?1")?.query_row([hash], |row| row.get(0)).optional()
}

fn execute(db: &Connection, sql: &str, row: &SessionRow) -> rusqlite::Result<usize> {
    db.prepare_cached(sql)?.execute(named_params! {
        ":id": row.id,
        ":title": row.title,
        ":mode": row.mode,
        ":told_mode": row.told_mode,
        ":study_id": row.study_id,
        ":context_study_id": row.context_study_id,
        ":told_study_id": row.told_study_id,
        ":cwd": row.cwd,
        ":model": row.model,
        ":effort": row.effort,
        ":max_turns": row.max_turns,
        ":max_budget_usd": row.max_budget_usd,
        ":mcp_servers": row.mcp_servers,
        ":state": row.state,
        ":error": row.error,
        ":created_at": row.created_at,
        ":last_active_at": row.last_active_at,
        ":message_count": row.message_count,
        ":reserved_seq": row.reserved_seq,
        ":provider_session_id": row.provider_session_id,
        ":provider_started": row.provider_started,
        ":context_hash": row.context_hash,
        ":context_bytes": row.context_bytes,
        ":forked_from": row.forked_from,
        ":forked_conversation": row.forked_conversation,
        ":credential": row.credential,
        ":input_tokens": row.input_tokens,
        ":output_tokens": row.output_tokens,
        ":cache_read_tokens": row.cache_read_tokens,
        ":cache_write_tokens": row.cache_write_tokens,
        ":cost_usd": row.cost_usd,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: row.get("id")?,
        title: row.get("title")?,
        mode: row.get("mode")?,
        told_mode: row.get("told_mode")?,
        study_id: row.get("study_id")?,
        context_study_id: row.get("context_study_id")?,
        told_study_id: row.get("told_study_id")?,
        cwd: row.get("cwd")?,
        model: row.get("model")?,
        effort: row.get("effort")?,
        max_turns: row.get("max_turns")?,
        max_budget_usd: row.get("max_budget_usd")?,
        mcp_servers: row.get("mcp_servers")?,
        state: row.get("state")?,
        error: row.get("error")?,
        created_at: row.get("created_at")?,
        last_active_at: row.get("last_active_at")?,
        message_count: row.get("message_count")?,
        reserved_seq: row.get("reserved_seq")?,
        provider_session_id: row.get("provider_session_id")?,
        provider_started: row.get("provider_started")?,
        context_hash: row.get("context_hash")?,
        context_bytes: row.get("context_bytes")?,
        forked_from: row.get("forked_from")?,
        forked_conversation: row.get("forked_conversation")?,
        credential: row.get("credential")?,
        input_tokens: row.get("input_tokens")?,
        output_tokens: row.get("output_tokens")?,
        cache_read_tokens: row.get("cache_read_tokens")?,
        cache_write_tokens: row.get("cache_write_tokens")?,
        cost_usd: row.get("cost_usd")?,
    })
}
