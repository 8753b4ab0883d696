//! Permissions: shown, answered, withdrawn.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Driver, Effect, Input, Limits, State, Timer, record};
use crate::claude::{self, Block, Frame};
use crate::error::{ErrorKind, Result};
use crate::ids::PermissionId;
use crate::protocol::permission::{Permission, PermissionKind};
use crate::protocol::session::{Mode, SessionState};

/// A session in a turn, with somebody who can be asked.
fn in_turn() -> Driver {
    let mut session = Driver::up();
    begin(&mut session);
    session
}

fn begin(session: &mut Driver) {
    session.step(Input::Askable);
    session.send("one");
    session.init();
    session.take();
}

fn ask(session: &mut Driver, request_id: &str, fields: &Value) {
    let mut request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "ls"},
        "tool_use_id": "toolu_1"});
    request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let line = json!({"type": "control_request", "request_id": request_id, "request": request}).to_string();
    session.frame(claude::decode(line.as_bytes()).unwrap());
}

fn only(session: &Driver) -> Permission {
    let [permission] = &session.state.permissions().collect::<Vec<_>>()[..] else { panic!("not one") };
    (*permission).clone()
}

fn answer(session: &mut Driver, id: PermissionId, answer: Value) -> Result<()> {
    let verdict = session.state.check_answer(id, serde_json::from_value(answer).unwrap())?;
    session.step(Input::Decided { id, verdict });
    Ok(())
}

/// What the CLI was answered last.
fn written(session: &mut Driver) -> (String, Value) {
    let mut answers = session.take().into_iter().filter_map(|effect| match effect {
        Effect::Write(claude::Input::Answer { request_id, response: Ok(response) }) => Some((request_id, response)),
        _ => None,
    });
    answers.next_back().expect("the CLI is not answered")
}

#[test]
fn a_question_is_shown_and_its_answer_goes_to_the_cli() {
    let mut session = in_turn();
    ask(&mut session, "r1", &json!({"description": "lists"}));
    assert_eq!(session.story(), ["permissionRequested", "status", "ask"]);
    assert_eq!(session.state.state(), SessionState::Waiting);
    let permission = only(&session);
    assert_eq!((permission.title.as_str(), permission.kind), ("Run ls", PermissionKind::Tool));
    assert_eq!(permission.description.as_deref(), Some("lists"));

    answer(&mut session, permission.id, json!({"behavior": "allow"})).unwrap();
    assert_eq!(session.state.state(), SessionState::Running);
    let told = session.seen.iter().filter_map(super::tell).collect::<Vec<_>>();
    assert_eq!(told, ["permissionResolved", "stop asking", "→ answer"]);
    let expected = json!({"behavior": "allow", "updatedInput": {"command": "ls"}});
    assert_eq!(written(&mut session), ("r1".to_owned(), expected));
    let again = answer(&mut session, permission.id, json!({"behavior": "deny"}));
    assert_eq!(again.unwrap_err().kind(), ErrorKind::PermissionNotFound);
}

#[test]
fn where_nobody_can_be_asked_it_is_denied_at_once_in_words_for_the_model_and_shown() {
    let mut session = Driver::up();
    session.send("one");
    session.init();
    session.take();
    ask(&mut session, "r1", &json!({}));
    let told = session.seen.iter().filter_map(super::tell).collect::<Vec<_>>();
    assert_eq!(told, ["permissionRequested", "permissionResolved", "→ answer"]);
    let (request_id, response) = written(&mut session);
    assert_eq!((request_id.as_str(), &response["behavior"]), ("r1", &json!("deny")));
    assert!(response["message"].as_str().unwrap().starts_with("Bash needs the person's permission"));
    assert_eq!(session.state.state(), SessionState::Running);
}

#[test]
fn where_nobody_is_left_it_is_denied_too() {
    let mut session = in_turn();
    ask(&mut session, "r1", &json!({}));
    let id = only(&session).id;
    session.step(Input::Unanswered(id));
    assert_eq!(written(&mut session).1["behavior"], "deny");
    assert_eq!(session.state.state(), SessionState::Running);
}

#[test]
fn several_wait_each_for_its_own_answer_and_the_others_are_still_shown() {
    let mut session = in_turn();
    for (request, command) in [("r1", "one"), ("r2", "two"), ("r3", "three")] {
        ask(&mut session, request, &json!({"input": {"command": command}}));
    }
    let ids: Vec<_> = session.state.permissions().map(|permission| permission.id).collect();
    session.take();
    answer(&mut session, ids[1], json!({"behavior": "deny", "message": "not two"})).unwrap();
    let told = session.seen.iter().filter_map(super::tell).collect::<Vec<_>>();
    assert_eq!(told, ["permissionResolved", "stop asking", "→ answer", "status"]);
    assert_eq!(written(&mut session), ("r2".to_owned(), json!({"behavior": "deny", "message": "not two"})));
    assert_eq!(session.state.permissions().map(|permission| permission.id).collect::<Vec<_>>(), [ids[0], ids[2]]);
}

#[test]
fn one_that_the_cli_takes_back_is_answered_by_nobody() {
    let mut session = in_turn();
    ask(&mut session, "r1", &json!({}));
    let id = only(&session).id;
    session.take();
    session.frame(Frame::ControlCancel { request_id: "r1".into() });
    assert_eq!(session.story(), ["permissionResolved", "stop asking"]);
    let late = answer(&mut session, id, json!({"behavior": "allow"}));
    assert_eq!(late.unwrap_err().kind(), ErrorKind::PermissionNotFound);
}

