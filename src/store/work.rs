//! The pieces of work that are given to the writer's thread.

use rusqlite::Connection;

use super::rows::{Batch, SessionRow};
use super::{events, messages, sessions, turns};
use crate::ids::SessionId;

/// Something to write: all of it or nothing.
#[derive(Debug)]
pub(super) enum Work {
    /// Add a session.
    Create(Box<SessionRow>),
    /// Write what happened in a session.
    Commit(Box<Batch>),
    /// Remove a session.
    Delete(SessionId),
}

impl Work {
    /// Does it, inside of a transaction. Says how many sessions were added or removed.
    pub(super) fn perform(&self, db: &Connection) -> rusqlite::Result<usize> {
        match self {
            Self::Create(row) => sessions::insert(db, row),
            Self::Commit(batch) => write(db, batch).map(|()| 0),
            Self::Delete(id) => sessions::delete(db, *id),
        }
    }

    /// The beginning of the message where it fails.
    pub(super) fn failure(&self) -> String {
        match self {
            Self::Create(row) => format!("cannot add session {}", row.id),
            Self::Commit(batch) => match batch.session_id() {
                Some(id) => format!("cannot write what happened in session {id}"),
                None => "cannot write a context".to_owned(),
            },
            Self::Delete(id) => format!("cannot delete session {id}"),
        }
    }
}

/// What is referred to goes before what refers to it.
fn write(db: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    if let Some(context) = &batch.context {
        sessions::insert_context(db, context)?;
    }
    if let Some(session) = &batch.session {
        sessions::update(db, session)?;
    }
    batch.turns.iter().try_for_each(|turn| turns::upsert(db, turn))?;
    batch.messages.iter().try_for_each(|message| messages::insert(db, message).map(drop))?;
    batch.events.iter().try_for_each(|event| events::insert(db, event))
}
