//! Whoever dies, and however: nothing that a session started lives on for 5 s, and no file is left.

use crate::support::orphans::{Death, System, die};

#[test]
fn nothing_outlives_a_bridge_that_is_killed() {
    die(Death::Bridge, System::Linux).unwrap();
}

#[test]
fn nothing_outlives_a_bridge_that_is_killed_on_any_unix() {
    die(Death::Bridge, System::AnyUnix).unwrap();
}

#[test]
fn nothing_outlives_a_cli_that_is_killed() {
    die(Death::Cli, System::Linux).unwrap();
}

#[test]
fn nothing_outlives_a_cli_that_is_killed_on_any_unix() {
    die(Death::Cli, System::AnyUnix).unwrap();
}

#[test]
fn nothing_outlives_a_guard_that_is_killed() {
    die(Death::Guard, System::Linux).unwrap();
}

#[test]
fn nothing_outlives_a_guard_that_is_killed_on_any_unix() {
    die(Death::Guard, System::AnyUnix).unwrap();
}

#[test]
fn what_outlives_bridge_and_guard_is_ended_when_the_next_bridge_starts() {
    die(Death::BridgeAndGuard, System::Linux).unwrap();
}

#[test]
fn nothing_outlives_a_session_that_is_closed() {
    die(Death::Close, System::Linux).unwrap();
}

#[test]
fn nothing_outlives_the_end_of_stdin() {
    die(Death::EndOfInput, System::Linux).unwrap();
}
