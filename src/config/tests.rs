use std::fs;

use serde_json::json;

use super::*;
use crate::error::ErrorKind;

/// A user with a home and an opened workspace, in a folder of their own.
struct Machine {
    folder: tempfile::TempDir,
    flags: Flags,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home/config", "home/data", "ws"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self { folder, flags: Flags::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn user(self, toml: &str) -> Self {
        fs::write(self.path("home/config/claude-bridge.toml"), toml).unwrap();
        self
    }

    fn workspace(self, toml: &str) -> Self {
        fs::write(self.path("ws/claude-bridge.toml"), toml).unwrap();
        self
    }

    fn resolve(&self, options: &Value) -> Result<Resolved> {
        let places = Places {
            home: self.path("home"),
            config: self.path("home/config"),
            data: self.path("home/data"),
            current: self.path("home"),
        };
        let workspace = self.path("ws");
        let options = (!options.is_null()).then_some(options);
        let variables = Variables::from([("TOKEN".to_owned(), "s3cret".to_owned())]);
        let (flags, workspace) = (&self.flags, Some(workspace.as_path()));
        resolve(&Sources { places: &places, variables: &variables, flags, workspace, options })
    }

    fn config(&self, options: &Value) -> Config {
        self.resolve(options).unwrap().config
    }

    /// The error's words, with the folder of the test left out.
    fn complaint(&self, options: &Value) -> String {
        self.neutral(&self.resolve(options).unwrap_err().to_string())
    }

    fn notices(&self, options: &Value) -> Vec<String> {
        self.resolve(options).unwrap().notices.iter().map(|notice| self.neutral(notice)).collect()
    }

    fn neutral(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "")
    }
}

#[test]
fn without_any_source_the_general_profile_holds() {
    let machine = Machine::new();
    let Resolved { config, notices, .. } = machine.resolve(&Value::Null).unwrap();
    assert_eq!(config.profile, Profile::General);
    assert_eq!(config.root, machine.path("ws"));
    assert_eq!(config.data_dir, machine.path("home/data"));
    assert_eq!(config.cli.max_line_bytes, 64 * 1024 * 1024);
    assert_eq!(config.sessions.queue, 32);
    assert_eq!(config.mcp_timeout, Duration::from_secs(10));
    assert_eq!(config.log, Log { level: Level::Warn, file: None, content: false });
    assert!(!config.power_mode);
    assert!(!config.trusted);
    assert_eq!(notices, [""; 0]);
}

#[test]
fn a_later_source_wins_over_an_earlier_one() {
    let set = |queue: u32| format!("sessions.queue = {queue}\n");
    let machine = Machine::new().user(&(set(1) + "log.level = 'error'\ncli.args = ['user']\ncli.path = '/user'\n"));
    assert_eq!(machine.config(&Value::Null).sessions.queue, 1);

    let mut machine = machine.workspace(&(set(2) + "log.level = 'info'"));
    assert_eq!(machine.config(&Value::Null).sessions.queue, 2);
    assert_eq!(machine.config(&Value::Null).log.level, Level::Info);

    machine.flags = Flags { log_level: Some(Level::Debug), cli: Some("/flag".into()), ..Flags::default() };
    assert_eq!(machine.config(&Value::Null).log.level, Level::Debug);

    let config = machine.config(&json!({"sessions": {"queue": 4}, "log": {"level": "trace"}}));
    assert_eq!((config.sessions.queue, config.log.level), (4, Level::Trace));
    assert_eq!((config.cli.path, config.cli.args), (Some("/flag".into()), vec!["user".to_owned()]));
}

