//! SIGTERM in every situation: how long the bridge takes to go.

use std::time::{Duration, Instant};

use super::scenario::{Fine, Harm, Scenario};
use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};
use crate::support::{process, wait_for};

pub(crate) const IDLE: Scenario = Scenario {
    name: "term-idle",
    fault: "SIGTERM while nothing runs",
    tries: [1, 10],
    at_once: 1,
    limit: Some(("until the bridge is gone", Duration::from_millis(1500))),
    play: |_| end(Script::new().answer("Hel"), Client::HasItsAnswer),
};

pub(crate) const BUSY: Scenario = Scenario {
    name: "term-busy",
    fault: "SIGTERM in mid-turn",
    play: |_| end(Script::new().answer(Turn::text("Hel").until_interrupted()), Client::Waits),
    ..IDLE
};

pub(crate) const DEAF: Scenario = Scenario {
    name: "term-deaf",
    fault: "SIGTERM in mid-turn, the CLI takes no notice of anything",
    play: |_| end(Script::new().ignore_term().answer(Turn::text("Hel").hang()), Client::Waits),
    ..IDLE
};

pub(crate) const UNREAD: Scenario = Scenario {
    name: "term-unread",
    fault: "SIGTERM in mid-turn, the client does not read",
    play: |_| {
        end(
            Script::new().answer(Turn::text("Hel").deltas(10_000, "word ").then("lo").until_interrupted()),
            Client::DoesNotRead,
        )
    },
    ..IDLE
};

/// What the client does when the signal comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    HasItsAnswer,
    Waits,
    DoesNotRead,
}

/// Ends a bridge whose CLI has said "Hel" and gone on by its script.
fn end(script: Script, client: Client) -> Result<Fine, Harm> {
    let mut bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Hel");
    let history = bridge.history_file();
    match client {
        Client::HasItsAnswer => wait_for("the answer", || saying.is_answered().then_some(())),
        Client::Waits => {}
        Client::DoesNotRead => {
            bridge.stop_reading();
            wait_for("the end of the flood in the store", || history.has_text(&session, "word lo").then_some(()));
            bridge.may_be_cut();
        }
    }
    drop(saying);
    let began = Instant::now();
    process::terminate(bridge.pid().into());
    let status = bridge.wait_for_process();
    let took = began.elapsed();
    bridge.read_on();
    bridge.wait_for_exit();
    assert_eq!(status.code(), Some(143));
    if (history.ended_turns(&session), history.open_turns(&session)) != (1, 0) {
        return Err(Harm::Lost("the end of the turn".to_owned()));
    }
    let cli = bridge.cli().starts()[0].pid;
    if process::is_alive(cli.into()) {
        return Err(Harm::Leaked(format!("the CLI, process {cli}")));
    }
    Ok(Fine { faults: 1, took: vec![took], ..Fine::default() })
}
