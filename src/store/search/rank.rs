//! The best match first.
//!
//! FTS5's own `bm25` reads every message that has one of the words, and sorts them all: a quarter of a second where a
//! third of a million have it. This is the same measure, over the newest [`CANDIDATES`] that match. How rare a word is,
//! is judged by how far back its newest thousand go. Later pages compare the same messages by the same measure as the first
//! one, whatever was added since.

use rusqlite::{Connection, Row, params};

use super::page::{Filter, SearchQuery, SearchStart};
use super::position;
use super::query::Term;
use super::snippet::{Matcher, seen};
use super::text::Text;
use super::words::Words;

/// How many messages are compared.
const CANDIDATES: u32 = 1000;
/// How many bytes of their contents are read.
const MAX_BYTES: usize = 16 << 20;
/// How much of a text is looked at.
const MAX_TEXT: usize = 16 << 10;

/// How soon a further occurrence of a word counts less, and how much a long text counts less: the usual values.
const SATURATION: f64 = 1.2;
const LENGTH_MATTERS: f64 = 0.75;
/// About how many words a message has.
const USUAL_LENGTH: f64 = 100.0;

pub(in crate::store) const NEWEST: &str = "SELECT m.position, m.content \
     FROM search CROSS JOIN messages AS m ON m.position = search.rowid \
     WHERE search MATCH ?1 AND search.rowid >= ?2 AND search.rowid < ?3 AND m.created_at >= ?4 AND m.created_at < ?5 \
     AND (?7 OR m.copy_of IS NULL OR NOT EXISTS (SELECT 1 FROM messages AS c WHERE c.id = m.copy_of)) \
     AND (?8 IS NULL OR EXISTS (SELECT 1 FROM sessions AS s WHERE s.id = m.session_id AND s.study_id = ?8)) \
     AND m.number < ?9 ORDER BY search.rowid DESC LIMIT ?6";

pub(in crate::store) const NUMBERS: &str = "SELECT count(*), min(rowid) FROM (SELECT rowid FROM search \
     WHERE search MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid DESC LIMIT ?4)";

/// A message that matches.
pub(super) struct Candidate {
    pub(super) position: i64,
    pub(super) score: f64,
}

impl Candidate {
    /// Whether it comes behind a message that has this score and position.
    pub(super) fn is_behind(&self, score: f64, position: i64) -> bool {
        self.score < score || (self.score.total_cmp(&score).is_eq() && self.position < position)
    }
}

/// The newest messages that match, the best first, and the newer one first where two match as well.
pub(super) fn ranked(
    db: &Connection,
    query: &SearchQuery,
    filter: &Filter,
    weights: &[f64],
) -> rusqlite::Result<Vec<Candidate>> {
    let matcher = Matcher::of(&query.terms);
    let mut statement = db.prepare_cached(NEWEST)?;
    let Filter { expression, first, end, since, until, copies, ceiling, .. } = filter;
    let parameters = params![expression, first, end, since, until, CANDIDATES, copies, query.study_id, ceiling];
    let mut rows = statement.query(parameters)?;
    let mut words = Words::default();
    let mut candidates = Vec::new();
    let mut bytes = 0;
    while bytes < MAX_BYTES
        && let Some(row) = rows.next()?
    {
        let content = row.get_ref(1)?.as_str()?;
        bytes += content.len();
        let text = Text::of(content);
        words.read(seen(&text.said, MAX_TEXT));
        let mut length = words.units().len();
        let mut counts = matcher.counts(&words);
        if query.tools {
            words.read(seen(&text.tools, MAX_TEXT));
            length += words.units().len();
            counts.iter_mut().zip(matcher.counts(&words)).for_each(|(count, more)| *count += more);
        }
        candidates.push(Candidate { position: row.get(0)?, score: score(weights, &counts, length) });
    }
    candidates.sort_by(|one, other| other.score.total_cmp(&one.score).then(other.position.cmp(&one.position)));
    Ok(candidates)
}

fn score(weights: &[f64], counts: &[usize], length: usize) -> f64 {
    let length = SATURATION * (1.0 - LENGTH_MATTERS + LENGTH_MATTERS * length as f64 / USUAL_LENGTH);
    let of_term = |(weight, count): (&f64, &usize)| {
        let count = *count as f64;
        weight * count * (SATURATION + 1.0) / (count + length)
    };
    weights.iter().zip(counts).map(of_term).sum()
}

/// How much each term counts: the rarer, the more.
pub(super) fn weights(db: &Connection, query: &SearchQuery, filter: &Filter) -> rusqlite::Result<Vec<f64>> {
    let terms: Vec<&Term> = query.terms.sought().collect();
    if let Some(SearchStart::Best { weights, .. }) = &query.after
        && weights.len() == terms.len()
    {
        return Ok(weights.clone());
    }
    if let [_] = terms.as_slice() {
        return Ok(vec![1.0]);
    }
    let distance = position::usual_distance(db)?;
    terms.into_iter().map(|term| weight(db, term, filter, distance)).collect()
}

fn weight(db: &Connection, term: &Term, filter: &Filter, distance: f64) -> rusqlite::Result<f64> {
    let expression = filter.scoped(&format!("{{{}}} : {}", filter.columns, term.expression()));
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let (count, oldest): (u32, Option<i64>) =
        db.prepare_cached(NUMBERS)?.query_row(params![expression, filter.first, filter.end, CANDIDATES], read)?;
    let back_to = oldest.filter(|_| count == CANDIDATES).unwrap_or(filter.first);
    let looked_through = (filter.end.saturating_sub(back_to).max(1) as f64 / distance).max(1.0);
    Ok((1.0 + looked_through / f64::from(count.max(1))).ln())
}
