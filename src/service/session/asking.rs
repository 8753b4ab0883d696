//! Who can answer a session's permissions, and what they are being asked.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::ids::PermissionId;
use crate::protocol::lifecycle::PermissionSupport;
use crate::protocol::permission::{Permission, PermissionAnswer};
use crate::service::asking::{Asker, PendingAnswer};

/// Those who are with the session, and what they are being asked.
#[derive(Default)]
pub(super) struct Asking {
    audience: Vec<Arc<dyn Asker>>,
    open: Vec<Question>,
}

/// A permission, and the answers that may still come.
struct Question {
    permission: Permission,
    pending: Vec<PendingAnswer>,
}

/// What has come of asking.
#[derive(Debug)]
pub(super) enum Heard {
    /// Somebody answered.
    Answer(PermissionId, PermissionAnswer),
    /// Nobody is left who could.
    Nobody(PermissionId),
}

impl Asking {
    /// Takes in a client that is with the session from now on, and asks it what is open. Says whether it is new.
    pub(super) fn attach(&mut self, asker: Arc<dyn Asker>) -> bool {
        if self.audience.iter().any(|known| Arc::ptr_eq(known, &asker)) {
            return false;
        }
        for question in &mut self.open {
            question.pending.extend(pending(asker.as_ref(), &question.permission));
        }
        self.audience.push(asker);
        true
    }

    /// Asks all who are asked by request.
    pub(super) fn ask(&mut self, permission: Permission) {
        let pending = self.audience.iter().filter_map(|asker| pending(asker.as_ref(), &permission)).collect();
        self.open.push(Question { permission, pending });
    }

    /// Nobody needs to answer any more: the requests that are open are withdrawn.
    pub(super) fn stop(&mut self, id: PermissionId) {
        self.open.retain(|question| question.permission.id != id);
    }

    /// Waits for what comes next. Can be dropped and called again.
    pub(super) async fn heard(&mut self) -> Heard {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        // One that answers by itself may do so at any time, also after its window was opened anew.
        let somebody_polls = self.audience.iter().any(|asker| asker.support() == PermissionSupport::Poll);
        for question in &mut self.open {
            let id = question.permission.id;
            if let Some(answer) = question.poll(context) {
                return Poll::Ready(Heard::Answer(id, answer));
            }
            if question.pending.is_empty() && !somebody_polls {
                return Poll::Ready(Heard::Nobody(id));
            }
        }
        Poll::Pending
    }
}

impl Question {
    /// The next answer that is there. Whoever answered, or will not, is not waited for any more.
    fn poll(&mut self, context: &mut Context<'_>) -> Option<PermissionAnswer> {
        let mut at = 0;
        while let Some(pending) = self.pending.get_mut(at) {
            match pending.as_mut().poll(context) {
                Poll::Pending => at += 1,
                Poll::Ready(said) => {
                    drop(self.pending.swap_remove(at));
                    if said.is_some() {
                        return said;
                    }
                }
            }
        }
        None
    }
}

fn pending(asker: &dyn Asker, permission: &Permission) -> Option<PendingAnswer> {
    (asker.support() == PermissionSupport::Request).then(|| asker.ask(permission))
}
