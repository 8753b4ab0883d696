//! What holds in whatever order things happen; the rules themselves are in [`super::environment`].

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::environment::Environment;
use super::killed;
use crate::claude::{self, Exit, ExitStatusKind, Frame};
use crate::error::Error;
use crate::protocol::event::NoticeLevel;
use crate::protocol::permission::PermissionBehavior;
use crate::protocol::session::Mode;
use crate::service::state::Input;

/// Something that happens, where it can happen.
#[derive(Clone, Debug)]
enum Happening {
    Warm,
    Send,
    Cancel(Index),
    Interrupt {
        include_queued: bool,
    },
    Rename,
    SetMode(Mode),
    Revoked,
    SetModel(&'static str),
    AskServers,
    AskContext,
    /// The CLI answers one of the questions that it was asked, maybe once more.
    Answers(Index, Result<Value, String>),
    Close,
    ShutDown,
    Launched,
    LaunchFailed,
    /// A start that is under way ends well, and the CLI takes messages.
    ComesUp,
    Says(Said),
    /// A client is there that can answer permissions.
    Askable,
    Asks {
        by_agent: bool,
    },
    TakesBack(Index),
    Decides(PermissionBehavior, Index),
    NobodyAnswers(Index),
    /// A client is there that has a tool.
    Tools(u64),
    CallsTool,
    TakesCallBack(Index),
    ToolAnswers(Result<(), ()>, Index),
    Exits {
        last_words: &'static str,
    },
    TimeIsUp(Index),
    /// Other sessions take the room that there is, or leave some.
    Crowd(bool),
    CalledOff,
    Park,
    Notice,
}

/// What the CLI says.
#[derive(Clone, Debug)]
enum Said {
    Line(String),
    TooMuch,
}

fn happen(world: &mut Environment, what: Happening) {
    match what {
        Happening::Warm => world.command(Input::Warm),
        Happening::Send => world.send("do it"),
        Happening::Cancel(_) if world.sent().is_empty() => {}
        Happening::Cancel(which) => world.command(Input::Cancel { turn: *which.get(world.sent()) }),
        Happening::Interrupt { include_queued } => world.command(Input::Interrupt { include_queued }),
        Happening::Rename => world.command(Input::Rename("another title".into())),
        Happening::SetMode(mode) => world.ask(|asker| Input::SetMode(asker, mode)),
        Happening::Revoked => world.command(Input::Revoked),
        Happening::SetModel(model) => world.ask(|asker| Input::SetModel(asker, model.into())),
        Happening::AskServers => world.ask(Input::AskServers),
        Happening::AskContext => world.ask(Input::AskContext),
        Happening::Answers(..) if world.controls().is_empty() => {}
        Happening::Answers(which, response) => {
            let request_id = which.get(world.controls()).clone();
            world.frame(Frame::ControlResponse { request_id, response });
        }
        Happening::Close => world.command(Input::Close),
        Happening::ShutDown => world.command(Input::ShutDown),
        Happening::Launched => world.launched(Ok(())),
        Happening::LaunchFailed => world.launched(Err(Error::internal("there is no CLI"))),
        Happening::ComesUp => {
            world.launched(Ok(()));
            says(world, &Said::Line(initialized()));
        }
        Happening::Says(said) => says(world, &said),
        Happening::Askable => world.command(Input::Askable),
        Happening::Asks { by_agent } => world.asks(by_agent),
        Happening::TakesBack(which) => world.takes_back(|questions| which.index(questions)),
        Happening::Decides(behavior, which) => world.answers(behavior, |permissions| which.index(permissions)),
        Happening::NobodyAnswers(which) => world.nobody_answers(|permissions| which.index(permissions)),
        Happening::Tools(toolbox) => world.tools_are_there(toolbox),
        Happening::CallsTool => world.calls_tool(),
        Happening::TakesCallBack(which) => world.takes_call_back(|calls| which.index(calls)),
        Happening::ToolAnswers(outcome, which) => world.tool_answers(outcome, |calls| which.index(calls)),
        Happening::Exits { last_words: "" } => world.exit(killed()),
        Happening::Exits { last_words } => {
            world.exit(Exit { status: ExitStatusKind::Code(1), stderr_tail: vec![last_words.into()] });
        }
        Happening::TimeIsUp(which) => world.time_is_up(|timers| which.index(timers)),
        Happening::Crowd(crowded) => world.crowd(crowded),
        Happening::CalledOff => world.called_off(),
        Happening::Park => world.notice(Input::Park),
        Happening::Notice => world.notice(Input::Notice(NoticeLevel::Info, "by the way".into())),
    }
}

fn says(world: &mut Environment, said: &Said) {
    let frame = match said {
        Said::Line(line) => claude::decode(line.as_bytes()),
        Said::TooMuch => Some(Frame::Oversize { bytes: 1 << 30 }),
    };
    if let Some(frame) = frame {
        world.frame(frame);
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    let last_words = ["", "No conversation found with session ID: x", "Error: Session ID x is already in use."];
    prop_oneof![
        1 => Just(Happening::Warm),
        5 => Just(Happening::Send),
        1 => any::<Index>().prop_map(Happening::Cancel),
        1 => any::<bool>().prop_map(|include_queued| Happening::Interrupt { include_queued }),
        1 => Just(Happening::Rename),
        2 => select(vec![Mode::User, Mode::Power]).prop_map(Happening::SetMode),
        1 => Just(Happening::Revoked),
        1 => select(vec!["opus", "no such model"]).prop_map(Happening::SetModel),
        1 => Just(Happening::AskServers),
        1 => Just(Happening::AskContext),
        4 => (any::<Index>(), answer()).prop_map(|(which, answer)| Happening::Answers(which, answer)),
        1 => Just(Happening::Close),
        1 => Just(Happening::Launched),
        1 => Just(Happening::LaunchFailed),
        5 => Just(Happening::ComesUp),
        20 => said().prop_map(Happening::Says),
        2 => Just(Happening::Askable),
        4 => any::<bool>().prop_map(|by_agent| Happening::Asks { by_agent }),
        1 => any::<Index>().prop_map(Happening::TakesBack),
        2 => (select(vec![PermissionBehavior::Allow, PermissionBehavior::Deny]), any::<Index>())
            .prop_map(|(behavior, which)| Happening::Decides(behavior, which)),
        1 => any::<Index>().prop_map(Happening::NobodyAnswers),
        2 => (1..3_u64).prop_map(Happening::Tools),
        4 => Just(Happening::CallsTool),
        1 => any::<Index>().prop_map(Happening::TakesCallBack),
        3 => (select(vec![Ok(()), Err(())]), any::<Index>())
            .prop_map(|(outcome, which)| Happening::ToolAnswers(outcome, which)),
        2 => select(last_words.to_vec()).prop_map(|last_words| Happening::Exits { last_words }),
        2 => any::<Index>().prop_map(Happening::TimeIsUp),
        1 => any::<bool>().prop_map(Happening::Crowd),
        1 => Just(Happening::CalledOff),
        1 => Just(Happening::Park),
        1 => Just(Happening::Notice),
    ]
}

/// What the CLI says to a question, whether it fits or not.
fn answer() -> impl Strategy<Value = Result<Value, String>> {
    let server = |status: &str| json!({"name": "calc", "status": status, "error": "Connection closed"});
    select(vec![
        Ok(json!({"mcpServers": [server("pending")]})),
        Ok(json!({"mcpServers": [server("connected")]})),
        Ok(json!({"mcpServers": [server("failed")]})),
        Ok(Value::Null),
        Err("Unsupported control request subtype".to_owned()),
    ])
}

fn initialized() -> String {
    let response = json!({"subtype": "success", "request_id": "initialize", "response": {"account": {}, "models": [{"value": "opus"}]}});
    json!({"type": "control_response", "response": response}).to_string()
}

/// Whose words they are: the conversation's, or an agent's.
fn speaker() -> impl Strategy<Value = Value> {
    prop_oneof![3 => Just(Value::Null), 1 => Just(json!("toolu_task"))]
}

fn said() -> impl Strategy<Value = Said> {
    let line = prop_oneof![4 => of_a_message(), 2 => of_a_turn(), 1 => of_the_control_channel(), 1 => other()];
    prop_oneof![40 => line.prop_map(|line| Said::Line(line.to_string())), 1 => Just(Said::TooMuch), 1 => Just(Said::Line("oops".into()))]
}

/// A message of the model's, or an answer to its tools: in parts, and whole.
fn of_a_message() -> impl Strategy<Value = Value> {
    let event = (0..3_u8, "[a-z✓]{0,5}").prop_flat_map(|(index, text)| {
        select(vec![
            json!({"type": "message_start", "message": {"id": "msg"}}),
            json!({"type": "content_block_start", "index": index, "content_block": {"type": "text"}}),
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}),
            json!({"type": "content_block_delta", "index": index, "delta": {"type": "thinking_delta", "thinking": text}}),
            json!({"type": "message_stop"}),
        ])
    });
    let block = select(vec![
        json!({"type": "text", "text": "whole"}),
        json!({"type": "thinking", "thinking": "whole"}),
        json!({"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"file_path": "/a"}}),
        json!({"type": "redacted_thinking"}),
    ]);
    let answer = select(vec![
        json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "it says"}]),
        json!("[Request interrupted by user]"),
        json!("words of the CLI's own"),
    ]);
    prop_oneof![
        3 => (event, speaker())
            .prop_map(|(event, parent)| json!({"type": "stream_event", "event": event, "parent_tool_use_id": parent})),
        2 => (prop::collection::vec(block, 0..3), speaker()).prop_map(|(blocks, parent)| {
            json!({"type": "assistant", "message": {"id": "msg", "content": blocks}, "parent_tool_use_id": parent})
        }),
        1 => (answer, speaker(), any::<bool>(), any::<bool>()).prop_map(|(content, parent, replay, synthetic)| {
            json!({
                "type": "user",
                "message": {"content": content},
                "parent_tool_use_id": parent,
                "isReplay": replay,
                "isSynthetic": synthetic,
            })
        }),
    ]
}

