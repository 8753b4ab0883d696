//! Somebody who uses a session, with little patience.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::support::bridge::Bridge;
use crate::support::bridge::conversation::Saying;

/// How long any request may go without an answer: all others have theirs long before.
const ANSWERED_WITHIN: Duration = Duration::from_secs(25);

/// The errors that a message may be answered with, in such weather.
const EXPECTED: [&str; 7] =
    ["cliExited", "cliProtocol", "cliTimeout", "overloaded", "requestCancelled", "sessionBusy", "sessionClosed"];

/// Somebody who uses a session.
pub(super) struct Client<'a> {
    bridge: &'a Bridge,
    session: String,
    chance: Chance,
    events: Vec<Value>,
    outcomes: Vec<String>,
}

/// What a client came to know.
pub(super) struct Heard {
    pub(super) session: String,
    pub(super) events: Vec<Value>,
    /// Why each turn ended, or the kind of each error.
    pub(super) outcomes: Vec<String>,
}

impl<'a> Client<'a> {
    pub(super) fn new(bridge: &'a Bridge, session: &str, chance: Chance) -> Self {
        Self { bridge, session: session.to_owned(), chance, events: Vec::new(), outcomes: Vec::new() }
    }

    /// Uses the session for so long.
    pub(super) fn until(mut self, end: Instant) -> Heard {
        while Instant::now() < end {
            match self.chance.below(20) {
                0 => drop(self.bridge.request("session/close", json!({"sessionId": self.session}))),
                // Long enough to be parked.
                1 => std::thread::sleep(self.chance.milliseconds(800)),
                2..=4 => self.say(3),
                _ => self.say(1),
            }
        }
        Heard { session: self.session, events: self.events, outcomes: self.outcomes }
    }

    /// Sends messages and waits for all the answers, in its own way.
    fn say(&mut self, messages: usize) {
        let (bridge, session) = (self.bridge, self.session.clone());
        let mut sayings: Vec<_> = (0..messages).map(|_| bridge.start_saying(&session, "Say something")).collect();
        let began = Instant::now();
        let mut patience = began + self.chance.milliseconds(1_500);
        while !sayings.iter().all(Saying::is_answered) {
            assert!(began.elapsed() < ANSWERED_WITHIN, "no answer in session {session}");
            if Instant::now() > patience {
                self.hurry(&sayings);
                patience = Instant::now() + Duration::from_millis(500);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for saying in &mut sayings {
            self.take(saying);
        }
    }

    fn hurry(&mut self, sayings: &[Saying<'_>]) {
        match self.chance.below(3) {
            0 => sayings.iter().for_each(Saying::cancel),
            1 => sayings.last().into_iter().for_each(Saying::cancel),
            _ => {
                let params = json!({"sessionId": self.session, "includeQueued": self.chance.below(2) == 0});
                self.bridge.request("session/interrupt", params);
            }
        }
    }

    fn take(&mut self, saying: &mut Saying<'_>) {
        match saying.outcome() {
            Ok(said) => {
                self.outcomes.push(said.stop_reason());
                self.events.extend(said.events);
            }
            Err(error) => {
                assert!(EXPECTED.contains(&error.kind()), "{error:?}");
                self.outcomes.push(error.kind().to_owned());
                self.events.extend(saying.so_far().events);
            }
        }
    }
}
