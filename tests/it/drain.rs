//! Every cause of an end, in every situation: what was in progress is ended, stored and answered, no CLI is left, and
//! the exit code and one line on stderr say why.

use std::process::{Child, Command};

use rustix::process::Signal;
use serde_json::json;

use crate::support::bridge::Bridge;
use crate::support::process;
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

/// What ends a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    EndOfStdin,
    Exit,
    ShutdownAndExit,
    Hangup,
    Interrupt,
    Terminate,
    DeathOfTheParent,
}

const CAUSES: [Cause; 7] = [
    Cause::EndOfStdin,
    Cause::Exit,
    Cause::ShutdownAndExit,
    Cause::Hangup,
    Cause::Interrupt,
    Cause::Terminate,
    Cause::DeathOfTheParent,
];

impl Cause {
    /// Brings it about.
    fn happen(self, bridge: &Bridge, editor: &mut Editor) {
        match self {
            Self::EndOfStdin => bridge.close_stdin(),
            Self::Exit => bridge.notify("exit", &json!(null)),
            Self::ShutdownAndExit => {
                // Its answer may come behind much else.
                drop(bridge.start_request("shutdown", json!(null)));
                bridge.notify("exit", &json!(null));
            }
            Self::Hangup => process::signal(bridge.pid().into(), Signal::HUP),
            Self::Interrupt => process::signal(bridge.pid().into(), Signal::INT),
            Self::Terminate => process::signal(bridge.pid().into(), Signal::TERM),
            Self::DeathOfTheParent => editor.kill(),
        }
    }

    /// The exit code and what is said of it, where work was in progress and where none was.
    fn end(self, at_work: bool) -> (i32, String) {
        let signalled =
            |name| if at_work { format!("ended with work in progress: {name}") } else { format!("ended by {name}") };
        let (code, why) = match self {
            Self::EndOfStdin if at_work => (3, "ended with work in progress: stdin ended".to_owned()),
            Self::DeathOfTheParent if at_work => {
                (3, "ended with work in progress: the client's process is gone".to_owned())
            }
            Self::Exit => (1, "ended by `exit` without `shutdown`".to_owned()),
            Self::Hangup => (129, signalled("SIGHUP")),
            Self::Interrupt => (130, signalled("SIGINT")),
            Self::Terminate => (143, signalled("SIGTERM")),
            Self::EndOfStdin | Self::ShutdownAndExit | Self::DeathOfTheParent => return (0, String::new()),
        };
        (code, format!("claude-bridge: {why}\n"))
    }
}

/// The process that the bridge is told has started it.
struct Editor(Child);