#[test]
fn every_key_is_read_from_toml_and_from_the_clients_options() {
    let toml = r#"
        profile = "general"
        root = "/r"
        data_dir = "/d"
        trust = ["/"]
        [cli]
        path = "/c"
        args = ["--a"]
        max_line_bytes = 5
        setting_sources = ["user", "local"]
        env = { pass = ["P"], set = { my_var = "v" }, remove = ["R"] }
        [sessions]
        queue = 3
        [modes]
        user = { allowed_tools = ["Read"], disallowed_tools = ["Bash"] }
        power = { enabled = true }
        [mcp_servers.my_tools]
        command = "node"
        args = ["i.js"]
        env = { api_key = "k" }
        [mcp_servers.far]
        type = "sse"
        url = "https://x"
        headers = { x_token = "t" }
        [mcp]
        timeout = "1m 500ms"
        [log]
        level = "debug"
        file = "/l"
    "#;
    let json = json!({
        "profile": "general", "root": "/r", "dataDir": "/d", "trust": ["/"],
        "cli": {
            "path": "/c", "args": ["--a"], "maxLineBytes": 5, "settingSources": ["user", "local"],
            "env": {"pass": ["P"], "set": {"my_var": "v"}, "remove": ["R"]}
        },
        "sessions": {"queue": 3},
        "modes": {"user": {"allowedTools": ["Read"], "disallowedTools": ["Bash"]}, "power": {"enabled": true}},
        "mcpServers": {
            "my_tools": {"command": "node", "args": ["i.js"], "env": {"api_key": "k"}},
            "far": {"type": "sse", "url": "https://x", "headers": {"x_token": "t"}}
        },
        "mcp": {"timeout": "1m 500ms"},
        "log": {"level": "debug", "file": "/l"}
    });
    let machine = Machine::new();
    let from_json = machine.config(&json);
    assert_eq!(
        machine.user(toml).config(&Value::Null),
        Config { workspace: from_json.workspace.clone(), ..from_json.clone() }
    );
    assert_eq!(from_json.cli.setting_sources, Some(vec!["user".to_owned(), "local".to_owned()]));
    assert_eq!(from_json.cli.env_set["my_var"], "v");
    assert_eq!(from_json.mcp_timeout, Duration::from_millis(60_500));
    assert!(from_json.trusted && from_json.power_mode);
    let far = McpServer::Remote {
        transport: RemoteTransport::Sse,
        url: "https://x".into(),
        headers: [("x_token".into(), "t".into())].into(),
    };
    assert_eq!(from_json.mcp_servers["far"], far);
}

#[test]
fn named_things_are_merged_by_name_and_a_server_is_replaced_whole() {
    let machine = Machine::new().user(
        "cli.env.set = { A = '1', B = '1' }\n[mcp_servers]\na = { command = 'a', args = ['x'] }\nb = { command = 'b' }",
    );
    let config = machine.config(&json!({"cli": {"env": {"set": {"B": "2"}}}, "mcpServers": {"a": {"command": "c"}}}));
    assert_eq!(config.cli.env_set, [("A".into(), "1".into()), ("B".into(), "2".into())].into());
    let stdio = |command: &str| McpServer::Stdio { command: command.into(), args: vec![], env: BTreeMap::new() };
    assert_eq!(config.mcp_servers, [("a".into(), stdio("c")), ("b".into(), stdio("b"))].into());
}

#[test]
fn no_source_takes_a_tool_off_anothers_list_of_disallowed_ones() {
    let machine = Machine::new()
        .user("modes.user.disallowed_tools = ['Bash']")
        .workspace("modes.user.disallowed_tools = ['WebFetch', 'Bash']");
    let config = machine.config(&json!({"modes": {"user": {"disallowedTools": []}}}));
    assert_eq!(config.disallowed_tools, ["Bash", "WebFetch"]);
}

#[test]
fn relative_paths_start_at_the_folder_of_their_source() {
    let machine =
        Machine::new().user("data_dir = 'history'\nroot = '~/r'\ncli.path = 'bin/claude'\ntrust = ['../../ws']");
    let config = machine.config(&json!({"log": {"file": "log.txt"}}));
    assert_eq!(config.data_dir, machine.path("home/config/history"));
    assert_eq!(config.root, machine.path("home/r"));
    assert_eq!(config.cli.path, Some(machine.path("home/config/bin/claude")));
    assert_eq!(config.log.file, Some(machine.path("ws/log.txt")));
    assert!(config.trusted);

    let bare = machine.config(&json!({"cli": {"path": "claude-next"}}));
    assert_eq!(bare.cli.path, Some("claude-next".into()));
}

