//! A request to the client that is withdrawn if its answer is of no interest any more.

use std::sync::Arc;

use super::calls::{Call, Outcome};
use super::outbox::Outbox;
use super::peer::Peer;
use serde::Serialize;

/// A request that was sent to the client. Dropped before its answer, it is withdrawn.
#[derive(Debug)]
pub(super) struct Question {
    call: Call,
    outbox: Arc<Outbox>,
    is_open: bool,
}

impl Question {
    /// Asks, at once.
    pub(super) fn ask(peer: &Peer, method: &str, params: &impl Serialize) -> Self {
        Self { call: peer.request(method, params), outbox: Arc::clone(&peer.outbox), is_open: true }
    }

    /// Waits for the answer; `None` where the client is gone.
    pub(super) async fn answer(mut self) -> Option<Outcome> {
        let outcome = self.call.answer().await;
        self.is_open = false;
        outcome
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if self.is_open {
            let id = self.call.id().to_string();
            self.outbox.push(&[r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"#, &id, "}}"]);
        }
    }
}
