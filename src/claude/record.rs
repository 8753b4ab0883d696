//! The record of a CLI's processes, for whoever finds it when both the guard and the bridge are gone.
//!
//! Its first line says which start of the machine it is of; each other one is a process: its number and its start.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::processes::{Identity, boot};

/// The name of a record, in the private folder of its CLI.
pub(super) const NAME: &str = "processes";

/// A record that is kept.
#[derive(Debug)]
pub(super) struct Record {
    path: PathBuf,
    boot: String,
    written: Vec<Identity>,
}

impl Record {
    /// Keeps a record at `path`.
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, boot: boot(), written: Vec::new() }
    }

    /// Writes the record anew if it has changed. Whoever reads it sees the old one or the new one.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn write(&mut self, processes: impl Iterator<Item = Identity>) -> io::Result<()> {
        let processes: Vec<Identity> = processes.collect();
        if processes == self.written {
            return Ok(());
        }
        let lines = processes.iter().map(|id| format!("{} {}\n", id.pid, id.start));
        let text: String = std::iter::once(format!("{}\n", self.boot)).chain(lines).collect();
        let new = self.path.with_extension("new");
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?
            .write_all(text.as_bytes())?;
        fs::rename(new, &self.path)?;
        self.written = processes;
        Ok(())
    }
}

/// The processes of a record; none if it is of an earlier start of the machine, or there is none.
pub(super) fn read(path: &Path) -> Vec<Identity> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a record of processes cannot be read");
            return Vec::new();
        }
    };
    let mut lines = text.lines();
    if lines.next() != Some(boot().as_str()) {
        return Vec::new();
    }
    lines.filter_map(process).collect()
}

fn process(line: &str) -> Option<Identity> {
    let (pid, start) = line.split_once(' ')?;
    Some(Identity { pid: pid.parse().ok()?, start: start.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Identity; 2] = [Identity { pid: 7, start: 70 }, Identity { pid: 8, start: 80 }];

    #[test]
    fn what_is_written_last_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        assert_eq!(read(&path), []);
        let mut record = Record::at(path.clone());
        record.write(TWO[..1].iter().copied()).unwrap();
        record.write(TWO.into_iter()).unwrap();
        assert_eq!(read(&path), TWO);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_record_of_an_earlier_start_of_the_machine_names_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let mut record = Record { boot: "an earlier one".into(), ..Record::at(path.clone()) };
        record.write(TWO.into_iter()).unwrap();
        assert_eq!(read(&path), []);
    }
}
