//! A log file that does not grow without end, for this user's eyes only.
//!
//! Several bridges may write to one file, each in whole lines. Whoever finds it full renames it, with the file itself
//! as the lock; the others notice that theirs is full and go on in the new one. The crates that rotate logs count only
//! what their own process wrote and leave the rights of the file to the umask, so that they fit neither.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a file gets, in bytes.
const LIMIT: u64 = 8 << 20;
/// How many full ones are kept beside it: `NAME.1` is the latest.
const KEPT: u32 = 3;

/// The end of a log; clones write to the same file.
#[derive(Clone, Debug)]
pub(super) struct RotatingFile {
    path: Arc<Path>,
    limit: u64,
    file: Arc<Mutex<File>>,
}

impl RotatingFile {
    /// Opens a file to append to it, its folder made where it is missing.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: &Path, limit: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        Ok(Self { path: path.into(), limit, file: Arc::new(Mutex::new(private(path)?)) })
    }

    /// Renames the file if it is still the full one, and gives the one to go on with.
    fn next(&self) -> io::Result<File> {
        loop {
            let current = private(&self.path)?;
            current.lock()?;
            match fs::metadata(&*self.path) {
                Ok(there) if is_same(&there, &current.metadata()?) => {}
                // Another process was faster.
                Ok(_) => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            }
            if current.metadata()?.len() < self.limit {
                current.unlock()?;
                return Ok(current);
            }
            for number in (0..KEPT).rev() {
                match fs::rename(self.numbered(number), self.numbered(number + 1)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }

    fn numbered(&self, number: u32) -> PathBuf {
        numbered(&self.path, number)
    }
}

impl Write for RotatingFile {
    /// Writes a line, which a log does in one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let metadata = file.metadata()?;
        if metadata.is_file() && metadata.len() >= self.limit {
            *file = self.next()?;
        }
        file.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Opens a file to append to it; nobody else may read it, whatever the umask is and whoever made it.
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// All files that a log can have, whether they are there or not.
pub(in crate::commands) fn files_of_log(path: &Path) -> impl Iterator<Item = PathBuf> {
    (0..=KEPT).map(|number| numbered(path, number))
}

/// The nth file; 0 is the one that is written.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_path_buf();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each file of the log has, the one that is written first.
    fn texts(path: &Path) -> Vec<String> {
        let file = RotatingFile::open(path).unwrap();
        (0..=KEPT + 1).map_while(|number| fs::read_to_string(file.numbered(number)).ok()).collect()
    }

    #[test]
    fn a_full_log_is_renamed_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.log");
        let mut log = RotatingFile::with_limit(&path, 4).unwrap();
        for line in ["1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n", "9\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(texts(&path), ["9\n", "7\n8\n", "5\n6\n", "3\n4\n"]);
        for number in 0..=KEPT {
            assert_eq!(fs::metadata(log.numbered(number)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn several_write_to_one_log_and_no_line_is_lost_or_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        // Two files' worth: all of it is kept.
        let lines = 400;
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let mut log = RotatingFile::with_limit(&path, 12_000).unwrap();
                std::thread::spawn(move || {
                    for line in 0..lines {
                        log.write_all(format!("writer {writer} line {line:05}\n").as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let texts = texts(&path);
        assert!(texts.len() > 2, "{}", texts.len());
        let mut written: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
        written.sort_unstable();
        let expected: Vec<String> =
            (0..4).flat_map(|writer| (0..lines).map(move |line| format!("writer {writer} line {line:05}"))).collect();
        assert_eq!(written, expected);
    }

    #[test]
    fn a_log_that_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        fs::write(&path, "old\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        RotatingFile::open(&path).unwrap().write_all(b"new\n").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\nnew\n");
    }
}
