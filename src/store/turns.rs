//! Turns, and what each model used in them.

use rusqlite::{Connection, Row, named_params, params};

use super::rows::{ModelUsage, TurnRow};
use crate::ids::{SessionId, TurnId};

const UPSERT: &str = "INSERT INTO turns (id, session_id, message_id, origin, started_at, ended_at, stop_reason, text, \
     tool_calls, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, duration_ms, \
     first_text_ms, error) \
     VALUES (:id, :session_id, :message_id, :origin, :started_at, :ended_at, :stop_reason, :text, \
     :tool_calls, :input_tokens, :output_tokens, :cache_read_tokens, :cache_write_tokens, :cost_usd, :duration_ms, \
     :first_text_ms, :error) \
     ON CONFLICT (id) DO UPDATE SET message_id = excluded.message_id, origin = excluded.origin, \
     started_at = excluded.started_at, ended_at = excluded.ended_at, stop_reason = excluded.stop_reason, \
     text = excluded.text, tool_calls = excluded.tool_calls, input_tokens = excluded.input_tokens, \
     output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens, \
     cache_write_tokens = excluded.cache_write_tokens, cost_usd = excluded.cost_usd, \
     duration_ms = excluded.duration_ms, first_text_ms = excluded.first_text_ms, error = excluded.error";

const DELETE_USAGE: &str = "DELETE FROM turn_usage WHERE turn_id = ?1";

const INSERT_USAGE: &str = "INSERT INTO turn_usage (turn_id, model, input_tokens, output_tokens, cache_read_tokens, \
     cache_write_tokens, cost_usd) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(super) const OPEN: &str = "SELECT * FROM turns WHERE session_id = ?1 AND ended_at IS NULL ORDER BY started_at, id";

const ALL: &str = "SELECT * FROM turns WHERE session_id = ?1 ORDER BY started_at, id";

pub(super) const USAGE: &str = "SELECT * FROM turn_usage WHERE turn_id = ?1 ORDER BY model";

/// Adds a turn, or replaces it.
pub(super) fn upsert(db: &Connection, row: &TurnRow) -> rusqlite::Result<()> {
    db.prepare_cached(UPSERT)?.execute(named_params! {
        ":id": row.id,
        ":session_id": row.session_id,
        ":message_id": row.message_id,
        ":origin": row.origin,
        ":started_at": row.started_at,
        ":ended_at": row.ended_at,
        ":stop_reason": row.stop_reason,
        ":text": row.text,
        ":tool_calls": row.tool_calls,
        ":input_tokens": row.input_tokens,
        ":output_tokens": row.output_tokens,
        ":cache_read_tokens": row.cache_read_tokens,
        ":cache_write_tokens": row.cache_write_tokens,
        ":cost_usd": row.cost_usd,
        ":duration_ms": row.duration_ms,
        ":first_text_ms": row.first_text_ms,
        ":error": row.error,
    })?;
    replace_usage(db, row.id, &row.usage_by_model)
}

/// All turns of a session, oldest first.
pub(super) fn all(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<TurnRow>> {
    let mut statement = db.prepare_cached(ALL)?;
    statement.query_map([session], |row| read(db, row))?.collect()
}

/// The turns of a session that have no end, oldest first.
pub(super) fn open(db: &Connection, session: SessionId) -> rusqlite::Result<Vec<TurnRow>> {
    let mut statement = db.prepare_cached(OPEN)?;
    statement.query_map([session], |row| read(db, row))?.collect()
}

fn replace_usage(db: &Connection, turn: TurnId, usage: &[ModelUsage]) -> rusqlite::Result<()> {
    db.prepare_cached(DELETE_USAGE)?.execute([turn])?;
    let mut insert = db.prepare_cached(INSERT_USAGE)?;
    for used in usage {
        insert.execute(params![
            turn,
            used.model,
            used.input_tokens,
            used.output_tokens,
            used.cache_read_tokens,
            used.cache_write_tokens,
            used.cost_usd,
        ])?;
    }
    Ok(())
}

fn usage(db: &Connection, turn: TurnId) -> rusqlite::Result<Vec<ModelUsage>> {
    let read = |row: &Row<'_>| {
        Ok(ModelUsage {
            model: row.get("model")?,
            input_tokens: row.get("input_tokens")?,
            output_tokens: row.get("output_tokens")?,
            cache_read_tokens: row.get("cache_read_tokens")?,
            cache_write_tokens: row.get("cache_write_tokens")?,
            cost_usd: row.get("cost_usd")?,
        })
    };
    db.prepare_cached(USAGE)?.query_map([turn], read)?.collect()
}

fn read(db: &Connection, row: &Row<'_>) -> rusqlite::Result<TurnRow> {
    let id = row.get("id")?;
    Ok(TurnRow {
        id,
        session_id: row.get("session_id")?,
        message_id: row.get("message_id")?,
        origin: row.get("origin")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        stop_reason: row.get("stop_reason")?,
        text: row.get("text")?,
        tool_calls: row.get("tool_calls")?,
        input_tokens: row.get("input_tokens")?,
        output_tokens: row.get("output_tokens")?,
        cache_read_tokens: row.get("cache_read_tokens")?,
        cache_write_tokens: row.get("cache_write_tokens")?,
        cost_usd: row.get("cost_usd")?,
        duration_ms: row.get("duration_ms")?,
        first_text_ms: row.get("first_text_ms")?,
        error: row.get("error")?,
        usage_by_model: usage(db, id)?,
    })
}
