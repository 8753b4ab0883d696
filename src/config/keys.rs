//! Every key of the configuration, once: what a source may say, each part of it optional.
//!
//! The doc comments are the descriptions in `schemas/config.json`.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{self, Deserializer};

use super::duration::ConfigDuration;
use super::level::Level;
use super::mcp_server::McpServer;
use super::places::is_bare_name;

/// The configuration of claude-bridge: `claude-bridge.toml`. In `initializationOptions` the same keys are camelCase.
/// Relative paths start at the folder of the file, and `~/` is the home folder.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Config")]
pub struct Keys {
    /// Whom the program serves. Default: general.
    pub profile: Option<Profile>,
    /// The folder that studies and MCP servers are found under. Default: the workspace folder.
    pub root: Option<PathBuf>,
    /// Where history lives. Default: the platform's folder for data.
    pub data_dir: Option<PathBuf>,
    /// The Claude CLI.
    pub cli: CliKeys,
    /// Limits of sessions.
    pub sessions: SessionsKeys,
    /// What each mode may do.
    pub modes: ModesKeys,
    /// MCP servers of every session, by name. `${NAME}` and `${NAME:-default}` in their texts stand for variables of the
    /// environment.
    pub mcp_servers: BTreeMap<String, McpServer>,
    /// MCP servers in general.
    pub mcp: McpKeys,
    /// Permissions.
    pub permissions: PermissionsKeys,
    /// Tools of the client's own.
    pub tools: ToolsKeys,
    /// The history.
    pub store: StoreKeys,
    /// The log.
    pub log: LogKeys,
    /// Folders whose own `claude-bridge.toml` counts in full, with those below them. Counts in the user's own file and
    /// in what the client says, never in a workspace's file.
    pub trust: Option<Vec<PathBuf>>,
}

/// Whom the program serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Profile {
    /// Anybody with a folder of files.
    General,
    /// Those who run engineering optimisations with Atomizer: sessions about studies, with Atomizer's MCP server.
    Atomizer,
}

/// The Claude CLI.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "CliConfig")]
pub struct CliKeys {
    /// The executable; a bare name is looked for on PATH. Default: PATH, then the usual places.
    pub path: Option<PathBuf>,
    /// Arguments that come before ours, for a program that is the CLI only in one of its commands.
    pub args: Option<Vec<String>>,
    /// Its environment.
    pub env: EnvKeys,
    /// The length in bytes past which a line of its output is skipped. Default: 64 MiB.
    pub max_line_bytes: Option<NonZeroUsize>,
    /// The settings files it reads. Default: the user's; in trusted folders also the project's and the local ones.
    pub setting_sources: Option<Vec<SettingSource>>,
}

/// The environment of the Claude CLI.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "EnvConfig")]
pub struct EnvKeys {
    /// The variables of our environment that it sees; a name that ends in `*` stands for all that begin so. Default: all
    /// but those by which one session of the CLI tells its children about itself.
    pub pass: Option<Vec<String>>,
    /// Variables added to its environment.
    pub set: BTreeMap<String, String>,
    /// Variables that it does not see; a name that ends in `*` stands for all that begin so.
    pub remove: Option<Vec<String>>,
}

/// A settings file of the Claude CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SettingSource {
    /// The user's own.
    User,
    /// The one a project shares.
    Project,
    /// A project's, for this machine alone.
    Local,
}

