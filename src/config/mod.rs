//! The configuration: where it comes from, which source wins, and what comes of it.
//!
//! Sources, later ones win: the built-in profile, the user's `claude-bridge.toml`, the workspace's, the environment
//! and the flags, the client's `initializationOptions`. Four rules are more than "the later one wins":
//!
//! - Opening a cloned repository must not run its commands or widen what Claude may do. The workspace's file counts in
//!   full only where the user's own file, a flag or the client trusts the folder. Else it may only set limits, restrict
//!   Claude further and choose the log's level; a notice names the rest.
//! - What Claude may not use adds up: no source can take a tool off another's `modes.user.disallowed_tools`.
//! - The variables of `cli.env.set` and the servers of `mcp_servers` are merged by name; a server is replaced whole.
//! - Trust adds up, and a workspace's file cannot give it.
//!
//! The keys are defined once, in `keys.rs`, for TOML, for JSON and for the JSON Schema. `main` and `commands` read
//! [`Config`] and pass its parts down; nothing below them knows that there is a configuration.

mod duration;
mod fault;
mod file;
mod keys;
mod level;
mod mcp_server;
mod places;
mod reader;
#[cfg(test)]
mod tests;
mod tree;
mod trust;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

pub use keys::{Keys, Profile};
pub use level::Level;
pub use mcp_server::{McpServer, RemoteTransport};
pub use places::Places;
pub use trust::Trust;
pub use variables::{Variables, of_this_process as variables_of_this_process};

use crate::error::{Error, Result};
use duration::ConfigDuration;
use keys::{CliKeys, LogKeys, SessionsKeys};
use reader::Spelling;
use tree::Node;

/// The name of the user's file and of a workspace's.
const FILE_NAME: &str = "claude-bridge.toml";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What stands for a file's path where the client's options are at fault.
const OPTIONS: &str = "initializationOptions";

/// The configuration, resolved: every default filled in, every path absolute.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whom this program serves.
    pub profile: Profile,
    /// The folder that was opened; where the client named none, the one this process was started in.
    pub workspace: PathBuf,
    /// The folder that studies and MCP servers are found under.
    pub root: PathBuf,
    /// Where history lives.
    pub data_dir: PathBuf,
    /// How the Claude CLI is started.
    pub cli: Cli,
    /// The limits of sessions.
    pub sessions: Sessions,
    /// Tools that need no permission in user mode, as rules of the CLI; absent: the profile's.
    pub allowed_tools: Option<Vec<String>>,
    /// Tools that do not exist in user mode, as rules of the CLI.
    pub disallowed_tools: Vec<String>,
    /// Whether a session may be in power mode.
    pub power_mode: bool,
    /// The MCP servers of every session, by name.
    pub mcp_servers: BTreeMap<String, McpServer>,
    /// How long a turn waits for MCP servers that are still starting.
    pub mcp_timeout: Duration,
    /// After how long a permission that nobody answered is denied; absent: never.
    pub permission_deadline: Option<Duration>,
    /// How long a tool of the client's may take.
    pub tool_timeout: Duration,
    /// After how long without any activity a session is removed; absent: never.
    pub retention: Option<Duration>,
    /// What is logged, and where.
    pub log: Log,
    /// Whether the workspace is trusted: whether its own configuration, and the CLI's settings files in it, count.
    pub trusted: bool,
    /// Which folders are trusted: a session may work in another one than the workspace.
    pub trust: Trust,
}

/// The limits of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// How many messages may wait in one.
    pub queue: usize,
    /// How many may have a process at a time.
    pub max_live: usize,
    /// How long a message waits for one of those.
    pub wait_timeout: Duration,
    /// How long a process with nothing to do is kept.
    pub idle_timeout: Duration,
    /// After how long without a word from the CLI a turn is stalled.
    pub stall_timeout: Duration,
    /// After how long without any activity a session is closed.
    pub close_after: Duration,
}

/// How the Claude CLI is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cli {
    /// The executable, or a bare name that is looked for on `PATH`; absent: the usual places are searched.
    pub path: Option<PathBuf>,
    /// Arguments that come before ours, for a program that is the CLI only in one of its commands.
    pub args: Vec<String>,
    /// The variables of our environment it sees, `*` at the end of a name for all that begin so; absent: all.
    pub env_pass: Option<Vec<String>>,
    /// Variables added to its environment.
    pub env_set: BTreeMap<String, String>,
    /// Variables it does not see, `*` as above.
    pub env_remove: Vec<String>,
    /// The length in bytes past which a line of its output is skipped.
    pub max_line_bytes: usize,
    /// The settings files it reads (`user`, `project`, `local`); absent: as the folder's trust has it.
    pub setting_sources: Option<Vec<String>>,
}

