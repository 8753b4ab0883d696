//! Whether the history is sound, and can be written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::damage;
use super::place::{COMPANIONS, with_suffix};

/// How the history is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The file.
    pub file: PathBuf,
    /// What is damaged first, where something is.
    pub damage: Option<String>,
    /// How large it is, with what SQLite keeps beside it.
    pub bytes: u64,
    /// How many sessions it has.
    pub sessions: u64,
    /// How many messages.
    pub messages: u64,
    /// The damaged ones that were moved aside before.
    pub moved_aside: Vec<PathBuf>,
}

/// Looks the whole file through, which takes long where it is large.
pub(super) fn look_at(db: &Connection, file: &Path) -> rusqlite::Result<Condition> {
    let found = damage::first_damage(db)?;
    let is_sound = found == "ok";
    // What is damaged cannot be counted.
    let count = |sql| if is_sound { db.query_row(sql, [], |row| row.get(0)) } else { Ok(0) };
    Ok(Condition {
        damage: (!is_sound).then_some(found),
        bytes: size(file),
        sessions: count("SELECT count(*) FROM sessions")?,
        messages: count("SELECT count(*) FROM messages")?,
        moved_aside: moved_aside(file),
        file: file.to_owned(),
    })
}

/// Writes what is there already, so that all of the way to the disk is gone: the number by which other programs know
/// whose file it is, which is ours to set and is never set.
pub(super) fn write_something(db: &Connection) -> rusqlite::Result<()> {
    let id: i64 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    db.pragma_update(None, "application_id", id)
}

fn size(file: &Path) -> u64 {
    let files = COMPANIONS.iter().map(|companion| with_suffix(file, companion)).chain([file.to_owned()]);
    files.filter_map(|file| fs::metadata(file).ok()).map(|metadata| metadata.len()).sum()
}

fn moved_aside(file: &Path) -> Vec<PathBuf> {
    let of_folder = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(file.parent().unwrap_or(file))?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut found: Vec<PathBuf> = of_folder().unwrap_or_default();
    found.retain(|path| damage::is_moved_aside(path) && path.extension().is_some_and(|extension| extension == "db"));
    found.sort();
    found
}
