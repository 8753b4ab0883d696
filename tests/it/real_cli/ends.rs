//! After an orderly end nothing is left.

use std::path::PathBuf;

use rustix::process::Signal;
use serde_json::json;

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;
use crate::support::{orphans, process};

/// A bridge with three sessions: one at rest, one that streams, one that runs a command. Gives the ids of their
/// processes, and of the command's.
fn busy_bridge(api: &Api, gate: &Gate) -> (Bridge, [u64; 4]) {
    let allowed = json!({"modes": {"user": {"allowedTools": ["Bash(sh:*)"]}}});
    let setup = Bridge::with_real_cli(api).options(allowed);
    let bridge = setup.workspace_file("slow.sh", "echo $$ > pid; exec sleep 300").start();
    let [resting, streaming, running] = [(); 3].map(|()| bridge.create_session());
    bridge.say(&resting, "rest");
    api.reply_to("stream", Reply::text("half").wait_for(gate));
    bridge.start_saying(&streaming, "stream").until_text("half");
    api.reply_to("run", Reply::tool("Bash", json!({"command": "sh ./slow.sh", "description": "waits"})));
    bridge.start_saying(&running, "run").until("toolCall");
    let command = process::pid_in(&bridge.folders().workspace.join("pid"));
    let [one, two, three] = [resting, streaming, running].map(|session| bridge.cli_pid(&session));
    let pids = [one, two, three, command];
    assert_eq!(pids.map(process::is_alive), [true; 4]);
    (bridge, pids)
}

#[test]
fn no_process_is_left_after_shutdown() {
    let (api, gate) = (Api::start(), Gate::new());
    let (mut bridge, pids) = busy_bridge(&api, &gate);
    bridge.shutdown();
    assert_eq!(pids.map(process::is_alive), [false; 4]);
}

#[test]
fn no_process_is_left_after_the_end_of_stdin() {
    let (api, gate) = (Api::start(), Gate::new());
    let (mut bridge, pids) = busy_bridge(&api, &gate);
    bridge.close_stdin();
    assert_eq!(bridge.wait_for_exit().code(), Some(3));
    assert_eq!(pids.map(process::is_alive), [false; 4]);
}

#[test]
fn no_process_is_left_after_a_sigterm() {
    let (api, gate) = (Api::start(), Gate::new());
    let (mut bridge, pids) = busy_bridge(&api, &gate);
    process::signal(bridge.pid().into(), Signal::TERM);
    assert_eq!(bridge.wait_for_exit().code(), Some(143));
    assert!(bridge.stderr().ends_with("claude-bridge: ended with work in progress: SIGTERM\n"), "{}", bridge.stderr());
    assert_eq!(pids.map(process::is_alive), [false; 4]);
}

#[test]
fn a_turn_of_the_real_cli_is_interrupted_stored_and_answered_at_the_end_of_stdin_and_at_a_sigterm() {
    for ends_by_signal in [false, true] {
        let (api, gate) = (Api::start(), Gate::new());
        let mut bridge = Bridge::with_real_cli(&api).start();
        let session = bridge.create_session();
        api.reply(Reply::text("half").wait_for(&gate));
        {
            let mut saying = bridge.start_saying(&session, "Hi");
            saying.until_text("half");
            match ends_by_signal {
                true => process::signal(bridge.pid().into(), Signal::TERM),
                false => bridge.close_stdin(),
            }
            let said = saying.end();
            assert_eq!((said.stop_reason().as_str(), said.text().as_str()), ("interrupted", "half"));
        }
        assert_eq!(bridge.wait_for_exit().code(), Some(if ends_by_signal { 143 } else { 3 }));
        let history = bridge.history_file();
        assert_eq!((history.ended_turns(&session), history.open_turns(&session)), (1, 0));
        bridge.restart();
        assert_eq!(bridge.history(&session), ["user: Hi", "assistant: half"]);
    }
}

#[test]
fn a_session_that_is_closed_while_its_cli_starts_leaves_nothing() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    for round in 0..8 {
        let session = bridge.create_session();
        if round % 2 == 0 {
            bridge.wait_for_session(&session, "served", |session| session["process"].is_object());
        }
        let closed = bridge.request("session/close", json!({"sessionId": session}));
        assert_eq!(closed["session"]["state"], "closed");
    }
    assert_eq!(orphans::files(&bridge), Vec::<PathBuf>::new(), "private files of processes that should be gone");
    bridge.shutdown();
}
