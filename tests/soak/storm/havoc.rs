//! What befalls the processes, and the client's reading.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::chance::Chance;
use crate::support::bridge::Bridge;
use crate::support::process::{self, Seen};

/// What befalls a bridge's processes.
pub(super) struct Havoc<'a> {
    bridge: &'a Bridge,
    chance: Chance,
    /// Those that do nothing, and until when.
    stopped: Vec<(Seen, Instant)>,
    /// How often what befell them.
    counts: BTreeMap<&'static str, u64>,
}

impl<'a> Havoc<'a> {
    pub(super) fn new(bridge: &'a Bridge, chance: Chance) -> Self {
        Self { bridge, chance, stopped: Vec::new(), counts: BTreeMap::new() }
    }

    /// Goes on for so long, and then lets everything go on that it held up. Says how often it did what.
    pub(super) fn until(mut self, end: Instant) -> BTreeMap<&'static str, u64> {
        while Instant::now() < end {
            std::thread::sleep(self.chance.milliseconds(120));
            self.let_go_on(Instant::now());
            if self.chance.below(12) == 0 {
                self.hold_up_the_client();
            } else {
                self.strike();
            }
        }
        self.let_go_on(end + Duration::from_secs(3600));
        self.counts
    }

    fn let_go_on(&mut self, now: Instant) {
        for (process, _) in self.stopped.extract_if(.., |(_, until)| *until < now) {
            process.signal(Signal::CONT);
        }
    }

    fn strike(&mut self) {
        let guards = process::children(self.bridge.pid().into());
        let Some(guard) = self.chance.one_of(&guards).copied() else { return };
        let Some(cli) = process::children(guard).first().copied() else { return };
        let (guard, cli) = (Seen::now(guard), Seen::now(cli));
        match self.chance.below(10) {
            0..=3 => self.kill("CLIs killed", &cli),
            4 | 5 => self.kill("guards killed", &guard),
            6..=8 => self.stop("CLIs stopped", cli),
            _ => self.stop("guards stopped", guard),
        }
    }

    fn kill(&mut self, what: &'static str, process: &Seen) {
        process.kill();
        self.count(what);
    }

    fn stop(&mut self, what: &'static str, process: Seen) {
        process.signal(Signal::STOP);
        self.stopped.push((process, Instant::now() + self.chance.milliseconds(2_500)));
        self.count(what);
    }

    fn hold_up_the_client(&mut self) {
        self.bridge.stop_reading();
        std::thread::sleep(self.chance.milliseconds(800));
        self.bridge.read_on();
        self.count("pauses of the reader");
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_insert(0) += 1;
    }
}
