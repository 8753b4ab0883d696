//! What is asked of the file.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::decode::{self, Parameter};
use super::feasibility::Feasibility;
use super::front::Points;
use super::{Best, Counts, Digest, Direction, MAX_PARTS, MAX_STUDIES, StudyDigest, Trial};

const STUDIES: &str = "SELECT study_id, study_name FROM studies ORDER BY study_id LIMIT ?1";
const DIRECTIONS: &str = "SELECT direction FROM study_directions WHERE study_id = ?1 ORDER BY objective LIMIT 64";

/// The index on `study_id` is left out where a study has most of the trials: then a plain scan is faster.
const COUNTS: &str = "SELECT count(*) FILTER (WHERE state = 'COMPLETE'), count(*) FILTER (WHERE state = 'PRUNED'), \
     count(*) FILTER (WHERE state = 'FAIL'), count(*) FILTER (WHERE state = 'RUNNING'), \
     count(*) FILTER (WHERE state = 'WAITING'), max(datetime_start), max(datetime_complete) \
     FROM trials WHERE +study_id = ?1";

const COMPLETE: &str = "SELECT trial_id FROM trials WHERE +study_id = ?1 AND state = 'COMPLETE' ORDER BY trial_id";

/// SQLite keeps no more of the sorted rows than are asked for.
const SMALLEST: &str = "SELECT trial_id, value, value_type FROM trial_values WHERE objective = 0 \
     ORDER BY CASE value_type WHEN 'INF_NEG' THEN 0 WHEN 'INF_POS' THEN 2 ELSE 1 END, value, trial_id LIMIT ?1";
const LARGEST: &str = "SELECT trial_id, value, value_type FROM trial_values WHERE objective = 0 \
     ORDER BY CASE value_type WHEN 'INF_NEG' THEN 2 WHEN 'INF_POS' THEN 0 ELSE 1 END, value DESC, trial_id LIMIT ?1";

const VALUES: &str = "SELECT trial_id, objective, value, value_type FROM trial_values";
const NUMBER: &str = "SELECT number FROM trials WHERE trial_id = ?1";
const IS_COMPLETE: &str = "SELECT 1 FROM trials WHERE trial_id = ?1 AND study_id = ?2 AND state = 'COMPLETE'";
const PARAMETERS: &str = "SELECT param_name, param_value, distribution_json FROM trial_params \
     WHERE trial_id = ?1 ORDER BY param_name LIMIT ?2";
const ATTRIBUTES: &str = "SELECT key, value_json FROM trial_user_attributes WHERE trial_id = ?1 ORDER BY key LIMIT ?2";

/// How many of the best values are looked at first; most often the first one is a trial that counts.
const FIRST_CANDIDATES: i64 = 64;

/// What the file holds, as one snapshot.
pub(super) fn digest(db: &Connection) -> rusqlite::Result<Digest> {
    let _snapshot = db.unchecked_transaction()?;
    let mut statement = db.prepare(STUDIES)?;
    let name = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, decode::text(row.get_ref(1)?)));
    let found: Vec<(i64, String)> = statement.query_map([MAX_STUDIES], name)?.collect::<rusqlite::Result<_>>()?;
    let all: u64 = db.query_row("SELECT count(*) FROM studies", [], |row| row.get(0))?;
    let more = all - found.len() as u64;
    let feasibility = Feasibility::read(db)?;
    let studies = found.into_iter().map(|(id, name)| Source { db, id, feasibility: &feasibility }.digest(name));
    Ok(Digest { studies: studies.collect::<rusqlite::Result<_>>()?, more })
}

/// One study in the file.
struct Source<'a> {
    db: &'a Connection,
    id: i64,
    feasibility: &'a Feasibility,
}

