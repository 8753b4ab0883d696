//! The history under trouble: what was said to be stored stays stored, and what cannot be stored is said.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::support::bridge::{Bridge, Said, Setup, merged};
use crate::support::commits;
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

fn echoing() -> Setup {
    Bridge::with_scripted_cli([Script::echo(), Script::echo()])
}

/// The texts of a turn's notices of a level.
fn notices<'a>(said: &'a Said, level: &str) -> Vec<&'a str> {
    let of_level = said.events_of("notice").into_iter().filter(|event| event["level"] == level);
    of_level.filter_map(|event| event["text"].as_str()).collect()
}

#[test]
fn a_damaged_history_is_moved_aside_and_the_bridge_works() {
    let setup = echoing();
    let data = setup.folders().data.clone();
    fs::create_dir(&data).unwrap();
    fs::write(data.join("history.db"), "Dear diary, ".repeat(1_000)).unwrap();
    let bridge = setup.start();
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
    let names = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let moved: Vec<_> = names.filter(|name| name.starts_with("history.damaged-")).collect();
    assert_eq!(moved.len(), 1, "{moved:?}");
    assert_eq!(fs::read_to_string(data.join(&moved[0])).unwrap(), "Dear diary, ".repeat(1_000));
    let told = bridge.next_notification("window/showMessage");
    assert_eq!(told["type"], 2, "{told}");
    assert!(told["message"].as_str().unwrap().contains(&moved[0]), "{told}");
    assert!(bridge.stderr().contains(&moved[0]), "{}", bridge.stderr());
}

const KEPT_AGAIN: &str = "history is being kept again";

/// Waits until everything that a session has to tell is stored, after it could not be.
fn until_kept_again(bridge: &Bridge, session: &str) {
    wait_for(KEPT_AGAIN, || bridge.history_file().has_text(session, KEPT_AGAIN).then_some(()));
}

/// Every event that was sent is stored, and none of the session's numbers is missing.
fn assert_whole(bridge: &Bridge, session: &str, sent: &[&Said]) {
    let stored = bridge.history_file().events(session);
    for event in sent.iter().flat_map(|said| merged(said.events.clone())) {
        assert!(stored.contains(&event), "lost: {event}\nin {stored:#?}");
    }
    let mut last = 0;
    for event in &stored {
        let seq = event["seq"].as_u64().unwrap();
        assert_eq!(event["firstSeq"].as_u64().unwrap_or(seq), last + 1, "a hole before {event}");
        last = seq;
    }
}

#[test]
fn what_is_said_while_another_locks_the_history_is_stored_when_it_lets_go() {
    let bridge = echoing().start();
    let session = bridge.create_session();
    let first = bridge.say(&session, "1");
    let lock = bridge.lock_history();
    let during = ["2", "3"].map(|text| bridge.say(&session, text));
    assert_eq!(during[0].text(), "echo: 2");
    assert!(notices(&during[0], "error")[0].starts_with("history is not being kept: "), "{:?}", during[0].events);
    assert_eq!(notices(&during[1], "error"), Vec::<&str>::new(), "it is said once");
    let refusal = bridge.refusal("session/create", json!({}));
    assert_eq!(refusal.data["kind"], "storeUnavailable", "{refusal:?}");
    drop(lock);
    until_kept_again(&bridge, &session);
    let after = bridge.say(&session, "4");
    let said = ["1", "2", "3", "4"].map(|text| [format!("user: {text}"), format!("assistant: echo: {text}")]);
    assert_eq!(bridge.history(&session), said.concat());
    assert_whole(&bridge, &session, &[&first, &during[0], &during[1], &after]);
}

#[test]
fn a_history_that_is_locked_before_a_sessions_first_turn_keeps_it_all_the_same() {
    let mut bridge = echoing().start();
    let session = bridge.create_session();
    let lock = bridge.lock_history();
    let during = ["1", "2"].map(|text| bridge.say(&session, text));
    drop(lock);
    until_kept_again(&bridge, &session);
    assert_whole(&bridge, &session, &[&during[0], &during[1]]);
    bridge.kill();
    bridge.restart();
    assert!(bridge.session(&session)["context"].is_object(), "{}", bridge.session(&session));
    let said = ["1", "2"].map(|text| [format!("user: {text}"), format!("assistant: echo: {text}")]);
    assert_eq!(bridge.history(&session), said.concat());
}

#[test]
fn a_session_that_comes_to_rest_while_the_history_is_locked_is_stored_when_it_can_be() {
    let bridge = echoing().start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    let lock = bridge.lock_history();
    let during = bridge.say(&session, "2");
    bridge.request("session/close", json!({"sessionId": session}));
    drop(lock);
    until_kept_again(&bridge, &session);
    assert_whole(&bridge, &session, &[&during]);
    wait_for("the lease to be given back", || (bridge.history_file().rows()["leases"] == 0).then_some(()));
    assert_eq!(bridge.session(&session)["state"], "closed");
}

