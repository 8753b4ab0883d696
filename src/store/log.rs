//! SQLite's log, which it moves into the file as it goes.
//!
//! It can only begin the log anew in a moment in which nobody reads what is in it. Where reads overlap without a break
//! that moment never comes by itself, and the log would grow for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::place::with_suffix;

/// How long the log may be, in bytes. It is longer while somebody reads for long at a time.
pub(super) const LIMIT: u32 = 16 * 1024 * 1024;

/// How long those who read may take to come to their end, while nothing is written and new ones read the file alone.
const PATIENCE: Duration = Duration::from_millis(200);

/// Watches the log of a connection that writes.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    /// From which length on something is done.
    due: u64,
}

impl Log {
    pub(super) fn of(file: &Path) -> Self {
        Self { path: with_suffix(file, "-wal"), due: LIMIT.into() }
    }

    /// Empties a log that is too long. Where somebody reads for longer it stays, and is left alone until it has grown
    /// by as much again.
    ///
    /// # Errors
    /// It could not be moved into the file, or the connection does not wait for others as before.
    pub(super) fn shorten(&mut self, db: &Connection, busy_timeout: Duration) -> rusqlite::Result<()> {
        let length = fs::metadata(&self.path).map_or(0, |log| log.len());
        if length < u64::from(LIMIT) {
            self.due = LIMIT.into();
        }
        if length < self.due {
            return Ok(());
        }
        self.due = length + u64::from(LIMIT);
        db.busy_timeout(PATIENCE)?;
        let emptied = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0).map(|busy: bool| !busy));
        db.busy_timeout(busy_timeout)?;
        if !emptied? {
            tracing::debug!(log = %self.path.display(), length, "somebody reads the history for long");
        }
        Ok(())
    }
}