#[test]
fn an_interrupt_withdraws_what_waits_and_denies_what_comes() {
    let mut session = in_turn();
    ask(&mut session, "r1", &json!({}));
    session.take();
    session.step(Input::Interrupt { include_queued: false });
    assert_eq!(session.story(), ["permissionResolved", "stop asking", "→ interrupt"]);
    ask(&mut session, "r2", &json!({}));
    assert_eq!(written(&mut session).0, "r2");
}

#[test]
fn the_turns_end_withdraws_what_waits_before_its_last_event() {
    let mut session = in_turn();
    ask(&mut session, "r1", &json!({}));
    session.take();
    session.ends();
    let story = session.story();
    assert_eq!(story[..2], ["permissionResolved", "stop asking"]);
    assert!(!story.contains(&"→ answer".to_owned()), "{story:?}");
}

#[test]
fn an_agent_that_works_on_still_waits_after_the_turn() {
    let mut session = in_turn();
    session.frame(Frame::BackgroundTasks { running: 1, frame: json!({}) });
    ask(&mut session, "r1", &json!({"agent_id": "a1"}));
    session.ends();
    session.take();
    assert_eq!(session.state.state(), SessionState::Waiting);
    session.step(Input::Park);
    assert!(!session.state.is_stopping(), "it is not parked");
    let id = only(&session).id;
    answer(&mut session, id, json!({"behavior": "allow"})).unwrap();
    assert_eq!(written(&mut session).0, "r1");
    assert_eq!(session.state.state(), SessionState::Idle);
}

#[test]
fn the_time_that_a_person_takes_is_no_silence_of_the_clis() {
    let limits = Limits { stall_timeout: Duration::from_secs(10), ..Limits::for_tests() };
    let mut session = Driver { state: State::new(record(), limits), seen: Vec::new(), now: 0 };
    session.step(Input::Warm);
    session.come_up();
    begin(&mut session);
    ask(&mut session, "r1", &json!({}));
    session.take();
    for _ in 0..5 {
        session.wait(10).step(Input::Timer(Timer::Silence));
        assert_eq!(session.take(), [Effect::SetTimer(Timer::Silence, Duration::from_secs(10))]);
    }
    let id = only(&session).id;
    answer(session.wait(9), id, json!({"behavior": "allow"})).unwrap();
    session.take();
    session.wait(5).step(Input::Timer(Timer::Silence));
    assert_eq!(session.story(), [""; 0], "the CLI has as long as ever from the answer on");
    session.wait(10).step(Input::Timer(Timer::Silence));
    assert_eq!(session.story(), ["status"]);
}

#[test]
fn what_nobody_answers_in_time_is_denied_each_at_its_own_time() {
    let minute = Duration::from_secs(60);
    let limits = Limits { permission_deadline: Some(minute), ..Limits::for_tests() };
    let mut session = Driver { state: State::new(record(), limits), seen: Vec::new(), now: 0 };
    session.step(Input::Warm);
    session.come_up();
    begin(&mut session);
    ask(&mut session, "r1", &json!({}));
    assert!(session.take().contains(&Effect::SetTimer(Timer::Permission, minute)));
    let first = only(&session);
    assert_eq!(first.expires_at, Some(first.created_at.after(minute)));
    ask(session.wait(20), "r2", &json!({}));
    session.take();

    session.wait(40).step(Input::Timer(Timer::Permission));
    let effects = session.take();
    let next = effects.iter().rfind(|effect| matches!(effect, Effect::SetTimer(Timer::Permission, _)));
    assert!(next.is_some(), "{effects:?}");
    session.seen = effects;
    let (request_id, response) = written(&mut session);
    assert_eq!((request_id.as_str(), &response["behavior"]), ("r1", &json!("deny")));
    assert!(response["message"].as_str().unwrap().contains("nobody answered in time"));
    session.wait(20).step(Input::Timer(Timer::Permission));
    assert_eq!(written(&mut session).0, "r2");
}

#[test]
fn power_mode_allows_by_itself_all_but_what_only_a_person_can_answer() {
    let mut record = record();
    record.mode = Mode::Power;
    let mut session = Driver { state: State::new(record, Limits::for_tests()), seen: Vec::new(), now: 0 };
    session.step(Input::Warm);
    session.come_up();
    begin(&mut session);
    ask(&mut session, "r1", &json!({}));
    assert_eq!(written(&mut session).1["behavior"], "allow");
    ask(&mut session, "r2", &json!({"tool_name": "AskUserQuestion", "requires_user_interaction": true}));
    assert_eq!(only(&session).kind, PermissionKind::Question);
}

#[test]
fn a_plan_is_shown_with_its_text_and_allowed_with_what_the_cli_asked_for() {
    let mut session = in_turn();
    let (id, input) = ("toolu_1".to_owned(), json!({"plan": "# Do it"}));
    session.speaks(Block::ToolUse { id, name: "ExitPlanMode".into(), input: input.clone() });
    let question = json!({"tool_name": "ExitPlanMode", "input": {}, "requires_user_interaction": true});
    ask(&mut session, "r1", &question);
    let permission = only(&session);
    assert_eq!((permission.kind, &permission.input), (PermissionKind::Plan, &input));
    answer(&mut session, permission.id, json!({"behavior": "allow"})).unwrap();
    assert_eq!(written(&mut session).1, json!({"behavior": "allow", "updatedInput": {}}));
}
