//! What the service is told by the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::claude;
use crate::context::Profile;
use crate::protocol::session::McpServer;

/// What the service is told by the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whom this program serves.
    pub profile: Profile,
    /// Where it was read.
    pub read: Read,
    /// Where history lives, and the private files of running sessions.
    pub data_dir: PathBuf,
    /// The folder Claude works in where a client names none: the workspace.
    pub workspace: PathBuf,
    /// The client's name, as Claude is told it.
    pub client: Option<String>,
    /// How the Claude CLI is found and started.
    pub cli: claude::Settings,
    /// What bounds each session.
    pub limits: Limits,
    /// How many sessions may have a process at a time.
    pub max_live: usize,
    /// After how long without any activity a session that has no process is closed.
    pub close_after: Duration,
    /// After how long without any activity a session is removed; `None`: never.
    pub retention: Option<Duration>,
    /// Where the built-in agent keeps its notes in the data folder, a file for each conversation.
    pub notes: PathBuf,
    /// Rules for what user mode may do without asking, in the CLI's own notation; `None`: the profile's.
    pub allowed_tools: Option<Vec<String>>,
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

/// Where a configuration comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The files.
    pub files: Vec<PathBuf>,
    /// What was ignored, and why; a sentence or two each.
    pub ignored: Vec<String>,
}

/// What bounds a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many messages may wait in it.
    pub queue: usize,
    /// How long its process is kept while there is nothing to do.
    pub idle_timeout: Duration,
    /// After how long without a word from the CLI a turn counts as stalled; after twice as long it is ended.
    pub stall_timeout: Duration,
    /// How long a message waits for other sessions to leave room for a process.
    pub wait_timeout: Duration,
    /// After how long a permission that nobody answered is denied; `None`: never.
    pub permission_deadline: Option<Duration>,
    /// How long a tool of the client's may take.
    pub tool_timeout: Duration,
}

#[cfg(any(test, feature = "fuzzing"))]
impl Limits {
    /// Those of a test in which nothing takes long.
    pub(crate) fn for_tests() -> Self {
        let hour = Duration::from_secs(3600);
        Self {
            queue: 32,
            idle_timeout: hour,
            stall_timeout: hour,
            wait_timeout: hour,
            permission_deadline: None,
            tool_timeout: hour,
        }
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl Settings {
    /// A configuration that finds no CLI and keeps its history in `folder`.
    #[doc(hidden)]
    #[must_use]
    pub fn for_tests(folder: &std::path::Path) -> Self {
        let path = Some(folder.join("no-claude-here"));
        Self {
            profile: Profile::General,
            read: Read::default(),
            data_dir: folder.to_owned(),
            workspace: folder.to_owned(),
            client: None,
            cli: claude::Settings { path, ..claude::Settings::default() },
            limits: Limits::for_tests(),
            max_live: 8,
            close_after: Duration::from_secs(24 * 3600),
            retention: None,
            notes: "demo".into(),
            allowed_tools: None,
            disallowed_tools: Vec::new(),
            power: false,
            mcp_servers: BTreeMap::new(),
            mcp_timeout: Duration::from_secs(10),
            trusted: Vec::new(),
        }
    }
}
