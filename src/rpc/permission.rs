//! The client as one who can answer permissions.

use std::sync::Arc;

use super::calls::Call;
use super::outbox::Outbox;
use super::peer::Peer;
use crate::protocol::lifecycle::PermissionSupport;
use crate::protocol::permission::{Permission, PermissionAnswer, PermissionRequestParams};
use crate::redact::Content;
use crate::service::asking::{Asker, PendingAnswer};

/// The request that asks for a permission.
const PERMISSION_REQUEST: &str = "permission/request";

impl Peer {
    /// The client as one who can answer permissions, where it said so at `initialize`.
    pub(super) fn asker(self: &Arc<Self>) -> Option<Arc<dyn Asker>> {
        self.permissions.get().copied().flatten().map(|_| Arc::<Self>::clone(self) as Arc<dyn Asker>)
    }
}

impl Asker for Peer {
    fn support(&self) -> PermissionSupport {
        self.permissions.get().copied().flatten().unwrap_or(PermissionSupport::Poll)
    }

    fn ask(&self, permission: &Permission) -> PendingAnswer {
        let params = PermissionRequestParams { permission: permission.clone() };
        let call = self.request(PERMISSION_REQUEST, &params);
        let mut question = Question { call, outbox: Arc::clone(&self.outbox), is_open: true };
        Box::pin(async move { question.answer().await })
    }
}

/// A `permission/request` that was sent. Dropped before its answer, it is withdrawn.
#[derive(Debug)]
struct Question {
    call: Call,
    outbox: Arc<Outbox>,
    is_open: bool,
}

impl Question {
    /// Waits for the answer; an error, or what is none, means that the client abstains.
    async fn answer(&mut self) -> Option<PermissionAnswer> {
        let outcome = self.call.answer().await;
        self.is_open = false;
        match outcome? {
            Ok(answer) => serde_json::from_str(answer.get())
                .inspect_err(|problem| {
                    tracing::warn!("the client's answer to {PERMISSION_REQUEST} is none: {}", Content(problem));
                })
                .ok(),
            Err(error) => {
                tracing::debug!(%error, "the client does not want to answer {PERMISSION_REQUEST}");
                None
            }
        }
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
