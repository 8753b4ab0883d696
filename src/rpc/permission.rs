//! The client as one who can answer permissions.

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
    fn support(&self) -> PermissionSupport {
        self.permissions.get().copied().flatten().unwrap_or(PermissionSupport::Poll)
    }

    fn ask(&self, permission: &Permission) -> PendingAnswer {
        let params = PermissionRequestParams { permission: permission.clone() };
        let question = Question::ask(self, PERMISSION_REQUEST, &params);
        Box::pin(async move { read(question.answer().await?) })
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
