//! The folders of this user and of this process, and paths in terms of them.

use std::path::{Component, Path, PathBuf};

use etcetera::BaseStrategy;

use crate::error::{Error, Result};

const FOLDER_NAME: &str = "claude-bridge";

/// The folders that a configuration is found in, or speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The user's home.
    pub home: PathBuf,
    /// Where the user's file is: `~/.config/claude-bridge`, `XDG_CONFIG_HOME` respected, on macOS too, as command-line
    /// tools have it; on Windows under `AppData\Roaming`.
    pub config: PathBuf,
    /// Where data goes unless configured: `~/.local/share/claude-bridge`, `XDG_DATA_HOME` respected; on macOS under
    /// `Library/Application Support`, on Windows under `AppData\Roaming`.
    pub data: PathBuf,
    /// The folder this process was started in.
    pub current: PathBuf,
}

impl Places {
    /// The places of whoever runs this process.
    ///
    /// # Errors
    /// `internalError` where the home folder is unknown or the current one is gone.
    pub fn find() -> Result<Self> {
        let no_home = |error| Error::internal(format!("the home folder is not known: {error}")).hint("set HOME");
        let of_tools = etcetera::choose_base_strategy().map_err(no_home)?;
        let of_system = etcetera::base_strategy::choose_native_strategy().map_err(no_home)?;
        let current = std::env::current_dir()
            .map_err(|error| Error::internal(format!("the folder of this process cannot be found: {error}")))?;
        Ok(Self {
            home: of_tools.home_dir().to_owned(),
            config: of_tools.config_dir().join(FOLDER_NAME),
            data: of_system.data_dir().join(FOLDER_NAME),
            current,
        })
    }

    /// `path` as seen from `base`, with `~/` for the home folder.
    pub(super) fn absolute(&self, path: &Path, base: &Path) -> PathBuf {
        let whole = match path.strip_prefix("~") {
            Ok(rest) => self.home.join(rest),
            Err(_) => base.join(path),
        };
        // Leaves out "." and doubled or trailing separators; ".." is for the file system, which knows the links.
        whole.components().collect()
    }
}

/// Whether `path` is the name of a program and nothing more, to be looked for on `PATH`.
pub(super) fn is_bare_name(path: &Path) -> bool {
    let mut parts = path.components();
    let first = parts.next();
    matches!(first, Some(Component::Normal(name)) if name == path.as_os_str() && name != "~") && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_its_base_or_from_home() {
        let places =
            Places { home: "/h".into(), config: PathBuf::new(), data: PathBuf::new(), current: PathBuf::new() };
        let absolute = |path: &str| places.absolute(Path::new(path), Path::new("/base"));
        assert_eq!(absolute("a/./b/"), Path::new("/base/a/b"));
        assert_eq!(absolute("."), Path::new("/base"));
        assert_eq!(absolute("/x"), Path::new("/x"));
        assert_eq!(absolute("~/x"), Path::new("/h/x"));
        assert_eq!(absolute("~"), Path::new("/h"));
        assert_eq!(absolute("~other/x"), Path::new("/base/~other/x"));
    }

    #[test]
    fn only_a_name_without_a_separator_is_looked_for_on_the_path() {
        assert!(is_bare_name(Path::new("claude")));
        for path in ["./claude", "bin/claude", "/claude", "~", "~/claude", "claude/", "..", ""] {
            assert!(!is_bare_name(Path::new(path)), "{path}");
        }
    }
}
