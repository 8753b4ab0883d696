//! Sessions at rest, sessions that fall silent, and conversations that the CLI has lost.

use serde_json::json;

use super::Driver;
use crate::claude::{Exit, ExitStatusKind, Frame};
use crate::protocol::event::{EventBody, Status};
use crate::service::state::{Effect, Input, Rung, Timer, What};

fn sets(effects: &[Effect], timer: Timer) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::SetTimer(set, _) if *set == timer))
}

fn clears(effects: &[Effect], timer: Timer) -> bool {
    effects.contains(&Effect::ClearTimer(timer))
}

fn tasks(running: usize) -> Frame {
    Frame::BackgroundTasks { running, frame: json!({}) }
}

fn times_stalled(effects: &[Effect]) -> usize {
    let stalled = |effect: &&Effect| match effect {
        Effect::Emit(emission) => {
            matches!(emission.what, What::Event(EventBody::Status { status: Status::Stalled, .. }))
        }
        _ => false,
    };
    effects.iter().filter(stalled).count()
}

fn forgot() -> Exit {
    let stderr_tail = vec!["No conversation found with session ID: x".to_owned()];
    Exit { status: ExitStatusKind::Code(1), stderr_tail }
}

#[test]
fn the_time_at_rest_is_counted_only_while_there_is_nothing_to_do() {
    let mut session = Driver::new();
    session.step(Input::Warm).come_up();
    assert!(sets(&session.take(), Timer::Idle));
    session.send("1");
    session.init().frame(tasks(1));
    assert!(clears(&session.take(), Timer::Idle));
    session.ends();
    assert!(!sets(&session.take(), Timer::Idle), "a background task goes on");
    session.frame(tasks(0));
    assert!(sets(&session.take(), Timer::Idle));
}

#[test]
fn only_a_session_at_rest_gives_its_process_up() {
    let mut session = Driver::up();
    session.send("1");
    session.init();
    for input in [Input::Park, Input::Timer(Timer::Idle)] {
        session.step(input);
    }
    session.frame(tasks(1)).ends().step(Input::Park);
    assert!(!session.take().contains(&Effect::Stop));
    session.frame(tasks(0)).step(Input::Park);
    assert!(session.take().contains(&Effect::Stop));
}

#[test]
fn a_tool_that_takes_long_is_told_of_once_and_left_alone() {
    let mut session = Driver::up();
    session.send("1");
    session.init();
    let call = crate::claude::Block::ToolUse { id: "t".into(), name: "Bash".into(), input: json!({}) };
    session.speaks(call);
    session.take();
    for _ in 0..3 {
        session.wait(7200).step(Input::Timer(Timer::Silence));
    }
    let effects = session.take();
    assert_eq!(times_stalled(&effects), 1);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Write(_))), "{effects:?}");
    assert!(sets(&effects, Timer::Silence));
}

#[test]
fn a_word_in_time_makes_the_watchdog_wait_for_the_rest_of_its_time() {
    let mut session = Driver::up();
    session.send("1");
    session.init();
    session.wait(3000).delta("word").take();
    session.wait(600).step(Input::Timer(Timer::Silence));
    let effects = session.take();
    assert_eq!(times_stalled(&effects), 0);
    let rest = std::time::Duration::from_millis(3_600_000 - 600_001);
    assert_eq!(effects, [Effect::SetTimer(Timer::Silence, rest)]);
}

#[test]
fn a_conversation_that_the_cli_forgot_is_put_back_and_then_told_again() {
    let mut session = Driver::new();
    session.state.record.provider_started = true;
    session.step(Input::Warm);
    for rung in [Rung::Copy, Rung::Messages] {
        session.take();
        session.step(Input::Exited(forgot()));
        assert!(session.take().contains(&Effect::Start { rung, urgent: false }), "{rung:?}");
    }
    session.step(Input::Exited(forgot()));
    assert!(!session.take().iter().any(|effect| matches!(effect, Effect::Start { .. })), "that was the last way");
}
