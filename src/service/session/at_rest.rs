//! A session that is not ours to touch: it is at rest, or another bridge runs it. It can be followed all the same, from
//! the history; whatever else is asked of it takes the lease and begins a task.

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Beginning, Task, begin, session_not_found};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::service::Inner;
use crate::service::asking::Asker;
use crate::service::command::{Command, tell};
use crate::service::followers::Followers;
use crate::service::lease::held_by;
use crate::service::sink::Subscriber;
use crate::service::state::CutShort;
use crate::service::subscription::Subscribed;
use crate::store::{Changes, LeaseRow, SessionRow, Standing};

/// How often it is looked whether the bridge that holds the session lives.
const HOLDER_INTERVAL: Duration = Duration::from_millis(500);

/// A session that is not ours to touch, and those who follow it.
struct AtRest {
    inner: Arc<Inner>,
    id: SessionId,
    commands: UnboundedReceiver<Command>,
    followers: Followers,
    /// The last event that is stored, as far as is known.
    last_seq: u64,
    /// Who held it when that was looked at last.
    lease: Option<LeaseRow>,
}

/// Serves a session until nobody asks for anything and nobody follows. One that was just made, which `row` is, is ours
/// already.
pub(in crate::service) async fn run(
    inner: Arc<Inner>,
    id: SessionId,
    row: Option<SessionRow>,
    commands: UnboundedReceiver<Command>,
) {
    let followers = Followers::default();
    let mut session = AtRest { inner, id, commands, followers, last_seq: 0, lease: None };
    if let Some(row) = row {
        let last_event = row.reserved_seq;
        match Beginning::new(row, last_event, CutShort::default()) {
            Ok(beginning) => session = session.serve(beginning, None).await,
            Err(error) => tracing::error!(session = %id, %error, "a session that was just made cannot be read"),
        }
    }
    while let Some(command) = session.next().await {
        match begin(&session.inner, id).await {
            Ok(beginning) => session = session.serve(beginning, Some(command)).await,
            Err(error) => command.refuse(error),
        }
    }
}

impl AtRest {
    /// Has a task serve the session, with that command first, until it is at rest again.
    async fn serve(mut self, beginning: Beginning, first: Option<Command>) -> Self {
        let task = Task::new(Arc::clone(&self.inner), self.id, self.commands, self.followers, beginning);
        (self.commands, self.followers) = task.run(first).await;
        // Others may run it from now on: what it does is seen in the history alone.
        self.inner.registry.hide(self.id);
        self
    }

    /// Feeds those who follow, until something is asked that the history alone cannot answer; nothing once nobody
    /// asks and nobody follows.
    async fn next(&mut self) -> Option<Command> {
        let mut changes = None;
        let mut holder_rounds = rounds();
        self.look().await;
        loop {
            if !self.followers.is_empty() {
                changes.get_or_insert_with(|| self.inner.store.changes());
            } else if self.inner.registry.retire(self.id, &self.commands) {
                return None;
            }
            tokio::select! {
                command = self.commands.recv() => match command? {
                    Command::Subscribe { after_seq, subscriber, asker, reply } => {
                        self.subscribe(after_seq, subscriber, asker, reply).await;
                    }
                    Command::Unsubscribed => self.followers.drop_gone(),
                    // Nobody needs to know any more: the process is gone.
                    Command::ServerSaid { .. } | Command::Revoked { .. } => {}
                    Command::ShutDown => return None,
                    command => return Some(command),
                },
                () = next_change(changes.as_mut()) => self.look().await,
                () = self.followers.room() => self.feed().await,
                _ = holder_rounds.tick(), if self.lease.is_some() => {
                    self.look().await;
                    if self.holder_is_dead() {
                        // Its turns have no end yet.
                        return Some(Command::Recover);
                    }
                }
            }
        }
    }

    /// Takes in who wants to follow.
    async fn subscribe(
        &mut self,
        after_seq: u64,
        subscriber: Arc<dyn Subscriber>,
        asker: Option<Arc<dyn Asker>>,
        reply: oneshot::Sender<Result<Subscribed>>,
    ) {
        let subscribed = self.subscribed(after_seq).await;
        if subscribed.is_ok() {
            self.followers.subscribe(subscriber, asker, after_seq);
        }
        tell(reply, subscribed);
    }

    async fn subscribed(&mut self, after_seq: u64) -> Result<Subscribed> {
        let standing = self.inner.store.standing(self.id).await?.ok_or_else(|| session_not_found(self.id))?;
        let mut subscribed = Subscribed::after(after_seq, standing.last_seq, standing.reserved_seq)?;
        let holder = standing.lease.as_ref().filter(|lease| self.inner.holder.is_held_elsewhere(lease));
        subscribed.held_by = holder.map(held_by);
        self.note(standing);
        Ok(subscribed)
    }

    /// Looks at how the session stands, for those who follow.
    async fn look(&mut self) {
        if self.followers.is_empty() {
            return;
        }
        match self.inner.store.standing(self.id).await {
            Ok(Some(standing)) => self.note(standing),
            Ok(None) => self.followers.end_subscriptions(&session_not_found(self.id)),
            Err(error) => self.cannot_follow(&error),
        }
    }

    fn note(&mut self, standing: Standing) {
        self.last_seq = standing.last_seq;
        self.lease = standing.lease;
        self.followers.reach(self.last_seq);
    }

    /// Feeds those who lack something and have room.
    async fn feed(&mut self) {
        let fed = self.followers.catch_up(&self.inner.store, self.id, iter::empty(), self.last_seq).await;
        if let Err(error) = fed {
            self.cannot_follow(&error);
        }
    }

    fn cannot_follow(&mut self, error: &Error) {
        tracing::warn!(session = %self.id, %error, "a session cannot be followed");
        self.followers.end_subscriptions(error);
    }

    fn holder_is_dead(&self) -> bool {
        let holder = &self.inner.holder;
        let lease = self.lease.as_ref().filter(|lease| lease.bridge_id != holder.bridge());
        lease.is_some_and(|lease| !holder.is_held_elsewhere(lease))
    }
}

fn rounds() -> Interval {
    let mut rounds = interval(HOLDER_INTERVAL);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}

/// Resolves when something was written; never where nobody wants to know.
async fn next_change(changes: Option<&mut Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}
