//! The process behind a session: brought up, ended, lost.

use serde_json::Value;

use super::{
    DRAIN_DEADLINE, Effect, Effects, INITIALIZE_ID, INTERRUPT_DEADLINE, Known, Phase, Rest, Rung, START_DEADLINE,
    State, Timer, servers::Servers,
};
use crate::claude::{self, Exit};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::event::{EventBody, NoticeLevel, Status};
use crate::protocol::turn::StopReason;
use crate::time::Timestamp;

impl State {
    pub(super) fn warm(&mut self, effects: &mut Effects) {
        if self.phase == Phase::Down && !self.draining {
            self.go_up(effects);
        }
    }

    /// Asks for a process. Whatever kept the session at rest is forgotten: this is the new attempt.
    pub(super) fn go_up(&mut self, effects: &mut Effects) {
        self.phase = Phase::Starting;
        self.note_start();
        self.record.rest = Rest::Parked;
        effects.push(Effect::SetTimer(Timer::Start, START_DEADLINE));
        effects.push(Effect::Start { rung: self.rung, urgent: !self.queue.is_empty() });
        effects.session_changed();
    }

    pub(super) fn spawned(&mut self, known: Known, now: Timestamp, effects: &mut Effects) {
        self.servers = Servers::starting(known.has_servers, now);
        self.learn(known, effects);
        match self.phase {
            // It was there before its start could be called off.
            Phase::Stopping => effects.push(Effect::Stop),
            _ => effects.write(claude::Input::Initialize {
                request_id: INITIALIZE_ID.to_owned(),
                our_servers: self.started_with.our_servers(),
            }),
        }
    }

    /// The CLI's answer to `initialize`: from here on it takes messages.
    pub(super) fn initialized(&mut self, answer: Result<Value, String>, now: Timestamp, effects: &mut Effects) {
        if self.phase != Phase::Starting {
            return;
        }
        match answer {
            Ok(answer) => {
                self.phase = Phase::Up;
                self.rung = Rung::Own;
                self.totals = Default::default();
                self.record.credential = claude::credential(&answer);
                self.capabilities = Some(claude::Capabilities::read(&answer));
                effects.push(Effect::ClearTimer(Timer::Start));
                effects.session_changed();
                self.send_controls(effects);
                self.catch_up(now, effects);
                self.begin_next(now, effects);
            }
            Err(problem) => {
                let message = format!("the Claude CLI refused to initialize: {problem}");
                self.give_up_start(&Error::new(ErrorKind::CliProtocol, message), effects);
            }
        }
    }

    /// Brings a process that has just come up to where the session is by now.
    fn catch_up(&mut self, now: Timestamp, effects: &mut Effects) {
        self.catch_up_on_model(now, effects);
        self.look_at_servers(now, effects);
        self.enforce_mode(now, effects);
        self.enforce_environment(now, effects);
        self.enforce_servers(now, effects);
    }

    pub(super) fn spawn_failed(&mut self, error: &Error, effects: &mut Effects) {
        match self.phase {
            // It was called off while it was coming up.
            Phase::Stopping => self.came_down(effects),
            Phase::Down | Phase::Starting | Phase::Up => self.start_failed(error, effects),
        }
    }

    pub(super) fn exited(&mut self, exit: &Exit, now: Timestamp, effects: &mut Effects) {
        match self.phase {
            Phase::Starting => self.ended_early(exit, effects),
            Phase::Up => self.died(exit, now, effects),
            Phase::Stopping | Phase::Down => self.came_down(effects),
        }
    }

    /// The process ended before it took messages.
    fn ended_early(&mut self, exit: &Exit, effects: &mut Effects) {
        if self.take_next_rung(exit) {
            self.go_up(effects);
        } else {
            self.start_failed(&exit.to_error(), effects);
        }
    }

    /// The process ended although nobody asked it to.
    fn died(&mut self, exit: &Exit, now: Timestamp, effects: &mut Effects) {
        let error = exit.to_error();
        self.phase = Phase::Down;
        self.outdated = false;
        if self.turn.is_some() {
            self.finish_turn(StopReason::Failed, Some(error), now, effects);
        } else {
            let text = format!("{}; the next message starts it again", error.message());
            effects.notice(None, NoticeLevel::Warning, text);
        }
        self.came_down(effects);
    }

    /// No process is left: says so, or starts one where a message waits.
    fn came_down(&mut self, effects: &mut Effects) {
        self.phase = Phase::Down;
        self.background_tasks = 0;
        self.abandon_controls(effects);
        effects.push(Effect::ClearTimer(Timer::Servers));
        effects.session_changed();
        let is_wanted = !self.queue.is_empty() || std::mem::take(&mut self.outdated);
        if is_wanted && !self.draining {
            self.go_up(effects);
            self.announce_start(effects);
        }
    }

