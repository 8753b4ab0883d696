//! How the history's file is made, brought up to date, and connected to.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use super::damage;
use super::fault::{fault, newer, system};
use super::locks::{Opening, Presence};
use super::log::{self, Log};
use super::place::{COMPANIONS, Place, with_suffix};
use super::private;
use crate::error::{ErrorKind, Result};

/// Append-only: one that was released never changes.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_history.sql")),
    M::up(include_str!("migrations/0002_supervision.sql")),
    M::up(include_str!("migrations/0003_permissions.sql")),
    M::up(include_str!("migrations/0004_modes.sql")),
    M::up(include_str!("migrations/0005_search.sql")),
    M::up(include_str!("migrations/0006_pieces.sql")),
    M::up(include_str!("migrations/0007_forks.sql")),
    M::up(include_str!("migrations/0008_conversations.sql")),
    M::up(include_str!("migrations/0009_studies.sql")),
    M::up(include_str!("migrations/0010_search_by_time.sql")),
];

/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The same while one has been found to write for longer: else all that happens would come that late.
const BUSY_TIMEOUT_ONCE_STUCK: Duration = Duration::from_millis(200);

/// More than there are different statements, so that each is compiled once.
const CACHED_STATEMENTS: usize = 64;
/// What SQLite may hold in memory, in bytes, over all connections: past that it reuses what it has. Its own limit is as much
/// for each connection, which a flood of events fills one after the other.
const SQLITE_MEMORY: u32 = 2 << 20;

/// A history that was opened for writing.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) db: Connection,
    pub(super) place: Place,
    log: Log,
    busy_timeout: Duration,
    /// Where a damaged one was moved, so that a new one could begin.
    pub(super) moved_aside: Option<PathBuf>,
    _presence: Presence,
}

impl Opened {
    /// Begins to write. Waits for others that write, but not for long where they have kept it waiting before.
    pub(super) fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.db.busy_timeout(self.busy_timeout)?;
        let begun = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate);
        let is_stuck = begun.as_ref().is_err_and(|error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
        self.busy_timeout = if is_stuck { BUSY_TIMEOUT_ONCE_STUCK } else { BUSY_TIMEOUT };
        begun
    }

    /// Keeps the log short, to be called when something was written.
    pub(super) fn shorten_log(&mut self) {
        if let Err(error) = self.log.shorten(&self.db, self.busy_timeout) {
            tracing::warn!(%error, "the log of the history was not moved into it");
        }
    }

    /// Moves the log into the file and closes it. Waits for no other process: what it keeps from being moved now is
    /// moved when the last one closes the file.
    pub(super) fn close(self) {
        let waits_for_none = self.db.busy_timeout(Duration::ZERO);
        let checkpoint = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let closed = self.db.close().map_err(|(_, error)| error);
        if let Err(error) = waits_for_none.and(checkpoint).and(closed) {
            tracing::warn!(%error, "the history was not closed cleanly");
        }
    }
}

/// Opens the history for writing. Makes the file and its folder where they are missing, private to this user, and
/// brings an older one up to date. One of a newer version is left as it is. One that is damaged is moved aside, unless
/// another process has it open.
///
/// # Errors
/// `storeNewer`, `storeCorrupt`, `storeUnavailable`.
pub(super) fn writer(file: &Path) -> Result<Opened> {
    if let Some(folder) = file.parent() {
        private::make_folder(folder).map_err(|error| system(folder, "cannot make the folder", &error))?;
    }
    let opening = Opening::begin(file)?;
    let presence = Presence::announce(file, &opening)?;
    let (db, moved_aside) = match set_up(file) {
        Err(error) if error.kind() == ErrorKind::StoreCorrupt && presence.is_alone() => {
            let aside = damage::move_aside(file)?;
            tracing::warn!(%error, to = %aside.display(), "the history is damaged and was moved aside");
            (set_up(file)?, Some(aside))
        }
        outcome => (outcome?, None),
    };
    let place = Place::of(file).map_err(|error| system(file, "cannot find", &error))?;
    Ok(Opened { db, place, log: Log::of(file), busy_timeout: BUSY_TIMEOUT, moved_aside, _presence: presence })
}

/// Makes the file where it is missing, and connects to it.
fn set_up(file: &Path) -> Result<Connection> {
    private::make_file(file).map_err(|error| system(file, "cannot make the file", &error))?;
    for companion in COMPANIONS {
        let path = with_suffix(file, companion);
        private::withdraw(&path).map_err(|error| system(&path, "cannot make private", &error))?;
    }
    let mut db = connect(file).map_err(|error| fault(file, "cannot open the history", &error))?;
    migrate(&mut db, file).map_err(|error| migration_fault(file, &error))?;
    Ok(db)
}

/// Opens the history, which [`writer`] has opened before, for reading.
///
/// # Errors
/// `storeCorrupt`, `storeUnavailable`.
pub(super) fn reader(file: &Path) -> Result<Connection> {
    let open = || {
        let db = connect(file)?;
        db.pragma_update(None, "query_only", true)?;
        Ok(db)
    };
    open().map_err(|error| fault(file, "cannot read the history", &error))
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    // Without CREATE: SQLite would make a file that others may read.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(file, flags)?;
    // What is refused is left as it is: closing the last connection would otherwise move what a crash left in the log
    // into the file.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "synchronous", "normal")?;
    db.pragma_update(None, "journal_size_limit", log::LIMIT)?;
    db.pragma_update(None, "soft_heap_limit", SQLITE_MEMORY)?;
    Ok(db)
}

fn migrate(db: &mut Connection, file: &Path) -> Result<(), MigrationError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    if migrations.pending_migrations(db)? < 0 {
        return Err(MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead));
    }
    damage::look_through(db, file)?;
    let journal: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if journal != "wal" {
        tracing::warn!(journal, "the history's file system has no shared memory: readers and writers will wait");
    }
    migrations.to_latest(db)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

fn migration_fault(file: &Path, error: &MigrationError) -> crate::error::Error {
    match error {
        MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => newer(file),
        MigrationError::RusqliteError { err, .. } => fault(file, "cannot bring the history up to date", err),
        other => system(file, "cannot bring the history up to date in", &io::Error::other(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }
}
