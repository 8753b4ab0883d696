use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use tokio::sync::{Notify, oneshot};

use super::follower::PATIENCE;
use super::*;
use crate::error::ErrorKind;
use crate::protocol::event::{EventBody, NoticeLevel, SessionEvent};
use crate::protocol::turn::StopReason;
use crate::protocol::usage::Usage;
use crate::service::journal::Journal;
use crate::service::sink::Offer;
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
        Self { store, journal: Journal::new(session, 0, 0), followers, turn: TurnId::new(), session, _folder: folder }
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
