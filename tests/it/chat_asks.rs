//! `claude-bridge chat` asks the person: permissions, questions and plans, in a terminal and without one.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Setup};
use crate::support::script::{Script, ScriptedCli, Turn};
use crate::support::terminal::{CTRL_C, CTRL_D, Terminal};

fn chat(setup: &Setup, arguments: &[&str]) -> Command {
    let mut command = setup.command();
    command.arg("chat").args(arguments);
    command
}

fn in_terminal(setup: &Setup, arguments: &[&str]) -> Terminal {
    Terminal::start(&chat(setup, arguments))
}

fn cli(setup: &Setup) -> &ScriptedCli {
    setup.scripted_cli().unwrap()
}

/// Runs it with nobody at its terminal; gives its exit code and what it wrote to stdout and to stderr.
fn without_terminal(setup: &Setup, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = chat(setup, arguments).stdin(Stdio::null()).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), stdout, stderr)
}

/// What the CLI has to be told about the call.
fn told(id: &str, response: &Value) -> Value {
    json!({"type": "control_response", "response": {"request_id": format!("ask_{id}"), "response": response}})
}

fn deny(message: &str) -> Value {
    json!({"behavior": "deny", "message": message})
}

/// A question whether a command may run, with what could be allowed for longer.
fn ask_with_suggestions(id: &str) -> Value {
    let rule = json!({"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "make"}],
        "behavior": "allow", "destination": "localSettings"});
    let mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
    let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "make"},
        "tool_use_id": id, "permission_suggestions": [rule, mode]});
    json!({"type": "control_request", "request_id": format!("ask_{id}"), "request": request})
}

fn command(id: &str, command: &str) -> Turn {
    Turn::silent().call(id, "Bash", json!({"command": command}))
}

