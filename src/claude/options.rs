//! How a CLI is started for one session: its arguments.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::discovery::Cli;
use super::files::PrivateFiles;
use super::permission::{Grant, Granted, GrantedMode};
use super::settings::Settings;
use crate::ids::ProviderSessionId;

/// Which conversation a process serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// One that begins, under this id.
    New(ProviderSessionId),
    /// One that the CLI has a transcript of.
    Resume(ProviderSessionId),
    /// One that begins with all of another one, which the CLI has a transcript of and which stays as it is.
    Fork {
        /// The other one.
        of: ProviderSessionId,
        /// Its own id.
        id: ProviderSessionId,
    },
}

/// What one process is started with.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub cli: Cli,
    /// The folder that Claude works in.
    pub cwd: PathBuf,
    /// Which conversation.
    pub conversation: Conversation,
    /// The model; `None`: the CLI's default.
    pub model: Option<String>,
    /// How hard the model thinks; `None`: the CLI's default.
    pub effort: Option<String>,
    /// After how many requests to the model a turn is ended.
    pub max_turns: Option<u32>,
    /// What the process may spend, in US dollars.
    pub max_budget_usd: Option<f64>,
    /// Permission rules for what needs no question.
    pub allowed_tools: Vec<String>,
    /// Permission rules for what is never done.
    pub disallowed_tools: Vec<String>,
    /// What was granted before, which needs no question any more.
    pub granted: Vec<Grant>,
    /// Variables of the session's own, which it sees whatever the settings say.
    pub environment: BTreeMap<String, String>,
    /// Text that is added to the CLI's own system prompt; may be empty.
    pub system_prompt: String,
    /// MCP servers by name, each as the CLI's configuration file has it.
    pub mcp_servers: Map<String, Value>,
    /// Whether the settings files of the folder count, which can run commands.
    pub trusted: bool,
    /// How long the first turn waits for MCP servers, unless the person's own `MCP_TIMEOUT` says otherwise.
    pub mcp_timeout: Duration,
    /// A folder for this process alone; made if it is missing, removed with all that is ours when the process ends.
    pub private_dir: PathBuf,
}

/// What is the same for every session: JSON lines both ways, partial messages, a copy of what goes into its
/// transcript, permission questions asked of us.
const ALWAYS: [&str; 7] = [
    "--output-format=stream-json",
    "--input-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--session-mirror",
    "--permission-prompt-tool=stdio",
    "--strict-mcp-config",
];

/// The arguments, without the program. Values are joined to their flags, so that none can be taken for a flag itself.
pub(super) fn arguments(launch: &Launch, settings: &Settings, files: &PrivateFiles) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = launch.cli.args.iter().map(OsString::from).collect();
    arguments.extend(ALWAYS.map(OsString::from));
    let mut add = |name: &str, value: &OsStr| arguments.push(flag(name, value));
    match launch.conversation {
        Conversation::New(id) => add("--session-id", id.to_string().as_ref()),
        Conversation::Resume(id) => add("--resume", id.to_string().as_ref()),
        Conversation::Fork { of, id } => {
            add("--resume", of.to_string().as_ref());
            add("--session-id", id.to_string().as_ref());
            arguments.push("--fork-session".into());
        }
    }
    let mut add = |name: &str, value: &OsStr| arguments.push(flag(name, value));
    add("--permission-mode", permission_mode(launch).as_ref());
    add("--setting-sources", setting_sources(launch, settings).as_ref());
    let given = [
        ("--mcp-config", &files.mcp_config),
        ("--append-system-prompt-file", &files.system_prompt),
        ("--settings", &files.settings),
    ];
    for (name, path) in given {
        path.iter().for_each(|path| add(name, path.as_ref()));
    }
    launch.allowed_tools.iter().for_each(|rule| add("--allowedTools", rule.as_ref()));
    launch.disallowed_tools.iter().for_each(|rule| add("--disallowedTools", rule.as_ref()));
    let optional = [
        ("--model", launch.model.clone()),
        ("--effort", launch.effort.clone()),
        ("--max-turns", launch.max_turns.map(|turns| turns.to_string())),
        ("--max-budget-usd", launch.max_budget_usd.map(|dollars| dollars.to_string())),
    ];
    for (name, value) in optional {
        value.iter().for_each(|value| add(name, value.as_ref()));
    }
    arguments
}

fn flag(name: &str, value: &OsStr) -> OsString {
    let mut flag = OsString::from(name);
    flag.push("=");
    flag.push(value);
    flag
}

/// Always named, so that the default of the person's own settings cannot widen what a session may do.
fn permission_mode(launch: &Launch) -> &'static str {
    match Granted::of(&launch.granted).mode {
        Some(GrantedMode::AcceptEdits) => "acceptEdits",
        None => "default",
    }
}

