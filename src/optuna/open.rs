//! The file, opened so that whoever writes to it does not notice.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::Problem;

/// How long a writer that holds the file is waited for; it holds it for the moment of a commit.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
/// After how many of SQLite's steps it is looked whether the time is up.
const STEPS: i32 = 10_000;

/// What a file's header has at the places 18 and 19 where it is written to by way of a log.
const LOGGED: [u8; 2] = [2, 2];

/// A connection that cannot write, whose queries end when the time is up.
pub(super) fn read_only(path: &Path, limit: Duration) -> Result<Connection, Problem> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Problem::Missing,
        _ => Problem::Other(error.to_string()),
    })?;
    // A pipe would never end.
    if !metadata.is_file() {
        return Err(Problem::NotAFile);
    }
    let end = Instant::now() + limit;
    let open = || -> rusqlite::Result<Connection> {
        let db = connect(path)?;
        db.busy_timeout(BUSY_TIMEOUT.min(limit))?;
        // What stands in the file is not ours: its views and triggers may call nothing that reaches out.
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        db.progress_handler(STEPS, Some(move || Instant::now() > end))?;
        Ok(db)
    };
    open().map_err(|error| problem(&error))
}

/// Nothing is left in the folder. To read a file whose log has been put back into it, SQLite would make a new log, and
/// leave it there: nobody writes to such a file, so that it can be read as it is.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if is_at_rest(path) {
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    }
}

/// Whether the file is written to by way of a log, and there is none.
fn is_at_rest(path: &Path) -> bool {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    read.is_ok() && header[18..] == LOGGED && !Path::new(&log).exists()
}

/// The path as a URI that says that the file does not change.
fn immutable(path: &Path) -> String {
    let encoded = path.as_os_str().as_bytes().iter().map(|byte| match byte {
        b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    });
    format!("file:{}?immutable=1", encoded.collect::<String>())
}

/// What an error of SQLite's means for who wants to read the file.
pub(super) fn problem(error: &rusqlite::Error) -> Problem {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Problem::NotADatabase,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Problem::Locked,
        Some(ErrorCode::OperationInterrupted) => Problem::TooSlow,
        _ => match error {
            rusqlite::Error::SqliteFailure(ffi::Error { extended_code: ffi::SQLITE_ERROR, .. }, Some(message)) => {
                Problem::NotOptunas(message.clone())
            }
            rusqlite::Error::SqlInputError { msg, .. } => Problem::NotOptunas(msg.clone()),
            rusqlite::Error::InvalidColumnType(_, name, _) => {
                Problem::NotOptunas(format!("the column {name} holds something unexpected"))
            }
            other => Problem::Other(other.to_string()),
        },
    }
}
