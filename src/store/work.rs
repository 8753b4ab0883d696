//! The pieces of work that are given to the writer's thread.

use std::sync::Arc;

use rusqlite::Connection;

use super::rows::{Batch, ForkRow, GrantRow, LeaseRow, SessionRow};
use super::snapshot::{SessionSnapshot, SnapshotConflict};
use super::{events, forks, health, leases, messages, permissions, search, sessions, snapshot, transcripts, turns};
use crate::ids::{BridgeId, SessionId};
use crate::time::Timestamp;

/// Something to write: all of it or nothing.
#[derive(Debug)]
pub(super) enum Work {
    /// Add a session, held by a bridge from its beginning.
    Create(Box<SessionRow>, Option<LeaseRow>),
    /// Add a session that goes on from another one.
    Fork(Box<ForkRow>),
    /// Write what happened in a session.
    Commit(Arc<Batch>),
    /// Add a session as a whole, or put it in place of the one that has its id.
    Put(Box<SessionSnapshot>, Replaces),
    /// Remove a session.
    Delete(SessionId),
    /// Remove a grant.
    Revoke(GrantRow),
    /// Close the sessions that nobody holds and that nothing has happened in since then.
    CloseStale(Timestamp),
    /// Index some of the messages that were written before there was an index.
    IndexOlder,
    /// Write something that changes nothing.
    Probe,
    /// Take a lease, also from that bridge.
    TakeLease(LeaseRow, Option<BridgeId>),
    /// Give a lease back.
    ReleaseLease(SessionId, BridgeId),
    /// Give all leases of a bridge back.
    ReleaseLeases(BridgeId),
}

/// Whether a session that is there goes for the one that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    /// It does.
    Yes,
    /// There is none.
    No,
}

/// What came of a piece of work.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Done {
    /// How many sessions, leases, grants or messages were added, changed or removed.
    pub(super) count: usize,
    /// Who holds the lease that could not be had.
    pub(super) holder: Option<LeaseRow>,
    /// What kept a session from being written.
    pub(super) conflict: Option<SnapshotConflict>,
}

impl Work {
    /// Does it, inside of a transaction.
    pub(super) fn perform(&self, db: &Connection) -> rusqlite::Result<Done> {
        match self {
            Self::Create(row, lease) => create(db, row, lease.as_ref()),
            Self::Fork(fork) => forks::insert(db, fork).map(counted),
            Self::Commit(batch) => write(db, batch).map(|()| Done::default()),
            Self::Put(snapshot, replaces) => snapshot::write(db, snapshot, *replaces == Replaces::Yes)
                .map(|conflict| Done { conflict, ..Done::default() }),
            Self::Delete(id) => sessions::delete(db, *id).map(counted),
            Self::Revoke(row) => permissions::revoke(db, row).map(counted),
            Self::CloseStale(before) => sessions::close_stale(db, *before).map(counted),
            Self::IndexOlder => search::catch_up(db).map(counted),
            Self::Probe => health::write_something(db).map(|()| Done::default()),
            Self::TakeLease(row, over) => leases::take(db, row, *over).map(|holder| Done { holder, ..Done::default() }),
            Self::ReleaseLease(session, bridge) => leases::release(db, *session, *bridge).map(counted),
            Self::ReleaseLeases(bridge) => leases::release_all(db, *bridge).map(counted),
        }
    }

    /// The beginning of the message where it fails.
    pub(super) fn failure(&self) -> String {
        match self {
            Self::Create(row, _) => format!("cannot add session {}", row.id),
            Self::Fork(fork) => format!("cannot fork session {}", fork.of),
            Self::Commit(batch) => match batch.session_id() {
                Some(id) => format!("cannot write what happened in session {id}"),
                None => "cannot write a context".to_owned(),
            },
            Self::Put(snapshot, _) => format!("cannot write session {}", snapshot.session.id),
            Self::Delete(id) => format!("cannot delete session {id}"),
            Self::Revoke(_) => "cannot remove what was granted".to_owned(),
            Self::CloseStale(_) => "cannot close the sessions that are not used".to_owned(),
            Self::IndexOlder => "cannot index older messages".to_owned(),
            Self::Probe => "cannot write the history".to_owned(),
            Self::TakeLease(row, _) => format!("cannot take session {}", row.session_id),
            Self::ReleaseLease(id, _) => format!("cannot give session {id} back"),
            Self::ReleaseLeases(bridge) => format!("cannot give the sessions of bridge {bridge} back"),
        }
    }
}

fn counted(count: usize) -> Done {
    Done { count, ..Done::default() }
}

fn create(db: &Connection, row: &SessionRow, lease: Option<&LeaseRow>) -> rusqlite::Result<Done> {
    let count = sessions::insert(db, row)?;
    let holder = lease.map(|lease| leases::take(db, lease, None)).transpose()?.flatten();
    Ok(Done { count, holder, conflict: None })
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
    batch.events.iter().try_for_each(|event| events::insert(db, event))?;
    batch.permissions.iter().try_for_each(|change| permissions::change(db, change))?;
    batch.grants.iter().try_for_each(|row| permissions::grant(db, row))?;
    batch.transcript_gaps.iter().try_for_each(|gap| transcripts::give_up(db, gap))?;
    batch.transcript.iter().try_for_each(|row| transcripts::insert(db, row))
}