/// The beginning or the end of a turn, or how it goes.
fn of_a_turn() -> impl Strategy<Value = Value> {
    let status = select(vec![json!("requesting"), json!("compacting"), Value::Null]);
    let origin = prop_oneof![3 => Just(Value::Null), 1 => Just(json!({"kind": "task-notification"}))];
    let subtype = select(vec!["success", "error_during_execution", "error_max_turns", "error_max_budget_usd", "new"]);
    prop_oneof![
        3 => any::<bool>().prop_map(|known| {
            let id = if known { json!("01a0b0f0-0000-7000-8000-000000000001") } else { Value::Null };
            json!({"type": "system", "subtype": "init", "session_id": id})
        }),
        1 => status.prop_map(|status| json!({"type": "system", "subtype": "status", "status": status})),
        1 => Just(json!({"type": "system", "subtype": "api_retry", "attempt": 1, "error_status": 529})),
        3 => (subtype, any::<bool>(), origin, 0..1000_u64).prop_map(|(subtype, is_error, origin, spent)| {
            json!({
                "type": "result",
                "subtype": subtype,
                "is_error": is_error,
                "result": "the end",
                "origin": origin,
                "usage": {"input_tokens": spent},
                "modelUsage": {"opus": {"inputTokens": spent, "costUSD": 0.1}},
            })
        }),
    ]
}