impl Source<'_> {
    fn digest(&self, name: String) -> rusqlite::Result<StudyDigest> {
        let directions = self.directions()?;
        let (counts, last_started, last_ended) = self.db.query_row(COUNTS, [self.id], counts)?;
        let is_single = directions.len() <= 1;
        // Only where they are looked at one by one.
        let complete = if is_single && self.feasibility.is_empty() { Vec::new() } else { self.complete()? };
        let best = if is_single { self.best_trial(&directions)? } else { self.front(&directions, &complete)? };
        let infeasible = self.feasibility.infeasible_among(&complete);
        Ok(StudyDigest { name, directions, counts, infeasible, last_started, last_ended, best })
    }

    fn directions(&self) -> rusqlite::Result<Vec<Direction>> {
        let mut statement = self.db.prepare(DIRECTIONS)?;
        statement.query_map([self.id], |row| Ok(decode::direction(&decode::text(row.get_ref(0)?))))?.collect()
    }

    fn complete(&self) -> rusqlite::Result<Vec<i64>> {
        self.db.prepare(COMPLETE)?.query_map([self.id], |row| row.get(0))?.collect()
    }

    /// The best trial by the one objective: of more and more of the best values in the file, the first that counts.
    fn best_trial(&self, directions: &[Direction]) -> rusqlite::Result<Best> {
        let sql = if directions == [Direction::Maximize] { LARGEST } else { SMALLEST };
        let (mut seen, mut limit) = (0, FIRST_CANDIDATES);
        loop {
            let mut statement = self.db.prepare(sql)?;
            let mut rows = statement.query([limit])?;
            let mut place = 0;
            while let Some(row) = rows.next()? {
                place += 1;
                let trial = row.get(0)?;
                if place > seen && self.feasibility.allows(trial) && self.is_complete(trial)? {
                    let values = vec![decode::value(row.get(1)?, &decode::text(row.get_ref(2)?))];
                    return Ok(Best::Trial(Box::new(self.trial(trial, values)?)));
                }
            }
            if place < limit {
                return Ok(Best::None);
            }
            (seen, limit) = (place, limit.saturating_mul(256));
        }
    }

    fn is_complete(&self, trial: i64) -> rusqlite::Result<bool> {
        let found = self.db.prepare_cached(IS_COMPLETE)?.query_row(params![trial, self.id], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }

    /// The trials that no other one beats.
    fn front(&self, directions: &[Direction], complete: &[i64]) -> rusqlite::Result<Best> {
        let trials = self.values(directions.len(), complete)?;
        let mut points = Points::new(directions.len());
        for (_, values) in &trials {
            let signs = directions.iter().map(|direction| if *direction == Direction::Maximize { -1.0 } else { 1.0 });
            points.push(values.iter().zip(signs).map(|(value, sign)| value * sign));
        }
        let front = points.front();
        if front.places.is_empty() {
            return Ok(Best::None);
        }
        let top = points.top(&front.places).into_iter().map(|place| {
            let (trial, values) = &trials[place];
            self.trial(*trial, values.clone())
        });
        let size = front.places.len() as u64;
        Ok(Best::Front { size, is_whole: front.is_whole, top: top.collect::<rusqlite::Result<_>>()? })
    }

    /// What the complete trials that count came to, sorted by id; one that lacks a value is left out.
    fn values(&self, objectives: usize, complete: &[i64]) -> rusqlite::Result<Vec<(i64, Vec<f64>)>> {
        let mut statement = self.db.prepare(VALUES)?;
        let mut rows = statement.query([])?;
        let mut found: Vec<(i64, i64, f64)> = Vec::new();
        while let Some(row) = rows.next()? {
            let value = match row.get(2)? {
                Some(value) => value,
                None => decode::value(None, &decode::text(row.get_ref(3)?)),
            };
            found.push((row.get(0)?, row.get(1)?, value));
        }
        found.sort_unstable_by_key(|(trial, objective, _)| (*trial, *objective));
        let counts = |trial: i64| complete.binary_search(&trial).is_ok() && self.feasibility.allows(trial);
        let of_one = found.chunk_by(|one, other| one.0 == other.0);
        let whole = of_one.filter(|values| {
            let has_all = values.len() == objectives && values.iter().all(|(_, _, value)| !value.is_nan());
            has_all && counts(values[0].0)
        });
        Ok(whole.map(|values| (values[0].0, values.iter().map(|(_, _, value)| *value).collect())).collect())
    }

    fn trial(&self, id: i64, values: Vec<f64>) -> rusqlite::Result<Trial> {
        let number = self.db.query_row(NUMBER, [id], |row| row.get(0))?;
        let parameter = |row: &Row<'_>| {
            let value = row.get::<_, Option<f64>>(1)?.unwrap_or(f64::NAN);
            let (name, distribution) = (decode::text(row.get_ref(0)?), row.get::<_, Option<String>>(2)?);
            Ok((name, decode::parameter(value, &distribution.unwrap_or_default())))
        };
        let parameters: BTreeMap<String, Parameter> = self
            .db
            .prepare_cached(PARAMETERS)?
            .query_map(params![id, MAX_PARTS], parameter)?
            .collect::<rusqlite::Result<_>>()?;
        let attribute = |row: &Row<'_>| Ok((decode::text(row.get_ref(0)?), decode::text(row.get_ref(1)?)));
        let mut statement = self.db.prepare_cached(ATTRIBUTES)?;
        let attributes = statement.query_map(params![id, MAX_PARTS], attribute)?.collect::<rusqlite::Result<_>>()?;
        Ok(Trial { number, values, parameters: parameters.into_iter().collect(), attributes })
    }
}

fn counts(row: &Row<'_>) -> rusqlite::Result<(Counts, Option<String>, Option<String>)> {
    let counts = Counts {
        complete: row.get(0)?,
        pruned: row.get(1)?,
        failed: row.get(2)?,
        running: row.get(3)?,
        waiting: row.get(4)?,
    };
    let time = |at: usize| -> rusqlite::Result<Option<String>> {
        let text = decode::text(row.get_ref(at)?);
        // To the second: what is behind it is noise.
        Ok(Some(text.split('.').next().unwrap_or_default().to_owned()).filter(|text| !text.is_empty()))
    };
    Ok((counts, time(5)?, time(6)?))
}
