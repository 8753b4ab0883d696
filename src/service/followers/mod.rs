//! Those who follow a session's events, and how one that lags gets what it missed.
//!
//! A follower that has no room is waited for, briefly: a reader that is merely slower than Claude slows Claude down.
//! One that stopped reading is left behind: it costs no memory, and when it reads again it is fed from the store, in
//! order, deltas merged, until it has caught up. A subscriber begins as one that lags: what came before it is what it
//! missed.

mod follower;
mod stored;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::future::select_all;
use tokio::sync::oneshot;

use super::asking::Asker;
use super::sink::{EncodedEvent, EventSink, Subscriber};
use crate::error::{Error, Result};
use crate::ids::{SessionId, TurnId};
use crate::protocol::turn::Turn;
use crate::store::{EventRow, Store};
use follower::Follower;

/// Where the outcome of a `message/send` goes.
pub(super) type Reply = oneshot::Sender<Result<Turn>>;

/// Those who follow a session's events: each the turn of a message of its own, or all of them.
#[derive(Default)]
pub(super) struct Followers(Vec<Follower>);

impl std::fmt::Debug for Followers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Followers").field(&self.0.len()).finish()
    }
}

impl Followers {
    /// Takes in who waits for the outcome of a message, and follows its turn where `sink` is given. It has no interest
    /// in events up to `seen`.
    pub(super) fn add(&mut self, turn: TurnId, sink: Option<Arc<dyn EventSink>>, reply: Reply, seen: u64) {
        self.0.push(Follower::of_turn(turn, sink, reply, seen));
    }

    /// Takes in who wants all events after `seen`; `asker` is the same client, where it can answer permissions.
    pub(super) fn subscribe(&mut self, subscriber: Arc<dyn Subscriber>, asker: Option<Arc<dyn Asker>>, seen: u64) {
        self.0.push(Follower::of_all(subscriber, asker, seen));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anybody waits for the outcome of a message.
    pub(super) fn wait_for_turns(&self) -> bool {
        self.0.iter().any(|follower| !follower.is_subscriber())
    }

    /// The clients that follow and can answer permissions.
    pub(super) fn askers(&self) -> Vec<Arc<dyn Asker>> {
        self.0.iter().filter(|follower| !follower.is_gone()).filter_map(Follower::asker).cloned().collect()
    }

    /// Lets go of the subscribers that do not want any more.
    pub(super) fn drop_gone(&mut self) {
        self.0.retain_mut(|follower| !follower.is_gone());
    }

    /// Tells the subscribers that they get no more, and why.
    pub(super) fn end_subscriptions(&mut self, why: &Error) {
        self.0.iter_mut().for_each(|follower| follower.end(why));
        self.drop_gone();
    }

    /// There are events up to this number: the subscribers that lack any are fed from the store.
    pub(super) fn reach(&mut self, last_seq: u64) {
        self.0.iter_mut().for_each(|follower| follower.reach(last_seq));
    }

    /// Hands events to all who want them. `patient`: wait for each as long as it takes, since the store does not take
    /// the events now, and what is kept for it meanwhile is bounded.
    pub(super) async fn deliver<'a>(&mut self, events: impl Iterator<Item = EncodedEvent<'a>> + Clone, patient: bool) {
        for follower in self.0.iter_mut().filter(|follower| !follower.lags) {
            for event in events.clone() {
                if !follower.take(event, patient).await {
                    break;
                }
            }
            follower.release();
        }
        self.drop_gone();
    }

    /// Gives a message's outcome to who waits for it, after its last event.
    pub(super) fn answer(&mut self, turn: TurnId, outcome: Result<Turn>) {
        let Some(at) = self.0.iter().position(|follower| follower.turn() == Some(turn)) else { return };
        if self.0[at].lags {
            self.0[at].hold(outcome);
        } else {
            self.0.swap_remove(at).finish(outcome);
        }
    }

    /// Resolves when one that lags has room again, or is gone; never where none lags.
    pub(super) async fn room(&self) {
        let rooms: Vec<_> = self.0.iter().filter_map(Follower::lagging_sink).map(EventSink::has_room).collect();
        if rooms.is_empty() {
            return std::future::pending().await;
        }
        select_all(rooms).await;
    }

    /// Feeds those who lag a page from the store. Says whether anybody came to the end of what is stored.
    pub(super) async fn feed(&mut self, store: &Store, session: SessionId, last_seq: u64) -> Result<bool> {
        let mut at_end = false;
        for follower in self.0.iter_mut().filter(|follower| follower.lags) {
            let fed = follower.feed(store, session, last_seq).await;
            follower.release();
            at_end |= fed?;
        }
        self.drop_gone();
        Ok(at_end)
    }

    /// The same, and from `kept`, which the store did not take yet: both together hold everything up to `last_seq`.
    /// Whoever comes to the end lags no more.
    pub(super) async fn catch_up<'a>(
        &mut self,
        store: &Store,
        session: SessionId,
        kept: impl Iterator<Item = &'a EventRow> + Clone,
        last_seq: u64,
    ) -> Result<()> {
        for follower in self.0.iter_mut().filter(|follower| follower.lags) {
            let caught_up = match follower.feed(store, session, last_seq).await {
                Ok(true) => follower.offer_all(kept.clone().cloned()),
                other => other,
            };
            follower.release();
            follower.lags = !caught_up?;
        }
        self.drop_gone();
        self.finish_caught_up();
        Ok(())
    }

    /// Those who lag cannot be fed any more. Who waits for a turn goes on with what comes next, which is said in the
    /// stream; says whether there are any. A subscription ends.
    pub(super) fn skip_missed(&mut self, why: &Error) -> bool {
        let mut skipped = false;
        for follower in self.0.iter_mut().filter(|follower| follower.lags) {
            skipped |= !follower.is_subscriber();
            follower.lags = false;
            follower.end(why);
        }
        self.drop_gone();
        self.finish_caught_up();
        skipped
    }

    fn finish_caught_up(&mut self) {
        self.0.extract_if(.., |follower| follower.is_done()).for_each(Follower::release_outcome);
    }
}