fn of_the_control_channel() -> impl Strategy<Value = Value> {
    let refused = json!({"subtype": "error", "request_id": "initialize", "error": "no"});
    let acknowledged = json!({"subtype": "success", "request_id": "interrupt-1"});
    select(vec![
        initialized().parse().unwrap_or_default(),
        json!({"type": "control_response", "response": refused}),
        json!({"type": "control_response", "response": acknowledged}),
        json!({"type": "control_request", "request_id": "q", "request": {"subtype": "hook_callback"}}),
        json!({"type": "control_cancel_request", "request_id": "q"}),
    ])
}

fn other() -> impl Strategy<Value = Value> {
    select(vec![json!({"type": "system", "subtype": "new_thing"}), json!({"type": "rate_limit_event"}), json!({})])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_whatever_order_things_happen_every_message_is_answered_once_and_every_turn_ends(
        story in prop::collection::vec(happening(), 0..60),
        goes_down in prop::option::weighted(0.3, any::<Index>()),
    ) {
        let mut world = Environment::new();
        let goes_down = goes_down.map(|at| at.index(story.len() + 1));
        for (at, what) in story.into_iter().enumerate() {
            if goes_down == Some(at) {
                happen(&mut world, Happening::ShutDown);
            }
            happen(&mut world, what);
        }
        world.end();
    }
}

/// Found by the property above.
#[test]
fn a_tools_answer_before_any_turn_is_kept_in_a_turn_of_its_own() {
    let answer = json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "it says"}]);
    for content in [answer, json!("words of the CLI's own")] {
        let line = json!({"type": "user", "message": {"content": content}}).to_string();
        let mut world = Environment::new();
        for what in [Happening::Warm, Happening::ComesUp, Happening::Says(Said::Line(line))] {
            happen(&mut world, what);
        }
        world.end();
    }
}

/// Found by the property above.
#[test]
fn a_session_that_is_closed_while_it_waits_for_room_waits_no_more() {
    let mut world = Environment::new();
    for what in [Happening::Crowd(true), Happening::Send, Happening::Close, Happening::CalledOff] {
        happen(&mut world, what);
    }
    world.time_is_up(|_| 0);
    world.end();
}
