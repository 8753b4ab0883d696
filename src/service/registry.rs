//! The sessions that have a task in this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::command::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{PermissionId, SessionId};
use crate::protocol::permission::Permission;
use crate::protocol::session::Session;

/// A session's task, as others see it.
#[derive(Debug)]
struct Entry {
    /// Unbounded, since a send must neither wait nor fail; the connections bound how many requests are under way.
    commands: UnboundedSender<Command>,
    /// The session as it was when something last happened in it.
    view: Option<Session>,
    /// The permissions that waited then.
    permissions: Vec<Permission>,
    task: JoinHandle<()>,
}

/// The sessions that have a task in this process.
///
/// A task ends itself when its session is at rest, by [`Registry::retire`]; sending and retiring hold the same lock,
/// so that no command is ever sent to a task that is gone.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    entries: HashMap<SessionId, Entry>,
    /// This program goes down: no task is started any more.
    closed: bool,
}

impl Registry {
    /// Sends a command to a session's task, which `start` makes where there is none.
    ///
    /// # Errors
    /// `shuttingDown`.
    pub(super) fn send(
        &self,
        id: SessionId,
        command: Command,
        start: impl FnOnce(UnboundedReceiver<Command>) -> JoinHandle<()>,
    ) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(ErrorKind::ShuttingDown, "claude-bridge is going down"));
        }
        let entry = state.entries.entry(id).or_insert_with(|| {
            let (commands, receiver) = unbounded_channel();
            Entry { commands, view: None, permissions: Vec::new(), task: start(receiver) }
        });
        let sent = entry.commands.send(command);
        sent.map_err(|_| Error::internal(format!("the task of session {id} is gone")))
    }

    /// Sends a command to a session's task where there is one; there is nothing to do otherwise.
    pub(super) fn tell(&self, id: SessionId, command: Command) {
        if let Some(entry) = self.lock().entries.get(&id)
            && entry.commands.send(command).is_err()
        {
            tracing::debug!(session = %id, "a session's task was gone already");
        }
    }

    /// Sends a command to every task there is.
    pub(super) fn tell_all(&self, command: impl Fn() -> Command) {
        for (id, entry) in &self.lock().entries {
            if entry.commands.send(command()).is_err() {
                tracing::debug!(session = %id, "a session's task was gone already");
            }
        }
    }

    /// The session as its task last showed it.
    pub(super) fn view(&self, id: SessionId) -> Option<Session> {
        self.lock().entries.get(&id).and_then(|entry| entry.view.clone())
    }

    /// The permissions that wait in all sessions, oldest first.
    pub(super) fn permissions(&self) -> Vec<Permission> {
        let mut permissions: Vec<_> =
            self.lock().entries.values().flat_map(|entry| &entry.permissions).cloned().collect();
        permissions.sort_by_key(|permission| permission.id);
        permissions
    }

    /// The session in which a permission waits.
    pub(super) fn session_of(&self, permission: PermissionId) -> Option<SessionId> {
        let waits = |entry: &Entry| entry.permissions.iter().any(|waiting| waiting.id == permission);
        self.lock().entries.iter().find(|(_, entry)| waits(entry)).map(|(id, _)| *id)
    }

    /// Shows the session to others, and what waits in it.
    pub(super) fn show(&self, session: Session, permissions: Vec<Permission>) {
        if let Some(entry) = self.lock().entries.get_mut(&session.id) {
            entry.view = Some(session);
            entry.permissions = permissions;
        }
    }

    /// The session is at rest: what others want to know of it is in the history.
    pub(super) fn hide(&self, id: SessionId) {
        if let Some(entry) = self.lock().entries.get_mut(&id) {
            entry.view = None;
            entry.permissions = Vec::new();
        }
    }

    /// Takes a task out that has nothing left to do; says whether that could be done.
    pub(super) fn retire(&self, id: SessionId, commands: &UnboundedReceiver<Command>) -> bool {
        let mut state = self.lock();
        let idle = commands.is_empty();
        if idle {
            state.entries.remove(&id);
        }
        idle
    }

    /// Starts no task any more, and tells all there are to end.
    pub(super) fn close(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.lock();
        state.closed = true;
        let entries = state.entries.drain().map(|(_, entry)| entry);
        entries
            .map(|entry| {
                // A task that is gone needs no telling.
                if entry.commands.send(Command::ShutDown).is_err() {
                    tracing::debug!("a session's task was gone already");
                }
                entry.task
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
