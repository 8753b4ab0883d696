//! Clients' requests that wait for an answer of the session's, each under a number.

use std::collections::HashMap;

use tokio::sync::oneshot;

use super::Task;
use crate::error::Result;
use crate::protocol::capabilities::SessionCapabilitiesResult;
use crate::protocol::session::Session;
use crate::service::command::tell;
use crate::service::reports;
use crate::service::state::{AskId, Told};

/// Who waits, and for what.
pub(super) enum Requester {
    /// The session as it is once it was done.
    Session(oneshot::Sender<Result<Session>>),
    /// What the session says.
    Told(oneshot::Sender<Result<Told>>),
}

/// All who wait.
#[derive(Default)]
pub(super) struct Requesters {
    waiting: HashMap<AskId, Requester>,
    last: u64,
}

impl Requesters {
    pub(super) fn add(&mut self, asker: Requester) -> AskId {
        self.last += 1;
        let id = AskId(self.last);
        self.waiting.insert(id, asker);
        id
    }

    /// Answers one of them, who may be gone by now.
    pub(super) fn answer(&mut self, id: AskId, outcome: Result<Told>, session: Session) {
        match self.waiting.remove(&id) {
            Some(Requester::Session(reply)) => tell(reply, outcome.map(|_| session)),
            Some(Requester::Told(reply)) => tell(reply, outcome),
            None => tracing::error!(?id, "an answer for nobody"),
        }
    }
}

impl Task {
    /// What the process can do; nothing where there is none.
    pub(super) fn capabilities(&self) -> SessionCapabilitiesResult {
        match (self.runner.info(), self.state.capabilities()) {
            (Some(process), Some(known)) => reports::capabilities(known, Some(process.cli_version.clone())),
            _ => SessionCapabilitiesResult::default(),
        }
    }
}
