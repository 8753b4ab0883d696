//! When a session is left without a process: nothing to do for a time, or no room among the others.

use std::time::Duration;

use super::{Effect, Effects, Phase, State, Timer};
use crate::error::{Error, ErrorKind};
use crate::protocol::event::Status;

impl State {
    /// Whether the process can be ended without anybody losing anything.
    pub(in crate::service) fn is_parkable(&self) -> bool {
        let asks = self.waits_for_permission() || self.waits_for_tool();
        let waits = self.is_busy() || self.background_tasks > 0 || asks;
        self.phase == Phase::Up && !waits && !self.draining
    }

    /// Begins to count the time without anything to do, or stops, where that has just changed.
    pub(super) fn watch_idleness(&self, was_parkable: bool, effects: &mut Effects) {
        match (was_parkable, self.is_parkable()) {
            (false, true) => effects.push(Effect::SetTimer(Timer::Idle, self.limits.idle_timeout)),
            (true, false) => effects.push(Effect::ClearTimer(Timer::Idle)),
            (true, true) | (false, false) => {}
        }
    }

    /// Ends the process until the next message, if there is nothing to do.
    pub(super) fn park(&mut self, effects: &mut Effects) {
        if self.is_parkable() {
            self.phase = Phase::Stopping;
            effects.push(Effect::Stop);
        }
    }

    /// Other sessions have all the processes there may be.
    pub(super) fn no_room(&mut self, effects: &mut Effects) {
        if self.phase != Phase::Starting {
            return;
        }
        effects.push(Effect::ClearTimer(Timer::Start));
        if self.queue.is_empty() {
            // Nothing waits for it: the next message asks again.
            self.phase = Phase::Down;
            self.abandon_controls(effects);
            return effects.session_changed();
        }
        self.crowded = true;
        effects.push(Effect::SetTimer(Timer::Room, self.limits.wait_timeout));
        for waiting in &self.queue {
            effects.status(Some(waiting.turn), Status::Queued, Some(CROWDED.to_owned()));
        }
    }

    /// There is room now: the process comes up.
    pub(super) fn room(&mut self, effects: &mut Effects) {
        if !self.stop_waiting_for_room(effects) {
            return;
        }
        self.note_start();
        effects.push(Effect::SetTimer(Timer::Start, super::START_DEADLINE));
        self.announce_start(effects);
    }

    /// Whether there is room is of no interest any more. Says whether it was.
    pub(super) fn stop_waiting_for_room(&mut self, effects: &mut Effects) -> bool {
        let waited = std::mem::take(&mut self.crowded);
        if waited {
            effects.push(Effect::ClearTimer(Timer::Room));
        }
        waited
    }

    /// How a message that comes now is told to wait for the process.
    pub(super) fn status_of_start(&self) -> (Status, Option<String>) {
        match self.crowded {
            true => (Status::Queued, Some(CROWDED.to_owned())),
            false => (Status::Starting, None),
        }
    }

    /// No room came in time.
    pub(super) fn crowded_out(&mut self, effects: &mut Effects) {
        if !std::mem::take(&mut self.crowded) {
            return;
        }
        self.phase = Phase::Stopping;
        let error = overloaded(self.limits.wait_timeout);
        self.answer_queue(&error, effects);
        effects.push(Effect::Stop);
    }
}

const CROWDED: &str = "other sessions are at work, as many as may be";

fn overloaded(waited: Duration) -> Error {
    let message = format!("as many sessions are at work as there may be, and none came to rest within {waited:?}");
    let hint = "send it again later; the limits are sessions.max_live and sessions.wait_timeout";
    Error::new(ErrorKind::Overloaded, message).hint(hint)
}