#[test]
fn what_is_kept_while_the_history_is_locked_is_stored_at_the_end_where_it_can_be() {
    let mut bridge = echoing().start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let lock = bridge.lock_history();
    let during = bridge.say(&session, "1");
    drop(lock);
    bridge.shutdown();
    assert_whole(&bridge, &session, &[&during]);
    assert_eq!(bridge.history_file().rows()["leases"], 0);
}

#[test]
fn a_client_that_lags_when_the_history_is_locked_gets_what_could_not_be_stored_as_well() {
    let turn = Turn::text("Hel").deltas(10_000, "word ").then("lo").until_interrupted();
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).start();
    let session = bridge.create_session();
    let mut saying = bridge.start_saying(&session, "Hi");
    saying.until_text("Hel");
    bridge.stop_reading();
    let history = bridge.history_file();
    wait_for("the end of the flood in the store", || history.has_text(&session, "word lo").then_some(()));
    let lock = bridge.lock_history();
    drop(bridge.start_request("session/interrupt", json!({"sessionId": session})));
    let not_kept = "history is not being kept";
    wait_for(not_kept, || bridge.stderr().contains(not_kept).then_some(()));
    bridge.read_on();
    let said = saying.end();
    assert_eq!(said.stop_reason(), "interrupted");
    assert!(said.streamed_text() == format!("Hel{}lo", "word ".repeat(10_000)), "{} bytes", said.streamed_text().len());
    drop(lock);
    until_kept_again(&bridge, &session);
    assert_whole(&bridge, &session, &[&said]);
}

#[test]
fn no_lease_remains_of_a_session_that_could_not_come_to_its_end() {
    let turn = Turn::text("Hel").deltas(10_000, "word ").then("lo").until_interrupted();
    let mut bridge = Bridge::with_scripted_cli([Script::new().answer(turn)]).start();
    let session = bridge.create_session();
    bridge.start_saying(&session, "Hi").until_text("Hel");
    bridge.stop_reading();
    let history = bridge.history_file();
    wait_for("the end of the flood in the store", || history.has_text(&session, "word lo").then_some(()));
    bridge.may_be_cut();
    bridge.close_stdin();
    bridge.wait_for_process();
    bridge.read_on();
    assert_eq!(bridge.history_file().rows()["leases"], 0);
}

#[test]
fn a_history_that_cannot_be_opened_at_the_start_is_kept_as_soon_as_it_can_be() {
    let setup = echoing();
    let data = setup.folders().data.clone();
    fs::create_dir(&data).unwrap();
    let lock = File::create(data.join("history.lock")).unwrap();
    lock.lock().unwrap();
    let bridge = setup.start();
    assert_eq!(bridge.refusal("session/list", json!({})).data["kind"], "storeUnavailable");
    drop(lock);
    wait_for("the history", || bridge.try_request("session/list", json!({})).ok());
    let session = bridge.create_session();
    bridge.say(&session, "Hi");
    assert_eq!(bridge.history(&session), ["user: Hi", "assistant: echo: Hi"]);
}

/// Fills a disk to its last byte.
fn fill(file: &Path) {
    let mut filler = File::create(file).unwrap();
    for size in [1 << 16, 1] {
        while filler.write_all(&vec![0; size]).is_ok() {}
    }
}

/// A bridge whose data lie on a small disk of their own, which nobody but it sees.
fn on_a_small_disk(setup: Setup) -> Setup {
    let data = setup.folders().data.display().to_string();
    let script = format!("mkdir {data} && mount -t tmpfs -o size=4m tmpfs {data} && exec \"$0\" \"$@\"");
    setup.through(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script])
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_no_turn_and_what_was_said_is_stored_when_there_is_room() {
    let long = "word ".repeat(60_000);
    let script = Script::new().answer("One").answer(Turn::text(&long)).answer("Three");
    let bridge = on_a_small_disk(Bridge::with_scripted_cli([script])).start();
    let session = bridge.create_session();
    bridge.say(&session, "1");
    let filler = format!("/proc/{}/root{}/filler", bridge.pid(), bridge.folders().data.display());
    let filler = Path::new(&filler);
    assert!(filler.parent().unwrap().join("history.db").exists(), "no disk of its own:\n{}", bridge.stderr());
    fill(filler);
    let during = bridge.say(&session, "2");
    assert_eq!((during.text(), during.streamed_text()), (long.clone(), long.clone()));
    assert!(notices(&during, "error")[0].contains("database or disk is full"), "{:?}", notices(&during, "error"));
    fs::remove_file(filler).unwrap();
    wait_for(KEPT_AGAIN, || bridge.stderr().contains(KEPT_AGAIN).then_some(()));
    bridge.say(&session, "3");
    let long = format!("assistant: {long}");
    assert_eq!(
        bridge.history(&session),
        ["user: 1", "assistant: One", "user: 2", &long, "user: 3", "assistant: Three"]
    );
}

#[test]
fn nothing_that_was_sent_is_lost_and_no_number_is_used_twice_when_the_bridge_is_killed_again_and_again() {
    let delays = (0..20).map(|time| Duration::from_millis(RandomState::new().hash_one(time) % 80));
    let checked = commits::kill_in_mid_commit(3, delays).unwrap();
    assert!(checked > 20, "hardly anything was sent: {checked}");
}
