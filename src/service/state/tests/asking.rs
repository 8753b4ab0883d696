//! What is changed and asked beside messages.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{AskId, Driver, Effect, Frame, Input, Known, Limits, SessionState, State, Timer, What, killed, record};
use crate::claude::{self, Control, Init, McpServerStatus};
use crate::context::Profile;
use crate::protocol::event::EventBody;
use crate::protocol::session::Mode;
use crate::service::servers::ServerPlan;

const ASKER: AskId = AskId(7);

impl Driver {
    /// One whose process was started with MCP servers.
    fn with_servers() -> Self {
        let mut driver = Self::new();
        driver.step(Input::Warm);
        driver.step(Input::Spawned(Known { has_servers: true, ..Known::default() }));
        driver
    }

    fn initialized(&mut self) -> &mut Self {
        let response = Ok(json!({"account": {}, "models": [{"value": "opus"}, {"value": "sonnet"}]}));
        self.frame(Frame::ControlResponse { request_id: "initialize".into(), response })
    }

    /// The CLI answers the question that was asked under this name.
    fn answered(&mut self, request_id: &str, response: Result<Value, &str>) -> &mut Self {
        let response = response.map_err(str::to_owned);
        self.frame(Frame::ControlResponse { request_id: request_id.into(), response })
    }

    fn servers_are(&mut self, request_id: &str, servers: &[(&str, &str)]) -> &mut Self {
        let servers: Vec<_> = servers.iter().map(|(name, status)| json!({"name": name, "status": status})).collect();
        self.answered(request_id, Ok(json!({ "mcpServers": servers })))
    }

    /// What was written to the process as messages, each block's text.
    fn told(&mut self) -> Vec<String> {
        let contents = self.take().into_iter().filter_map(|effect| match effect {
            Effect::Write(claude::Input::User { content }) => Some(content),
            _ => None,
        });
        contents.flat_map(|content| texts(&content)).collect()
    }

    /// The details of the statuses since the last look.
    fn details(&mut self) -> Vec<String> {
        let effects = self.take();
        let details = effects.iter().filter_map(|effect| match effect {
            Effect::Emit(emission) => match &emission.what {
                What::Event(EventBody::Status { detail: Some(detail), .. }) => Some(detail.clone()),
                _ => None,
            },
            _ => None,
        });
        details.collect()
    }
}

fn texts(content: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match content {
        Value::Array(blocks) => blocks.iter().map(|block| text(&block["text"])).collect(),
        other => vec![text(other)],
    }
}

#[test]
fn a_question_is_answered_once_by_the_cli() {
    let mut session = Driver::up();
    session.step(Input::AskServers(ASKER)).servers_are("mcp_status-1", &[("calc", "connected")]);
    session.servers_are("mcp_status-1", &[("calc", "failed")]);
    let story = session.story();
    assert_eq!((story.len(), story[..2].join(" ").as_str()), (3, "→ mcp_status mcpStatus"), "{story:?}");
    assert!(story[2].starts_with("reply Servers"), "{story:?}");
}

#[test]
fn a_question_while_the_cli_comes_up_waits_for_it_and_one_at_rest_is_answered_at_once() {
    let mut session = Driver::new();
    session.step(Input::AskContext(ASKER));
    assert_eq!(session.story(), ["reply NoProcess"]);
    session.step(Input::Warm).step(Input::AskContext(ASKER));
    assert_eq!(session.story(), ["start"]);
    session.come_up();
    assert_eq!(session.story(), ["→ initialize", "→ get_context_usage"]);
}

#[test]
fn a_question_whose_process_goes_or_that_takes_too_long_is_an_error() {
    let mut session = Driver::up();
    session.step(Input::AskServers(ASKER)).step(Input::Exited(killed()));
    assert_eq!(session.story(), ["→ mcp_status", "notice", "reply CliExited"]);
    let mut session = Driver::up();
    session.step(Input::AskServers(ASKER)).wait(4).step(Input::AskContext(AskId(8)));
    session.take();
    session.wait(6).step(Input::Timer(Timer::Answer));
    assert_eq!(session.story(), ["reply CliTimeout"]);
    session.wait(4).step(Input::Timer(Timer::Answer));
    assert_eq!(session.story(), ["reply CliTimeout"]);
}

#[test]
fn a_question_that_the_cli_does_not_know_is_an_error_in_its_words() {
    let mut session = Driver::up();
    session.step(Input::AskServers(ASKER)).answered("mcp_status-1", Err("Unsupported"));
    assert_eq!(session.story(), ["→ mcp_status", "reply CliProtocol"]);
}

