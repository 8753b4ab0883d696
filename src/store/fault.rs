//! What SQLite says went wrong, in the terms of the rest of the program.

use std::path::Path;

use rusqlite::{Error as SqliteError, ErrorCode, ffi};

use crate::error::{Error, ErrorKind};

const ANOTHER_FOLDER: &str = "or choose another folder by `data_dir` or --data-dir";

/// The error for what went wrong in `file`; `doing` begins the message: "cannot list the sessions".
pub(super) fn fault(file: &Path, doing: &str, error: &SqliteError) -> Error {
    let kind = kind(error);
    let what = match kind {
        ErrorKind::SessionNotFound => "it has no such session (any more)".to_owned(),
        _ => error.to_string(),
    };
    let fault = Error::new(kind, format!("{doing} in {}: {what}", file.display())).detail("file", name(file));
    match hint(error) {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// The error for a history that a newer version of this program wrote.
pub(super) fn newer(file: &Path) -> Error {
    let message = format!("the history {} was written by a newer version of claude-bridge", file.display());
    Error::new(ErrorKind::StoreNewer, message)
        .hint(format!("it was left as it is; update claude-bridge, {ANOTHER_FOLDER}"))
        .detail("file", name(file))
}

/// The error for what the system refused to do with `path`, a file or the folder of the history.
pub(super) fn system(path: &Path, doing: &str, error: &std::io::Error) -> Error {
    let advice = match error.kind() {
        std::io::ErrorKind::TimedOut => "end the program that holds it",
        std::io::ErrorKind::StorageFull => "make room on the disk",
        _ => "make it a place that this user can write to",
    };
    Error::new(ErrorKind::StoreUnavailable, format!("{doing} {}: {error}", path.display()))
        .hint(format!("{advice}, {ANOTHER_FOLDER}"))
        .detail("file", name(path))
}

/// The error for whatever is asked of a history that is closed.
pub(super) fn closed(file: &Path) -> Error {
    Error::new(ErrorKind::StoreUnavailable, format!("the history {} is closed", file.display()))
        .detail("file", name(file))
}

/// The error for a history that somebody took away while it was open: what was written now would be seen by nobody.
pub(super) fn gone(file: &Path) -> Error {
    let message = format!("the history {} was moved or deleted while it was open: nothing is stored", file.display());
    Error::new(ErrorKind::StoreUnavailable, message)
        .hint("put it back, or start claude-bridge again")
        .detail("file", name(file))
}

/// Whether the file itself is damaged, not only a value in it.
pub(super) fn is_damage(error: &SqliteError) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn name(file: &Path) -> String {
    file.display().to_string()
}

fn kind(error: &SqliteError) -> ErrorKind {
    match error {
        SqliteError::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => ErrorKind::StoreCorrupt,
            ErrorCode::ConstraintViolation if failure.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY => {
                ErrorKind::SessionNotFound
            }
            // Rows that cannot be: we made them.
            ErrorCode::ConstraintViolation => ErrorKind::InternalError,
            _ => ErrorKind::StoreUnavailable,
        },
        SqliteError::StatementChangedRows(0) => ErrorKind::SessionNotFound,
        SqliteError::ToSqlConversionFailure(_) => ErrorKind::InternalError,
        SqliteError::FromSqlConversionFailure(..)
        | SqliteError::IntegralValueOutOfRange(..)
        | SqliteError::InvalidColumnType(..) => ErrorKind::StoreCorrupt,
        _ => ErrorKind::StoreUnavailable,
    }
}

fn hint(error: &SqliteError) -> Option<String> {
    match kind(error) {
        ErrorKind::StoreCorrupt => {
            let advice = "end every claude-bridge and start one: it looks the history through and, if it is damaged, \
                          moves it aside";
            return Some(format!("{advice}; {ANOTHER_FOLDER}"));
        }
        ErrorKind::StoreUnavailable => {}
        _ => return None,
    }
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "make room on the disk",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another program holds it; try again",
        _ => "see that this user can read and write the file and its folder",
    };
    Some(format!("{advice}, {ANOTHER_FOLDER}"))
}
