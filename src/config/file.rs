//! Reading a configuration file, which may be anything at all in a cloned repository.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// More than anybody writes by hand.
const MAX_BYTES: u64 = 1024 * 1024;

/// The file's text, or `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(path, &error.to_string())),
    };
    // A device or a pipe behind a symbolic link would never end.
    if !metadata.is_file() {
        return Err(unreadable(path, "it is not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(unreadable(path, "it is longer than 1 MiB"));
    }
    fs::read_to_string(path).map(Some).map_err(|error| unreadable(path, &error.to_string()))
}

/// Whether both paths lead to one existing file.
pub(super) fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::invalid_params(format!("the configuration file {} cannot be read: {why}", path.display()))
        .detail("file", path.display().to_string())
}
