//! A session as a whole: all that is stored of it, read in one moment and written as one.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::{
    ContextRow, EventPayload, EventQuery, EventRow, GrantRow, MessageQuery, MessageRow, PermissionRow, Resolution,
    SessionRow, TranscriptGap, TranscriptRow, TurnRow,
};
use super::{events, messages, permissions, sessions, transcripts, turns};
use crate::ids::{MessageId, ProviderSessionId, SessionId};

/// All that is stored of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSnapshot {
    /// The session.
    pub session: SessionRow,
    /// What Claude is told in it.
    pub context: Option<ContextRow>,
    /// Its turns, oldest first.
    pub turns: Vec<TurnRow>,
    /// Its messages, by `seq`.
    pub messages: Vec<MessageRow>,
    /// Its events, by `seq`. A message that one of them announces is among the messages, too.
    pub events: Vec<EventRow>,
    /// What was asked in it, oldest first, and what became of it.
    pub permissions: Vec<(PermissionRow, Option<Resolution>)>,
    /// What was granted to it alone.
    pub grants: Vec<GrantRow>,
    /// The CLI's transcripts of it, in their order.
    pub transcript: Vec<TranscriptRow>,
    /// The conversations whose transcripts have holes.
    pub transcript_gaps: Vec<TranscriptGap>,
    /// Of a session that is just what the CLI's own transcripts told: what these were like.
    pub fingerprint: Option<String>,
}

/// What is known here of a conversation of the CLI's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownConversation {
    /// Nothing.
    New,
    /// Its session was deleted.
    Deleted,
    /// It is in this session.
    Session(SessionId),
}

/// What is known of the CLI's transcripts that a session was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What they were like.
    pub fingerprint: String,
    /// Whether the session has gone on here since: more has happened than that it was renamed, or set up in another way.
    pub has_gone_on: bool,
}

/// What keeps a snapshot from being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotConflict {
    /// This session goes on with one of its conversations.
    Conversation(SessionId),
    /// One of its turns, messages or permissions belongs to this session.
    Ids(SessionId),
}

const BY_CONVERSATION: &str = "SELECT id FROM sessions WHERE provider_session_id = ?1 \
     UNION SELECT session_id FROM transcripts WHERE provider_session_id = ?1";

/// Only as long as nothing has happened in the session since.
const FINGERPRINT: &str = "SELECT fingerprint FROM imports WHERE session_id = ?1 AND reserved_seq = ?2";

const IMPORTED: &str = "SELECT fingerprint, EXISTS (SELECT 1 FROM events \
     WHERE session_id = ?1 AND seq > imports.reserved_seq AND kind IS NOT 'sessionChanged') \
     FROM imports WHERE session_id = ?1";

const NOTE_IMPORT: &str = "INSERT INTO imports (session_id, fingerprint, reserved_seq) VALUES (?1, ?2, ?3)";

const IS_DELETED: &str = "SELECT 1 FROM deleted_conversations WHERE provider_session_id = ?1";

const FORGET_DELETION: &str = "DELETE FROM deleted_conversations WHERE provider_session_id = ?1";

/// Reads all that is stored of a session; nothing where there is no such.
pub(super) fn read(db: &Connection, id: SessionId) -> rusqlite::Result<Option<SessionSnapshot>> {
    // So that all of it is of one moment.
    let moment = db.unchecked_transaction()?;
    let Some(session) = sessions::by_id(db, id)? else { return Ok(None) };
    let context = match &session.context_hash {
        Some(hash) => sessions::context(db, hash)?.map(|text| ContextRow { hash: hash.clone(), text }),
        None => None,
    };
    let everything = MessageQuery { session_id: id, limit: u32::MAX, after: None, descending: false };
    let snapshot = SessionSnapshot {
        context,
        turns: turns::all(db, id)?,
        messages: messages::page(db, &everything)?,
        events: events::page(db, &EventQuery { session_id: id, after_seq: 0, turn_id: None, max_bytes: usize::MAX })?,
        permissions: permissions::all(db, id)?,
        grants: permissions::grants_of_session(db, id)?,
        transcript: transcripts::all(db, id)?,
        transcript_gaps: transcripts::gaps(db, id)?,
        fingerprint: db
            .prepare_cached(FINGERPRINT)?
            .query_row(params![id, session.reserved_seq], |row| row.get(0))
            .optional()?,
        session,
    };
    moment.finish()?;
    Ok(Some(snapshot))
}

