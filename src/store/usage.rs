//! What was used, summed up.

use rusqlite::{Connection, Row, params};

use crate::ids::SessionId;
use crate::time::Timestamp;

/// All of them read the index alone.
pub(super) const BY_SESSION: &str = "SELECT session_id, count(*), sum(input_tokens), sum(output_tokens), \
     sum(cache_read_tokens), sum(cache_write_tokens), sum(cost_usd) AS cost \
     FROM turns WHERE started_at >= ?1 AND started_at < ?2 GROUP BY session_id ORDER BY cost DESC, session_id";

pub(super) const BY_STUDY: &str = "SELECT s.study_id, sum(t.turns), sum(t.input), sum(t.output), sum(t.cache_read), \
     sum(t.cache_write), sum(t.cost) AS cost FROM (SELECT session_id, count(*) AS turns, sum(input_tokens) AS input, \
     sum(output_tokens) AS output, sum(cache_read_tokens) AS cache_read, sum(cache_write_tokens) AS cache_write, \
     sum(cost_usd) AS cost FROM turns WHERE started_at >= ?1 AND started_at < ?2 GROUP BY session_id) AS t \
     CROSS JOIN sessions AS s ON s.id = t.session_id GROUP BY s.study_id ORDER BY cost DESC, s.study_id";

pub(super) const BY_DAY: &str = "SELECT started_at / 86400000 AS day, count(*), sum(input_tokens), \
     sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(cost_usd) \
     FROM turns WHERE started_at >= ?1 AND started_at < ?2 GROUP BY day ORDER BY day";

pub(super) const BY_MODEL: &str = "SELECT u.model, count(*), sum(u.input_tokens), sum(u.output_tokens), \
     sum(u.cache_read_tokens), sum(u.cache_write_tokens), sum(u.cost_usd) AS cost \
     FROM turns AS t CROSS JOIN turn_usage AS u ON u.turn_id = t.id \
     WHERE t.started_at >= ?1 AND t.started_at < ?2 GROUP BY u.model ORDER BY cost DESC, u.model";

const MILLIS_PER_DAY: i64 = 24 * 60 * 60 * 1000;

/// Of which turns it is wanted, and how it is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageQuery {
    /// By what.
    pub group: UsageGroup,
    /// Only turns that began then or later.
    pub since: Option<Timestamp>,
    /// Only turns that began before then.
    pub until: Option<Timestamp>,
}

/// By what usage is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageGroup {
    /// By session, the most expensive first.
    Session,
    /// By the study that the session is about, the most expensive first.
    Study,
    /// By model, the most expensive first. A turn counts for each model that it used.
    Model,
    /// By the day, in UTC, on which the turn began, oldest first.
    Day,
}

/// What a group used.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRow {
    /// The session's id, the study's, the model, or the beginning of the day.
    pub key: UsageKey,
    /// How many turns.
    pub turns: u64,
    /// Tokens that were neither read from nor written to the prompt cache.
    pub input_tokens: u64,
    /// Tokens that Claude wrote.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: u64,
    /// What it cost, in US dollars.
    pub cost_usd: f64,
}

/// Whose usage it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageKey {
    /// A session's.
    Session(SessionId),
    /// That of the sessions about a study, or about none.
    Study(Option<String>),
    /// A model's.
    Model(String),
    /// That of the day, in UTC, that began then.
    Day(Timestamp),
}

/// What was used, by group.
pub(super) fn sum(db: &Connection, query: &UsageQuery) -> rusqlite::Result<Vec<UsageRow>> {
    let sql = match query.group {
        UsageGroup::Session => BY_SESSION,
        UsageGroup::Study => BY_STUDY,
        UsageGroup::Model => BY_MODEL,
        UsageGroup::Day => BY_DAY,
    };
    let since = query.since.unwrap_or(Timestamp::from_millis(i64::MIN));
    let until = query.until.unwrap_or(Timestamp::from_millis(i64::MAX));
    let mut statement = db.prepare_cached(sql)?;
    statement.query_map(params![since, until], |row| read(query.group, row))?.collect()
}

fn read(group: UsageGroup, row: &Row<'_>) -> rusqlite::Result<UsageRow> {
    let key = match group {
        UsageGroup::Session => UsageKey::Session(row.get(0)?),
        UsageGroup::Study => UsageKey::Study(row.get(0)?),
        UsageGroup::Model => UsageKey::Model(row.get(0)?),
        UsageGroup::Day => UsageKey::Day(Timestamp::from_millis(row.get::<_, i64>(0)?.saturating_mul(MILLIS_PER_DAY))),
    };
    Ok(UsageRow {
        key,
        turns: row.get(1)?,
        input_tokens: row.get(2)?,
        output_tokens: row.get(3)?,
        cache_read_tokens: row.get(4)?,
        cache_write_tokens: row.get(5)?,
        cost_usd: row.get(6)?,
    })
}