/// What is logged, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The least serious level that is written.
    pub level: Level,
    /// The file; absent: stderr.
    pub file: Option<PathBuf>,
    /// Whether what is said is logged as it is.
    pub content: bool,
}

/// What the environment and the command line say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// The user's file, where it is not in its usual place.
    pub config: Option<PathBuf>,
    /// `root`.
    pub root: Option<PathBuf>,
    /// `data_dir`.
    pub data_dir: Option<PathBuf>,
    /// `cli.path`.
    pub cli: Option<PathBuf>,
    /// `log.level`.
    pub log_level: Option<Level>,
    /// More folders to trust.
    pub trust: Vec<PathBuf>,
}

/// All that a configuration is resolved from, beside the files that are read.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The folders of the user and of the process.
    pub places: &'a Places,
    /// The environment, for what the sources name of it.
    pub variables: &'a Variables,
    /// The environment and the command line.
    pub flags: &'a Flags,
    /// The folder that the client opened.
    pub workspace: Option<&'a Path>,
    /// The client's `initializationOptions`.
    pub options: Option<&'a Value>,
}

/// A configuration, and what the person should hear about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The configuration.
    pub config: Config,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// What was ignored, and what to do about it; one sentence or two each.
    pub notices: Vec<String>,
}

/// Reads the files and puts all sources together.
///
/// # Errors
/// `invalidParams` where a source does not parse, names an unknown key or gives one a value of the wrong type. The
/// message has the key, the file and the line.
pub fn resolve(sources: &Sources<'_>) -> Result<Resolved> {
    let places = sources.places;
    let workspace = sources.workspace.unwrap_or(&places.current);
    let user_file = user_file(sources);
    let user = read_user_file(sources, &user_file)?;
    let flags = flags(sources.flags, places);
    let options = match sources.options {
        Some(options) => {
            let mut tree = Node::from_json(options);
            prepare_servers(&mut tree, OPTIONS, Spelling::Camel, sources.variables)?;
            read_keys(&tree, OPTIONS, Spelling::Camel, workspace, places)?
        }
        None => Keys::default(),
    };
    let trust = Trust::new([&user, &flags, &options].into_iter().flat_map(|keys| keys.trust.iter().flatten()));

    let mut notices = Vec::new();
    let from_workspace = match sources.workspace {
        Some(folder) if !file::same(&folder.join(FILE_NAME), &user_file) => {
            read_workspace_file(sources, folder, trust.covers(folder), &user_file, &mut notices)?
        }
        _ => Keys::default(),
    };
    let keys = options.over(flags).over(from_workspace).over(user);
    let workspace_file = sources.workspace.map(|folder| folder.join(FILE_NAME));
    let mut files: Vec<PathBuf> = [Some(user_file), workspace_file].into_iter().flatten().collect();
    files.retain(|file| file.is_file());
    Ok(Resolved { config: fill_in(keys, workspace, places, trust), files, notices })
}

/// Where the user's file is, whether it exists or not.
fn user_file(sources: &Sources<'_>) -> PathBuf {
    let places = sources.places;
    match &sources.flags.config {
        Some(path) => places.absolute(path, &places.current),
        None => places.config.join(FILE_NAME),
    }
}

fn read_user_file(sources: &Sources<'_>, path: &Path) -> Result<Keys> {
    let Some(text) = file::read(path)? else {
        return match sources.flags.config {
            Some(_) => Err(Error::invalid_params(format!("there is no configuration file {}", path.display()))
                .hint("--config or CLAUDE_BRIDGE_CONFIG names it")),
            None => Ok(Keys::default()),
        };
    };
    let name = path.display().to_string();
    let mut tree = Node::from_toml(&text, &name)?;
    prepare_servers(&mut tree, &name, Spelling::Snake, sources.variables)?;
    read_keys(&tree, &name, Spelling::Snake, folder_of(path), sources.places)
}

