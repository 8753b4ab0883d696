//! Who can answer a session's permissions, and what they are being asked.
//!
//! Asked are those who made the session or went on with it, those whose messages wait or are being answered, and those
//! who follow; of what goes on after a turn, the one whose message was the last. Whoever stops following is asked only
//! for one of the other reasons, and whoever is gone is not asked.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::task::{Context, Poll};

use super::Task;
use crate::ids::{PermissionId, TurnId};
use crate::protocol::permission::{Permission, PermissionAnswer};
use crate::service::asking::{Asker, PendingAnswer};
use crate::service::state::Input;

/// Those who are with the session, and what they are being asked.
#[derive(Default)]
pub(super) struct Asking {
    audience: Vec<Member>,
    /// The turn of the message that came last.
    last_turn: Option<TurnId>,
    open: Vec<Question>,
}

/// Why a client is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// It made the session, or went on with it.
    Session,
    /// It sent the message that this turn answers.
    Message(TurnId),
    /// It follows the session.
    Subscription,
}

/// A client, and why it is asked.
struct Member {
    asker: Arc<dyn Asker>,
    ties: Vec<Tie>,
}

/// A permission, and those whose answers may still come.
struct Question {
    permission: Permission,
    pending: Vec<(Arc<dyn Asker>, PendingAnswer)>,
}

/// What has come of asking.
#[derive(Debug)]
pub(super) enum Heard {
    /// Somebody answered.
    Answer(PermissionId, PermissionAnswer),
    /// Nobody is left who could.
    Nobody(PermissionId),
}

impl Asking {
    /// Takes in a client that is with the session from now on, and asks it what is open.
    pub(super) fn attach(&mut self, asker: Arc<dyn Asker>, tie: Tie) {
        if let Some(known) = self.audience.iter_mut().find(|known| Arc::ptr_eq(&known.asker, &asker)) {
            return known.tie(tie);
        }
        for question in &mut self.open {
            question.ask(&asker);
        }
        self.audience.push(Member { asker, ties: vec![tie] });
    }

    /// A message came, and this is its turn.
    pub(super) fn message(&mut self, turn: TurnId) {
        self.last_turn = Some(turn);
    }

    /// Lets go of those who have no reason to be asked any more: `is_due` says whether a turn waits or runs. What they
    /// were asked is withdrawn.
    pub(super) fn dismiss(&mut self, following: &[Arc<dyn Asker>], is_due: impl Fn(TurnId) -> bool) {
        let last_turn = self.last_turn;
        self.audience.retain_mut(|member| {
            let follows = following.iter().any(|asker| Arc::ptr_eq(asker, &member.asker));
            let left = !follows && member.ties.contains(&Tie::Subscription);
            member.ties.retain(|tie| match tie {
                Tie::Session => true,
                Tie::Message(turn) => is_due(*turn) || !left && last_turn == Some(*turn),
                Tie::Subscription => follows,
            });
            !member.ties.is_empty() && !member.asker.is_gone()
        });
        for question in &mut self.open {
            question.pending.retain(|(asked, _)| self.audience.iter().any(|member| Arc::ptr_eq(&member.asker, asked)));
        }
    }

    /// Asks all who are with the session.
    pub(super) fn ask(&mut self, permission: Permission) {
        let mut question = Question { permission, pending: Vec::new() };
        self.audience.iter().for_each(|member| question.ask(&member.asker));
        self.open.push(question);
    }

    /// Nobody needs to answer any more: the requests that are open are withdrawn.
    pub(super) fn stop(&mut self, id: PermissionId) {
        self.open.retain(|question| question.permission.id != id);
    }

    /// Waits for what comes next. Can be dropped and called again.
    pub(super) async fn heard(&mut self) -> Heard {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        for question in &mut self.open {
            let id = question.permission.id;
            if let Some(answer) = question.poll(context) {
                return Poll::Ready(Heard::Answer(id, answer));
            }
            if question.pending.is_empty() {
                return Poll::Ready(Heard::Nobody(id));
            }
        }
        Poll::Pending
    }
}

impl Member {
    fn tie(&mut self, tie: Tie) {
        if !self.ties.contains(&tie) {
            self.ties.push(tie);
        }
    }
}

impl Question {
    fn ask(&mut self, asker: &Arc<dyn Asker>) {
        self.pending.push((Arc::clone(asker), asker.ask(&self.permission)));
    }

    /// The next answer that is there. Whoever answered, or will not, is not waited for any more.
    fn poll(&mut self, context: &mut Context<'_>) -> Option<PermissionAnswer> {
        let mut at = 0;
        while let Some((_, pending)) = self.pending.get_mut(at) {
            match pending.as_mut().poll(context) {
                Poll::Pending => at += 1,
                Poll::Ready(said) => {
                    drop(self.pending.swap_remove(at));
                    if said.is_some() {
                        return said;
                    }
                }
            }
        }
        None
    }
}

impl Task {
    /// Takes in a client that can answer permissions, where it can.
    pub(super) async fn attach(&mut self, asker: Option<Arc<dyn Asker>>, tie: Tie) {
        if let Some(asker) = asker {
            self.asking.attach(asker, tie);
            self.feed(Input::Askable).await;
        }
    }

    /// Asks those who are to be asked now.
    pub(super) fn ask(&mut self, permission: Permission) {
        self.dismiss_askers();
        self.asking.ask(permission);
    }

    /// Lets go of those who are not asked any more.
    pub(super) fn dismiss_askers(&mut self) {
        let Self { asking, followers, state, .. } = self;
        asking.dismiss(&followers.askers(), |turn| state.has_turn(turn));
    }
}