#[test]
fn a_command_is_shown_and_allowed_once_by_y() {
    let allowed = json!({"behavior": "allow", "updatedInput": {"command": "make\nmake install"}});
    let turn = command("t1", "make\nmake install").ask_permission("t1", allowed).returns("t1", "made").then("Done.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut terminal = in_terminal(&setup, &["Make it"]);
    terminal.wait_for("Run make");
    terminal.wait_for("$ ");
    terminal.wait_for("make install");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("maybe\r");
    terminal.wait_for("\"maybe\" is none of y, n");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("y\r");
    terminal.wait_for("Done.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn what_was_typed_before_the_question_is_no_answer_to_it() {
    let turn =
        command("t1", "make").hold("typed").ask_permission("t1", deny("use ninja")).fails("t1", "no").then("Oh.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut terminal = in_terminal(&setup, &["Make it"]);
    terminal.wait_for("Run make");
    terminal.type_in("y\r");
    // What is typed comes back from the terminal itself.
    terminal.wait_for("y\r\n");
    cli(&setup).release("typed");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("n use ninja\r");
    terminal.wait_for("Oh.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn always_holds_for_the_session_the_project_or_as_it_says() {
    let granted = |update: Value| json!({"behavior": "allow", "updatedPermissions": [update]});
    let rule = json!({"type": "addRules", "destination": "session", "behavior": "allow",
        "rules": [{"toolName": "Bash", "ruleContent": "make"}]});
    let mode = json!({"type": "setMode", "mode": "acceptEdits", "destination": "session"});
    let turn = Turn::silent()
        .emit(ask_with_suggestions("t1"))
        .expect(told("t1", &granted(rule.clone())))
        .emit(ask_with_suggestions("t2"))
        .expect(told("t2", &granted(rule)))
        .emit(ask_with_suggestions("t3"))
        .expect(told("t3", &granted(mode)))
        .then("Done.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut terminal = in_terminal(&setup, &["Make it"]);
    for key in ["a\r", "p\r", "2\r"] {
        terminal.wait_for("yes, and allow Bash(make) in this session");
        terminal.wait_for("yes, and allow Bash(make) in this project");
        terminal.wait_for("yes, and accept all edits in this session");
        terminal.wait_for("allow? [y/a/p/2/n] ›");
        terminal.type_in(key);
    }
    terminal.wait_for("Done.");
    assert_eq!(terminal.wait_for_exit(), 0);
    let history = setup.start();
    assert_eq!(history.history_file().rows()["grants"], 3);
}

#[test]
fn ctrl_c_at_a_question_denies_and_interrupts_and_ctrl_d_only_denies() {
    let interrupted = command("t1", "make").ask("t1").until_interrupted();
    let denied = command("t2", "make").ask_permission("t2", json!({"behavior": "deny"})).fails("t2", "no").then("Oh.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(interrupted).answer(denied)]);
    let mut terminal = in_terminal(&setup, &[]);
    terminal.wait_for("›");
    terminal.type_in("Make it\r");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in(CTRL_C);
    terminal.wait_for("interrupted");
    terminal.wait_for("›");
    terminal.type_in("Again\r");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in(CTRL_D);
    terminal.wait_for("Oh.");
    terminal.wait_for("›");
    terminal.type_in(CTRL_D);
    assert_eq!(terminal.wait_for_exit(), 0);
    let answered = cli(&setup).received().into_iter().filter(|line| line["type"] == "control_response").count();
    assert_eq!(answered, 1, "what was interrupted was answered too");
}

#[test]
fn a_question_that_is_taken_back_is_not_waited_for() {
    let back = json!({"type": "control_cancel_request", "request_id": "ask_t1"});
    let turn = command("t1", "make").ask("t1").hold("back").emit(back).fails("t1", "gone").then("Oh.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn)]);
    let mut terminal = in_terminal(&setup, &["Make it"]);
    terminal.wait_for("allow? [y/n] ›");
    cli(&setup).release("back");
    terminal.wait_for("the Claude CLI took the question back");
    terminal.wait_for("Oh.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn several_ask_at_once_and_each_is_answered_for_itself() {
    let turn = command("a", "first").call("b", "Bash", json!({"command": "second"})).ask("a").ask("b");
    let turn = turn.expect(told("a", &deny("not that"))).expect(told("b", &json!({"behavior": "allow"})));
    let setup =
        Bridge::with_scripted_cli([Script::new().answer(turn.fails("a", "no").returns("b", "ok").then("Done."))]);
    let mut terminal = in_terminal(&setup, &["Both"]);
    terminal.wait_for("Run first");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("n not that\r");
    terminal.wait_for("Run second");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("y\r");
    terminal.wait_for("Done.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn questions_are_answered_by_number_several_at_once_and_in_own_words() {
    let option = |label: &str| json!({"label": label, "description": "as it says"});
    let questions = json!([
        {"question": "Which colour?", "header": "Colour", "multiSelect": false, "options": [option("Red"), option("Blue")]},
        {"question": "Which sizes?", "header": "Size", "multiSelect": true, "options": [option("S"), option("M"), option("L")]},
        {"question": "For whom?", "header": "Name", "multiSelect": false, "options": [option("Me"), option("You")]},
    ]);
    let answers = json!({"Which colour?": "Blue", "Which sizes?": "S, L", "For whom?": "my aunt"});
    let input = json!({"questions": questions});
    let response = json!({"behavior": "allow", "updatedInput": {"questions": questions, "answers": answers}});
    let turn = Turn::silent().call("q", "AskUserQuestion", input).ask_permission("q", response).returns("q", "ok");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn.then("Thank you."))]);
    let mut terminal = in_terminal(&setup, &["Order"]);
    for (question, keys) in [("1/3 Colour:", "2\r"), ("2/3 Size:", "1,3\r"), ("3/3 Name:", "my aunt\r")] {
        terminal.wait_for(question);
        terminal.wait_for("or your own words ›");
        terminal.type_in(keys);
    }
    terminal.wait_for("Thank you.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn a_plan_is_shown_and_can_be_sent_back() {
    let plan = json!({"plan": "# The plan\n\n1. **Begin**"});
    let again = "begin elsewhere";
    let turn = Turn::silent().call("p", "ExitPlanMode", plan.clone()).ask_permission("p", deny(again)).fails("p", "no");
    let turn =
        turn.call("q", "ExitPlanMode", plan).ask_permission("q", json!({"behavior": "allow"})).returns("q", "ok");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn.then("Begun."))]);
    let mut terminal = in_terminal(&setup, &["Plan it"]);
    for keys in ["n begin elsewhere\r", "y\r"] {
        terminal.wait_for("Claude has a plan");
        terminal.wait_for("Begin\u{1b}[0m");
        terminal.wait_for("go on? [y/n] ›");
        terminal.type_in(keys);
    }
    terminal.wait_for("Begun.");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn an_edit_is_shown_as_a_coloured_diff_with_its_place_and_what_hides_in_it() {
    let input = json!({"file_path": "src/a.rs", "old_string": "two", "new_string": "2\u{202e}"});
    let turn = Turn::silent().call("e", "Edit", input).ask_permission("e", json!({"behavior": "allow"}));
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn.returns("e", "ok").then("Done."))])
        .workspace_file("src/a.rs", "one\ntwo\nthree\n");
    let mut terminal = in_terminal(&setup, &["Edit it"]);
    terminal.wait_for("Edit src/a.rs");
    terminal.wait_for("  src/a.rs\r\n");
    terminal.wait_for("\u{1b}[31m- two\u{1b}[0m");
    terminal.wait_for("\u{1b}[32m+ 2\\u{202e}\u{1b}[0m");
    terminal.wait_for("allow? [y/n] ›");
    terminal.type_in("y\r");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn where_there_is_no_terminal_nothing_is_asked_and_the_rule_that_helps_is_named() {
    let turn =
        || command("t1", "make all").ask_permission("t1", json!({"behavior": "deny"})).fails("t1", "no").then("Oh.");
    let setup = Bridge::with_scripted_cli([Script::new().answer(turn()), Script::new().answer(turn())])
        .config("modes.user.allowed_tools = ['Read']");
    let (code, stdout, stderr) = without_terminal(&setup, &["Make it"]);
    assert_eq!((code, stdout.as_str()), (Some(0), "Oh.\n"), "{stderr}");
    assert!(stderr.contains("denied: Run make all. There is no terminal to ask you on."), "{stderr}");
    assert!(stderr.contains("to allow it: --allow 'Bash(make all)'"), "{stderr}");
    let (code, stdout, stderr) =
        without_terminal(&setup, &["--json", "--allow", "Bash(make:*)", "--allow", "Edit", "Make it"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("permissionResolved"), "{stdout}");
    let starts = cli(&setup).starts();
    let rules = |start: usize| -> Vec<&str> {
        starts[start].argv.iter().filter_map(|argument| argument.strip_prefix("--allowedTools=")).collect()
    };
    assert_eq!((rules(0), rules(1)), (vec!["Read"], vec!["Read", "Bash(make:*)", "Edit"]));
}

#[test]
fn the_demo_asks_all_that_can_be_asked() {
    let setup = Bridge::without_cli().arg("--demo");
    let mut terminal = in_terminal(&setup, &["edit, ask and plan fast"]);
    for (question, keys) in
        [("allow? [y/a/p/n] ›", "a\r"), ("1 to 3, or your own words ›", "3\r"), ("go on? [y/n] ›", "y\r")]
    {
        terminal.wait_for(question);
        terminal.type_in(keys);
    }
    terminal.wait_for("You approved the plan");
    assert_eq!(terminal.wait_for_exit(), 0);
    let written = terminal.written();
    assert!(written.contains("would now be changed") && written.contains("Ahoy"), "{written}");
}

#[test]
fn the_demo_has_all_commands_of_a_conversation() {
    let setup = Bridge::without_cli().arg("--demo");
    let mut terminal = in_terminal(&setup, &[]);
    for (line, answer) in [
        ("fast hello\r", " in · "),
        ("/model\r", "Demo"),
        ("/model 1\r", "default answers from now on"),
        ("/model nonsense\r", "✗ "),
        ("/mode\r", "modes.power.enabled"),
        ("/mode power\r", "✗ "),
        ("/mode odd\r", "there is no mode odd"),
        ("/context\r", "Messages"),
        ("/compact\r", "the conversation was summarised: "),
        ("/mcp\r", "there are no MCP servers here"),
        ("/new\r", "continue with: "),
        ("/sessions\r", "fast hello"),
        ("/resume 9\r", "there is no session 9 in the list"),
        ("/resume 1\r", "going on with “fast hello”"),
    ] {
        terminal.wait_for("\u{1b}[1;36m›");
        terminal.type_in(line);
        terminal.wait_for(answer);
    }
    terminal.wait_for("\u{1b}[1;36m›");
    terminal.type_in("/quit\r");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn the_models_are_not_known_before_the_cli_has_started() {
    let models = json!({"models": [{"value": "opus", "displayName": "Opus"}]});
    let script = Script::new().expect_control("initialize").hold("start").respond(models).answer("Hi.");
    let setup = Bridge::with_scripted_cli([script]);
    let mut terminal = in_terminal(&setup, &[]);
    terminal.wait_for("\u{1b}[1;36m›");
    terminal.type_in("/model\r");
    terminal.wait_for("the models are known once Claude has started");
    cli(&setup).release("start");
    for (line, answer) in [("Hello\r", "Hi."), ("/model\r", "Opus")] {
        terminal.wait_for("\u{1b}[1;36m›");
        terminal.type_in(line);
        terminal.wait_for(answer);
    }
    terminal.wait_for("\u{1b}[1;36m›");
    terminal.type_in(CTRL_D);
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn the_mode_is_switched_where_the_configuration_enables_it() {
    let setup = Bridge::with_scripted_cli([Script::echo()]).config("modes.power.enabled = true");
    let mut terminal = in_terminal(&setup, &[]);
    for (line, answer) in [("Hello\r", "echo: Hello"), ("/mode power\r", "everything is allowed")] {
        terminal.wait_for("\u{1b}[1;36m›");
        terminal.type_in(line);
        terminal.wait_for(answer);
    }
    terminal.wait_for("\u{1b}[1;36m›");
    terminal.type_in(CTRL_D);
    terminal.wait_for("--session ");
    assert_eq!(terminal.wait_for_exit(), 0);
    let bridge = setup.start();
    assert_eq!(bridge.request("session/list", json!({}))["sessions"][0]["mode"], "power");
}

#[test]
fn the_real_cli_asks_for_a_command_and_is_told_what_to_do_instead() {
    let api = Api::start();
    api.reply(Reply::tool("Bash", json!({"command": "touch one", "description": "makes a file"})));
    api.reply(Reply::tool("Bash", json!({"command": "touch two", "description": "makes a file"})));
    api.reply("done");
    let setup = Bridge::with_real_cli(&api);
    let mut terminal = in_terminal(&setup, &["Make files"]);
    terminal.wait_for("Run touch one");
    terminal.wait_for("in this project");
    terminal.wait_for("] ›");
    terminal.type_in("y\r");
    terminal.wait_for("Run touch two");
    terminal.wait_for("] ›");
    terminal.type_in("n one is enough\r");
    terminal.wait_for("done");
    assert_eq!(terminal.wait_for_exit(), 0);
    assert_eq!(["one", "two"].map(|file| setup.folders().workspace.join(file).exists()), [true, false]);
    assert!(api.last_request().last_user_text().contains("one is enough"));
}

#[test]
fn the_real_cli_asks_a_question_and_shows_a_plan() {
    let api = Api::start();
    let options = json!([{"label": "Steel", "description": "strong"}, {"label": "Wood", "description": "light"}]);
    let question =
        json!({"question": "Which material?", "header": "Material", "options": options, "multiSelect": false});
    api.reply(Reply::tool("AskUserQuestion", json!({"questions": [question]})));
    api.reply(Reply::tool("EnterPlanMode", json!({})));
    api.reply(Reply::tool("ExitPlanMode", json!({"plan": "1. Saw\n2. Glue"})));
    api.reply("done");
    let setup = Bridge::with_real_cli(&api);
    let mut terminal = in_terminal(&setup, &["Build it"]);
    terminal.wait_for("Which material?");
    terminal.wait_for("own words ›");
    terminal.type_in("2\r");
    terminal.wait_for("Claude has a plan");
    terminal.wait_for("Glue");
    terminal.wait_for("go on? [");
    terminal.type_in("y\r");
    terminal.wait_for("done");
    assert_eq!(terminal.wait_for_exit(), 0);
}

#[test]
fn the_real_cli_does_without_asking_what_a_rule_allows() {
    let api = Api::start();
    api.reply(Reply::tool("Write", json!({"file_path": "a.txt", "content": "a"})));
    api.reply(Reply::tool("Bash", json!({"command": "touch b.txt", "description": "makes a file"})));
    api.reply("done");
    let setup = Bridge::with_real_cli(&api);
    let (code, stdout, stderr) = without_terminal(&setup, &["--allow", "Edit(**)", "Make files"]);
    assert_eq!((code, stdout.trim()), (Some(0), "done"), "{stderr}");
    assert_eq!(["a.txt", "b.txt"].map(|file| setup.folders().workspace.join(file).exists()), [true, false]);
    assert!(stderr.contains("to allow it: --allow 'Bash(touch b.txt)'"), "{stderr}");
}
