//! The files that a CLI reads at its start: what must not be seen in `ps`, and would not fit into an argument.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::record;
use crate::error::{Error, ErrorKind, Result};

/// The private files of one process; they go with this value.
#[derive(Debug)]
pub(super) struct PrivateFiles {
    folder: PathBuf,
    /// The MCP servers, where there are any.
    pub(super) mcp_config: Option<PathBuf>,
    /// The text that is added to the system prompt, where there is any.
    pub(super) system_prompt: Option<PathBuf>,
    /// What was granted before, where anything was.
    pub(super) settings: Option<PathBuf>,
}

impl PrivateFiles {
    /// Writes the files into `folder`, which is made if it is missing and closed to everybody else.
    ///
    /// # Errors
    /// `internalError` that names the file which could not be written.
    pub(super) fn write(
        folder: &Path,
        mcp_servers: &Map<String, Value>,
        system_prompt: &str,
        settings: Option<&Value>,
    ) -> Result<Self> {
        let mut files = Self { folder: folder.to_owned(), mcp_config: None, system_prompt: None, settings: None };
        make_private_folder(folder).map_err(|error| cannot_write(folder, &error))?;
        if !mcp_servers.is_empty() {
            let text = json!({ "mcpServers": mcp_servers }).to_string();
            files.mcp_config = Some(write_private(folder.join("mcp.json"), text.as_bytes())?);
        }
        if !system_prompt.is_empty() {
            files.system_prompt = Some(write_private(folder.join("system-prompt.md"), system_prompt.as_bytes())?);
        }
        if let Some(settings) = settings {
            files.settings = Some(write_private(folder.join("settings.json"), settings.to_string().as_bytes())?);
        }
        Ok(files)
    }

    /// Where the guard keeps its record of the process.
    pub(super) fn record(&self) -> PathBuf {
        self.folder.join(record::NAME)
    }
}

impl Drop for PrivateFiles {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "a private folder could not be removed");
        }
    }
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // It may be there from a process that was killed, with whatever mode.
    fs::set_permissions(folder, Permissions::from_mode(0o700))
}

fn write_private(path: PathBuf, content: &[u8]) -> Result<PathBuf> {
    match create_private(&path, content) {
        Ok(()) => Ok(path),
        Err(error) => Err(cannot_write(&path, &error)),
    }
}

/// Makes the file anew, so that neither the mode nor the links of one that was there before count.
fn create_private(path: &Path, content: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(content)
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::InternalError, format!("cannot write {} for the Claude CLI: {error}", path.display()))
        .hint("check that the folder is yours, and that its disk is neither full nor read-only")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn servers() -> Map<String, Value> {
        Map::from_iter([("db".to_owned(), json!({"command": "db", "env": {"TOKEN": "s3cret"}}))])
    }

    #[test]
    fn prompts_servers_and_settings_are_readable_by_their_owner_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        let files = PrivateFiles::write(&folder, &servers(), "Be kind.", Some(&json!({"a": 1}))).unwrap();
        let mcp = files.mcp_config.clone().unwrap();
        let prompt = files.system_prompt.clone().unwrap();
        let settings = files.settings.clone().unwrap();
        assert_eq!((mode(&folder), mode(&mcp), mode(&prompt), mode(&settings)), (0o700, 0o600, 0o600, 0o600));
        assert_eq!(fs::read_to_string(settings).unwrap(), r#"{"a":1}"#);
        assert_eq!(fs::read_to_string(prompt).unwrap(), "Be kind.");
        let config: Value = serde_json::from_slice(&fs::read(mcp).unwrap()).unwrap();
        assert_eq!(config["mcpServers"]["db"]["env"]["TOKEN"], "s3cret");
    }

    #[test]
    fn what_a_killed_process_left_is_replaced_and_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("left");
        let elsewhere = parent.path().join("elsewhere");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        fs::write(&elsewhere, "theirs").unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.join("system-prompt.md")).unwrap();
        let files = PrivateFiles::write(&folder, &Map::new(), "ours", None).unwrap();
        assert_eq!((mode(&folder), mode(files.system_prompt.as_ref().unwrap())), (0o700, 0o600));
        assert_eq!(fs::read_to_string(elsewhere).unwrap(), "theirs");
    }

    #[test]
    fn the_files_and_their_folder_go_with_the_value() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("one");
        drop(PrivateFiles::write(&folder, &servers(), "text", None).unwrap());
        assert!(!folder.exists());
    }

    #[test]
    fn nothing_is_written_where_there_is_nothing_to_say() {
        let parent = tempfile::tempdir().unwrap();
        let files = PrivateFiles::write(&parent.path().join("one"), &Map::new(), "", None).unwrap();
        assert_eq!((&files.mcp_config, &files.system_prompt), (&None, &None));
    }
}
