//! Turns that were running when a bridge died: nobody saw their end, so it is written down afterwards.

use super::{Effect, Effects, Emission, NewMessage, State, TurnRecord, What};
use crate::ids::{MessageId, PermissionId, TurnId};
use crate::protocol::event::{EventBody, NoticeLevel};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::permission::{PermissionOutcome, PermissionResolver};
use crate::protocol::turn::StopReason;
use crate::time::Timestamp;

/// What was going on when a bridge died, as the history has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::service) struct CutShort {
    pub(in crate::service) turns: Vec<CutTurn>,
    pub(in crate::service) permissions: Vec<CutPermission>,
}

/// A permission that waits for an answer which no process wants any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) struct CutPermission {
    pub(in crate::service) id: PermissionId,
    pub(in crate::service) turn: TurnId,
}

/// A turn without an end, as the history has it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) struct CutTurn {
    pub(in crate::service) record: TurnRecord,
    /// The texts that it had begun and that no message holds.
    pub(in crate::service) fragments: Vec<Fragment>,
}

/// The beginning of a text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) struct Fragment {
    pub(in crate::service) id: MessageId,
    pub(in crate::service) parent: Option<String>,
    pub(in crate::service) content: ContentBlock,
}

impl State {
    /// Withdraws what was asked, makes messages of what the turns had begun, and ends them.
    pub(super) fn close_cut_short(&mut self, cut: CutShort, now: Timestamp, effects: &mut Effects) {
        let CutShort { turns, permissions } = cut;
        for CutPermission { id, turn } in permissions {
            let turn = turns.iter().map(|cut| cut.record.turn.id).find(|id| *id == turn);
            let (behavior, by) = (PermissionOutcome::Withdrawn, PermissionResolver::ProcessEnd);
            effects.event(turn, EventBody::PermissionResolved { permission_id: id, behavior, by });
        }
        self.close_cut_turns(turns, now, effects);
    }

    fn close_cut_turns(&mut self, turns: Vec<CutTurn>, now: Timestamp, effects: &mut Effects) {
        for CutTurn { mut record, fragments } in turns {
            let id = Some(record.turn.id);
            for Fragment { id: message, parent, content } in fragments {
                if let (ContentBlock::Text { text }, None) = (&content, &parent) {
                    record.turn.text.clone_from(text);
                }
                self.record.message_count += 1;
                let message = NewMessage { id: message, role: Role::Assistant, content: vec![content] };
                effects.push(Effect::Emit(Emission { turn: id, parent, what: What::Message(message) }));
            }
            let text = "claude-bridge ended before this turn did; what had arrived is kept";
            effects.notice(id, NoticeLevel::Warning, text);
            record.turn.stop_reason = StopReason::Interrupted;
            record.ended_at = Some(now);
            let turn = record.turn.clone();
            effects.push(Effect::SaveTurn(record));
            effects.event(id, EventBody::TurnCompleted { turn });
        }
    }
}
