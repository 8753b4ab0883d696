//! One of those who follow: what it wants, how far it has come, and how it gets what it missed.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::Reply;
use super::stored::StoredEvent;
use crate::error::{Error, Result};
use crate::ids::{SessionId, TurnId};
use crate::protocol::event::EventMeta;
use crate::protocol::turn::Turn;
use crate::service::asking::Asker;
use crate::service::sink::{EncodedEvent, EventSink, Offer, Subscriber};
use crate::store::{EventQuery, EventRow, Store};

/// How long all wait for one that has no room.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);
/// How much is read from the store at a time for one that lags, in bytes of JSON.
const CHUNK: usize = 128 * 1024;

/// One of those who follow a session's events.
pub(super) struct Follower {
    wants: Wants,
    sink: Option<Arc<dyn EventSink>>,
    /// The last event that it took or had no interest in.
    seen: u64,
    /// Whether it is fed from the store.
    pub(super) lags: bool,
}

/// What one wants.
enum Wants {
    /// A turn's events, and its outcome.
    Turn {
        turn: TurnId,
        /// Whether the turn runs: meanwhile it also gets what belongs to no turn.
        runs: bool,
        reply: Reply,
        /// The outcome, while it has not caught up.
        outcome: Option<Box<Result<Turn>>>,
    },
    /// All events.
    All { subscriber: Arc<dyn Subscriber>, asker: Option<Arc<dyn Asker>> },
}

impl Follower {
    /// One that waits for the outcome of a message, and follows its turn where `sink` is given.
    pub(super) fn of_turn(turn: TurnId, sink: Option<Arc<dyn EventSink>>, reply: Reply, seen: u64) -> Self {
        Self { wants: Wants::Turn { turn, runs: false, reply, outcome: None }, sink, seen, lags: false }
    }

    /// One that wants all events after `seen`. It is fed from the store at first.
    pub(super) fn of_all(subscriber: Arc<dyn Subscriber>, asker: Option<Arc<dyn Asker>>, seen: u64) -> Self {
        let sink: Arc<dyn EventSink> = Arc::<dyn Subscriber>::clone(&subscriber);
        Self { wants: Wants::All { subscriber, asker }, sink: Some(sink), seen, lags: true }
    }

    /// The turn whose outcome it waits for.
    pub(super) fn turn(&self) -> Option<TurnId> {
        match self.wants {
            Wants::Turn { turn, .. } => Some(turn),
            Wants::All { .. } => None,
        }
    }

    /// Whether it follows all events, for as long as it likes.
    pub(super) fn is_subscriber(&self) -> bool {
        matches!(self.wants, Wants::All { .. })
    }

    /// Whether it is a subscriber that does not want any more.
    pub(super) fn is_gone(&self) -> bool {
        match &self.wants {
            Wants::All { subscriber, .. } => self.sink.is_none() || subscriber.is_over(),
            Wants::Turn { .. } => false,
        }
    }

    /// The client behind a subscription, where it can answer permissions.
    pub(super) fn asker(&self) -> Option<&Arc<dyn Asker>> {
        match &self.wants {
            Wants::All { asker, .. } => asker.as_ref(),
            Wants::Turn { .. } => None,
        }
    }

    /// There are events up to this number: feed it from the store if it lacks any.
    pub(super) fn reach(&mut self, last_seq: u64) {
        self.lags |= self.is_subscriber() && self.seen < last_seq;
    }

    /// Has the outcome wait until it has caught up.
    pub(super) fn hold(&mut self, result: Result<Turn>) {
        if let Wants::Turn { outcome, .. } = &mut self.wants {
            *outcome = Some(Box::new(result));
        }
    }

    /// Whether it has caught up and its outcome is there.
    pub(super) fn is_done(&self) -> bool {
        !self.lags && matches!(self.wants, Wants::Turn { outcome: Some(_), .. })
    }

    /// Gives it the outcome that was held for it.
    pub(super) fn release_outcome(self) {
        if let Wants::Turn { turn, reply, outcome: Some(outcome), .. } = self.wants {
            answer(turn, reply, *outcome);
        }
    }

    /// Gives it its outcome.
    pub(super) fn finish(self, outcome: Result<Turn>) {
        if let Wants::Turn { turn, reply, .. } = self.wants {
            answer(turn, reply, outcome);
        }
    }

