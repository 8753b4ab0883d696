//! Those who follow a session's events, and how one that lags gets what it missed.
//!
//! A follower that has no room is waited for, briefly: a reader that is merely slower than Claude slows Claude down.
//! One that stopped reading is left behind: it costs no memory, and when it reads again it is fed from the store, in
//! order, deltas merged, until it has caught up.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::select_all;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::history::message_of;
use super::journal::{headline, stored_json, text_end};
use super::sink::{EncodedEvent, EventSink, Offer};
use crate::error::{Error, Result};
use crate::ids::{SessionId, TurnId};
use crate::protocol::event::{EventBody, EventMeta};
use crate::protocol::turn::Turn;
use crate::store::{EventPayload, EventQuery, EventRow, Store};

/// How long all wait for one that has no room.
const PATIENCE: Duration = Duration::from_millis(50);
/// How much is read from the store at a time for one that lags, in bytes of JSON.
const CHUNK: usize = 128 * 1024;

/// Where the outcome of a `message/send` goes.
pub(super) type Reply = oneshot::Sender<Result<Turn>>;

/// Who follows a turn, and waits for its outcome.
struct Follower {
    turn: TurnId,
    sink: Option<Arc<dyn EventSink>>,
    reply: Reply,
    /// The last event that it took or had no interest in.
    seen: u64,
    /// The length of the text that the last delta it took belongs to, as far as it has it.
    text_end: u64,
    /// Whether it is fed from the store.
    lags: bool,
    /// Whether its turn runs: meanwhile it also gets what belongs to no turn.
    in_turn: bool,
    /// The outcome, while it has not caught up.
    outcome: Option<Result<Turn>>,
}

/// Those who follow a session's events.
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
        self.0.push(Follower { turn, sink, reply, seen, text_end: 0, lags: false, in_turn: false, outcome: None });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
    }

    /// Gives a message's outcome to who waits for it, after its last event.
    pub(super) fn answer(&mut self, turn: TurnId, outcome: Result<Turn>) {
        let Some(at) = self.0.iter().position(|follower| follower.turn == turn) else { return };
        if self.0[at].lags {
            self.0[at].outcome = Some(outcome);
        } else {
            self.0.swap_remove(at).finish(outcome);
        }
    }

    /// Resolves when one that lags has room again, or is gone; never where none lags.
    pub(super) async fn room(&self) {
        let lagging = self.0.iter().filter(|follower| follower.lags);
        let rooms: Vec<_> = lagging.filter_map(|follower| follower.sink.as_ref()).map(|sink| sink.has_room()).collect();
        if rooms.is_empty() {
            return std::future::pending().await;
        }
        select_all(rooms).await;
    }

    /// Feeds those who lag from the store, and from `kept`, which it did not take yet: both together hold everything
    /// up to `last_seq`.
    pub(super) async fn catch_up<'a>(
        &mut self,
        store: &Store,
        session: SessionId,
        kept: impl Iterator<Item = &'a EventRow> + Clone,
        last_seq: u64,
    ) -> Result<()> {
        for follower in self.0.iter_mut().filter(|follower| follower.lags) {
            let caught_up = follower.catch_up(store, session, kept.clone(), last_seq).await;
            follower.release();
            caught_up?;
        }
        self.finish_caught_up();
        Ok(())
    }

    /// Those who lag cannot be fed any more: they go on with what comes next.
    pub(super) fn skip_missed(&mut self) {
        for follower in &mut self.0 {
            follower.lags = false;
        }
        self.finish_caught_up();
    }

    fn finish_caught_up(&mut self) {
        let caught_up = |follower: &mut Follower| !follower.lags && follower.outcome.is_some();
        for mut follower in self.0.extract_if(.., caught_up) {
            if let Some(outcome) = follower.outcome.take() {
                follower.finish(outcome);
            }
        }
    }
}

impl Follower {
    fn finish(self, outcome: Result<Turn>) {
        if self.reply.send(outcome).is_err() {
            tracing::debug!(turn = %self.turn, "nobody waits for this turn's outcome any more");
        }
    }

    /// Offers an event; says whether the next one may be offered too.
    async fn take(&mut self, event: EncodedEvent<'_>, patient: bool) -> bool {
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

    fn release(&self) {
        if let Some(sink) = &self.sink {
            sink.release();
        }
    }

    /// Offers an event if it is one that this follower wants.
    fn offer(&mut self, event: EncodedEvent<'_>) -> Offer {
        let mine = event.meta.turn_id == Some(self.turn);
        self.in_turn |= mine && event.kind == "turnStarted";
        let wanted = mine || (event.meta.turn_id.is_none() && self.in_turn);
        let offer = match &self.sink {
            Some(sink) if wanted => sink.offer(event),
            _ => Offer::Taken,
        };
        if offer != Offer::Full {
            self.in_turn &= !(mine && event.kind == "turnCompleted");
            self.seen = event.meta.seq;
            self.text_end = event.text_end.unwrap_or(self.text_end);
        }
        offer
    }

    async fn catch_up<'a>(
        &mut self,
        store: &Store,
        session: SessionId,
        kept: impl Iterator<Item = &'a EventRow>,
        last_seq: u64,
    ) -> Result<()> {
        let query = EventQuery { session_id: session, after_seq: self.seen, turn_id: None, max_bytes: CHUNK };
        let rows = store.events(query).await?;
        let no_more = rows.last().is_none_or(|row| row.seq >= last_seq);
        if self.offer_all(rows)? && no_more {
            let missed = self.seen;
            self.lags = !self.offer_all(kept.filter(|row| row.seq > missed).cloned())?;
        }
        Ok(())
    }

