//! What an Optuna database says of an optimisation, read while the optimisation may be writing to it.
//!
//! The file is opened read-only and is never waited for long; what is read is one snapshot. Trials are counted and
//! compared by queries, and only the few that are shown are read in full, so that a million of them take less than a
//! second. The file may come from anywhere: what it holds is bounded, and a query that takes too long is ended.

mod decode;
mod feasibility;
mod front;
mod open;
mod queries;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

pub use self::decode::Parameter;

/// How many studies of one file are looked at.
const MAX_STUDIES: u32 = 8;
/// How many trials of a Pareto front are shown.
const TOP: usize = 5;
/// How many parameters, and how many attributes, of a trial are read.
const MAX_PARTS: u32 = 64;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// Its first studies, in the order in which they were made.
    pub studies: Vec<StudyDigest>,
    /// How many more there are.
    pub more: u64,
}

/// One of Optuna's studies.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyDigest {
    /// Its name.
    pub name: String,
    /// What each objective is to be.
    pub directions: Vec<Direction>,
    /// How many trials there are.
    pub counts: Counts,
    /// How many complete trials violate constraints; absent where none has any.
    pub infeasible: Option<u64>,
    /// When a trial last began, in the local time of the machine that ran it.
    pub last_started: Option<String>,
    /// When a trial last ended, in that time.
    pub last_ended: Option<String>,
    /// The best there is.
    pub best: Best,
}

/// What an objective is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As small as possible.
    Minimize,
    /// As large as possible.
    Maximize,
    /// Nobody said; taken for small.
    NotSet,
}

/// Trials by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// That came to values.
    pub complete: u64,
    /// That were given up early.
    pub pruned: u64,
    /// That failed.
    pub failed: u64,
    /// That run.
    pub running: u64,
    /// That wait.
    pub waiting: u64,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.complete + self.pruned + self.failed + self.running + self.waiting
    }
}

/// The best trials of a study. Where any has constraints, only those that violate none.
#[derive(Clone, Debug, PartialEq)]
pub enum Best {
    /// No trial counts.
    None,
    /// The best trial, where there is one objective.
    Trial(Box<Trial>),
    /// The Pareto front, where there are several.
    Front {
        /// How many trials are on it; at least, where `is_whole` is not.
        size: u64,
        /// Whether all trials were compared: with four objectives or more that can take too long.
        is_whole: bool,
        /// Some of it: the best by each objective, then those that are closest to the best in all.
        top: Vec<Trial>,
    },
}

/// A trial that is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number in its study.
    pub number: i64,
    /// What it came to, by objective; infinite where that was so.
    pub values: Vec<f64>,
    /// Its parameters, by name.
    pub parameters: Vec<(String, Parameter)>,
    /// What its author noted of it: key, and value as JSON.
    pub attributes: Vec<(String, String)>,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not there.
    #[error("it is not there")]
    Missing,
    /// It is something else than a file.
    #[error("it is not a file")]
    NotAFile,
    /// It is not one of SQLite's.
    #[error("it is not an SQLite database, or a damaged one")]
    NotADatabase,
    /// Optuna's tables are not in it.
    #[error("it does not have the tables of a current Optuna: {0}")]
    NotOptunas(String),
    /// Somebody else kept it locked.
    #[error("it was locked all the time")]
    Locked,
    /// It was given up.
    #[error("reading it took too long")]
    TooSlow,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// Reads what the file holds, for no longer than `limit`.
///
/// # Errors
/// Why it cannot be read, in words for a person.
pub fn read(path: &Path, limit: Duration) -> Result<Digest, Problem> {
    let db = open::read_only(path, limit)?;
    queries::digest(&db).map_err(|error| open::problem(&error))
}
