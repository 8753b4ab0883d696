//! What clients received, against what the history's file has: committed is what was sent, once and for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::bridge::{Bridge, HistoryFile, merged};
use super::script::{Script, Turn};

/// All that was received of some sessions.
#[derive(Default)]
pub(crate) struct Received {
    sessions: BTreeMap<String, Session>,
}

#[derive(Default)]
struct Session {
    /// The events that are stored before they are sent.
    stored: Vec<Value>,
    numbers: BTreeSet<u64>,
}

impl Received {
    /// Takes in what was received of a session, each event once.
    ///
    /// # Errors
    /// A number that was used before.
    pub(crate) fn add(&mut self, session: &str, events: Vec<Value>) -> Result<(), String> {
        let known = self.sessions.entry(session.to_owned()).or_default();
        for event in &events {
            let last = event["seq"].as_u64().unwrap_or_default();
            let first = event["firstSeq"].as_u64().unwrap_or(last);
            if let Some(twice) = (first..=last).find(|number| !known.numbers.insert(*number)) {
                return Err(format!("the number {twice} was used twice, the second time for {event}"));
            }
        }
        known.stored.extend(merged(events.into_iter().filter(|event| !is_delta(event))));
        Ok(())
    }

    /// Looks for all that was received in the file, and says how many events that were.
    ///
    /// # Errors
    /// An event that is not there, or not as it was sent.
    pub(crate) fn check(&self, file: &HistoryFile) -> Result<u64, String> {
        let mut found = 0;
        for (session, received) in &self.sessions {
            let events = file.events(session).into_iter().map(|event| (event["seq"].as_u64(), event));
            let events: BTreeMap<_, _> = events.collect();
            for event in &received.stored {
                match events.get(&event["seq"].as_u64()) {
                    Some(stored) if stored == event => found += 1,
                    Some(stored) => return Err(format!("sent was {event}, stored is {stored}")),
                    None => return Err(format!("sent and not stored: {event}")),
                }
            }
        }
        Ok(found)
    }
}

fn is_delta(event: &Value) -> bool {
    event["kind"] == "textDelta" || event["kind"] == "thinkingDelta"
}

/// A turn with many events that are stored before they are sent, and, between them, others that are sent at once.
pub(crate) fn busy_turn() -> Turn {
    (0..30).fold(Turn::silent(), |turn, number| {
        let id = format!("t{number}");
        turn.deltas_at(2_000, 20, "wörd ").call(&id, "Read", json!({"file_path": "a.rs"})).returns(&id, "ü".repeat(500))
    })
}

/// Lets every session say something, kills the bridge after a moment and starts it again, for each of these moments.
/// Says how many events were received and found in the file.
///
/// # Errors
/// What was lost, or which number was used twice.
pub(crate) fn kill_in_mid_commit(
    sessions: usize,
    delays: impl ExactSizeIterator<Item = Duration>,
) -> Result<u64, String> {
    let scripts = (0..sessions * (delays.len() + 1)).map(|_| Script::new().answer(busy_turn()));
    let mut bridge = Bridge::with_scripted_cli(scripts).start();
    let sessions: Vec<_> = (0..sessions).map(|_| bridge.create_session()).collect();
    let mut received = Received::default();
    let mut found = 0;
    for delay in delays {
        for (session, events) in killed(&mut bridge, &sessions, delay) {
            received.add(&session, events).map_err(|problem| format!("killed after {delay:?}: {problem}"))?;
        }
        bridge.restart();
        found =
            received.check(&bridge.history_file()).map_err(|problem| format!("killed after {delay:?}: {problem}"))?;
    }
    Ok(found)
}

/// Lets every session say something, kills the bridge after a moment, and gives what it had sent of each session.
fn killed(bridge: &mut Bridge, sessions: &[String], delay: Duration) -> Vec<(String, Vec<Value>)> {
    let mut sayings: Vec<_> = sessions.iter().map(|session| bridge.start_saying(session, "Hi")).collect();
    sayings[0].until("turnStarted");
    std::thread::sleep(delay);
    bridge.kill_in_mid_turn();
    let sent = sayings.iter_mut().map(|saying| saying.so_far().events);
    let sent = sessions.iter().cloned().zip(sent).collect();
    drop(sayings);
    bridge.wait_for_exit();
    sent
}