impl Editor {
    fn start() -> Self {
        Self(Command::new("sleep").arg("300").spawn().unwrap())
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Both fail where it has ended, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A bridge that an editor started.
fn start(script: Script) -> (Bridge, Editor) {
    let editor = Editor::start();
    let bridge = Bridge::with_scripted_cli([script]).uninitialized().start();
    let folder = bridge.folders().workspace.clone();
    let uri = format!("file://{}", folder.display());
    bridge.request("initialize", json!({"processId": editor.0.id(), "rootUri": uri, "capabilities": {}}));
    (bridge, editor)
}

/// Waits for the bridge's end, which has to be as the cause has it, with no CLI left.
fn expect_end(bridge: &mut Bridge, cause: Cause, at_work: bool) {
    let status = bridge.wait_for_exit();
    assert_eq!((status.code(), last_words(bridge)), (Some(cause.end(at_work).0), cause.end(at_work).1), "{cause:?}");
    for start in bridge.cli().starts() {
        process::wait_until_gone(start.pid.into());
    }
}

/// What the bridge says to people on stderr, the log left out.
fn last_words(bridge: &Bridge) -> String {
    bridge.stderr().split_inclusive('\n').filter(|line| line.starts_with("claude-bridge: ")).collect()
}

/// The stored turn has ended, interrupted, and that was the last that happened in it.
fn expect_stored_end(bridge: &Bridge, session: &str) {
    let history = bridge.history_file();
    assert_eq!((history.ended_turns(session), history.open_turns(session)), (1, 0));
    let events = history.events(session);
    let ends: Vec<_> = events.iter().filter(|event| event["kind"] == "turnCompleted").collect();
    assert_eq!(ends.len(), 1, "{events:?}");
    assert_eq!(ends[0]["turn"]["stopReason"], "interrupted");
}

#[test]
fn an_idle_bridge_ends_with_its_cli_whatever_the_cause() {
    for cause in CAUSES {
        let (mut bridge, mut editor) = start(Script::new().answer("Hello"));
        let session = bridge.create_session();
        bridge.say(&session, "Hi");
        cause.happen(&bridge, &mut editor);
        expect_end(&mut bridge, cause, false);
        assert_eq!(bridge.cli().wait_for_ends(1), ["EndOfInput"], "{cause:?}");
    }
}

#[test]
fn a_turn_that_runs_is_interrupted_stored_and_answered_whatever_the_cause() {
    for cause in CAUSES {
        let (mut bridge, mut editor) = start(Script::new().answer(Turn::text("Hel").until_interrupted()));
        let session = bridge.create_session();
        {
            let mut saying = bridge.start_saying(&session, "Hi");
            saying.until_text("Hel");
            cause.happen(&bridge, &mut editor);
            // `end` insists on the turn's last event before the answer.
            let said = saying.end();
            assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Hel"), "{cause:?}");
        }
        expect_end(&mut bridge, cause, true);
        expect_stored_end(&bridge, &session);
        assert_eq!(bridge.cli().controls(), ["initialize", "interrupt"], "{cause:?}");
    }
}

#[test]
fn a_cli_that_takes_no_notice_of_anything_is_killed_and_its_turn_answered_whatever_the_cause() {
    for cause in CAUSES {
        let (mut bridge, mut editor) = start(Script::new().ignore_term().answer(Turn::text("Hel").hang()));
        let session = bridge.create_session();
        {
            let mut saying = bridge.start_saying(&session, "Hi");
            saying.until_text("Hel");
            cause.happen(&bridge, &mut editor);
            let said = saying.end();
            assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "Hel"), "{cause:?}");
        }
        expect_end(&mut bridge, cause, true);
        expect_stored_end(&bridge, &session);
    }
}

#[test]
fn messages_that_wait_are_refused_as_shutting_down_whatever_the_cause() {
    for cause in CAUSES {
        let (mut bridge, mut editor) = start(Script::new().answer(Turn::text("Hel").until_interrupted()));
        let session = bridge.create_session();
        {
            let mut saying = bridge.start_saying(&session, "1");
            saying.until_text("Hel");
            let mut waiting = ["2", "3"].map(|content| bridge.start_saying(&session, content));
            for waiting in &mut waiting {
                waiting.until("status");
            }
            cause.happen(&bridge, &mut editor);
            for waiting in waiting {
                assert_eq!(waiting.error().kind(), "shuttingDown", "{cause:?}");
            }
            assert_eq!(saying.end().stop_reason(), "interrupted", "{cause:?}");
        }
        expect_end(&mut bridge, cause, true);
        expect_stored_end(&bridge, &session);
        assert_eq!(bridge.cli().messages(), ["1"], "{cause:?}");
        assert_eq!(bridge.history_file().events(&session).iter().filter(|e| e["kind"] == "turnStarted").count(), 1);
    }
}

