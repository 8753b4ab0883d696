//! Pages of what was found.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::index::{backlog, day, role_word, session_word};
use super::query::Terms;
use super::rank;
use super::snippet::{Snippet, snippet};
use super::text::Text;
use crate::ids::SessionId;
use crate::store::messages;
use crate::store::rows::MessageRow;
use crate::time::Timestamp;

pub(in crate::store) const NEWEST: &str = "SELECT m.id, m.session_id, m.turn_id, m.seq, m.role, m.content, \
     m.created_at, m.parent_tool_use_id, s.title, m.position \
     FROM search CROSS JOIN messages AS m ON m.position = search.rowid CROSS JOIN sessions AS s ON s.id = m.session_id \
     WHERE search MATCH ?1 AND search.rowid >= ?2 AND search.rowid < ?3 AND m.created_at >= ?4 AND m.created_at < ?5 \
     AND (?7 OR m.copy_of IS NULL OR NOT EXISTS (SELECT 1 FROM messages AS c WHERE c.id = m.copy_of)) \
     AND (?8 IS NULL OR s.study_id = ?8) ORDER BY search.rowid DESC LIMIT ?6";

pub(in crate::store) const BY_POSITION: &str = "SELECT m.id, m.session_id, m.turn_id, m.seq, m.role, m.content, \
     m.created_at, m.parent_tool_use_id, s.title, m.position \
     FROM messages AS m JOIN sessions AS s ON s.id = m.session_id WHERE m.position = ?1";

const CEILING: &str = "SELECT coalesce(max(number), 0) + 1 FROM messages";

pub(in crate::store) const BOUNDS: &str = "SELECT (SELECT min(first) FROM search_days WHERE day >= ?1), \
     (SELECT max(last) FROM search_days WHERE day <= ?2)";

/// Which messages are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchQuery {
    /// What they say.
    pub terms: Terms,
    /// In which order.
    pub order: SearchOrder,
    /// Whether what tools were given and answered counts, too.
    pub tools: bool,
    /// Only those of this session.
    pub session_id: Option<SessionId>,
    /// Only those of sessions that are about this study.
    pub study_id: Option<String>,
    /// Only those of this role.
    pub role: Option<String>,
    /// Only those from then on.
    pub since: Option<Timestamp>,
    /// Only those from before then.
    pub until: Option<Timestamp>,
    /// How many at most.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<SearchStart>,
}

/// The order of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchOrder {
    /// The newest first, by their times.
    Newest,
    /// The best match first, of the newest thousand.
    Best,
}

/// Where a page goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum SearchStart {
    /// Below the position of a message.
    Newest(i64),
    /// Behind a message.
    Best {
        /// Which messages were there when the first page was made: those below this number.
        ceiling: i64,
        /// How well the last one matched.
        score: f64,
        /// Its position.
        position: i64,
        /// How much each term counted then.
        weights: Vec<f64>,
    },
}

/// A page of what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPage {
    /// The messages.
    pub hits: Vec<SearchHit>,
    /// Where the next page goes on, if there is one.
    pub next: Option<SearchStart>,
    /// About how many older messages are not indexed yet.
    pub unindexed: u64,
}

/// A message that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    /// The message.
    pub message: MessageRow,
    /// The title of its session.
    pub title: String,
    /// The part of it that was found.
    pub snippet: Snippet,
}

/// What is looked for, as the index understands it.
pub(super) struct Filter {
    pub(super) columns: &'static str,
    scope: Vec<String>,
    pub(super) expression: String,
    pub(super) first: i64,
    pub(super) end: i64,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// Only messages whose number is below this one.
    pub(super) ceiling: i64,
    /// Whether copies count that a fork took along: where one session is looked through, which has nothing else of them.
    pub(super) copies: bool,
}

/// A row of the queries above.
struct Found {
    hit: SearchHit,
    position: i64,
}

/// A page of messages.
pub(in crate::store) fn page(db: &Connection, query: &SearchQuery) -> rusqlite::Result<SearchPage> {
    // One snapshot for all that is read: the index grows meanwhile, and what it lacks is told with what it has.
    let _snapshot = db.unchecked_transaction()?;
    let filter = Filter::of(db, query)?;
    let (mut found, after) = match query.order {
        SearchOrder::Newest => newest(db, query, &filter)?,
        SearchOrder::Best => best(db, query, &filter)?,
    };
    let limit = query.limit as usize;
    let next = if found.len() > limit { after } else { None };
    found.truncate(limit);
    let unindexed = u64::try_from(backlog(db)? - 1).unwrap_or(0);
    Ok(SearchPage { hits: found.into_iter().map(|found| found.hit).collect(), next, unindexed })
}

