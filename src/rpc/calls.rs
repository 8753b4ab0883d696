//! Requests that we sent to the other side, until they are answered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::envelope::Id;
use super::lock;

/// An error that the other side answered with.
#[derive(Clone, Debug, PartialEq, Deserialize, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// JSON-RPC's code.
    pub code: i64,
    /// What went wrong, for people.
    pub message: String,
    /// Whatever else it said.
    #[serde(default)]
    pub data: Option<Value>,
}

/// The answer to a request of ours, as JSON.
pub(super) type Outcome = Result<Box<RawValue>, RpcError>;

/// The open requests of one side of a connection.
#[derive(Debug)]
pub(super) struct Calls {
    last: AtomicU64,
    name: fn(u64) -> Id,
    /// `None` once nobody will answer any more.
    open: Mutex<Option<HashMap<Id, oneshot::Sender<Outcome>>>>,
}

impl Calls {
    /// No requests yet; `name` makes the id of the nth one.
    pub(super) fn new(name: fn(u64) -> Id) -> Arc<Self> {
        Arc::new(Self { last: AtomicU64::new(0), name, open: Mutex::new(Some(HashMap::new())) })
    }

    /// Registers a request, which is to be sent next.
    pub(super) fn open(self: &Arc<Self>) -> Call {
        let id = (self.name)(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        let (sender, answer) = oneshot::channel();
        if let Some(open) = &mut *lock(&self.open) {
            open.insert(id.clone(), sender);
        }
        Call { id, answer, calls: Arc::clone(self) }
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&self, id: &Id, outcome: Result<&RawValue, &RawValue>) {
        let Some(waiting) = lock(&self.open).as_mut().and_then(|open| open.remove(id)) else {
            // Also where it crossed with our taking the request back.
            tracing::info!("a response came to {id}, which is no request of ours that waits for one");
            return;
        };
        let outcome = outcome.map(RawValue::to_owned).map_err(read_error);
        if waiting.send(outcome).is_err() {
            tracing::debug!("nobody waits for the response to {id} any more");
        }
    }

    /// Whether nobody will answer any more.
    pub(super) fn is_closed(&self) -> bool {
        lock(&self.open).is_none()
    }

    /// Resolves when nobody will answer any more.
    pub(super) fn closed(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        // One that is never sent fails with all others.
        let mut call = self.open();
        async move { drop(call.answer().await) }
    }

    /// Fails all open requests, and those that follow.
    pub(super) fn close(&self) {
        *lock(&self.open) = None;
    }
}

fn read_error(raw: &RawValue) -> RpcError {
    serde_json::from_str(raw.get()).unwrap_or_else(|error| RpcError {
        code: 0,
        message: format!("an error that is not one of JSON-RPC's: {error}"),
        data: Some(Value::from(raw.get())),
    })
}

/// One open request. Dropping it means that nobody cares for the answer.
#[derive(Debug)]
pub(super) struct Call {
    id: Id,
    answer: oneshot::Receiver<Outcome>,
    calls: Arc<Calls>,
}

impl Call {
    /// The request's id.
    pub(super) fn id(&self) -> &Id {
        &self.id
    }

    /// Waits for the answer; `None` if none will come.
    pub(super) async fn answer(&mut self) -> Option<Outcome> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(open) = &mut *lock(&self.calls.open) {
            open.remove(&self.id);
        }
    }
}
