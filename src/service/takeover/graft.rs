//! What is new in the transcripts of a session that was changed here, though nothing was said in it: its title stays, and
//! so do the numbers of its events, which are given out. What is new comes behind them.

use std::collections::{HashMap, HashSet};

use crate::ids::{MessageId, TurnId};
use crate::store::{EventPayload, EventRow, SessionRow, SessionSnapshot};

/// The kind of the events that tell of such changes; none comes from a transcript.
const CHANGE: &str = "sessionChanged";

/// What tells an event from the others of its session, whatever its number.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Message(MessageId),
    End(Option<TurnId>),
    Other(Option<TurnId>, String),
}

/// Whether a session was renamed here, or set up in another way.
pub(super) fn was_changed(here: &SessionSnapshot) -> bool {
    let is_change = |event: &EventRow| matches!(&event.payload, EventPayload::Json { kind, .. } if kind == CHANGE);
    here.events.iter().any(is_change)
}

/// A session as it is here, with what its transcripts have and it has not.
pub(super) fn onto(here: SessionSnapshot, told: SessionSnapshot) -> SessionSnapshot {
    let known: HashSet<Key> = here.events.iter().map(key).collect();
    let known_messages: HashSet<MessageId> = here.messages.iter().map(|message| message.id).collect();
    let mut last_seq = here.session.reserved_seq;
    let mut numbers = HashMap::new();
    let mut events = here.events;
    // The turns of which there is more: their ends are told again, those of the others not, though what they cost may be
    // reckoned otherwise now.
    let mut grown = HashSet::new();
    for mut event in told.events {
        let is_end_of_grown = is_end(&event) && grown.contains(&event.turn_id);
        if known.contains(&key(&event)) && !is_end_of_grown {
            continue;
        }
        grown.insert(event.turn_id);
        last_seq += 1;
        numbers.insert(event.seq, last_seq);
        event.seq = last_seq;
        if let EventPayload::Message(message) = &mut event.payload {
            message.seq = last_seq;
        }
        events.push(event);
    }
    let mut messages = here.messages;
    for mut message in told.messages.into_iter().filter(|message| !known_messages.contains(&message.id)) {
        // A message has the number of its event.
        if let Some(seq) = numbers.get(&message.seq) {
            message.seq = *seq;
            messages.push(message);
        }
    }
    let session = SessionRow {
        last_active_at: here.session.last_active_at.max(told.session.last_active_at),
        message_count: messages.len() as u64,
        reserved_seq: last_seq,
        input_tokens: told.session.input_tokens,
        output_tokens: told.session.output_tokens,
        cache_read_tokens: told.session.cache_read_tokens,
        cache_write_tokens: told.session.cache_write_tokens,
        cost_usd: told.session.cost_usd,
        ..here.session
    };
    SessionSnapshot {
        session,
        turns: told.turns,
        messages,
        events,
        transcript: told.transcript,
        transcript_gaps: told.transcript_gaps,
        fingerprint: told.fingerprint,
        context: here.context,
        permissions: here.permissions,
        grants: here.grants,
    }
}

fn is_end(event: &EventRow) -> bool {
    matches!(&event.payload, EventPayload::Json { kind, .. } if kind == "turnCompleted")
}

fn key(event: &EventRow) -> Key {
    match &event.payload {
        EventPayload::Message(message) => Key::Message(message.id),
        EventPayload::Json { .. } if is_end(event) => Key::End(event.turn_id),
        EventPayload::Json { body, .. } => Key::Other(event.turn_id, body.clone()),
    }
}
