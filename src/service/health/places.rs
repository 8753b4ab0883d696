//! Folders and files: whose they are, and what dead bridges left in them.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::run_folder::RunFolder;
use super::{check, counted, failed, ok, warning};
use crate::claude;
use crate::error::Error;
use crate::protocol::health::{HealthCheck, HealthStatus};

/// Whether what is private is this user's alone.
pub(super) fn folders(data_dir: &Path) -> HealthCheck {
    const NAME: &str = "folders";
    let open = match open_to_others(data_dir) {
        Ok(open) => open,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return ok(NAME, format!("{} is made at the first start", data_dir.display()));
        }
        Err(error) => {
            let error = Error::internal(format!("{} cannot be read: {error}", data_dir.display()))
                .hint("it must be yours; data_dir names another");
            return failed(NAME, &error);
        }
    };
    match open.split_first() {
        None => ok(NAME, format!("{} is yours alone", data_dir.display())),
        Some((first, others)) => {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            let hint = format!("chmod -R go= {}; a bridge does it too when it starts", data_dir.display());
            warning(NAME, format!("others have rights on {}{more}", first.display()), hint)
        }
    }
}

/// The folder, and what is in it, where others than its owner may do anything with it.
fn open_to_others(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_open = |path: &Path| Ok::<_, io::Error>(fs::symlink_metadata(path)?.permissions().mode() & 0o077 != 0);
    let mut open = Vec::new();
    if is_open(folder)? {
        open.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match is_open(&path) {
            Ok(true) if !path.is_symlink() => open.push(path),
            // What goes meanwhile is nobody's any more.
            _ => {}
        }
    }
    Ok(open)
}

/// Whether dead bridges left anything.
pub(super) fn leftovers(run_folder: &RunFolder) -> HealthCheck {
    const NAME: &str = "leftovers";
    let left = match run_folder.left() {
        Ok(left) => left,
        Err(error) => {
            return failed(NAME, &Error::internal(format!("what dead bridges left cannot be looked for: {error}")));
        }
    };
    if left.is_empty() {
        return ok(NAME, "none");
    }
    let running: Vec<u32> = left.iter().filter_map(|folder| claude::leftovers(folder).ok()).flatten().collect();
    let pids: Vec<String> = running.iter().map(u32::to_string).collect();
    let processes = match pids.is_empty() {
        true => "no process of theirs runs".to_owned(),
        false => format!("processes {} of theirs run", pids.join(", ")),
    };
    let bridges = counted(left.len() as u64, "dead bridge");
    let detail = format!("private files of {bridges} are there; {processes}");
    check(NAME, HealthStatus::Warning, detail, Some("the next start of a bridge ends and removes them".to_owned()))
}