impl SettingSource {
    /// Its name, as the CLI has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

/// Limits of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "SessionsConfig")]
pub struct SessionsKeys {
    /// How many messages may wait in one session. Default: 32.
    pub queue: Option<usize>,
    /// How many sessions may have a process of the Claude CLI at a time; the one that has had nothing to do for the
    /// longest time gives way to another. Default: 8.
    pub max_live: Option<NonZeroUsize>,
    /// How long a message waits where all of them are at work. Default: 1 minute.
    pub wait_timeout: Option<ConfigDuration>,
    /// How long the process of a session with nothing to do is kept. Default: 1 hour.
    pub idle_timeout: Option<ConfigDuration>,
    /// After how long without a word from the CLI a turn is shown as stalled; after twice as long it is ended, unless a
    /// tool runs. Default: 5 minutes.
    pub stall_timeout: Option<ConfigDuration>,
    /// After how long without any activity a session is closed; its history stays. Default: 24 hours.
    pub close_after: Option<ConfigDuration>,
}

/// What each mode may do.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "ModesConfig")]
pub struct ModesKeys {
    /// User mode.
    pub user: UserModeKeys,
    /// Power mode.
    pub power: PowerModeKeys,
}

/// What user mode may do.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "UserModeConfig")]
pub struct UserModeKeys {
    /// Tools that need no permission, as rules of the CLI: `Bash(git status:*)`. Default: the profile's; the general one
    /// has none.
    pub allowed_tools: Option<Vec<String>>,
    /// Tools that do not exist for Claude. The lists of all sources add up.
    pub disallowed_tools: Vec<String>,
}

/// What power mode may do: everything, so the one question is whether there is such a mode.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "PowerModeConfig")]
pub struct PowerModeKeys {
    /// Whether a session may be in power mode. Default: false.
    pub enabled: Option<bool>,
}

/// MCP servers in general.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "McpConfig")]
pub struct McpKeys {
    /// How long a turn waits for servers that are still starting. Default: 10s.
    pub timeout: Option<ConfigDuration>,
}

/// Permissions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "PermissionsConfig")]
pub struct PermissionsKeys {
    /// After how long a permission that nobody answered is denied. Default: never.
    pub deadline: Option<ConfigDuration>,
}

/// Tools of the client's own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "ToolsConfig")]
pub struct ToolsKeys {
    /// After how long a call that the client has not answered fails. Default: 2 minutes.
    pub timeout: Option<ConfigDuration>,
}

/// The history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "StoreConfig")]
pub struct StoreKeys {
    /// After how many days without any activity a session is deleted, with the Claude CLI's own transcript of it. Default:
    /// nothing is ever deleted.
    pub retention_days: Option<NonZeroU32>,
}

/// The log.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "LogConfig")]
pub struct LogKeys {
    /// The least serious level that is written. Default: warn.
    pub level: Option<Level>,
    /// The file it goes to. At 8 MiB it is renamed to `NAME.1`, and three of those are kept. Default: stderr.
    pub file: Option<PathBuf>,
    /// Whether messages, tools' inputs and outputs, and what the CLI says are logged as they are, at the level trace,
    /// and not only by their length. Default: false.
    pub content: Option<bool>,
}

impl Keys {
    /// These keys on top of those of `below`.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            profile: self.profile.or(below.profile),
            root: self.root.or(below.root),
            data_dir: self.data_dir.or(below.data_dir),
            cli: self.cli.over(below.cli),
            sessions: self.sessions.over(below.sessions),
            modes: self.modes.over(below.modes),
            mcp_servers: merged(self.mcp_servers, below.mcp_servers),
            mcp: McpKeys { timeout: self.mcp.timeout.or(below.mcp.timeout) },
            permissions: PermissionsKeys { deadline: self.permissions.deadline.or(below.permissions.deadline) },
            tools: ToolsKeys { timeout: self.tools.timeout.or(below.tools.timeout) },
            store: StoreKeys { retention_days: self.store.retention_days.or(below.store.retention_days) },
            log: self.log.over(below.log),
            trust: self.trust.or(below.trust),
        }
    }

    /// These keys with every path put through `absolute`.
    pub(super) fn with_paths(mut self, absolute: impl Fn(&Path) -> PathBuf) -> Self {
        let program = self.cli.path.as_mut().filter(|path| !is_bare_name(path));
        let single = [self.root.as_mut(), self.data_dir.as_mut(), program, self.log.file.as_mut()];
        for path in single.into_iter().flatten().chain(self.trust.iter_mut().flatten()) {
            *path = absolute(path);
        }
        self
    }
}

impl CliKeys {
    fn over(self, below: Self) -> Self {
        Self {
            path: self.path.or(below.path),
            args: self.args.or(below.args),
            env: EnvKeys {
                pass: self.env.pass.or(below.env.pass),
                set: merged(self.env.set, below.env.set),
                remove: self.env.remove.or(below.env.remove),
            },
            max_line_bytes: self.max_line_bytes.or(below.max_line_bytes),
            setting_sources: self.setting_sources.or(below.setting_sources),
        }
    }
}

impl SessionsKeys {
    fn over(self, below: Self) -> Self {
        Self {
            queue: self.queue.or(below.queue),
            max_live: self.max_live.or(below.max_live),
            wait_timeout: self.wait_timeout.or(below.wait_timeout),
            idle_timeout: self.idle_timeout.or(below.idle_timeout),
            stall_timeout: self.stall_timeout.or(below.stall_timeout),
            close_after: self.close_after.or(below.close_after),
        }
    }
}

impl ModesKeys {
    fn over(self, below: Self) -> Self {
        let mut disallowed_tools = below.user.disallowed_tools;
        for tool in self.user.disallowed_tools {
            if !disallowed_tools.contains(&tool) {
                disallowed_tools.push(tool);
            }
        }
        Self {
            user: UserModeKeys {
                allowed_tools: self.user.allowed_tools.or(below.user.allowed_tools),
                disallowed_tools,
            },
            power: PowerModeKeys { enabled: self.power.enabled.or(below.power.enabled) },
        }
    }
}

impl LogKeys {
    fn over(self, below: Self) -> Self {
        Self {
            level: self.level.or(below.level),
            file: self.file.or(below.file),
            content: self.content.or(below.content),
        }
    }
}

/// `above` and what `below` has beside it.
fn merged<T>(above: BTreeMap<String, T>, mut below: BTreeMap<String, T>) -> BTreeMap<String, T> {
    below.extend(above);
    below
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "general" => Ok(Self::General),
            "atomizer" => Ok(Self::Atomizer),
            other => Err(de::Error::unknown_variant(other, &["general", "atomizer"])),
        }
    }
}
