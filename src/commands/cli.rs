//! The command line. Each flag that sets a key of the configuration has a variable of its own, `CLAUDE_BRIDGE_…`,
//! which the flag outranks. Trust has none: the environment may come from the very folder that is in question.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use super::chat::ChatArgs;
use super::demo_agent::DemoAgentArgs;
use super::doctor::DoctorArgs;
use super::guard::GuardArgs;
use super::manual::{CompletionsArgs, ManArgs};
use super::permissions::PermissionsArgs;
use super::schema::SchemaArgs;
use super::search::SearchArgs;
use super::sessions::SessionsArgs;
use super::usage::UsageArgs;
use crate::claude;
use crate::config::{Flags, Level};

/// The prefix of our variables.
const PREFIX: &str = "CLAUDE_BRIDGE_";

/// Runs the Claude CLI for editors and dashboards: JSON-RPC on stdin and stdout, in LSP's framing.
///
/// Without a command it serves the program that started it.
#[derive(Debug, Parser)]
#[command(name = "claude-bridge", version)]
pub(super) struct Cli {
    /// Serve on stdin and stdout. This is what happens anyway; LSP clients like to say it.
    #[arg(long)]
    pub(super) stdio: bool,
    #[command(flatten)]
    pub(super) settings: SettingArgs,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What can be done beside serving.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Chat(ChatArgs),
    Search(SearchArgs),
    Usage(UsageArgs),
    Doctor(DoctorArgs),
    Sessions(SessionsArgs),
    Permissions(PermissionsArgs),
    /// Write the protocol's JSON Schemas and its OpenRPC document.
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// Be the built-in agent, which speaks the Claude CLI's protocol on stdin and stdout; this is what --demo starts.
    ///
    /// With --data-dir it remembers its conversations there. Send it the message "help" to see what it can do.
    DemoAgent(DemoAgentArgs),
    /// Stand between a bridge and one CLI. A bridge starts this by itself; nobody else has a use for it.
    #[command(name = claude::GUARD, hide = true)]
    Guard(GuardArgs),
}

/// The flags that set keys of the configuration.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct SettingArgs {
    /// The user's configuration file, in place of the one in the configuration folder.
    #[arg(long, global = true, value_name = "FILE", env = "CLAUDE_BRIDGE_CONFIG")]
    config: Option<PathBuf>,
    /// The folder that studies and MCP servers are found under.
    #[arg(long, global = true, value_name = "DIR", env = "CLAUDE_BRIDGE_ROOT")]
    root: Option<PathBuf>,
    /// Where history lives.
    #[arg(long, global = true, value_name = "DIR", env = "CLAUDE_BRIDGE_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The Claude CLI's executable.
    #[arg(long, global = true, value_name = "FILE", env = "CLAUDE_BRIDGE_CLI")]
    cli: Option<PathBuf>,
    /// The least serious level of the log: error, warn, info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL", env = "CLAUDE_BRIDGE_LOG")]
    log_level: Option<Level>,
    /// Let this folder's own configuration count in full, and that of the folders in it. May be repeated.
    #[arg(long, global = true, value_name = "DIR")]
    trust: Vec<PathBuf>,
    /// Talk to the built-in agent in the Claude CLI's place: it needs no account, and touches none of your files.
    #[arg(long, global = true)]
    pub(super) demo: bool,
}

impl SettingArgs {
    /// The same, in the configuration's terms.
    pub(super) fn into_flags(self) -> Flags {
        let Self { config, root, data_dir, cli, log_level, trust, demo: _ } = self;
        Flags { config, root, data_dir, cli, log_level, trust }
    }

    /// The level of the log, where one is wanted.
    pub(super) fn log_level(&self) -> Option<Level> {
        self.log_level
    }

    /// The same, as arguments of another process of this program.
    pub(super) fn to_arguments(&self) -> Vec<OsString> {
        let Self { config, root, data_dir, cli, log_level, trust, demo } = self;
        let paths = [("--config=", config), ("--root=", root), ("--data-dir=", data_dir), ("--cli=", cli)];
        let given = paths.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)));
        let argument = |(flag, path): (&str, &PathBuf)| {
            let mut argument = OsString::from(flag);
            argument.push(path);
            argument
        };
        let mut arguments: Vec<OsString> =
            given.chain(trust.iter().map(|path| ("--trust=", path))).map(argument).collect();
        arguments.extend(log_level.iter().map(|level| format!("--log-level={level}").into()));
        arguments.extend(demo.then(|| "--demo".into()));
        arguments
    }
}

/// A notice for each of our variables in the environment that means nothing: most likely it is misspelled.
pub(super) fn unknown_variables(names: impl Iterator<Item = OsString>) -> Vec<String> {
    let command = Cli::command();
    let known: BTreeSet<&OsStr> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
    let listed = known.iter().map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ");
    names
        .filter(|name| name.to_string_lossy().starts_with(PREFIX) && !known.contains(name.as_os_str()))
        .map(|name| format!("the variable {} means nothing; known: {listed}.", name.to_string_lossy()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_are_taken_before_and_after_a_command() {
        for line in [["claude-bridge", "--log-level=debug", "schema"], ["claude-bridge", "schema", "--log-level=debug"]]
        {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.settings.into_flags().log_level, Some(Level::Debug));
        }
    }

    #[test]
    fn a_server_of_our_own_is_given_the_same_settings() {
        let line = ["claude-bridge", "--config=c", "--root=r", "--data-dir=-d", "--cli=x", "--trust=a", "--trust=b"];
        let more = ["--log-level=debug", "--demo"];
        let given = Cli::try_parse_from(line.into_iter().chain(more)).unwrap().settings;
        let passed = given.to_arguments();
        assert_eq!(passed.len(), line.len() + more.len() - 1);
        let received = Cli::try_parse_from(std::iter::once(OsString::from("claude-bridge")).chain(passed)).unwrap();
        assert_eq!(format!("{:?}", received.settings), format!("{given:?}"));
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_known_ones() {
        let error = Cli::try_parse_from(["claude-bridge", "--log-level", "loud"]).unwrap_err().to_string();
        assert!(error.contains("'loud'") && error.contains("one of error, warn, info, debug and trace"), "{error}");
    }

    #[test]
    fn plain_and_stdio_both_mean_serving() {
        for line in [vec!["claude-bridge"], vec!["claude-bridge", "--stdio"]] {
            assert!(Cli::try_parse_from(line).unwrap().command.is_none());
        }
    }

    #[test]
    fn the_demo_agent_takes_whatever_the_claude_cli_takes() {
        let line = ["claude-bridge", "--data-dir=/d", "demo-agent", "--output-format=x", "--model", "m", "--version"];
        let Some(Command::DemoAgent(_)) = Cli::try_parse_from(line).unwrap().command else { panic!("another command") };
    }

    #[test]
    fn a_misspelled_variable_of_ours_is_noticed_and_others_are_not() {
        let names = ["CLAUDE_BRIDGE_DATADIR", "CLAUDE_BRIDGE_DATA_DIR", "CLAUDE_CODE_X", "PATH"];
        let notices = unknown_variables(names.into_iter().map(OsString::from));
        assert_eq!(
            notices,
            ["the variable CLAUDE_BRIDGE_DATADIR means nothing; known: CLAUDE_BRIDGE_CLI, CLAUDE_BRIDGE_CONFIG, \
              CLAUDE_BRIDGE_DATA_DIR, CLAUDE_BRIDGE_LOG, CLAUDE_BRIDGE_ROOT."]
        );
    }
}
