//! After an orderly end nothing is left.

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;
use crate::support::process;

/// A bridge with two sessions: one at rest, one in the middle of a turn.
fn busy_bridge(api: &Api, gate: &Gate) -> (Bridge, [u64; 2]) {
    let bridge = Bridge::with_real_cli(api).start();
    let sessions = [bridge.create_session(), bridge.create_session()];
    bridge.say(&sessions[0], "at rest");
    api.reply_to("in a turn", Reply::text("half").wait_for(gate));
    let mut saying = bridge.start_saying(&sessions[1], "in a turn");
    saying.until_text("half");
    let pids = sessions.map(|session| bridge.cli_pid(&session));
    assert!(pids.iter().all(|pid| process::is_alive(*pid)), "{pids:?}");
    (bridge, pids)
}

#[test]
fn no_cli_is_left_after_shutdown() {
    let (api, gate) = (Api::start(), Gate::new());
    let (mut bridge, pids) = busy_bridge(&api, &gate);
    bridge.shutdown();
    assert_eq!(pids.map(process::is_alive), [false; 2]);
}

#[test]
fn no_cli_is_left_after_the_end_of_stdin() {
    let (api, gate) = (Api::start(), Gate::new());
    let (mut bridge, pids) = busy_bridge(&api, &gate);
    bridge.close_stdin();
    assert_eq!(bridge.wait_for_exit().code(), Some(3));
    assert_eq!(pids.map(process::is_alive), [false; 2]);
}