#[test]
fn a_model_is_set_once_the_cli_has_taken_it() {
    let mut session = Driver::new();
    session.step(Input::Warm).step(Input::Spawned(Known::default())).initialized();
    session.step(Input::SetModel(ASKER, "opus".into()));
    assert_eq!(session.state.record.model, None);
    session.answered("set_model-1", Ok(json!({"model": "claude-opus-5-5"})));
    assert_eq!(session.state.record.model.as_deref(), Some("opus"));
    session.step(Input::SetModel(ASKER, "sonnet".into())).answered("set_model-2", Err("not today"));
    assert_eq!(session.state.record.model.as_deref(), Some("opus"));
    let expected = ["start", "→ initialize", "→ set_model", "reply Done", "→ set_model", "reply CliProtocol"];
    assert_eq!(session.story(), expected);
}

#[test]
fn a_model_that_the_cli_does_not_offer_is_refused_with_those_it_does() {
    let mut session = Driver::new();
    session.step(Input::Warm).step(Input::Spawned(Known::default())).initialized();
    session.take();
    session.step(Input::SetModel(ASKER, "gpt".into()));
    let [Effect::Reply { outcome: Err(error), .. }] = &session.take()[..] else { panic!("no refusal") };
    assert!(error.message().contains("gpt") && error.to_data().hint.unwrap().contains("opus, sonnet"), "{error}");
}

#[test]
fn a_model_that_is_chosen_while_the_cli_comes_up_is_told_before_the_first_message() {
    let mut session = Driver::new();
    session.send("Hello");
    session.step(Input::SetModel(ASKER, "opus".into())).come_up();
    let expected =
        ["start", "status", "reply Done", "→ initialize", "→ set_model", "turnStarted", "message Hello", "→ user"];
    assert_eq!(session.story(), expected);
}

#[test]
fn a_change_of_mode_is_told_once_before_the_persons_next_words() {
    let mut session = unrestricted();
    session.step(Input::SetMode(ASKER, Mode::Power)).step(Input::SetMode(ASKER, Mode::User));
    session.send("one");
    assert_eq!(session.told(), ["one"], "it is as it was told before");
    session.init().ends().step(Input::SetMode(ASKER, Mode::Power));
    session.step(Input::Exited(killed()));
    session.send("/cost");
    session.come_up();
    assert_eq!(session.told(), ["/cost"], "a command stays one");
    session.init().ends().send("two");
    let told = session.told();
    assert!(told[0].contains("power mode") && told[1] == "two", "{told:?}");
    session.init().ends().send("three");
    assert_eq!(session.told(), ["three"]);
}

#[test]
fn user_mode_holds_at_once_in_a_process_that_was_started_in_power_mode() {
    let mut session = powerful();
    session.step(Input::SetMode(ASKER, Mode::User));
    let effects = session.take();
    let rules = effects.iter().find_map(|effect| match effect {
        Effect::Write(claude::Input::Control { control: Control::Deny { rules }, .. }) => Some(rules.clone()),
        _ => None,
    });
    assert_eq!(rules, Some(vec!["WebFetch".to_owned()]));
    session.answered("apply_flag_settings-1", Ok(Value::Null)).step(Input::SetMode(ASKER, Mode::Power));
    assert_eq!(session.story(), ["→ apply_flag_settings", "reply Done"]);
}

#[test]
fn a_cli_that_cannot_be_told_rules_is_replaced_also_before_what_waits() {
    let mut session = powerful();
    session.send("one");
    session.send("two");
    session.init().step(Input::SetMode(ASKER, Mode::User));
    session.take();
    session.answered("apply_flag_settings-1", Err("Unsupported"));
    assert_eq!(session.story(), [""; 0]);
    session.ends();
    assert_eq!(session.story(), ["usage", "turnCompleted", "answer Completed", "notice", "stop"]);
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["start", "status"]);
}

#[test]
fn power_mode_replaces_a_process_that_was_started_with_rules_for_what_is_never_done() {
    let mut session = Driver::up();
    session.step(Input::SetMode(ASKER, Mode::Power));
    assert_eq!(session.story(), ["notice", "stop", "reply Done"]);
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["start"]);
    session.come_up();
    assert_eq!((session.story(), session.state.state()), (vec!["→ initialize".to_owned()], SessionState::Idle));
}

#[test]
fn a_process_without_such_rules_goes_through_every_mode() {
    let mut session = unrestricted();
    for mode in [Mode::Power, Mode::User, Mode::Power] {
        session.step(Input::SetMode(ASKER, mode));
        assert_eq!(session.story(), ["reply Done"]);
    }
}

#[test]
fn a_session_that_is_closed_while_its_process_is_replaced_stays_closed() {
    let mut session = Driver::up();
    session.step(Input::SetMode(ASKER, Mode::Power)).step(Input::Close).step(Input::Exited(killed()));
    assert_eq!(session.story(), ["notice", "stop", "reply Done"]);
    assert_eq!(session.state.state(), SessionState::Closed);
}