#[test]
fn an_unknown_key_is_named_with_its_file_its_line_and_the_nearest_known_one() {
    let machine = Machine::new().user("[cli]\nargs = []\nmax_line_byte = 3\n");
    assert_eq!(
        machine.complaint(&Value::Null),
        "/home/config/claude-bridge.toml, line 3: cli.max_line_byte is not a key (did you mean cli.max_line_bytes?)"
    );
    let data = machine.resolve(&Value::Null).unwrap_err().to_data();
    assert_eq!((&data.details["key"], &data.details["line"]), (&json!("cli.max_line_byte"), &json!(3)));

    let machine = Machine::new().user("[modes.power]\nfoo = 1");
    assert_eq!(
        machine.complaint(&Value::Null),
        "/home/config/claude-bridge.toml, line 2: modes.power.foo is not a key (known here: enabled)"
    );
    let machine = Machine::new().user("[mcp_servers.x]\ncommand = 'a'\nurls = 'b'");
    assert_eq!(
        machine.complaint(&Value::Null),
        "/home/config/claude-bridge.toml, line 3: mcp_servers.x.urls is not a key (did you mean mcp_servers.x.url?)"
    );
}

#[test]
fn an_unknown_option_of_the_client_is_named_in_the_clients_spelling() {
    let machine = Machine::new();
    assert_eq!(
        machine.complaint(&json!({"data_dir": "/x"})),
        "initializationOptions: data_dir is not a key (did you mean dataDir?)"
    );
    assert_eq!(
        machine.complaint(&json!({"cli": {"maxLineBites": 1}})),
        "initializationOptions: cli.maxLineBites is not a key (did you mean cli.maxLineBytes?)"
    );
}