fn read_workspace_file(
    sources: &Sources<'_>,
    folder: &Path,
    trusted: bool,
    user_file: &Path,
    notices: &mut Vec<String>,
) -> Result<Keys> {
    let path = folder.join(FILE_NAME);
    let Some(text) = file::read(&path)? else { return Ok(Keys::default()) };
    let name = path.display().to_string();
    let mut tree = Node::from_toml(&text, &name)?;
    if trusted {
        prepare_servers(&mut tree, &name, Spelling::Snake, sources.variables)?;
    }
    let places = sources.places;
    let keys = read_keys(&tree, &name, Spelling::Snake, folder, places)?;
    if trusted {
        if keys.trust.is_some() {
            notices.push(trust::notice_of_trust(&name, user_file));
        }
        return Ok(Keys { trust: None, ..keys });
    }
    let ignored = tree.prune(trust::FREE_KEYS);
    if !ignored.is_empty() {
        notices.push(trust::notice_of_untrusted(&name, &ignored, folder, user_file));
    }
    read_keys(&tree, &name, Spelling::Snake, folder, places)
}

/// Looks at the names of the MCP servers of one source, and puts the values of variables into them.
fn prepare_servers(tree: &mut Node, source: &str, spelling: Spelling, variables: &Variables) -> Result<()> {
    let key = spelling.spell("mcp_servers");
    let prepared = mcp_server::check_names(tree, &key).and_then(|()| variables::expand(tree, &key, variables));
    prepared.map_err(|fault| fault.into_error(source))
}

/// Reads the keys of one source; relative paths in it start at `base`.
fn read_keys(tree: &Node, source: &str, spelling: Spelling, base: &Path, places: &Places) -> Result<Keys> {
    let keys: Keys = reader::read(tree, spelling).map_err(|fault| fault.into_error(source))?;
    Ok(keys.with_paths(|path| places.absolute(path, base)))
}

fn flags(flags: &Flags, places: &Places) -> Keys {
    let keys = Keys {
        root: flags.root.clone(),
        data_dir: flags.data_dir.clone(),
        cli: CliKeys { path: flags.cli.clone(), ..CliKeys::default() },
        log: LogKeys { level: flags.log_level, ..LogKeys::default() },
        trust: Some(flags.trust.clone()),
        ..Keys::default()
    };
    keys.with_paths(|path| places.absolute(path, &places.current))
}

/// The built-in profile, under what the sources say.
fn fill_in(keys: Keys, workspace: &Path, places: &Places, trust: Trust) -> Config {
    Config {
        profile: keys.profile.unwrap_or(Profile::General),
        workspace: workspace.to_owned(),
        root: keys.root.unwrap_or_else(|| workspace.to_owned()),
        data_dir: keys.data_dir.unwrap_or_else(|| places.data.clone()),
        cli: Cli {
            path: keys.cli.path,
            args: keys.cli.args.unwrap_or_default(),
            env_pass: keys.cli.env.pass,
            env_set: keys.cli.env.set,
            env_remove: keys.cli.env.remove.unwrap_or_default(),
            max_line_bytes: keys.cli.max_line_bytes.map_or(64 * 1024 * 1024, std::num::NonZero::get),
            setting_sources: keys.cli.setting_sources.map(|all| all.iter().map(|one| one.name().to_owned()).collect()),
        },
        sessions: sessions(&keys.sessions),
        allowed_tools: keys.modes.user.allowed_tools,
        disallowed_tools: keys.modes.user.disallowed_tools,
        power_mode: keys.modes.power.enabled.unwrap_or(false),
        mcp_servers: keys.mcp_servers,
        mcp_timeout: keys.mcp.timeout.map_or(Duration::from_secs(10), ConfigDuration::get),
        permission_deadline: keys.permissions.deadline.map(ConfigDuration::get),
        tool_timeout: keys.tools.timeout.map_or(Duration::from_secs(120), ConfigDuration::get),
        retention: keys.store.retention_days.map(|days| DAY.saturating_mul(days.get())),
        log: Log {
            level: keys.log.level.unwrap_or_default(),
            file: keys.log.file,
            content: keys.log.content.unwrap_or(false),
        },
        trusted: trust.covers(workspace),
        trust,
    }
}

fn sessions(keys: &SessionsKeys) -> Sessions {
    let minutes =
        |key: Option<ConfigDuration>, default: u64| key.map_or(Duration::from_secs(60 * default), ConfigDuration::get);
    Sessions {
        queue: keys.queue.unwrap_or(32),
        max_live: keys.max_live.map_or(8, std::num::NonZero::get),
        wait_timeout: minutes(keys.wait_timeout, 1),
        idle_timeout: minutes(keys.idle_timeout, 60),
        stall_timeout: minutes(keys.stall_timeout, 5),
        close_after: minutes(keys.close_after, 24 * 60),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}