    /// Tells those who wait that the CLI is coming up.
    pub(super) fn announce_start(&self, effects: &mut Effects) {
        for waiting in &self.queue {
            effects.status(Some(waiting.turn), Status::Starting, None);
        }
    }

    /// Ends a process that did not come up properly, and the attempt with it.
    fn give_up_start(&mut self, error: &Error, effects: &mut Effects) {
        effects.push(Effect::Kill);
        self.start_failed(error, effects);
        self.phase = Phase::Stopping;
    }

    /// The attempt failed: all who wait are told why. The next message tries again.
    fn start_failed(&mut self, error: &Error, effects: &mut Effects) {
        self.phase = Phase::Down;
        self.record.rest = Rest::Failed(error.to_data());
        effects.push(Effect::ClearTimer(Timer::Start));
        effects.event(None, EventBody::Error { error: error.to_data() });
        effects.session_changed();
        self.abandon_controls(effects);
        self.answer_queue(error, effects);
    }

    pub(super) fn close(&mut self, now: Timestamp, effects: &mut Effects) {
        let error = Error::new(ErrorKind::SessionClosed, "the session was closed while the message waited")
            .hint("send it again to open the session again");
        self.answer_queue(&error, effects);
        self.end_process(now, effects);
        self.outdated = false;
        self.record.rest = Rest::Closed;
        effects.session_changed();
    }

    /// Ends the turn and the process, in good order.
    fn end_process(&mut self, now: Timestamp, effects: &mut Effects) {
        if let Some(turn) = &self.turn {
            let interrupt = turn.interrupt_request();
            effects.write(interrupt);
            self.finish_turn(StopReason::Interrupted, None, now, effects);
        }
        if matches!(self.phase, Phase::Starting | Phase::Up) {
            self.phase = Phase::Stopping;
            effects.push(Effect::ClearTimer(Timer::Start));
            self.stop_waiting_for_room(effects);
            effects.push(Effect::Stop);
        }
    }

    pub(super) fn shut_down(&mut self, effects: &mut Effects) {
        self.draining = true;
        let error = Error::new(ErrorKind::ShuttingDown, "claude-bridge is going down");
        self.answer_queue(&error, effects);
        if self.turn.is_some() {
            self.interrupt_turn(effects);
            effects.push(Effect::SetTimer(Timer::Drain, DRAIN_DEADLINE));
        } else {
            self.stop_if_draining(effects);
        }
    }

    /// While this program goes down, a session whose turn has ended lets its process go.
    pub(super) fn stop_if_draining(&mut self, effects: &mut Effects) {
        if self.draining && matches!(self.phase, Phase::Starting | Phase::Up) {
            self.phase = Phase::Stopping;
            self.stop_waiting_for_room(effects);
            effects.push(Effect::Stop);
        }
    }

    pub(super) fn time_is_up(&mut self, timer: Timer, now: Timestamp, effects: &mut Effects) {
        match timer {
            Timer::Start if self.phase == Phase::Starting => {
                let seconds = START_DEADLINE.as_secs();
                let message = format!("the Claude CLI did not get ready within {seconds} s");
                let hint = "an MCP server that never answers can hold it; see the log for what it said";
                self.give_up_start(&Error::new(ErrorKind::CliTimeout, message).hint(hint), effects);
            }
            Timer::Interrupt if self.turn.is_some() => self.escalate_interrupt(now, effects),
            Timer::Drain => self.end_process(now, effects),
            Timer::Room => self.crowded_out(effects),
            Timer::Idle => self.park(effects),
            Timer::Silence => self.silence(now, effects),
            Timer::Answer => self.answers_are_due(now, effects),
            Timer::Servers => self.look_at_servers(now, effects),
            Timer::Permission => self.deadline_passed(now, effects),
            Timer::Tool => self.calls_are_due(now, effects),
            Timer::Start | Timer::Interrupt => {}
        }
    }

    /// The CLI took no notice of the interrupt, or of the message itself: the turn ends all the same, and the process
    /// with it.
    fn escalate_interrupt(&mut self, now: Timestamp, effects: &mut Effects) {
        let seconds = INTERRUPT_DEADLINE.as_secs();
        let text = format!("the Claude CLI ignored the interrupt for {seconds} s and was ended");
        effects.notice(self.current_turn(), NoticeLevel::Warning, text);
        // First, so that no message that waits is given to this process.
        self.phase = Phase::Stopping;
        self.finish_turn(StopReason::Interrupted, None, now, effects);
        effects.push(Effect::Kill);
    }

    /// Takes the CLI's word for which id to answer to; see [`INITIALIZE_ID`].
    pub(super) fn is_initialize(request_id: &str) -> bool {
        request_id == INITIALIZE_ID
    }
}
