//! How a bridge is set up: its folders, its configuration, the CLI that it runs.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Bridge;
use crate::support::api::Api;
use crate::support::real_cli;
use crate::support::script::{Script, ScriptedCli};

/// What a bridge is started with. `start` starts it.
pub(crate) struct Setup {
    folders: Folders,
    cli: Option<ScriptedCli>,
    wrapper: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    options: Value,
    capabilities: Value,
    initialized: bool,
}

/// The folders that a bridge and its CLI use, all of them in one that goes with the test.
pub(crate) struct Folders {
    pub(crate) home: PathBuf,
    pub(crate) workspace: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) temporary: PathBuf,
    _root: TempDir,
}

impl Bridge {
    /// A bridge that runs the scripted CLI: its first start plays the first script, and so on.
    pub(crate) fn with_scripted_cli(scripts: impl IntoIterator<Item = Script>) -> Setup {
        let cli = ScriptedCli::new(scripts);
        let setup = Setup::new().env("CLAUDE_BRIDGE_CLI", &ScriptedCli::path().to_string_lossy());
        Setup { cli: Some(cli), ..setup }
    }

    /// A bridge that runs the real CLI, against the stand-in API.
    pub(crate) fn with_real_cli(api: &Api) -> Setup {
        let setup = Setup::new().env("CLAUDE_BRIDGE_CLI", &real_cli::path().to_string_lossy());
        let environment = real_cli::environment(api, &setup.folders.home);
        environment.iter().fold(setup, |setup, (name, value)| setup.env(name, value))
    }

    /// A bridge on a machine that has no CLI.
    pub(crate) fn without_cli() -> Setup {
        Setup::new().env("PATH", "")
    }
}

impl Setup {
    fn new() -> Self {
        Self {
            folders: Folders::new(),
            cli: None,
            wrapper: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            options: json!({}),
            capabilities: json!({}),
            initialized: true,
        }
    }

    /// Starts it, and shakes hands unless told otherwise.
    pub(crate) fn start(self) -> Bridge {
        Bridge::start(self)
    }

    /// The user's own configuration file.
    pub(crate) fn config(self, toml: &str) -> Self {
        self.write_config(toml);
        self
    }

    pub(super) fn write_config(&self, toml: &str) {
        let folder = self.folders.home.join(".config/claude-bridge");
        fs::create_dir_all(&folder).expect("a folder for the configuration");
        write(&folder.join("claude-bridge.toml"), toml);
    }

    /// A file in the workspace, folders on the way included.
    pub(crate) fn workspace_file(self, path: &str, content: &str) -> Self {
        let path = self.folders.workspace.join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder in the workspace");
        write(&path, content);
        self
    }

    /// The client's `initializationOptions`.
    pub(crate) fn options(mut self, options: Value) -> Self {
        self.options = options;
        self
    }

    /// The client's `initializationOptions` from the next start on.
    pub(super) fn set_options(&mut self, options: Value) {
        self.options = options;
    }

    /// The client's capabilities.
    pub(crate) fn capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// A variable of the bridge's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Another argument of the bridge.
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Starts the bridge by another program, which is given its command line behind these and has to become it.
    pub(crate) fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Keeps its history in this folder, which may be another bridge's.
    pub(crate) fn data(mut self, folder: &Path) -> Self {
        self.folders.data = folder.to_owned();
        self
    }

    /// Leaves `initialize` to the test.
    pub(crate) fn uninitialized(mut self) -> Self {
        self.initialized = false;
        self
    }

    /// Where everything lies.
    pub(crate) fn folders(&self) -> &Folders {
        &self.folders
    }

    /// The scripted CLI that it runs, if it does.
    pub(crate) fn scripted_cli(&self) -> Option<&ScriptedCli> {
        self.cli.as_ref()
    }

    pub(super) fn is_initialized(&self) -> bool {
        self.initialized
    }

    /// The command that starts the bridge; nothing of the machine but `PATH` reaches it.
    pub(crate) fn command(&self) -> Command {
        let folders = &self.folders;
        let mut words = self.wrapper.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_claude-bridge")]);
        let mut command = Command::new(words.next().expect("at least the bridge itself"));
        command
            .args(words)
            .arg("--data-dir")
            .arg(&folders.data)
            .args(&self.arguments)
            .current_dir(&folders.workspace)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", &folders.home)
            .env("TMPDIR", &folders.temporary)
            .env("XDG_CONFIG_HOME", folders.home.join(".config"))
            .env("XDG_DATA_HOME", folders.home.join(".local/share"))
            .env("XDG_STATE_HOME", folders.home.join(".local/state"))
            .env("XDG_CACHE_HOME", folders.home.join(".cache"))
            .env("XDG_RUNTIME_DIR", &folders.temporary)
            .env("CLAUDE_CONFIG_DIR", folders.home.join(".claude"))
            .envs(self.cli.iter().flat_map(ScriptedCli::environment))
            .envs(self.environment.iter().cloned());
        command
    }

    /// What the client says at `initialize`.
    pub(super) fn initialize_params(&self) -> Value {
        let uri = format!("file://{}", self.folders.workspace.display());
        json!({
            "processId": std::process::id(),
            "clientInfo": {"name": "tests", "version": "1"},
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": "workspace"}],
            "capabilities": self.capabilities,
            "initializationOptions": self.options,
        })
    }
}

impl Folders {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        let make = |name: &str| {
            let folder = root.path().canonicalize().expect("the folder is there").join(name);
            fs::DirBuilder::new().mode(0o700).create(&folder).expect("a folder can be made");
            folder
        };
        let [home, workspace, temporary] = ["home", "workspace", "tmp"].map(make);
        let data = home.join("data");
        Self { home, workspace, data, temporary, _root: root }
    }
}

fn write(path: &Path, content: &str) {
    fs::write(path, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}