/// One message more than wanted, if there is one, and where a page would go on behind the wanted ones.
fn newest(
    db: &Connection,
    query: &SearchQuery,
    filter: &Filter,
) -> rusqlite::Result<(Vec<Found>, Option<SearchStart>)> {
    let mut statement = db.prepare_cached(NEWEST)?;
    let Filter { expression, first, end, since, until, .. } = filter;
    let parameters = params![expression, first, end, since, until, query.limit + 1, filter.copies, query.study_id];
    let rows = statement.query_map(parameters, |row| read(query, row))?;
    let found: Vec<Found> = rows.collect::<rusqlite::Result<_>>()?;
    let last = found.get(query.limit as usize - 1).map(|last| SearchStart::Newest(last.position));
    Ok((found, last))
}

/// The same, the best match first.
fn best(db: &Connection, query: &SearchQuery, filter: &Filter) -> rusqlite::Result<(Vec<Found>, Option<SearchStart>)> {
    let weights = rank::weights(db, query, filter)?;
    let mut ranked = rank::ranked(db, query, filter, &weights)?;
    if let Some(SearchStart::Best { score, position, .. }) = query.after {
        ranked.retain(|candidate| candidate.is_behind(score, position));
    }
    ranked.truncate(query.limit as usize + 1);
    let last = ranked.get(query.limit as usize - 1).map(|last| (last.score, last.position));
    let last = last.map(|(score, position)| SearchStart::Best { ceiling: filter.ceiling, score, position, weights });
    let mut statement = db.prepare_cached(BY_POSITION)?;
    let mut found = Vec::with_capacity(ranked.len());
    for candidate in ranked {
        found.extend(statement.query_row([candidate.position], |row| read(query, row)).optional()?);
    }
    Ok((found, last))
}

fn read(query: &SearchQuery, row: &Row<'_>) -> rusqlite::Result<Found> {
    let message = messages::read(row, 0)?;
    let text = Text::of(&message.content);
    let snippet = snippet(&query.terms, &text, query.tools);
    Ok(Found { hit: SearchHit { message, title: row.get(8)?, snippet }, position: row.get(9)? })
}

impl Filter {
    fn of(db: &Connection, query: &SearchQuery) -> rusqlite::Result<Self> {
        let since = query.since.unwrap_or(Timestamp::from_millis(i64::MIN));
        let until = query.until.unwrap_or(Timestamp::from_millis(i64::MAX));
        let bounds = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let (first, last): (Option<i64>, Option<i64>) =
            db.prepare_cached(BOUNDS)?.query_row(params![day(since), day(until)], bounds)?;
        let end = last.unwrap_or(0) + 1;
        let (end, ceiling) = match query.after {
            Some(SearchStart::Newest(position)) => (end.min(position), None),
            Some(SearchStart::Best { ceiling, .. }) => (end, Some(ceiling)),
            None => (end, None),
        };
        let ceiling = match ceiling {
            Some(ceiling) => ceiling,
            None => db.prepare_cached(CEILING)?.query_row([], |row| row.get(0))?,
        };
        let columns = if query.tools { "said tools" } else { "said" };
        let session = query.session_id.map(session_word);
        let role = query.role.as_deref().map(role_word);
        let scope: Vec<String> = session.into_iter().chain(role).collect();
        let expression = scoped(&scope, &query.terms.expression(columns));
        Ok(Self {
            columns,
            scope,
            expression,
            first: first.unwrap_or(i64::MAX),
            end,
            since,
            until,
            ceiling,
            copies: query.session_id.is_some(),
        })
    }

    /// The expression for something else, in the same messages.
    pub(super) fn scoped(&self, expression: &str) -> String {
        scoped(&self.scope, expression)
    }
}

fn scoped(scope: &[String], expression: &str) -> String {
    let words = scope.iter().map(|word| format!("{{scope}} : \"{word}\" AND "));
    words.collect::<String>() + expression
}
