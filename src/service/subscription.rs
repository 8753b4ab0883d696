//! Following a session: all that happens in it, from any event on.

use std::sync::Arc;

use super::Service;
use super::asking::Asker;
use super::command::Command;
use super::sink::Subscriber;
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::session::HeldBy;

/// How a subscription begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The number of the last event by then: with it the replay ends.
    pub last_seq: u64,
    /// Another bridge, which runs the session.
    pub held_by: Option<HeldBy>,
}

impl Subscribed {
    /// From after `after_seq` on, where `last_seq` is the last event there is, and `highest_seq` the highest number
    /// that anybody may have been told: the last events before a crash may be with the client alone.
    ///
    /// # Errors
    /// `invalidParams` where there can be no such event yet.
    pub(super) fn after(after_seq: u64, last_seq: u64, highest_seq: u64) -> Result<Self> {
        if after_seq > highest_seq.max(last_seq) {
            let message = format!("afterSeq: {after_seq} is beyond {last_seq}, the number of the session's last event");
            return Err(Error::invalid_params(message).hint("give the seq of the last event you have, or none for all"));
        }
        Ok(Self { last_seq: last_seq.max(after_seq), held_by: None })
    }
}

impl Service {
    /// Has `subscriber` follow a session: it gets all events after `after_seq`, those that are stored and those that
    /// come, whoever runs the session. `asker` is the same client, which is asked for permissions in this session from
    /// then on, and for those that wait already.
    ///
    /// # Errors
    /// `invalidParams`, `sessionNotFound`, a store error.
    pub async fn subscribe(
        &self,
        id: SessionId,
        after_seq: u64,
        subscriber: Arc<dyn Subscriber>,
        asker: Option<Arc<dyn Asker>>,
    ) -> Result<Subscribed> {
        self.ask(id, |reply| Command::Subscribe { after_seq, subscriber, asker, reply }).await
    }

    /// A subscriber of that session does not want any more.
    pub fn unsubscribed(&self, id: SessionId) {
        self.inner.registry.tell(id, Command::Unsubscribed);
    }
}