    /// Offers what it missed; says whether it took all of it.
    fn offer_all(&mut self, rows: impl IntoIterator<Item = EventRow>) -> Result<bool> {
        for row in rows {
            match self.offer_stored(row)? {
                Offer::Taken => {}
                Offer::Full => return Ok(false),
                Offer::Gone => self.sink = None,
            }
        }
        Ok(true)
    }

    fn offer_stored(&mut self, row: EventRow) -> Result<Offer> {
        let (mut meta, mut json) = stored_event(row)?;
        let mut body: EventBody =
            serde_json::from_str(&json).map_err(|problem| Error::internal(problem.to_string()))?;
        if meta.first_seq.is_some_and(|first| first <= self.seen) {
            // It had the beginning of it before it lagged.
            meta.first_seq = Some(self.seen + 1).filter(|first| *first < meta.seq);
            skip_text(&mut body, self.text_end);
            json = serde_json::to_string(&body).map_err(|problem| Error::internal(problem.to_string()))?;
        }
        let json = stored_json(&meta, &json)?;
        let headline = headline(&body);
        Ok(self.offer(EncodedEvent {
            meta: &meta,
            kind: body.kind(),
            json: &json,
            headline: headline.as_deref(),
            text_end: text_end(&body),
        }))
    }
}

/// Takes out of a delta what of its item's text comes before `end`.
fn skip_text(body: &mut EventBody, end: u64) {
    if let EventBody::TextDelta { offset, text, .. } | EventBody::ThinkingDelta { offset, text, .. } = body {
        let known = usize::try_from(end.saturating_sub(*offset)).unwrap_or(usize::MAX);
        let known = text.floor_char_boundary(known);
        text.drain(..known);
        *offset += known as u64;
    }
}

