//! Who holds what: the processes of a session, their channels, and the folder of a bridge.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::support::bridge::Bridge;
use crate::support::orphans::files;
use crate::support::process;
use crate::support::script::Script;
use crate::support::wait_for;

/// A session whose CLI is up.
fn warm_session(bridge: &Bridge) -> String {
    let session = bridge.create_session();
    bridge.wait_for_session(&session, "served", |session| session["process"].is_object());
    session
}

fn close(bridge: &Bridge, session: &str) {
    bridge.request("session/close", json!({"sessionId": session}));
}

#[test]
fn a_bridge_ends_with_the_files_and_children_that_it_began_with() {
    let mut bridge = Bridge::with_scripted_cli(vec![Script::echo(); 55]).start();
    let bridges_pid = u64::from(bridge.pid());
    for _ in 0..5 {
        let session = warm_session(&bridge);
        close(&bridge, &session);
    }
    // Pipes, sockets and processes; the store opens its file once more whenever it likes.
    let open = || {
        let all = process::file_targets(bridges_pid);
        all.into_iter().filter(|target| !target.starts_with("/")).collect::<Vec<_>>()
    };
    let before = open();
    for _ in 0..50 {
        let session = warm_session(&bridge);
        close(&bridge, &session);
    }
    wait_for("the files of closed sessions to go", || (open().len() <= before.len()).then_some(()));
    assert_eq!(process::children(bridges_pid), [0; 0]);
    assert_eq!(files(&bridge), Vec::<PathBuf>::new());
    bridge.shutdown();
}

#[test]
fn a_guard_holds_nothing_of_its_cli_and_nothing_of_another_session() {
    let bridge = Bridge::with_scripted_cli(vec![Script::echo(); 3]).start();
    let sessions = [(); 3].map(|()| warm_session(&bridge));
    let clis = sessions.each_ref().map(|session| bridge.cli_pid(session));
    let guards = clis.map(process::parent);
    // What the tests themselves were given by whoever runs them is handed down to everybody.
    let handed_down = process::file_targets(u64::from(std::process::id()));
    let held = |pid: u64, kind: &str| -> Vec<PathBuf> {
        let mut held = process::file_targets(pid);
        held.retain(|target| target.to_string_lossy().starts_with(kind) && !handed_down.contains(target));
        held
    };
    for guard in guards {
        // The bridge has its ends of a session's pipes, the CLI has its own; the guard would keep both from their ends.
        assert_eq!(held(guard, "pipe:"), Vec::<PathBuf>::new());
    }
    for cli in clis {
        assert_eq!((held(cli, "pipe:").len(), held(cli, "socket:")), (3, Vec::new()));
    }
}

#[test]
fn a_sessions_channel_ends_with_the_bridge_however_many_others_there_are() {
    let mut bridge = Bridge::with_scripted_cli(vec![Script::new().ignore_term().hang(); 3]).start();
    let sessions = [(); 3].map(|()| warm_session(&bridge));
    let clis = sessions.each_ref().map(|session| bridge.cli_pid(session));
    let guards = clis.map(process::parent);
    // If any other guard held an end of the first one's channel, the first one would wait for ever.
    guards[1..].iter().for_each(|guard| process::stop(*guard));
    bridge.kill();
    process::wait_until_gone(clis[0]);
    process::wait_until_gone(guards[0]);
    guards[1..].iter().for_each(|guard| process::go_on(*guard));
    guards.into_iter().chain(clis).for_each(process::wait_until_gone);
}

#[test]
fn a_guard_that_does_nothing_is_stood_in_for() {
    let mut bridge = Bridge::with_scripted_cli([Script::new().ignore_term().hang()]).start();
    let session = warm_session(&bridge);
    let cli = bridge.cli_pid(&session);
    let guard = process::parent(cli);
    process::stop(guard);
    close(&bridge, &session);
    assert_eq!([cli, guard].map(process::is_alive), [false; 2]);
    bridge.shutdown();
}

#[test]
fn a_guard_that_is_asked_to_end_ends_its_cli_first() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = warm_session(&bridge);
    let cli = bridge.cli_pid(&session);
    let guard = process::parent(cli);
    process::terminate(guard);
    bridge.wait_for_session(&session, "down", |session| session["process"].is_null());
    assert_eq!([cli, guard].map(process::is_alive), [false; 2]);
    bridge.shutdown();
}

#[test]
fn a_bridge_leaves_the_processes_and_files_of_a_living_one_alone() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = warm_session(&bridge);
    let cli = bridge.cli_pid(&session);
    let record = wait_for("the record of the processes", || {
        files(&bridge).into_iter().find(|file| file.file_name().is_some_and(|name| name == "processes"))
    });

    let mut second = Bridge::with_scripted_cli([Script::echo()]).data(&bridge.folders().data).start();
    let another = second.create_session();
    second.say(&another, "Hello");
    second.shutdown();

    assert!(process::is_alive(cli));
    assert!(record.exists());
    assert_eq!(bridge.say(&session, "Still there?").text(), "echo: Still there?");
    bridge.shutdown();
    assert_eq!(fs::read_dir(bridge.folders().data.join("run")).unwrap().count(), 0);
}
