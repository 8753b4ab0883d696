//! What the service is told by the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::claude;
use crate::protocol::session::McpServer;

/// What the service is told by the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where history lives, and the private files of running sessions.
    pub data_dir: PathBuf,
    /// The folder Claude works in where a client names none: the workspace.
    pub workspace: PathBuf,
    /// The client's name, as Claude is told it.
    pub client: Option<String>,
    /// How the Claude CLI is found and started.
    pub cli: claude::Settings,
    /// How many messages may wait in one session.
    pub queue: usize,
    /// Rules for what user mode may do without asking, in the CLI's own notation.
    pub allowed_tools: Vec<String>,
    /// What no session may do in user mode, in the CLI's own notation.
    pub disallowed_tools: Vec<String>,
    /// Whether a session may be in power mode.
    pub power: bool,
    /// MCP servers of every session.
    pub mcp_servers: BTreeMap<String, McpServer>,
    /// How long a turn waits for MCP servers.
    pub mcp_timeout: Duration,
    /// Folders, canonical, whose own settings count: the repository's `.claude/settings.json` runs code.
    pub trusted: Vec<PathBuf>,
}

#[cfg(test)]
impl Settings {
    /// A configuration that finds no CLI and keeps its history in `folder`.
    pub(crate) fn for_tests(folder: &std::path::Path) -> Self {
        let path = Some(folder.join("no-claude-here"));
        Self {
            data_dir: folder.to_owned(),
            workspace: folder.to_owned(),
            client: None,
            cli: claude::Settings { path, ..claude::Settings::default() },
            queue: 32,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            power: false,
            mcp_servers: BTreeMap::new(),
            mcp_timeout: Duration::from_secs(10),
            trusted: Vec::new(),
        }
    }
}