    /// Tells a subscriber that it gets no more, and why.
    pub(super) fn end(&mut self, why: &Error) {
        if let Wants::All { subscriber, .. } = &self.wants {
            subscriber.end(why);
            self.sink = None;
        }
    }

    /// Where its events go, while it lags.
    pub(super) fn lagging_sink(&self) -> Option<&dyn EventSink> {
        self.sink.as_deref().filter(|_| self.lags)
    }

    /// Whether it could take something now.
    fn has_room(&self) -> bool {
        self.sink.as_ref().is_none_or(|sink| sink.has_room().now_or_never().is_some())
    }

    /// Offers an event; says whether the next one may be offered too.
    pub(super) async fn take(&mut self, event: EncodedEvent<'_>, patient: bool) -> bool {
        loop {
            match self.offer(event) {
                Offer::Taken => return true,
                Offer::Gone => {
                    self.sink = None;
                    return true;
                }
                Offer::Full if patient => self.wait_for_room().await,
                Offer::Full => {
                    if timeout(PATIENCE, self.wait_for_room()).await.is_err() {
                        self.lags = true;
                        return false;
                    }
                }
            }
        }
    }

    async fn wait_for_room(&self) {
        if let Some(sink) = &self.sink {
            sink.has_room().await;
        }
    }

    pub(super) fn release(&self) {
        if let Some(sink) = &self.sink {
            sink.release();
        }
    }

    /// Feeds it a page from the store, if it has room. Says whether it has come to the end of what is stored, where
    /// the last event has the number `last_seq`.
    pub(super) async fn feed(&mut self, store: &Store, session: SessionId, last_seq: u64) -> Result<bool> {
        if !self.has_room() {
            return Ok(false);
        }
        let query = EventQuery { session_id: session, after_seq: self.seen, turn_id: None, max_bytes: CHUNK };
        let rows = store.events(query).await?;
        let no_more = rows.last().is_none_or(|row| row.seq >= last_seq);
        Ok(self.offer_all(rows)? && no_more)
    }

    /// Offers what it missed; says whether it took all of it.
    pub(super) fn offer_all(&mut self, rows: impl IntoIterator<Item = EventRow>) -> Result<bool> {
        for row in rows {
            if row.seq <= self.seen {
                continue;
            }
            match self.offer_stored(row)? {
                Offer::Taken => {}
                Offer::Full => return Ok(false),
                Offer::Gone => self.sink = None,
            }
        }
        Ok(true)
    }

    fn offer_stored(&mut self, row: EventRow) -> Result<Offer> {
        let mut event = StoredEvent::new(row)?;
        event.skip(self.seen)?;
        let headline = if self.is_subscriber() { None } else { event.headline()? };
        let json = event.json()?;
        Ok(self.offer(EncodedEvent {
            meta: &event.meta,
            kind: &event.kind,
            json: &json,
            headline: headline.as_deref(),
        }))
    }

    /// Offers an event if it is one that this follower wants.
    fn offer(&mut self, event: EncodedEvent<'_>) -> Offer {
        let offer = match &self.sink {
            Some(sink) if self.wants.includes(event.meta) => sink.offer(event),
            _ => Offer::Taken,
        };
        if offer != Offer::Full {
            self.wants.note(event.meta, event.kind);
            self.seen = event.meta.seq;
        }
        offer
    }
}

impl Wants {
    fn includes(&self, meta: &EventMeta) -> bool {
        match self {
            Self::Turn { turn, runs, .. } => match meta.turn_id {
                Some(of) => of == *turn,
                None => *runs,
            },
            Self::All { .. } => true,
        }
    }

    /// Whether the turn runs once this event is past.
    fn note(&mut self, meta: &EventMeta, kind: &str) {
        if let Self::Turn { turn, runs, .. } = self
            && meta.turn_id == Some(*turn)
        {
            match kind {
                "turnStarted" => *runs = true,
                "turnCompleted" => *runs = false,
                _ => {}
            }
        }
    }
}

fn answer(turn: TurnId, reply: Reply, outcome: Result<Turn>) {
    if reply.send(outcome).is_err() {
        tracing::debug!(%turn, "nobody waits for this turn's outcome any more");
    }
}