#[test]
fn a_client_that_does_not_read_delays_no_end_and_the_turn_is_stored_whatever_the_cause() {
    for cause in CAUSES {
        let turn = Turn::text("Hel").deltas(10_000, "word ").then("lo").until_interrupted();
        let (mut bridge, mut editor) = start(Script::new().answer(turn));
        let session = bridge.create_session();
        {
            let mut saying = bridge.start_saying(&session, "Hi");
            saying.until_text("Hel");
            bridge.stop_reading();
            let history = bridge.history_file();
            wait_for("the end of the flood in the store", || history.has_text(&session, "word lo").then_some(()));
            bridge.may_be_cut();
            cause.happen(&bridge, &mut editor);
        }
        let status = bridge.wait_for_process();
        bridge.read_on();
        assert_eq!(status.code(), Some(cause.end(true).0), "{cause:?}");
        expect_end(&mut bridge, cause, true);
        expect_stored_end(&bridge, &session);
    }
}

#[test]
fn a_client_that_left_too_much_unread_is_dropped_and_its_turn_stored() {
    let (mut bridge, _editor) = start(Script::new().answer("Hello").answer(Turn::text("Hel").until_interrupted()));
    let session = bridge.create_session();
    bridge.say(&session, "x".repeat(5 << 20));
    {
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text("Hel");
        bridge.may_be_cut();
        bridge.stop_reading();
        for _ in 0..16 {
            drop(bridge.start_request("message/list", json!({"sessionId": session})));
        }
    }
    let status = bridge.wait_for_process();
    bridge.read_on();
    bridge.wait_for_exit();
    let said = "claude-bridge: ended with work in progress: it left 64 MiB unread\n";
    assert_eq!((status.code(), last_words(&bridge)), (Some(3), said.to_owned()));
    assert_eq!((bridge.history_file().ended_turns(&session), bridge.history_file().open_turns(&session)), (2, 0));
    process::wait_until_gone(bridge.cli().starts()[0].pid.into());
}

#[test]
fn a_second_signal_ends_it_at_once_and_its_cli_with_it() {
    let (mut bridge, _editor) = start(Script::new().ignore_term().answer(Turn::text("Hel").hang()));
    let session = bridge.create_session();
    bridge.may_be_cut();
    bridge.start_saying(&session, "Hi").until_text("Hel");
    for signal in [Signal::TERM, Signal::INT] {
        process::signal(bridge.pid().into(), signal);
    }
    assert_eq!(bridge.wait_for_exit().code(), Some(130));
    assert_eq!(last_words(&bridge), "claude-bridge: ended at once by SIGINT, the second signal\n");
    process::wait_until_gone(bridge.cli().starts()[0].pid.into());
}

#[test]
fn what_comes_while_it_ends_is_refused_as_shutting_down() {
    let (mut bridge, _editor) = start(Script::new().ignore_term().answer(Turn::text("Hel").hang()));
    let session = bridge.create_session();
    {
        let mut saying = bridge.start_saying(&session, "Hi");
        saying.until_text("Hel");
        process::signal(bridge.pid().into(), Signal::TERM);
        wait_for("a refusal", || {
            let late = bridge.try_request("message/list", json!({"sessionId": session}));
            late.err().map(|error| assert_eq!((error.code, error.kind()), (1051, "shuttingDown")))
        });
        assert_eq!(saying.end().stop_reason(), "interrupted");
    }
    expect_end(&mut bridge, Cause::Terminate, true);
}

#[test]
fn a_history_that_another_process_holds_delays_no_end() {
    for cause in [Cause::EndOfStdin, Cause::Terminate] {
        let (mut bridge, mut editor) = start(Script::new().answer(Turn::text("Hel").until_interrupted()));
        let session = bridge.create_session();
        let lock = {
            let mut saying = bridge.start_saying(&session, "Hi");
            saying.until_text("Hel");
            let lock = bridge.lock_history();
            cause.happen(&bridge, &mut editor);
            assert_eq!(saying.end().stop_reason(), "interrupted", "{cause:?}");
            lock
        };
        assert_eq!(bridge.wait_for_exit().code(), Some(cause.end(true).0), "{cause:?}");
        assert_eq!(last_words(&bridge), cause.end(true).1);
        drop(lock);
    }
}