#[test]
fn a_turn_that_waits_for_servers_says_which_and_for_how_long_until_it_begins() {
    let mut session = Driver::with_servers();
    session.send("Hello");
    session.initialized();
    assert_eq!(
        session.story(),
        ["start", "→ initialize", "status", "→ mcp_status", "turnStarted", "message Hello", "→ user"]
    );
    session.servers_are("mcp_status-1", &[("slow", "pending"), ("calc", "connected")]);
    assert_eq!(session.story(), ["mcpStatus"], "what is there in a moment is not worth a word");
    session.now += 700;
    session
        .step(Input::Timer(Timer::Servers))
        .servers_are("mcp_status-2", &[("slow", "pending"), ("calc", "connected")]);
    assert_eq!(session.details(), ["slow (for 0.7 s)"]);
    session.now += 700;
    session
        .step(Input::Timer(Timer::Servers))
        .servers_are("mcp_status-3", &[("slow", "pending"), ("calc", "connected")]);
    assert_eq!(session.details(), ["slow (for 1.4 s)"]);
    session
        .step(Input::Timer(Timer::Servers))
        .servers_are("mcp_status-4", &[("slow", "connected"), ("calc", "connected")]);
    assert_eq!(session.story(), ["→ mcp_status", "mcpStatus"]);
}

#[test]
fn what_a_program_said_that_failed_is_looked_for() {
    let mut session = Driver::new();
    let plan = ServerPlan::new(Profile::atomizer(Path::new("/nowhere")), Default::default());
    session.state = State::new(record(), Limits::for_tests()).with_servers(Arc::new(plan));
    session.step(Input::Warm).step(Input::Spawned(Known { has_servers: true, ..Known::default() }));
    session.initialized().servers_are("mcp_status-1", &[("atomizer", "failed"), ("far", "failed")]);
    let story = session.story();
    assert_eq!(story[story.len() - 4..], ["mcpStatus", "notice", "look for words of atomizer", "notice"]);
}

#[test]
fn a_server_that_failed_is_a_notice_once_and_one_that_fails_later_too() {
    let mut session = Driver::with_servers();
    session.initialized().servers_are("mcp_status-1", &[("dead", "failed"), ("calc", "connected")]);
    assert_eq!(session.story(), ["start", "→ initialize", "→ mcp_status", "mcpStatus", "notice"]);
    let server = |name: &str, status: &str| McpServerStatus { name: name.into(), status: status.into() };
    let turn = |calc: &str| {
        let mcp_servers = vec![server("dead", "failed"), server("calc", calc)];
        Frame::Init(Box::new(Init { mcp_servers, ..Init::default() }))
    };
    session.send("Hello");
    session.frame(turn("connected"));
    assert_eq!(session.story(), ["turnStarted", "message Hello", "→ user"]);
    session.ends().send("Again");
    session.take();
    session.frame(turn("failed")).servers_are("mcp_status-2", &[("dead", "failed"), ("calc", "failed")]);
    assert_eq!(session.story(), ["→ mcp_status", "mcpStatus", "notice"]);
}

/// A session that is up, where nothing is forbidden for ever.
fn unrestricted() -> Driver {
    let mut session = Driver { state: State::new(super::record(), super::Limits::for_tests()), ..Driver::new() };
    session.step(Input::Warm).come_up();
    session.take();
    session
}

/// A session whose process was started in power mode.
fn powerful() -> Driver {
    let mut session = Driver::new();
    session.state.record.mode = Mode::Power;
    session.state.record.told_mode = Mode::Power;
    session.step(Input::Warm).come_up();
    session.take();
    session
}

#[test]
fn a_process_that_has_what_is_taken_back_is_replaced_as_soon_as_no_turn_runs() {
    let mut session = Driver::up();
    session.step(Input::Revoked);
    assert_eq!(session.story(), ["notice", "stop"]);
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["start"]);
    session.come_up().take();
    session.send("one");
    session.init().step(Input::Revoked).step(Input::SetMode(ASKER, Mode::Power));
    session.send("two");
    session.take();
    session.ends();
    assert_eq!(session.story(), ["usage", "turnCompleted", "answer Completed", "notice", "stop"]);
}

#[test]
fn a_process_that_comes_up_while_something_is_taken_back_is_replaced_before_its_first_message() {
    let mut session = Driver::new();
    session.send("one");
    session.step(Input::Revoked).take();
    session.come_up();
    assert_eq!(session.story(), ["→ initialize", "notice", "stop"]);
    // One at rest is given at its start what is allowed then.
    let mut session = Driver::new();
    session.step(Input::Revoked);
    assert_eq!(session.story(), [""; 0]);
}
