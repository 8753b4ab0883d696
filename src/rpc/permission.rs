//! The client as one who can answer permissions.

use futures_util::FutureExt;

use super::calls::Outcome;
use super::peer::Peer;
use super::question::Question;
use crate::protocol::lifecycle::PermissionSupport;
use crate::protocol::permission::{Permission, PermissionAnswer, PermissionRequestParams};
use crate::redact::Content;
use crate::service::asking::{Asker, PendingAnswer};

/// The request that asks for a permission.
const PERMISSION_REQUEST: &str = "permission/request";

impl Asker for Peer {
    fn ask(&self, permission: &Permission) -> PendingAnswer {
        if self.permissions.get() != Some(&Some(PermissionSupport::Request)) {
            let closed = self.calls.closed();
            return Box::pin(closed.map(|()| None));
        }
        let params = PermissionRequestParams { permission: permission.clone() };
        let question = Question::ask(self, PERMISSION_REQUEST, &params);
        Box::pin(async move { read(question.answer().await?) })
    }

    fn is_gone(&self) -> bool {
        self.calls.is_closed()
    }
}

/// An error, or what is no answer, means that the client abstains.
fn read(outcome: Outcome) -> Option<PermissionAnswer> {
    match outcome {
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
