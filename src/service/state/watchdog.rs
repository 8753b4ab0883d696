//! What becomes of a turn in which the CLI says nothing any more.

use super::{Effect, Effects, State, Timer};
use crate::error::{Error, ErrorKind};
use crate::protocol::event::{NoticeLevel, Status};
use crate::time::Timestamp;

impl State {
    /// A while has passed. Silence is first shown, and after as long again the turn is ended, unless it is a tool that
    /// takes so long: the CLI says nothing while one runs. While it waits for the person or for the client, it is not silent.
    pub(super) fn silence(&mut self, now: Timestamp, effects: &mut Effects) {
        let allowed = self.limits.stall_timeout;
        if self.waits_for_permission() || self.waits_for_tool() {
            self.heard_at = now;
        }
        let silent = now.since(self.heard_at);
        let Some(turn) = &mut self.turn else { return };
        if silent < allowed {
            turn.stalled = false;
            return effects.push(Effect::SetTimer(Timer::Silence, allowed - silent));
        }
        let id = Some(turn.id);
        if !turn.stalled {
            turn.stalled = true;
            effects.status(id, Status::Stalled, Some(format!("no word from the Claude CLI for {silent:.0?}")));
        } else if !turn.runs_a_tool() && !turn.is_interrupted() {
            turn.timed_out = Some(timed_out(silent));
            let text = format!("no word from the Claude CLI for {silent:.0?}: the turn is ended");
            effects.notice(id, NoticeLevel::Warning, text);
            self.interrupt_turn(effects);
        }
        effects.push(Effect::SetTimer(Timer::Silence, allowed));
    }
}

fn timed_out(silent: std::time::Duration) -> Error {
    Error::new(ErrorKind::CliTimeout, format!("the Claude CLI said nothing for {silent:.0?}, and the turn was ended"))
        .hint("send the message again; the limit is sessions.stall_timeout")
}
