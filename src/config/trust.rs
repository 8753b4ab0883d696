//! Which folders may speak for themselves.

use std::path::{Path, PathBuf};

/// What the file of a folder that nobody trusts may set: nothing that runs a program, reaches another place or widens
/// what Claude may do.
pub(super) const FREE_KEYS: &[&str] = &["sessions", "modes.user.disallowed_tools", "log.level"];

/// The trusted folders. A trusted folder covers those below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    folders: Vec<PathBuf>,
}

impl Trust {
    /// Trusts `folders`, which are absolute. One that does not exist covers nothing.
    pub(super) fn new<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> Self {
        Self { folders: folders.filter_map(|folder| folder.canonicalize().ok()).collect() }
    }

    /// The folders, by their real paths.
    #[must_use]
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether `folder` is trusted, by its real path: a link in a trusted folder does not lend its trust.
    #[must_use]
    pub fn covers(&self, folder: &Path) -> bool {
        folder.canonicalize().is_ok_and(|real| self.folders.iter().any(|trusted| real.starts_with(trusted)))
    }
}

/// What the person is told when parts of a workspace's file do not count.
pub(super) fn notice_of_untrusted(file: &str, ignored: &[String], folder: &Path, user_file: &Path) -> String {
    format!(
        "{file}: ignored, because this folder is not trusted: {}. To trust it, add \"{}\" to `trust` in {}.",
        ignored.join(", "),
        folder.display(),
        user_file.display()
    )
}

/// What the person is told when a trusted workspace's file hands on its trust.
pub(super) fn notice_of_trust(file: &str, user_file: &Path) -> String {
    format!("{file}: `trust` is ignored here; it counts in {} and in what the client says.", user_file.display())
}