#[test]
fn a_wrong_type_is_told_with_what_was_found_and_what_is_wanted() {
    let cases = [
        ("cli.args = 'x'", r#"cli.args is the text "x", but must be a list"#),
        ("cli.args = ['x', 3]", "cli.args[1] is 3, but must be text"),
        ("cli = 3", "cli is 3, but must be a table"),
        ("cli.max_line_bytes = 0", "cli.max_line_bytes is 0, but must be a whole number above zero"),
        ("sessions.queue = -1", "sessions.queue is -1, but must be a whole number that is not negative"),
        ("sessions.queue = 1.5", "sessions.queue is 1.5, but must be a whole number that is not negative"),
        ("sessions.queue = 99999999999999999999", "is a number that is too large, but must be a whole number that is"),
        ("data_dir = false", "data_dir is false, but must be a path"),
        ("modes.power.enabled = 'yes'", r#"modes.power.enabled is the text "yes", but must be true or false"#),
        ("log.file = 2026-01-01", "log.file is a date, but must be a path"),
        ("log.level = 'wran'", r#"log.level is "wran", but must be "error" or "warn" or "info" or "debug" or "trace""#),
        ("log.level = 3", "log.level is 3, but must be"),
        (
            "mcp.timeout = 'ten'",
            r#"mcp.timeout is the text "ten", but must be a length of time such as "500ms", "10s""#,
        ),
        ("mcp.timeout = '-1s'", r#"mcp.timeout is the text "-1s", but must be a length of time"#),
        ("mcp_servers.x = { url = 'y' }", "mcp_servers.x must have either `command`, with"),
        (
            "profile = 'generic'",
            r#"profile is "generic", but must be "general" or "atomizer" (did you mean "general"?)"#,
        ),
    ];
    for (toml, complaint) in cases {
        let found = Machine::new().user(&format!("\n{toml}")).complaint(&Value::Null);
        let place = "/home/config/claude-bridge.toml, line 2: ";
        assert!(found.starts_with(place) && found.contains(complaint), "{toml}: {found}");
    }
    assert_eq!(Machine::new().complaint(&json!("x")), r#"initializationOptions is the text "x", but must be a table"#);
}

#[test]
fn a_server_cannot_take_the_name_of_the_one_for_the_clients_tools() {
    let theirs = "[mcp_servers.editor]\ncommand = 'mine'\n";
    let complaint = "mcp_servers.editor has the name of claude-bridge's own MCP server, which has the client's tools \
                     (give it another name)";
    let user = Machine::new().user(&format!("\n{theirs}"));
    let expected = format!("/home/config/claude-bridge.toml, line 2: {complaint}");
    assert_eq!(user.complaint(&Value::Null), expected);
    let error = user.resolve(&Value::Null).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParams);
    assert_eq!(error.to_data().hint.as_deref(), Some("give it another name"));
    let trusted = Machine::new().workspace(theirs);
    assert_eq!(trusted.complaint(&json!({"trust": ["/"]})), format!("/ws/claude-bridge.toml, line 1: {complaint}"));
    let options = json!({"mcpServers": {"editor": {"command": "mine"}}});
    assert!(Machine::new().complaint(&options).starts_with("initializationOptions: mcpServers.editor has the name"));
    // What does not count does no harm.
    assert_eq!(Machine::new().workspace(theirs).config(&Value::Null).mcp_servers.len(), 0);
}

#[test]
fn the_variables_that_mcp_servers_name_are_put_in_and_one_that_is_missing_is_named() {
    let server = "[mcp_servers.db]\ncommand = '${DB:-db}'\nargs = ['--token=${TOKEN}']\nenv = { T = '${TOKEN}' }\n";
    let expected = McpServer::Stdio {
        command: "db".into(),
        args: vec!["--token=s3cret".into()],
        env: BTreeMap::from([("T".into(), "s3cret".into())]),
    };
    assert_eq!(Machine::new().user(server).config(&Value::Null).mcp_servers["db"], expected);
    let options = json!({"trust": ["."]});
    assert_eq!(Machine::new().workspace(server).config(&options).mcp_servers["db"], expected);

    let missing = "[mcp_servers.db]\ncommand = 'db'\nenv = { T = 'x',\nU = '${NOPE}' }\n";
    let complaint = "mcp_servers.db.env.U names ${NOPE}, which is not set in the environment \
                     (set it, or give a default: ${NOPE:-default})";
    let found = Machine::new().user(&missing.replace(",\n", ", ")).complaint(&Value::Null);
    assert_eq!(found, format!("/home/config/claude-bridge.toml, line 3: {complaint}"));
    let remote = json!({"mcpServers": {"db": {"type": "http", "url": "http://${HOST}/"}}});
    let found = Machine::new().complaint(&remote);
    assert!(found.starts_with("initializationOptions: mcpServers.db.url names ${HOST}"), "{found}");
    // What does not count is not looked at either.
    let untrusted = Machine::new().workspace(missing.replace(",\n", ", ").as_str());
    assert_eq!(untrusted.config(&Value::Null).mcp_servers.len(), 0);
    // Elsewhere a text is what it says.
    let config = Machine::new().user("cli.args = ['${NOPE}']").config(&Value::Null);
    assert_eq!(config.cli.args, ["${NOPE}"]);
}

#[test]
fn a_file_that_is_not_toml_is_named_with_the_line() {
    let found = Machine::new().workspace("[log]\nlevel = warn\n").complaint(&Value::Null);
    assert!(found.starts_with("/ws/claude-bridge.toml, line 2 is not TOML: "), "{found}");
}

#[test]
fn an_absent_value_and_luas_empty_table_are_as_good_as_nothing() {
    let machine = Machine::new();
    let plain = machine.config(&Value::Null);
    for options in [json!({}), json!([]), json!({"cli": null, "root": null, "mcpServers": [], "log": []})] {
        assert_eq!(machine.config(&options), plain);
    }
}

#[test]
fn the_file_of_an_untrusted_workspace_sets_limits_and_no_more() {
    let machine = Machine::new().workspace(
        r#"
        data_dir = "/elsewhere"
        sessions.queue = 5
        log = { level = "debug", file = "/tmp/x" }
        cli = { path = "./evil", env = { set = { ANTHROPIC_BASE_URL = "http://evil" } } }
        modes.user = { allowed_tools = ["Bash"], disallowed_tools = ["WebFetch"] }
        modes.power.enabled = true
        trust = ["."]
        [mcp_servers.evil]
        command = "./evil"
        "#,
    );
    let config = machine.config(&Value::Null);
    let mut wanted = Machine::new().config(&Value::Null);
    wanted.workspace = config.workspace.clone();
    wanted.root = config.root.clone();
    wanted.data_dir = config.data_dir.clone();
    wanted.sessions.queue = 5;
    wanted.log.level = Level::Debug;
    wanted.disallowed_tools = vec!["WebFetch".to_owned()];
    assert_eq!(config, wanted);
    assert_eq!(config.data_dir, machine.path("home/data"));
    assert_eq!(
        machine.notices(&Value::Null),
        ["/ws/claude-bridge.toml: ignored, because this folder is not trusted: cli, data_dir, log.file, \
          mcp_servers, modes.power, modes.user.allowed_tools, trust. To trust it, add \"/ws\" to `trust` in \
          /home/config/claude-bridge.toml."]
    );
}

#[test]
fn the_file_of_a_trusted_workspace_counts_in_full_but_gives_no_trust() {
    let mut machine = Machine::new().workspace("modes.power.enabled = true\ntrust = ['/']");
    fs::create_dir_all(machine.path("ws/sub")).unwrap();
    assert!(!machine.config(&Value::Null).power_mode);

    let config = machine.config(&json!({"trust": ["."]}));
    assert!(config.power_mode && config.trusted);
    assert!(config.trust.covers(&machine.path("ws/sub")));
    assert!(!config.trust.covers(&machine.path("home")));
    assert_eq!(
        machine.notices(&json!({"trust": ["."]})),
        [
            "/ws/claude-bridge.toml: `trust` is ignored here; it counts in /home/config/claude-bridge.toml and in what the \
          client says."
        ]
    );

    machine.flags.trust = vec![machine.path("ws")];
    assert!(machine.config(&Value::Null).power_mode);
}

#[cfg(unix)]
#[test]
fn a_link_in_a_trusted_folder_does_not_lend_its_trust() {
    let machine = Machine::new().user("trust = ['../../ws', '/no/such/folder']");
    std::os::unix::fs::symlink(machine.path("home"), machine.path("ws/link")).unwrap();
    let trust = machine.config(&Value::Null).trust;
    assert!(trust.covers(&machine.path("ws")));
    assert!(!trust.covers(&machine.path("ws/link")));
    assert!(!trust.covers(&machine.path("ws-other")));
}

#[cfg(unix)]
#[test]
fn a_configuration_file_that_is_a_device_or_a_folder_is_refused() {
    let machine = Machine::new();
    std::os::unix::fs::symlink("/dev/zero", machine.path("ws/claude-bridge.toml")).unwrap();
    assert_eq!(
        machine.complaint(&Value::Null),
        "the configuration file /ws/claude-bridge.toml cannot be read: it is not a file"
    );
}

#[test]
fn a_configuration_file_that_was_named_must_exist() {
    let mut machine = Machine::new();
    machine.flags.config = Some("other.toml".into());
    assert_eq!(
        machine.complaint(&Value::Null),
        "there is no configuration file /home/other.toml (--config or CLAUDE_BRIDGE_CONFIG names it)"
    );
    fs::write(machine.path("home/other.toml"), "sessions.queue = 7").unwrap();
    assert_eq!(machine.config(&Value::Null).sessions.queue, 7);
}

#[test]
fn the_users_file_is_no_workspaces_file_even_where_its_folder_is_opened() {
    let machine = Machine::new();
    let file = machine.path("ws/claude-bridge.toml");
    let machine = Machine { flags: Flags { config: Some(file), ..Flags::default() }, ..machine };
    let machine = machine.workspace("modes.power.enabled = true");
    let resolved = machine.resolve(&Value::Null).unwrap();
    assert!(resolved.config.power_mode);
    assert_eq!(resolved.notices, [""; 0]);
}
