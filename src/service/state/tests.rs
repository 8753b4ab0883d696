//! Orders of events, and what must follow from them.

mod asking;
mod calls;
mod driver;
mod environment;
mod permissions;
mod properties;
mod questions;
mod resting;
mod server_set;
mod tools;

use super::{AskId, Effect, Input, Known, Limits, State, Timer, What};
use crate::claude::{Exit, ExitStatusKind, Frame, TurnResult};
use crate::error::{Error, ErrorKind};
use crate::protocol::event::{EventBody, TurnOrigin};
use crate::protocol::session::SessionState;
use crate::protocol::turn::StopReason;
use driver::{Driver, interrupted, killed, message, record, tell};

#[test]
fn a_message_runs_from_the_users_words_to_the_answer() {
    let mut session = Driver::up();
    session.send("Hello");
    session.init().delta("He").delta("llo").says("Hello").ends();
    assert_eq!(
        session.story(),
        [
            "turnStarted",
            "message Hello",
            "→ user",
            "textDelta",
            "textDelta",
            "message Hello",
            "usage",
            "turnCompleted",
            "answer Completed"
        ]
    );
}

#[test]
fn the_message_that_replaces_deltas_has_their_id_and_each_delta_its_offset() {
    let mut session = Driver::up();
    session.send("Hello");
    session.init().delta("Grü").delta("ße").says("Grüße");
    let effects = session.take();
    let deltas: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Emit(emission) => match &emission.what {
                What::Event(EventBody::TextDelta { item_id, offset, .. }) => Some((*item_id, *offset)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let last = effects.iter().rev().find_map(|effect| match effect {
        Effect::Emit(emission) => match &emission.what {
            What::Message(message) => Some(message.id),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(deltas, [(last.unwrap(), 0), (last.unwrap(), "Grü".len() as u64)]);
}

#[test]
fn messages_of_a_busy_session_run_in_order_and_one_too_many_is_refused() {
    let mut session = Driver::up();
    for text in ["one", "two", "three", "four"] {
        session.send(text);
    }
    assert_eq!(session.story(), ["turnStarted", "message one", "→ user", "status", "status", "answer SessionBusy"]);
    session.init().ends();
    assert_eq!(session.story(), ["usage", "turnCompleted", "answer Completed", "turnStarted", "message two", "→ user"]);
}

#[test]
fn where_no_message_may_wait_one_at_a_time_is_taken() {
    let mut session =
        Driver { state: State::new(record(), Limits { queue: 0, ..Limits::for_tests() }), ..Driver::new() };
    session.send("one");
    session.send("two");
    assert_eq!(session.story(), ["start", "status", "answer SessionBusy"]);
    session.come_up().init().ends();
    session.take();
    session.send("three");
    assert_eq!(session.story(), ["turnStarted", "message three", "→ user"]);
}

#[test]
fn a_message_to_a_session_at_rest_starts_the_process_and_waits_for_it() {
    let mut session = Driver::new();
    session.send("Hello");
    assert_eq!(session.story(), ["start", "status"]);
    session.come_up();
    assert_eq!(session.story(), ["→ initialize", "turnStarted", "message Hello", "→ user"]);
    assert_eq!(session.state.record.credential.as_deref(), Some("ANTHROPIC_API_KEY"));
}

#[test]
fn a_start_that_fails_is_the_answer_of_all_who_wait_and_the_next_message_tries_again() {
    let mut session = Driver::new();
    session.send("one");
    session.send("two");
    session.take();
    session.step(Input::SpawnFailed(Error::new(ErrorKind::CliNotFound, "no claude")));
    assert_eq!(session.story(), ["error", "answer CliNotFound", "answer CliNotFound"]);
    assert_eq!(session.state.state(), SessionState::Failed);
    session.send("three");
    assert_eq!(session.story(), ["start", "status"]);
    assert_eq!(session.state.state(), SessionState::Idle);
}

#[test]
fn an_interrupt_before_the_cli_listens_waits_for_it() {
    let mut session = Driver::up();
    session.send("Hello");
    session.step(Input::Interrupt { include_queued: false });
    assert_eq!(session.story(), ["turnStarted", "message Hello", "→ user"]);
    session.init();
    assert_eq!(session.story(), ["→ interrupt"]);
    session.delta("par").frame(interrupted());
    assert_eq!(session.story(), ["textDelta", "message par", "usage", "turnCompleted", "answer Interrupted"]);
}

#[test]
fn an_interrupt_while_the_cli_comes_up_ends_the_turn_that_waits_for_it() {
    let mut session = Driver::new();
    session.send("Hello");
    session.step(Input::Interrupt { include_queued: false });
    session.come_up().init();
    assert_eq!(
        session.story(),
        ["start", "status", "→ initialize", "turnStarted", "message Hello", "→ user", "→ interrupt"]
    );
}

#[test]
fn an_interrupt_that_is_ignored_ends_the_process_and_the_next_message_starts_another() {
    let mut session = Driver::up();
    session.send("one");
    session.send("two");
    session.init().step(Input::Interrupt { include_queued: false });
    session.take();
    session.step(Input::Timer(Timer::Interrupt));
    assert_eq!(session.story(), ["notice", "usage", "turnCompleted", "answer Interrupted", "kill"]);
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["start", "status"]);
}

#[test]
fn a_cli_that_never_takes_the_turn_up_can_be_interrupted_too() {
    let mut session = Driver::new();
    session.send("one");
    session.step(Input::Interrupt { include_queued: false });
    session.come_up();
    let timers = session.take().into_iter().filter(|effect| matches!(effect, Effect::SetTimer(Timer::Interrupt, _)));
    assert_eq!(timers.count(), 1);
    session.step(Input::Timer(Timer::Interrupt));
    assert_eq!(session.story(), ["notice", "usage", "turnCompleted", "answer Interrupted", "kill"]);
}

#[test]
fn an_interrupt_with_the_queue_answers_those_who_wait() {
    let mut session = Driver::up();
    session.send("one");
    session.send("two");
    session.init();
    session.take();
    session.step(Input::Interrupt { include_queued: true });
    assert_eq!(session.story(), ["→ interrupt", "answer RequestCancelled"]);
}

#[test]
fn a_cancelled_message_that_waits_never_runs() {
    let mut session = Driver::up();
    session.send("one");
    let two = session.send("two");
    session.take();
    session.step(Input::Cancel { turn: two });
    session.init().ends();
    assert_eq!(session.story(), ["answer RequestCancelled", "usage", "turnCompleted", "answer Completed"]);
}

#[test]
fn a_cli_that_dies_in_mid_turn_fails_the_turn_and_what_it_said_is_kept() {
    let mut session = Driver::up();
    session.send("one");
    session.init().delta("half a sen");
    session.take();
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["message half a sen", "error", "usage", "turnCompleted", "answer Failed"]);
    assert_eq!(session.state.state(), SessionState::Parked);
}

#[test]
fn a_cli_that_dies_with_messages_waiting_is_started_for_them() {
    let mut session = Driver::up();
    session.send("one");
    session.send("two");
    session.take();
    session.step(Input::Exited(killed()));
    assert_eq!(session.story(), ["error", "usage", "turnCompleted", "answer Failed", "start", "status"]);
}

#[test]
fn a_turn_that_nobody_asked_for_is_a_background_turn() {
    let mut session = Driver::up();
    session.init().says("The task is done.").ends();
    let effects = session.take();
    let origin = effects.iter().find_map(|effect| match effect {
        Effect::Emit(emission) => match &emission.what {
            What::Event(EventBody::TurnStarted { origin, message_id: None }) => Some(*origin),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(origin, Some(TurnOrigin::Background));
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Answer { .. })));
}

#[test]
fn the_end_of_a_background_turn_that_slipped_in_does_not_end_ours() {
    let mut session = Driver::up();
    session.send("Hello");
    let background = TurnResult { origin_kind: Some("task-notification".into()), ..TurnResult::default() };
    session.init().frame(Frame::Result(Box::new(background)));
    session.take();
    session.init().says("Hi").ends();
    assert_eq!(session.story(), ["message Hi", "usage", "turnCompleted", "answer Completed"]);
}

#[test]
fn an_interrupt_that_met_a_background_turn_still_ends_ours() {
    let mut session = Driver::up();
    session.send("Hello");
    session.init().step(Input::Interrupt { include_queued: false });
    let background = TurnResult { origin_kind: Some("task-notification".into()), ..TurnResult::default() };
    session.frame(Frame::Result(Box::new(background)));
    session.take();
    session.init();
    assert_eq!(session.story(), ["→ interrupt"]);
}

#[test]
fn a_failure_of_the_api_fails_the_turn_and_leaves_the_session_idle() {
    let mut session = Driver::up();
    session.send("Hello");
    let overloaded = TurnResult {
        subtype: "success".into(),
        is_error: true,
        result: "API Error: 529".into(),
        api_error_status: Some(529),
        ..TurnResult::default()
    };
    session.init().frame(Frame::Result(Box::new(overloaded)));
    let effects = session.take();
    let answered = effects.iter().find_map(|effect| match effect {
        Effect::Answer { outcome: Ok(turn), .. } => Some(turn),
        _ => None,
    });
    let turn = answered.unwrap();
    let error = turn.error.as_ref().unwrap();
    assert_eq!((turn.stop_reason, error.kind), (StopReason::Failed, ErrorKind::OverloadedApi));
    assert_eq!(error.details["httpStatus"], 529);
    assert_eq!(session.state.state(), SessionState::Idle);
}

#[test]
fn a_conversation_that_the_cli_knows_already_is_resumed_instead() {
    let mut session = Driver::new();
    session.step(Input::Warm);
    let taken =
        Exit { status: ExitStatusKind::Code(1), stderr_tail: vec!["Error: Session ID x is already in use.".into()] };
    session.step(Input::Exited(taken.clone()));
    assert!(session.state.record.provider_started);
    session.step(Input::Exited(taken));
    assert_eq!(session.state.state(), SessionState::Failed, "tried once, not for ever");
}

#[test]
fn closing_ends_the_turn_first_and_tells_those_who_wait() {
    let mut session = Driver::up();
    session.send("one");
    session.send("two");
    session.init();
    session.take();
    session.step(Input::Close);
    assert_eq!(
        session.story(),
        ["answer SessionClosed", "→ interrupt", "usage", "turnCompleted", "answer Interrupted", "stop"]
    );
    session.step(Input::Exited(killed()));
    assert_eq!(session.state.state(), SessionState::Closed);
}

#[test]
fn what_a_process_says_after_it_was_told_to_end_is_not_heard() {
    let mut session = Driver::up();
    session.send("one");
    session.init().delta("par").step(Input::Close);
    session.take();
    session.says("par").frame(interrupted()).init();
    assert_eq!(session.story(), [""; 0]);
    session.step(Input::Exited(killed()));
    session.send("two");
    session.come_up();
    assert_eq!(session.story(), ["start", "status", "→ initialize", "turnStarted", "message two", "→ user"]);
}

#[test]
fn a_process_that_comes_up_after_its_session_was_closed_is_ended() {
    let mut session = Driver::new();
    session.step(Input::Warm).step(Input::Close);
    session.take();
    session.step(Input::Spawned(Known::default()));
    assert_eq!(session.story(), ["stop"]);
    session.step(Input::Exited(killed()));
    assert_eq!(session.state.state(), SessionState::Closed);
}

#[test]
fn going_down_interrupts_the_turn_then_ends_the_process_and_takes_nothing_new() {
    let mut session = Driver::up();
    session.send("one");
    session.init();
    session.take();
    session.step(Input::ShutDown);
    session.send("two");
    session.frame(interrupted());
    assert_eq!(
        session.story(),
        ["→ interrupt", "answer ShuttingDown", "usage", "turnCompleted", "answer Interrupted", "stop"]
    );
}
