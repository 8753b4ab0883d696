//! The file written anew, without what was deleted.
//!
//! SQLite leaves what is deleted where it was until something else takes its place: in free pages of the file, and in
//! its log.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use super::place::{COMPANIONS, with_suffix};

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// How long the file and its log were, in bytes.
    pub bytes_before: u64,
    /// How long they are now.
    pub bytes_after: u64,
    /// Whether somebody else reads in the log, so that it has to stay for now and what was deleted is still in it.
    pub log_stays: bool,
}

/// Writes the file anew and empties the log. For a connection that is in no transaction.
pub(super) fn compact(db: &Connection, file: &Path) -> rusqlite::Result<Compacted> {
    let bytes_before = length(file);
    // Words that went from the index are in it as long as their part of it was not merged with others.
    db.execute_batch("INSERT INTO search (search) VALUES ('optimize'); VACUUM")?;
    let log_stays = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(Compacted { bytes_before, bytes_after: length(file), log_stays })
}

fn length(file: &Path) -> u64 {
    let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
    length(file) + COMPANIONS.iter().map(|companion| length(&with_suffix(file, companion))).sum::<u64>()
}
