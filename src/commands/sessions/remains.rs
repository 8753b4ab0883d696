//! Where else there is something that was said: files that are of no session alone, so that no deletion takes them along.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::commands::CHAT_HISTORY;
use crate::commands::logging::files_of_log;
use crate::commands::terminal::screen::bytes;
use crate::config::Log;
use crate::error::{Error, Result};
use crate::store::is_moved_aside;

/// A file that has, or may have, something that was said.
#[derive(Debug, Serialize)]
pub(super) struct Remains {
    path: PathBuf,
    bytes: u64,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum What {
    DamagedHistory,
    ChatHistory,
    Log,
}

/// Damaged histories that were moved aside, what was typed in `chat`, and the log where it has content.
pub(super) fn find(data_dir: &Path, log: &Log) -> Result<Vec<Remains>> {
    let mut found: Vec<(PathBuf, What)> = Vec::new();
    let entries = match fs::read_dir(data_dir) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|problem| cannot("looked through", data_dir, &problem))?,
    };
    for entry in entries {
        let path = entry.map_err(|problem| cannot("looked through", data_dir, &problem))?.path();
        if is_moved_aside(&path) {
            found.push((path, What::DamagedHistory));
        } else if path.file_name().is_some_and(|name| name == CHAT_HISTORY) {
            found.push((path, What::ChatHistory));
        }
    }
    if let Some(file) = log.file.as_ref().filter(|_| log.content) {
        found.extend(files_of_log(file).map(|path| (path, What::Log)));
    }
    let mut remains = Vec::new();
    for (path, what) in found {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > 0 => remains.push(Remains { path, bytes: metadata.len(), what }),
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
                return Err(cannot("looked at", &path, &problem));
            }
            Ok(_) | Err(_) => {}
        }
    }
    remains.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(remains)
}

impl Remains {
    /// Removes it. A log that others write to goes on empty.
    pub(super) fn remove(&self) -> Result<()> {
        let removed = match self.what {
            What::Log => fs::OpenOptions::new().write(true).truncate(true).open(&self.path).map(drop),
            What::DamagedHistory | What::ChatHistory => fs::remove_file(&self.path),
        };
        match removed {
            Err(problem) if problem.kind() != io::ErrorKind::NotFound => Err(cannot("removed", &self.path, &problem)),
            _ => Ok(()),
        }
    }

    /// What a person is told of it.
    pub(super) fn told(&self) -> String {
        let what = match self.what {
            What::DamagedHistory => "of a damaged history that was moved aside",
            What::ChatHistory => "what was typed in `claude-bridge chat`",
            What::Log => "a log with content",
        };
        let size = bytes(self.bytes);
        format!("{} ({size}), {what}", self.path.display())
    }
}

fn cannot(be: &str, path: &Path, problem: &io::Error) -> Error {
    Error::internal(format!("{} cannot be {be}: {problem}", path.display()))
}
