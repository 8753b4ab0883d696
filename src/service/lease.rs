//! One writer per session, across all bridges on one history: whoever runs a session holds its lease.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::ids::{BridgeId, SessionId};
use crate::protocol::session::HeldBy;
use crate::store::{LeaseRow, Store};
use crate::time::Timestamp;

use super::run_folder::RunFolder;
use super::session::session_not_found;

/// This bridge, as others are told of it.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// Where we and the other bridges on this history can be found.
    folder: Arc<RunFolder>,
    host: String,
    client: Option<String>,
}

impl Holder {
    pub(super) fn new(folder: Arc<RunFolder>, client: Option<String>) -> Self {
        Self { folder, host: rustix::system::uname().nodename().to_string_lossy().into_owned(), client }
    }

    /// The bridge that this is.
    pub(super) fn bridge(&self) -> BridgeId {
        self.folder.id()
    }

    /// Makes sure that others see this bridge live, which has to come before any lease.
    ///
    /// # Errors
    /// `internalError` where the run folder cannot be made.
    pub(super) async fn come_alive(&self) -> Result<()> {
        self.folder.hold().await
    }

    /// Our lease of a session.
    pub(super) fn lease(&self, session_id: SessionId) -> LeaseRow {
        LeaseRow {
            session_id,
            bridge_id: self.bridge(),
            pid: std::process::id(),
            host: self.host.clone(),
            client: self.client.clone(),
            taken_at: Timestamp::now(),
        }
    }

    /// Whether another bridge, which lives, holds this lease.
    pub(super) fn is_held_elsewhere(&self, lease: &LeaseRow) -> bool {
        lease.bridge_id != self.bridge() && self.folder.lives(lease.bridge_id)
    }
}

/// Takes a session's lease, over a dead bridge if need be.
///
/// # Errors
/// `sessionHeld`, with who holds it; `sessionNotFound`; a store error.
pub(super) async fn take(store: &Store, holder: &Holder, session: SessionId) -> Result<()> {
    holder.come_alive().await?;
    let mut over = None;
    while let Some(lease) = taken(store.take_lease(holder.lease(session), over).await, session)? {
        if holder.is_held_elsewhere(&lease) {
            return Err(held(&lease));
        }
        over = Some(lease.bridge_id);
    }
    Ok(())
}

/// The same, with the error that clients know.
fn taken(outcome: Result<Option<LeaseRow>>, session: SessionId) -> Result<Option<LeaseRow>> {
    outcome.map_err(|error| match error.kind() {
        ErrorKind::SessionNotFound => session_not_found(session),
        _ => error,
    })
}

/// Gives a lease back, without waiting for it.
pub(super) fn give_back(store: &Store, holder: &Holder, session: SessionId) {
    store.release_lease(session, holder.bridge());
}

/// Who holds a lease, as clients are told.
pub(super) fn held_by(lease: &LeaseRow) -> HeldBy {
    HeldBy { pid: lease.pid, host: lease.host.clone(), client: lease.client.clone() }
}

fn held(lease: &LeaseRow) -> Error {
    let client = lease.client.as_deref().map_or_else(String::new, |client| format!(" for {client}"));
    let message = format!(
        "session {} is run by another claude-bridge{client} (pid {} on {})",
        lease.session_id, lease.pid, lease.host
    );
    let error = Error::new(ErrorKind::SessionHeld, message)
        .hint("go on with it there, or close it there first; reading its history is possible from here")
        .detail("pid", lease.pid)
        .detail("host", lease.host.clone());
    match &lease.client {
        Some(client) => error.detail("client", client.clone()),
        None => error,
    }
}
