//! What is done with a damaged file.
//!
//! Looking for damage means reading the whole file, which takes too long at every start. So the file is only looked
//! through where a query has come upon damage before, which `history.suspect` says. What is found damaged is moved
//! aside, as it is, and a new history begins. Where only the index of searches is damaged, that alone begins anew.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Error, ffi};

use super::fault::{fault, is_damage, system};
use super::place::{COMPANIONS, with_suffix};
use super::{private, search};
use crate::error::Result;
use crate::time::Timestamp;

/// The error for what went wrong in a history that is open; where that is damage, it is noted.
pub(super) fn fault_in_use(file: &Path, doing: &str, error: &Error) -> crate::error::Error {
    if is_damage(error) {
        suspect(file);
    }
    fault(file, doing, error)
}

/// Notes that the file is to be looked through when it is opened next.
fn suspect(file: &Path) {
    let note = note(file);
    if let Err(error) = private::make_file(&note) {
        tracing::warn!(file = %note.display(), %error, "that the history seems damaged cannot be noted");
    }
}

/// Looks a file through that is suspected, and clears it where it is sound.
pub(super) fn look_through(db: &Connection, file: &Path) -> rusqlite::Result<()> {
    if !note(file).exists() {
        return Ok(());
    }
    let mut found = first_damage(db)?;
    if search::is_damage_of_the_index(&found) {
        tracing::warn!(file = %file.display(), found, "the index of searches is damaged and is made anew");
        search::begin_anew(db)?;
        found = first_damage(db)?;
    }
    if found != "ok" {
        return Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), Some(found)));
    }
    tracing::info!(file = %file.display(), "the history was looked through and is sound");
    clear(file);
    Ok(())
}

/// What is damaged first; `ok` where nothing is.
pub(super) fn first_damage(db: &Connection) -> rusqlite::Result<String> {
    db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
}

fn clear(file: &Path) {
    let note = note(file);
    match fs::remove_file(&note) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %note.display(), %error, "the history will be looked through again");
        }
        _ => {}
    }
}

/// Whether a file is a damaged history that was moved aside, or what SQLite kept beside it.
#[must_use]
pub fn is_moved_aside(file: &Path) -> bool {
    file.file_name().unwrap_or_default().to_string_lossy().starts_with("history.damaged-")
}

/// Moves a damaged file, and what SQLite keeps beside it, to a name with the time in it. Only for whoever has it
/// alone.
///
/// # Errors
/// `storeUnavailable`.
pub(super) fn move_aside(file: &Path) -> Result<PathBuf> {
    let time = Timestamp::now().to_string().replace(':', "-");
    let aside = file.with_extension(format!("damaged-{time}.db"));
    // The file goes last: one that is left without its log is found damaged again, a log that is left without its
    // file would be taken for the new one's.
    for companion in COMPANIONS {
        rename(&with_suffix(file, companion), &with_suffix(&aside, companion))?;
    }
    rename(file, &aside)?;
    clear(file);
    Ok(aside)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system(from, "cannot move aside", &error)),
        _ => Ok(()),
    }
}

fn note(file: &Path) -> PathBuf {
    file.with_extension("suspect")
}