/// An event as it was stored.
fn stored_event(row: EventRow) -> Result<(EventMeta, String)> {
    let meta = EventMeta {
        seq: row.seq,
        first_seq: row.first_seq,
        session_id: row.session_id,
        turn_id: row.turn_id,
        at: row.at,
        parent_tool_use_id: row.parent_tool_use_id,
    };
    let body = match row.payload {
        EventPayload::Json { body, .. } => body,
        EventPayload::Message(message) => {
            let body = EventBody::Message { message: message_of(message)? };
            serde_json::to_string(&body).map_err(|problem| Error::internal(problem.to_string()))?
        }
    };
    Ok((meta, body))
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Mutex;

    use tokio::sync::{Notify, oneshot};

    use super::*;
    use crate::error::ErrorKind;
    use crate::protocol::event::{NoticeLevel, SessionEvent};
    use crate::protocol::turn::StopReason;
    use crate::protocol::usage::Usage;
    use crate::service::journal::Journal;
    use crate::service::state::{Emission, What};
    use crate::time::Timestamp;

    /// A reader with room for so many events.
    #[derive(Default)]
    struct Reader {
        room: Mutex<usize>,
        more: Notify,
        got: Mutex<Vec<SessionEvent>>,
    }

    impl Reader {
        fn with_room(room: usize) -> Arc<Self> {
            Arc::new(Self { room: Mutex::new(room), ..Self::default() })
        }

        fn make_room(&self, room: usize) {
            *self.room.lock().unwrap() = room;
            self.more.notify_waiters();
        }

        fn texts(&self) -> Vec<String> {
            let got = self.got.lock().unwrap();
            got.iter().map(|event| format!("{} {}", event.meta.seq, told(&event.body))).collect()
        }
    }

    fn told(body: &EventBody) -> &str {
        match body {
            EventBody::TextDelta { text, .. } | EventBody::Notice { text, .. } => text,
            other => other.kind(),
        }
    }

    impl EventSink for Reader {
        fn offer(&self, event: EncodedEvent<'_>) -> Offer {
            let mut room = self.room.lock().unwrap();
            if *room == 0 {
                return Offer::Full;
            }
            *room -= 1;
            self.got.lock().unwrap().push(serde_json::from_str(event.json).unwrap());
            Offer::Taken
        }

        fn release(&self) {}

        fn has_room(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(async {
                let more = self.more.notified();
                if *self.room.lock().unwrap() == 0 {
                    more.await;
                }
            })
        }
    }

    struct Scene {
        store: Store,
        journal: Journal,
        followers: Followers,
        turn: TurnId,
        session: SessionId,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path());
            let session = SessionId::new();
            let row = crate::service::history::tests::row(session);
            store.create_session(row, None).await.unwrap();
            let followers = Followers::default();
            Self { store, journal: Journal::new(session, 0), followers, turn: TurnId::new(), session, _folder: folder }
        }

        fn follow(&mut self, reader: &Arc<Reader>) -> oneshot::Receiver<Result<Turn>> {
            let (reply, outcome) = oneshot::channel();
            let sink: Arc<dyn EventSink> = Arc::<Reader>::clone(reader);
            self.followers.add(self.turn, Some(sink), reply, self.journal.last_seq());
            outcome
        }

        /// Emits an event, stores it and delivers it, as the session's task does.
        async fn emit(&mut self, turn: Option<TurnId>, body: EventBody) {
            let emission = Emission { turn, parent: None, what: What::Event(body) };
            self.journal.emit(emission, Timestamp::from_millis(0), |_| unreachable!("no session is shown")).unwrap();
            self.followers.deliver(self.journal.ahead(), false).await;
            if self.journal.has_stored() {
                self.save().await;
                self.followers.deliver(self.journal.behind(), false).await;
            }
            self.journal.clear_ready();
        }

        async fn save(&mut self) {
            let batch = self.journal.take_batch().unwrap();
            self.store.commit(batch).await.unwrap();
        }

        async fn started(&mut self) {
            let origin = crate::protocol::event::TurnOrigin::Client;
            self.emit(Some(self.turn), EventBody::TurnStarted { message_id: None, origin }).await;
        }

        async fn completed(&mut self) {
            let turn = Turn {
                id: self.turn,
                session_id: self.session,
                stop_reason: StopReason::Completed,
                text: String::new(),
                tool_calls: Vec::new(),
                usage: Usage::default(),
                cost_usd: 0.0,
                duration_ms: 0,
                first_text_ms: None,
                error: None,
            };
            self.emit(Some(self.turn), EventBody::TurnCompleted { turn }).await;
        }

        async fn notice(&mut self, turn: Option<TurnId>, text: &str) {
            self.emit(turn, EventBody::Notice { level: NoticeLevel::Info, text: text.into() }).await;
        }

        async fn catch_up(&mut self) {
            self.save().await;
            let last = self.journal.last_seq();
            self.followers.catch_up(&self.store, self.session, self.journal.backlog_events(), last).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_follower_gets_its_own_turn_and_what_belongs_to_none_while_it_runs() {
        let mut scene = Scene::new().await;
        let reader = Reader::with_room(100);
        let _outcome = scene.follow(&reader);
        scene.notice(None, "before").await;
        scene.started().await;
        scene.notice(None, "meanwhile").await;
        scene.notice(Some(TurnId::new()), "another's").await;
        assert_eq!(reader.texts(), ["2 turnStarted", "3 meanwhile"]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stopped_reading_gets_all_it_missed_in_order_with_deltas_merged_and_then_the_answer() {
        let mut scene = Scene::new().await;
        let reader = Reader::with_room(2);
        let mut outcome = scene.follow(&reader);
        scene.started().await;
        let item_id = crate::ids::MessageId::new();
        for (offset, text) in [(0, "a"), (1, "b"), (2, "c")] {
            scene.emit(Some(scene.turn), EventBody::TextDelta { item_id, offset, text: text.into() }).await;
        }
        scene.notice(Some(scene.turn), "end").await;
        scene.followers.answer(scene.turn, Err(Error::new(ErrorKind::ApiError, "the outcome")));
        assert_eq!(reader.texts(), ["1 turnStarted", "2 a"]);
        assert!(outcome.try_recv().is_err(), "the answer waits for the events before it");

        reader.make_room(100);
        scene.catch_up().await;
        assert_eq!(reader.texts()[2..], ["4 bc", "5 end"], "of a merged delta it gets what it has not");
        assert_eq!(outcome.await.unwrap().unwrap_err().message(), "the outcome");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stopped_reading_gets_nothing_that_came_after_the_end_of_its_turn() {
        let mut scene = Scene::new().await;
        let reader = Reader::with_room(1);
        let _outcome = scene.follow(&reader);
        scene.started().await;
        scene.notice(None, "meanwhile").await;
        scene.completed().await;
        scene.notice(None, "afterwards").await;
        reader.make_room(100);
        scene.catch_up().await;
        assert_eq!(reader.texts(), ["1 turnStarted", "2 meanwhile", "3 turnCompleted"]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_stopped_reading_costs_the_others_one_short_wait() {
        let mut scene = Scene::new().await;
        let (slow, quick) = (Reader::with_room(1), Reader::with_room(100));
        let _outcomes = (scene.follow(&slow), scene.follow(&quick));
        scene.started().await;
        let begun = tokio::time::Instant::now();
        for text in ["a", "b", "c"] {
            scene.notice(Some(scene.turn), text).await;
        }
        assert_eq!(quick.texts().len(), 4);
        assert_eq!(begun.elapsed(), PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_merely_slow_is_waited_for() {
        let mut scene = Scene::new().await;
        let reader = Reader::with_room(1);
        let _outcome = scene.follow(&reader);
        scene.started().await;
        let slowly = Arc::clone(&reader);
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE / 2).await;
            slowly.make_room(100);
        });
        scene.notice(Some(scene.turn), "a").await;
        assert_eq!(reader.texts(), ["1 turnStarted", "2 a"]);
    }
}