fn setting_sources(launch: &Launch, settings: &Settings) -> String {
    match &settings.setting_sources {
        Some(sources) => sources.join(","),
        None if launch.trusted => "user,project,local".to_owned(),
        None => "user".to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    const ID: &str = "0193a5f0-0000-7000-8000-000000000001";

    /// The least that a process can be started with: `/bin/sh -c SCRIPT`, in a new conversation.
    pub(in crate::claude) fn shell(script: &str, folder: &Path) -> Launch {
        Launch {
            cli: Cli {
                path: "/bin/sh".into(),
                args: vec!["-c".into(), script.into(), "claude".into()],
                version: "2.1.330".into(),
            },
            cwd: folder.into(),
            conversation: Conversation::New(ID.parse().unwrap()),
            model: None,
            effort: None,
            max_turns: None,
            max_budget_usd: None,
            allowed_tools: Vec::new(),
            disallowed_tools: Vec::new(),
            granted: Vec::new(),
            environment: BTreeMap::new(),
            system_prompt: String::new(),
            mcp_servers: Map::new(),
            trusted: false,
            mcp_timeout: Duration::from_secs(10),
            private_dir: folder.join("private"),
        }
    }

    fn joined(launch: &Launch, settings: &Settings) -> Vec<String> {
        let granted = Granted::of(&launch.granted).settings();
        let (folder, servers) = (&launch.private_dir, &launch.mcp_servers);
        let files = PrivateFiles::write(folder, servers, &launch.system_prompt, granted.as_ref()).unwrap();
        let folder = launch.private_dir.to_str().unwrap();
        let arguments = arguments(launch, settings, &files).into_iter();
        arguments.map(|argument| argument.into_string().unwrap().replace(folder, "DIR")).collect()
    }

    #[test]
    fn a_bare_session_is_started_with_exactly_these_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let mut launch = shell("", folder.path());
        launch.cli.args.clear();
        let expected = "--output-format=stream-json --input-format=stream-json --verbose \
            --include-partial-messages --session-mirror --permission-prompt-tool=stdio --strict-mcp-config \
            --session-id=0193a5f0-0000-7000-8000-000000000001 --permission-mode=default --setting-sources=user";
        assert_eq!(joined(&launch, &Settings::default()).join(" "), expected);
    }

    #[test]
    fn a_full_session_is_started_with_exactly_these_arguments() {
        let folder = tempfile::tempdir().unwrap();
        let mut launch = shell("", folder.path());
        launch.cli.args = vec!["demo-agent".into()];
        launch.conversation = Conversation::Resume(ID.parse().unwrap());
        launch.model = Some("opus".into());
        launch.effort = Some("high".into());
        launch.max_turns = Some(7);
        launch.max_budget_usd = Some(1.5);
        launch.allowed_tools = vec!["Bash(git log:*)".into(), "Read".into()];
        launch.disallowed_tools = vec!["WebFetch".into()];
        launch.granted = vec![
            Grant::AddDirectories { directories: vec!["/a".into()] },
            Grant::SetMode { mode: GrantedMode::AcceptEdits },
        ];
        launch.system_prompt = "Be kind.".into();
        launch.mcp_servers = Map::from_iter([("db".to_owned(), json!({"command": "db"}))]);
        launch.trusted = true;
        let arguments = joined(&launch, &Settings::default());
        assert_eq!((arguments[0].as_str(), arguments[1].as_str()), ("demo-agent", "--output-format=stream-json"));
        let expected = [
            "--resume=0193a5f0-0000-7000-8000-000000000001",
            "--permission-mode=acceptEdits",
            "--setting-sources=user,project,local",
            "--mcp-config=DIR/mcp.json",
            "--append-system-prompt-file=DIR/system-prompt.md",
            "--settings=DIR/settings.json",
            "--allowedTools=Bash(git log:*)",
            "--allowedTools=Read",
            "--disallowedTools=WebFetch",
            "--model=opus",
            "--effort=high",
            "--max-turns=7",
            "--max-budget-usd=1.5",
        ];
        assert_eq!(arguments[8..], expected);
    }

    #[test]
    fn a_fork_names_the_conversation_that_it_goes_on_from_and_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let mut launch = shell("", folder.path());
        let of = "0193a5f0-0000-7000-8000-000000000002".parse().unwrap();
        launch.conversation = Conversation::Fork { of, id: ID.parse().unwrap() };
        let arguments = joined(&launch, &Settings::default());
        let expected = [&format!("--resume={of}"), &format!("--session-id={ID}"), "--fork-session"];
        assert_eq!(arguments[arguments.len() - 5..arguments.len() - 2], expected);
    }

    #[test]
    fn configured_setting_sources_count_whatever_the_trust() {
        let folder = tempfile::tempdir().unwrap();
        let mut launch = shell("", folder.path());
        launch.trusted = true;
        let settings = Settings { setting_sources: Some(Vec::new()), ..Settings::default() };
        assert!(joined(&launch, &settings).contains(&"--setting-sources=".to_owned()));
    }
}
