//! Pages of what is stored.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Inner;
use super::history::{message_of, resting_session, stored_state};
use super::lease::held_by;
use super::session::session_not_found;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::protocol::message::{MessageListParams, MessageListResult, Order};
use crate::protocol::session::{HeldBy, Session, SessionListParams, SessionListResult};
use crate::store::{MessageQuery, SessionQuery, SessionRow, Store};
use crate::time::Timestamp;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// A page of sessions, newest activity first.
pub(super) async fn sessions(inner: &Inner, params: SessionListParams) -> Result<SessionListResult> {
    let held = held_elsewhere(inner).await?;
    let limit = checked_limit(params.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let mut before = params.cursor.as_deref().map(session_cursor).transpose()?;
    let mut sessions = Vec::new();
    // What a session is doing is known to its task alone, so rows are read until enough of them match.
    loop {
        let query = SessionQuery {
            limit: limit + 1,
            before,
            study_id: params.study_id.clone(),
            state: params.state.and_then(stored_state).map(|state| vec![state.to_owned()]),
            title_contains: params.query.clone(),
        };
        let rows = inner.store.sessions(query).await?;
        let exhausted = rows.len() <= limit as usize;
        for row in rows {
            if sessions.len() == limit as usize {
                let next_cursor = before.map(|(at, id)| encode_cursor(&format!("{} {id}", at.as_millis())));
                return Ok(SessionListResult { sessions, next_cursor });
            }
            before = Some((row.last_active_at, row.id));
            let session = current(inner, &held, row).await?;
            // A task knows of a change before the history does.
            let is_about = params.study_id.is_none() || session.study_id == params.study_id;
            if is_about && params.state.is_none_or(|state| session.state == state) {
                sessions.push(session);
            }
        }
        if exhausted {
            return Ok(SessionListResult { sessions, next_cursor: None });
        }
    }
}

/// How many candidates are named where a beginning is that of several.
const NAMED: usize = 5;
/// Hexadecimal digits of an id.
const DIGITS: usize = 32;

/// The one session whose id begins so; hyphens may be left out.
pub(super) async fn session_by_beginning(store: &Store, beginning: &str) -> Result<SessionId> {
    let digits: String = beginning.chars().filter(|character| *character != '-').collect();
    let bound = |fill: &str| {
        let digits = digits.clone() + &fill.repeat(DIGITS.saturating_sub(digits.len()));
        let is_plain = digits.len() == DIGITS && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        is_plain.then(|| digits.parse().ok()).flatten()
    };
    let (Some(first), Some(last)) = (bound("0"), bound("f")) else {
        return Err(Error::invalid_params(format!("{beginning:?} is no id of a session, nor the beginning of one")));
    };
    let found = store.sessions_between(first, last, NAMED + 1).await?;
    match found.as_slice() {
        [id] => Ok(*id),
        [] => Err(Error::new(ErrorKind::SessionNotFound, format!("no session has an id that begins with {beginning}"))
            .hint("`claude-bridge sessions list` names those there are; --data-dir says where the history is")),
        several => {
            let named: Vec<String> = several.iter().take(NAMED).map(ToString::to_string).collect();
            let more = if several.len() > NAMED { ", …" } else { "" };
            let message =
                format!("several sessions have an id that begins with {beginning:?}: {}{more}", named.join(", "));
            Err(Error::invalid_params(message).hint("give more of it"))
        }
    }
}

/// The sessions that other bridges run, and which those are.
async fn held_elsewhere(inner: &Inner) -> Result<HashMap<SessionId, HeldBy>> {
    let leases = inner.store.leases().await?.into_iter().filter(|lease| inner.holder.is_held_elsewhere(lease));
    Ok(leases.map(|lease| (lease.session_id, held_by(&lease))).collect())
}

/// The session as its task shows it, or as it is stored.
async fn current(inner: &Inner, held: &HashMap<SessionId, HeldBy>, row: SessionRow) -> Result<Session> {
    if let Some(session) = inner.registry.view(row.id) {
        return Ok(session);
    }
    let mut session = resting_session(row)?;
    if let Some(holder) = held.get(&session.id) {
        show_holder(&inner.store, &mut session, holder.clone()).await?;
    }
    Ok(session)
}

/// Shows who runs the session. Its row has a number up to which events may come; what clients want is that of the last
/// one that did.
pub(super) async fn show_holder(store: &Store, session: &mut Session, holder: HeldBy) -> Result<()> {
    session.held_by = Some(holder);
    if let Some(standing) = store.standing(session.id).await? {
        session.last_seq = standing.last_seq;
    }
    Ok(())
}

/// A page of a session's messages.
pub(super) async fn messages(store: &Store, params: MessageListParams) -> Result<MessageListResult> {
    let limit = checked_limit(params.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let after = params.cursor.as_deref().map(message_cursor).transpose()?;
    let descending = params.order.unwrap_or_default() == Order::Desc;
    let query = MessageQuery { session_id: params.session_id, limit: limit + 1, after, descending };
    let mut rows = store.messages(query).await?;
    if rows.is_empty() && store.session(params.session_id).await?.is_none() {
        return Err(session_not_found(params.session_id));
    }
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| encode_cursor(&row.seq.to_string()));
    let messages = rows.into_iter().map(message_of).collect::<Result<_>>()?;
    Ok(MessageListResult { messages, next_cursor })
}

/// How many a page has at most, between 1 and `most`.
pub(super) fn checked_limit(limit: Option<u32>, default: u32, most: u32) -> Result<u32> {
    match limit.unwrap_or(default) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        limit => Err(Error::invalid_params(format!("limit: {limit} is not between 1 and {most}"))),
    }
}

/// Cursors are opaque to clients, so that what they hold may change.
pub(super) fn encode_cursor(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub(super) fn decode_cursor(cursor: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad_cursor(cursor))?;
    String::from_utf8(bytes).map_err(|_| bad_cursor(cursor))
}

fn message_cursor(cursor: &str) -> Result<u64> {
    decode_cursor(cursor)?.parse().map_err(|_| bad_cursor(cursor))
}

fn session_cursor(cursor: &str) -> Result<(Timestamp, SessionId)> {
    let text = decode_cursor(cursor)?;
    let (at, id) = text.split_once(' ').ok_or_else(|| bad_cursor(cursor))?;
    let at = at.parse().map_err(|_| bad_cursor(cursor))?;
    let id = id.parse().map_err(|_| bad_cursor(cursor))?;
    Ok((Timestamp::from_millis(at), id))
}

pub(super) fn bad_cursor(cursor: &str) -> Error {
    Error::invalid_params(format!("cursor: {cursor:?} is not one that a page ended with"))
        .hint("give the nextCursor of the page before, unchanged, or none for the first page")
}
