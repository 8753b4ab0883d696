//! What a client sees of a turn while it runs: its events, and LSP's work-done progress.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::calls::Call;
use super::lock;
use super::outbox::Outbox;
use super::peer::Peer;
use super::tokens::Lease;
use crate::error::Result;
use crate::protocol::message::ProgressToken;
use crate::service::sink::{EncodedEvent, EventSink, Offer};

/// The progress of one request. Dropping it ends the work-done progress and frees the tokens.
#[derive(Debug)]
pub(super) struct Progress {
    peer: Arc<Peer>,
    follower: Option<Arc<Follower>>,
    /// Notified when the person cancels the work-done progress.
    cancelled: Arc<Notify>,
    /// The token of our own that the client is to be asked to show.
    own_token: Option<ProgressToken>,
    /// The request that asks it.
    asked: Option<Call>,
    /// Free the tokens, after the follower is done with them.
    _leases: Vec<Lease>,
}

impl Progress {
    /// Takes the tokens of a request into use. A client that shows work-done progress and gave no token for it gets
    /// one of ours.
    ///
    /// # Errors
    /// `invalidParams` if a token is in use.
    pub(super) fn begin(
        peer: &Arc<Peer>,
        work_done: Option<ProgressToken>,
        partial_result: Option<ProgressToken>,
    ) -> Result<Self> {
        let shows = peer.shows_progress.get().copied().unwrap_or(false);
        let own_token = (shows && work_done.is_none()).then(|| peer.new_token());
        let cancelled = Arc::new(Notify::new());
        let take = |token| peer.tokens.take(token, Arc::clone(&cancelled));
        let stream = partial_result.map(take).transpose()?;
        let work = work_done.or_else(|| own_token.clone()).map(take).transpose()?;
        let follower = (stream.is_some() || work.is_some()).then(|| {
            Arc::new(Follower {
                outbox: Arc::clone(&peer.outbox),
                stream: stream.as_ref().map(|lease| event_head(&lease.json())),
                work: work.as_ref().map(|lease| Mutex::new(WorkDone::new(&lease.json(), own_token.is_none()))),
                over: AtomicBool::new(false),
            })
        });
        let leases = stream.into_iter().chain(work).collect();
        Ok(Self { peer: Arc::clone(peer), follower, cancelled, own_token, asked: None, _leases: leases })
    }

    /// Whom to hand the turn's events to.
    pub(super) fn follower(&self) -> Option<Arc<dyn EventSink>> {
        self.follower.clone().map(|follower| follower as Arc<dyn EventSink>)
    }

    /// Asks the client to show work-done progress, where that is to be under a token of ours. Nothing waits for it.
    pub(super) fn offer_window(&mut self) {
        if let Some(token) = self.own_token.take() {
            self.asked = Some(self.peer.request("window/workDoneProgress/create", &json!({ "token": token })));
        }
    }

    /// Resolves when the person cancels the work-done progress. To be polled while the turn runs.
    pub(super) async fn cancelled(&mut self) {
        loop {
            let Some(call) = &mut self.asked else { return self.cancelled.notified().await };
            let agreed = tokio::select! {
                () = self.cancelled.notified() => return,
                answer = call.answer() => matches!(answer, Some(Ok(_))),
            };
            self.asked = None;
            if let Some(follower) = self.follower.as_ref().filter(|_| agreed) {
                follower.work(WorkDone::show);
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(follower) = &self.follower {
            follower.over.store(true, Ordering::Release);
            follower.work(WorkDone::end);
        }
    }
}

/// The side of it that the service sees.
#[derive(Debug)]
struct Follower {
    outbox: Arc<Outbox>,
    /// Everything of a `$/progress` notification that comes before the event; absent where events are not wanted.
    stream: Option<String>,
    work: Option<Mutex<WorkDone>>,
    /// The request has its answer.
    over: AtomicBool,
}

/// All of a `$/progress` notification that comes before its value.
pub(super) fn value_head(token: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"$/progress","params":{{"token":{token},"value":"#)
}

/// All of one that comes before the event in it.
pub(super) fn event_head(token: &str) -> String {
    value_head(token) + r#"{"event":"#
}

impl Follower {
    fn work(&self, act: impl FnOnce(&mut WorkDone, &Outbox)) {
        if let Some(work) = &self.work {
            act(&mut lock(work), &self.outbox);
        }
    }
}

impl EventSink for Follower {
    fn offer(&self, event: EncodedEvent<'_>) -> Offer {
        if self.over.load(Ordering::Acquire) {
            return Offer::Gone;
        }
        let taken = match &self.stream {
            Some(head) => self.outbox.offer(&[head, event.json, "}}}"]),
            None if self.outbox.is_open() => Offer::Taken,
            None => Offer::Gone,
        };
        if taken == Offer::Taken {
            match (event.kind, event.headline) {
                ("turnStarted", message) => self.work(|work, outbox| work.begin(message, outbox)),
                ("turnCompleted", _) => self.work(WorkDone::end),
                (_, Some(message)) => self.work(|work, outbox| work.report(message, outbox)),
                (_, None) => {}
            }
        }
        taken
    }

    fn release(&self) {
        self.outbox.release();
    }

    fn has_room(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.outbox.has_room())
    }
}

/// LSP's work-done progress: begun with the turn, but not before the client agreed to show it.
#[derive(Debug)]
struct WorkDone {
    head: String,
    shown: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The turn has not begun.
    Waiting,
    /// It runs, and the client does not know: the value that would have told it.
    Hidden(Value),
    Begun,
    Ended,
}

impl WorkDone {
    fn new(token: &str, shown: bool) -> Self {
        Self { head: value_head(token), shown, stage: Stage::Waiting }
    }

    fn begin(&mut self, message: Option<&str>, outbox: &Outbox) {
        let mut value = json!({ "kind": "begin", "title": "Claude", "cancellable": true });
        if let Some(message) = message {
            value["message"] = message.into();
        }
        self.stage = Stage::Hidden(value);
        if self.shown {
            self.show(outbox);
        }
    }

    fn show(&mut self, outbox: &Outbox) {
        self.shown = true;
        if let Stage::Hidden(value) = &self.stage {
            outbox.push(&[&self.head, &value.to_string(), "}}"]);
            self.stage = Stage::Begun;
        }
    }

    /// A report is worth nothing once the next one comes, so that it is left out where the client lags.
    fn report(&mut self, message: &str, outbox: &Outbox) {
        if matches!(self.stage, Stage::Begun) {
            let value = json!({ "kind": "report", "message": message }).to_string();
            if outbox.offer(&[&self.head, &value, "}}"]) == Offer::Full {
                tracing::debug!("a progress report is left out: the client lags");
            }
        }
    }

    fn end(&mut self, outbox: &Outbox) {
        if matches!(self.stage, Stage::Begun) {
            outbox.push(&[&self.head, r#"{"kind":"end"}"#, "}}"]);
        }
        self.stage = Stage::Ended;
    }
}