/// Writes a session that is not there, or, where `replaces`, may be: it goes first. Says what is in the way, and then
/// nothing was done.
pub(super) fn write(
    db: &Connection,
    snapshot: &SessionSnapshot,
    replaces: bool,
) -> rusqlite::Result<Option<SnapshotConflict>> {
    if let Some(conflict) = conflict(db, snapshot)? {
        return Ok(Some(conflict));
    }
    if replaces {
        sessions::delete(db, snapshot.session.id)?;
    }
    for conversation in conversations(snapshot) {
        db.prepare_cached(FORGET_DELETION)?.execute([conversation])?;
    }
    if let Some(context) = &snapshot.context {
        sessions::insert_context(db, context)?;
    }
    sessions::insert(db, &snapshot.session)?;
    snapshot.turns.iter().try_for_each(|turn| turns::upsert(db, turn))?;
    write_log(db, snapshot)?;
    for (row, resolution) in &snapshot.permissions {
        permissions::insert(db, row, resolution.as_ref())?;
    }
    snapshot.grants.iter().try_for_each(|grant| permissions::grant(db, grant))?;
    snapshot.transcript_gaps.iter().try_for_each(|gap| transcripts::give_up(db, gap))?;
    snapshot.transcript.iter().try_for_each(|row| transcripts::insert(db, row))?;
    if let Some(fingerprint) = &snapshot.fingerprint {
        let (id, reserved_seq) = (snapshot.session.id, snapshot.session.reserved_seq);
        db.prepare_cached(NOTE_IMPORT)?.execute(params![id, fingerprint, reserved_seq])?;
    }
    Ok(None)
}

/// What is known of a conversation of the CLI's.
pub(super) fn known(db: &Connection, conversation: ProviderSessionId) -> rusqlite::Result<KnownConversation> {
    let session = db.prepare_cached(BY_CONVERSATION)?.query_row([conversation], |row| row.get(0)).optional()?;
    if let Some(session) = session {
        return Ok(KnownConversation::Session(session));
    }
    let is_deleted = db.prepare_cached(IS_DELETED)?.exists([conversation])?;
    Ok(if is_deleted { KnownConversation::Deleted } else { KnownConversation::New })
}

/// What is known of the transcripts that a session was made of; nothing where it was not.
pub(super) fn imported(db: &Connection, id: SessionId) -> rusqlite::Result<Option<Imported>> {
    let read = |row: &Row<'_>| Ok(Imported { fingerprint: row.get(0)?, has_gone_on: row.get(1)? });
    db.prepare_cached(IMPORTED)?.query_row([id], read).optional()
}

/// Writes the messages in their order, which stays that of searches where they are of one moment, and the events that
/// announce them.
fn write_log(db: &Connection, snapshot: &SessionSnapshot) -> rusqlite::Result<()> {
    let mut numbers: HashMap<MessageId, i64> = HashMap::with_capacity(snapshot.messages.len());
    for message in &snapshot.messages {
        numbers.insert(message.id, messages::insert(db, message)?);
    }
    for event in &snapshot.events {
        match &event.payload {
            EventPayload::Message(message) if numbers.contains_key(&message.id) => {
                events::announce(db, event, numbers[&message.id])?;
            }
            _ => events::insert(db, event)?,
        }
    }
    Ok(())
}

fn conflict(db: &Connection, snapshot: &SessionSnapshot) -> rusqlite::Result<Option<SnapshotConflict>> {
    let id = snapshot.session.id;
    for conversation in conversations(snapshot) {
        let mut holders = db.prepare_cached(BY_CONVERSATION)?;
        let holders: Vec<SessionId> =
            holders.query_map([conversation], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        if let Some(other) = holders.into_iter().find(|holder| *holder != id) {
            return Ok(Some(SnapshotConflict::Conversation(other)));
        }
    }
    let turns = snapshot.turns.iter().map(|turn| ("turns", *turn.id.as_bytes()));
    let messages = snapshot.messages.iter().map(|message| ("messages", *message.id.as_bytes()));
    let permissions = snapshot.permissions.iter().map(|(row, _)| ("permissions", *row.id.as_bytes()));
    for (table, key) in turns.chain(messages).chain(permissions) {
        let sql = format!("SELECT session_id FROM {table} WHERE id = ?1");
        let owner: Option<SessionId> = db.prepare_cached(&sql)?.query_row(params![key], |row| row.get(0)).optional()?;
        if let Some(owner) = owner.filter(|owner| *owner != id) {
            return Ok(Some(SnapshotConflict::Ids(owner)));
        }
    }
    Ok(None)
}

/// The conversations of the CLI's that the session goes on with, or did.
fn conversations(snapshot: &SessionSnapshot) -> HashSet<ProviderSessionId> {
    let own = snapshot.session.provider_session_id.into_iter();
    own.chain(snapshot.transcript.iter().map(|row| row.provider_session_id)).collect()
}
