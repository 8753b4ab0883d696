//! `claude-bridge search`, `usage`, `completions` and `man`.

use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Setup};
use crate::support::script::{Script, Turn};
use crate::support::terminal::Terminal;

fn run(setup: &Setup, arguments: &[&str]) -> Output {
    setup.command().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A bridge on whose history two sessions were talked in.
fn history() -> Bridge {
    let priced = |text: &str, usd: f64| {
        Turn::text(text).result(json!({
            "total_cost_usd": usd,
            "modelUsage": {"opus": {"inputTokens": 1000, "outputTokens": 200, "cacheReadInputTokens": 0,
                "cacheCreationInputTokens": 0, "costUSD": usd}},
        }))
    };
    let scripts =
        [Script::new().answer(priced("A grüne bracket", 0.25)), Script::new().answer(priced("Nothing of it", 0.5))];
    let bridge = Bridge::with_scripted_cli(scripts).start();
    for title in ["First", "Second"] {
        let session = bridge.create_session_with(json!({"title": title}))["id"].as_str().unwrap().to_owned();
        bridge.say(&session, "Tell me of it");
    }
    bridge
}

fn command(bridge: &Bridge, arguments: &[&str]) -> Output {
    bridge.setup().command().args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn a_search_shows_what_was_said_and_where_also_beside_a_bridge_that_runs() {
    let bridge = history();
    let found = command(&bridge, &["search", "grüne", "brack*"]);
    let text = stdout(&found);
    assert_eq!(found.status.code(), Some(0), "{}", String::from_utf8_lossy(&found.stderr));
    assert!(text.starts_with("First  0") && text.contains("  Claude  A grüne bracket\n"), "{text}");
    assert!(!text.contains("Second") && !text.contains('\u{1b}'), "{text}");

    let nothing = command(&bridge, &["search", "--role", "user", "bracket"]);
    assert_eq!((nothing.status.code(), stdout(&nothing).as_str()), (Some(1), ""));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing was found"));

    let found = command(&bridge, &["search", "--json", "--limit", "1", "tell"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["hits"].as_array().unwrap().len(), 1);
    assert_eq!((&found["hits"][0]["session"]["title"], found["nextCursor"].is_string()), (&json!("Second"), true));

    for (arguments, problem) in [
        (&["search", "\"open"][..], "claude-bridge: "),
        (&["search", "--since", "yesterday", "x"][..], "it is no time"),
        (&["search"][..], "QUERY"),
    ] {
        let wrong = command(&bridge, arguments);
        let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
        assert!(!wrong.status.success() && told.contains(problem), "{arguments:?}: {told}");
    }
}

#[test]
fn what_is_found_is_coloured_in_a_terminal_and_not_with_no_color() {
    let bridge = history();
    let mut search = bridge.setup().command();
    search.args(["search", "bracket"]);
    let mut terminal = Terminal::start(&search);
    terminal.wait_for("A grüne \u{1b}[1m\u{1b}[31mbracket\u{1b}[0m\r\n");
    assert_eq!(terminal.wait_for_exit(), 0);
    search.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(&search);
    terminal.wait_for("A grüne bracket\r\n");
    assert_eq!(terminal.wait_for_exit(), 0);
    assert!(!terminal.written().contains('\u{1b}'));
}

#[test]
fn usage_has_a_row_a_bar_and_a_total() {
    let bridge = history();
    let text = stdout(&command(&bridge, &["usage", "--by", "session"]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    let row =
        |name: &str| *lines.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
    let bar = |name: &str| row(name).matches('█').count();
    assert!(bar("Second") >= 2 * bar("First") - 1 && bar("First") > 4, "{text}");
    assert!(row("First").contains("$0.2500") && row("total").contains("$0.7500"), "{text}");
    let day = stdout(&command(&bridge, &["usage"]));
    assert!(day.contains(" 2 ") && day.contains("$0.7500"), "{day}");
    let model: Value = serde_json::from_slice(&command(&bridge, &["usage", "--by", "model", "--json"]).stdout).unwrap();
    assert_eq!((&model["rows"][0]["key"], &model["rows"][0]["inputTokens"]), (&json!("opus"), &json!(2000)));
    let none = command(&bridge, &["usage", "--until", "2020-01-01"]);
    assert_eq!((none.status.code(), stdout(&none).as_str()), (Some(0), ""));
}

#[test]
fn the_bars_fit_a_terminal() {
    let bridge = history();
    let mut usage = bridge.setup().command();
    usage.args(["usage", "--by", "session"]);
    let mut terminal = Terminal::start(&usage);
    terminal.wait_for("total");
    assert_eq!(terminal.wait_for_exit(), 0);
    let plain = terminal.written().replace("\u{1b}[36m", "").replace("\u{1b}[1m", "").replace("\u{1b}[2m", "");
    let widest = plain.replace("\u{1b}[0m", "").lines().map(|line| line.trim_end().chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{plain}");
}

#[test]
fn completions_and_manual_pages_come_from_the_command_line_itself() {
    let setup = Bridge::without_cli();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&run(&setup, &["completions", shell]));
        assert!(script.contains("claude-bridge") && script.contains("doctor"), "{shell}: {script}");
    }
    let page = stdout(&run(&setup, &["man"]));
    assert!(page.starts_with(".ie") && page.contains("doctor"), "{page}");
    let folder = setup.folders().temporary.join("man");
    let written = run(&setup, &["man", "--out", folder.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0), "{}", String::from_utf8_lossy(&written.stderr));
    let chat = std::fs::read_to_string(folder.join("claude-bridge-chat.1")).unwrap();
    assert!(chat.contains(r"\-\-allow"), "{chat}");
}
