//! Where the history lies: the names of its files, and which file it is that a name stands for.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// What SQLite keeps beside the file.
pub(super) const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// The name of something that SQLite keeps beside the file.
pub(super) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}

/// A file, whatever its name is later. Who has it open would go on writing to it, unseen, after it was moved away or
/// deleted.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    device: u64,
    number: u64,
}

#[cfg(unix)]
impl Place {
    /// The file of that name.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        let metadata = std::fs::metadata(file)?;
        Ok(Self { device: metadata.dev(), number: metadata.ino() })
    }
}

/// A file that is open can be neither moved nor deleted there.
#[cfg(not(unix))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place;

#[cfg(not(unix))]
impl Place {
    /// The file of that name.
    pub(super) fn of(_: &Path) -> io::Result<Self> {
        Ok(Self)
    }
}
