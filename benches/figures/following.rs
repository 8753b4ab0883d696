//! How far behind a client is that follows a session which another bridge runs.

use std::collections::HashMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::bridge::{Bridge, Frame};
use crate::clock::{median, millis, percentile};
use crate::report::figure;
use crate::script::{SCRIPTED_CLI, Script};

/// A hundred deltas a second, as of a model that writes quickly, for twenty seconds.
const DELTAS: u64 = 2_000;
const PER_SECOND: u64 = 100;

/// When each event came to the client that has the session run, and to the one that follows by another bridge.
pub(crate) fn following() {
    let script = Script::deltas(DELTAS, Some(PER_SECOND), 1);
    let mut runs = Bridge::start(Path::new(SCRIPTED_CLI), &[], &script.env());
    let mut follows = Bridge::start_on(&runs.folder.path().join("data"));
    let session = runs.warm_session();
    follows.request("session/subscribe", &format!(r#"{{"sessionId":"{session}","subscriptionToken":"s"}}"#));
    let (told, followed) = thread::scope(|scope| {
        let followed = scope.spawn(|| {
            let mut followed = Vec::new();
            loop {
                let frame = follows.next();
                followed.extend(seq(&frame).map(|seq| (seq, frame.at)));
                if frame.has("\"kind\":\"turnCompleted\"") {
                    return followed;
                }
            }
        });
        let mut told = HashMap::new();
        runs.say(&session, "go", |frame| told.extend(seq(frame).map(|seq| (seq, frame.at))));
        (told, followed.join().unwrap())
    });
    follows.end();
    runs.end();
    let behind = followed.iter().filter_map(|(seq, at)| Some(at.saturating_sub(*told.get(seq)?)));
    let mut behind: Vec<Duration> = behind.collect();
    assert!(behind.len() > 20, "too little was followed: {}", behind.len());
    let (half, most) = (median(&mut behind), percentile(&mut behind, 1.0));
    let times = format!("{:.0} ms, {:.0} ms", millis(half), millis(most));
    figure("following what another bridge runs: behind by, median and worst", &times, "", "250 ms or less");
}

/// The number of the event in a frame.
fn seq(frame: &Frame) -> Option<u64> {
    let body = std::str::from_utf8(&frame.body).ok()?;
    let (_, rest) = body.split_once("\"event\":{\"seq\":")?;
    rest.split_once(',')?.0.parse().ok()
}
