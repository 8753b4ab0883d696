//! How the history's file is made, brought up to date, and connected to.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use super::fault::{fault, newer, system};
use crate::error::Result;

/// Append-only: one that was released never changes.
const MIGRATIONS: &[M<'static>] =
    &[M::up(include_str!("migrations/0001_history.sql")), M::up(include_str!("migrations/0002_supervision.sql"))];

/// How long to wait for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More than there are different statements, so that each is compiled once.
const CACHED_STATEMENTS: usize = 32;

/// Opens the history for writing. Makes the file and its folder where they are missing, private to this user, and
/// brings an older one up to date. One of a newer version is left as it is.
///
/// # Errors
/// `storeNewer`, `storeCorrupt`, `storeUnavailable`.
pub(super) fn writer(file: &Path) -> Result<Connection> {
    if let Some(folder) = file.parent() {
        private_folder(folder).map_err(|error| system(folder, "cannot make the folder", &error))?;
    }
    // Two processes that start together must not both set the file up. Held until this function returns.
    let lock_file = file.with_extension("lock");
    let _held = lock(&lock_file).map_err(|error| system(&lock_file, "cannot lock", &error))?;
    private_file(file).map_err(|error| system(file, "cannot make the file", &error))?;

    let mut db = connect(file).map_err(|error| fault(file, "cannot open the history", &error))?;
    migrate(&mut db).map_err(|error| migration_fault(file, &error))?;
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
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "synchronous", "normal")?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<(), MigrationError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    if migrations.pending_migrations(db)? < 0 {
        // Closing the last connection would otherwise move what a crash left in the log into the file.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Err(MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead));
    }
    let journal: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if journal != "wal" {
        tracing::warn!(journal, "the history's file system has no shared memory: readers and writers will wait");
    }
    migrations.to_latest(db)
}

fn migration_fault(file: &Path, error: &MigrationError) -> crate::error::Error {
    match error {
        MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => newer(file),
        MigrationError::RusqliteError { err, .. } => fault(file, "cannot bring the history up to date", err),
        other => system(file, "cannot bring the history up to date in", &io::Error::other(other.to_string())),
    }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes the file, empty, if it is not there. An existing one is not even opened: closing it again would drop the
/// locks of every connection that this process has to it (POSIX). The files beside it get their rights from it.
fn private_file(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn lock(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    let file = options.open(file)?;
    file.lock()?;
    Ok(file)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// The user's own folders are private there.
#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }
}
