//! A session's events on their way out: numbered, encoded once, and gathered for the store and for those who follow.

mod backlog;
mod encoding;
mod headline;

use std::ops::Range;

use serde_json::Value;

use super::history::{message_row, permission_change, turn_row};
use super::pieces::Pieces;
use super::sink::EncodedEvent;
use super::state::{Emission, NewMessage, TurnRecord, What};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::event::{EventBody, EventMeta};
use crate::protocol::message::{ContentBlock, Message};
use crate::protocol::session::Session;
use crate::store::{Batch, ContextRow, EventPayload, EventRow, GrantRow, TranscriptRow};
use crate::time::Timestamp;
use backlog::Backlog;
use encoding::{Encoded, encode_event, shorten, to_json};

pub(super) use backlog::Loss;
pub(super) use encoding::stored_json;
pub(super) use headline::headline;

/// How many numbers are reserved at a time. After a crash up to this many are skipped, so that none is used twice.
const BLOCK: u64 = 1 << 18;

/// An event that is ready to be sent.
#[derive(Debug)]
struct Ready {
    meta: EventMeta,
    kind: &'static str,
    json: Range<usize>,
    headline: Option<String>,
}

/// A session's events on their way out.
#[derive(Debug)]
pub(super) struct Journal {
    session_id: SessionId,
    last_seq: u64,
    reserved_seq: u64,
    /// The number of the last event there is, which is lower where numbers were skipped.
    last_event: u64,
    /// What the next commit holds, beside deltas and transcripts.
    batch: Batch,
    /// The JSON of all that is ready, end to end.
    json: String,
    /// Where one event is encoded.
    scratch: Vec<u8>,
    ready: Vec<Ready>,
    /// How many of the ready ones may be sent before the commit: deltas that no stored event precedes.
    ahead: usize,
    /// Deltas that are not in a batch yet.
    unsaved: Vec<Merged>,
    /// What the CLI added to its transcript, not in a batch yet either.
    transcript: Vec<TranscriptRow>,
    /// What the store could not take.
    backlog: Backlog,
}

/// Adjacent deltas of one text, merged.
#[derive(Debug)]
struct Merged {
    meta: EventMeta,
    body: EventBody,
    /// How the text was cut.
    pieces: Pieces,
}

impl Journal {
    /// A journal that goes on after `last_seq`, of a session whose last event has the number `last_event`.
    pub(super) fn new(session_id: SessionId, last_seq: u64, last_event: u64) -> Self {
        Self {
            session_id,
            last_seq,
            reserved_seq: last_seq,
            last_event,
            batch: Batch::default(),
            json: String::new(),
            scratch: Vec::new(),
            ready: Vec::new(),
            ahead: 0,
            unsaved: Vec::new(),
            transcript: Vec::new(),
            backlog: Backlog::default(),
        }
    }

    /// The highest number given out.
    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// The number of the last event there is.
    pub(super) fn last_event(&self) -> u64 {
        self.last_event
    }

    /// The highest number that may have been given out by the time this is stored. A session at rest gives out none,
    /// so it skips none.
    pub(super) fn reserve(&mut self, at_rest: bool) -> u64 {
        if at_rest {
            self.reserved_seq = self.last_seq;
        } else if self.reserved_seq < self.last_seq + BLOCK / 2 {
            self.reserved_seq = self.last_seq + BLOCK;
        }
        self.reserved_seq
    }

    /// Whether the reserved numbers run low.
    pub(super) fn needs_reservation(&self) -> bool {
        self.reserved_seq < self.last_seq + BLOCK / 4
    }

    /// Numbers and encodes an event; `session` is asked only where the event shows the session.
    pub(super) fn emit(
        &mut self,
        emission: Emission,
        now: Timestamp,
        session: impl FnOnce(u64) -> Session,
    ) -> Result<()> {
        self.last_seq += 1;
        self.last_event = self.last_seq;
        let Emission { turn, parent, what } = emission;
        let meta = EventMeta {
            seq: self.last_seq,
            first_seq: None,
            session_id: self.session_id,
            turn_id: turn,
            at: now,
            parent_tool_use_id: parent,
        };
        match what {
            What::Event(body @ (EventBody::TextDelta { .. } | EventBody::ThinkingDelta { .. })) => {
                self.delta(meta, body)
            }
            What::Event(body) => {
                self.batch.permissions.extend(permission_change(&body, now)?);
                self.stored(meta, &body)
            }
            What::SessionChanged => {
                let session = Box::new(session(self.last_seq));
                self.stored(meta, &EventBody::SessionChanged { session })
            }
            What::Message(message) => self.message(meta, message),
            What::ToolCall { message, title } => self.tool_call(meta, message, title),
            What::ToolResult { message, structured } => self.tool_result(meta, message, structured),
        }
    }

    /// Puts how a turn stands into the next commit.
    pub(super) fn save_turn(&mut self, turn: &TurnRecord) -> Result<()> {
        self.batch.turns.push(turn_row(turn)?);
        Ok(())
    }

    /// Puts what Claude is told into the next commit.
    pub(super) fn save_context(&mut self, context: ContextRow) {
        self.batch.context = Some(context);
    }

    /// Puts what was granted into the next commit.
    pub(super) fn save_grant(&mut self, grant: GrantRow) {
        self.batch.grants.push(grant);
    }

    /// Numbers something that happened long ago and that nobody follows.
    pub(super) fn note(&mut self, emission: Emission, at: Timestamp) -> Result<()> {
        self.last_seq += 1;
        let Emission { turn, parent, what } = emission;
        let meta = EventMeta {
            seq: self.last_seq,
            first_seq: None,
            session_id: self.session_id,
            turn_id: turn,
            at,
            parent_tool_use_id: parent,
        };
        let noted = match what {
            What::Event(body) => self.stored(meta, &body),
            What::Message(message) => self.message(meta, message),
            What::ToolCall { message, title } => self.tool_call(meta, message, title),
            What::ToolResult { message, structured } => self.tool_result(meta, message, structured),
            What::SessionChanged => Err(Error::internal("what happened long ago shows no session")),
        };
        self.clear_ready();
        noted
    }

    /// Takes all that was noted.
    pub(super) fn take_noted(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// Whether anything is ready to be sent or stored.
    pub(super) fn is_clear(&self) -> bool {
        self.ready.is_empty() && self.batch == Batch::default()
    }

    /// Whether a commit has to come before all of it can be sent.
    pub(super) fn has_stored(&self) -> bool {
        self.ahead < self.ready.len() || self.batch != Batch::default()
    }

    /// Puts what the CLI added to its transcript among what is stored behind.
    pub(super) fn save_transcript(&mut self, row: TranscriptRow) {
        self.transcript.push(row);
    }

    /// Whether anything waits to be stored that nobody waits for.
    pub(super) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty() || !self.transcript.is_empty()
    }

    /// Whether anything is left that the store could not take.
    pub(super) fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// The events among it, in their order.
    pub(super) fn backlog_events(&self) -> impl Iterator<Item = &EventRow> + Clone {
        self.backlog.events()
    }

    /// Takes what the next commit holds: what the store could not take before, and all that has come since.
    pub(super) fn take_batch(&mut self) -> Result<Batch> {
        self.keep()?;
        Ok(self.backlog.take())
    }

    /// Keeps all that is to be stored while the store cannot take it.
    pub(super) fn keep(&mut self) -> Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.transcript = std::mem::take(&mut self.transcript);
        for Merged { meta, body, pieces } in self.unsaved.drain(..) {
            let payload = EventPayload::Json { kind: body.kind().to_owned(), body: to_json(&body)? };
            let pieces = meta.first_seq.map(|_| pieces.into_bytes());
            batch.events.push(EventRow { pieces, ..event_row(meta, payload) });
        }
        batch.events.sort_unstable_by_key(|row| row.seq);
        self.backlog.push(batch);
        Ok(())
    }

    /// Takes a batch back that the store could not take: it comes before all that has come since.
    pub(super) fn give_back(&mut self, batch: Batch) {
        self.backlog.give_back(batch);
    }

    /// Gives up a batch that the store refuses, but for what later ones need.
    pub(super) fn give_up(&mut self, batch: Batch) {
        self.backlog.give_up(batch);
    }

    /// Gives up a batch for which there is no place any more.
    pub(super) fn lose(&mut self, batch: &Batch) {
        self.backlog.lose(batch);
    }

    /// What was given up since this was asked last.
    pub(super) fn take_loss(&mut self) -> Loss {
        self.backlog.take_loss()
    }

    /// The events that may be sent before the commit.
    pub(super) fn ahead(&self) -> impl Iterator<Item = EncodedEvent<'_>> + Clone {
        self.ready[..self.ahead].iter().map(|ready| self.encoded(ready))
    }

    /// The events that may be sent after it.
    pub(super) fn behind(&self) -> impl Iterator<Item = EncodedEvent<'_>> + Clone {
        self.ready[self.ahead..].iter().map(|ready| self.encoded(ready))
    }

    /// All that was ready has been sent.
    pub(super) fn clear_ready(&mut self) {
        self.ready.clear();
        self.json.clear();
        self.ahead = 0;
    }

    fn encoded<'a>(&'a self, ready: &'a Ready) -> EncodedEvent<'a> {
        EncodedEvent {
            meta: &ready.meta,
            kind: ready.kind,
            json: &self.json[ready.json.clone()],
            headline: ready.headline.as_deref(),
        }
    }

    fn delta(&mut self, meta: EventMeta, body: EventBody) -> Result<()> {
        let json = self.encode(&meta, &body)?.event;
        if self.ahead == self.ready.len() && self.batch.turns.is_empty() {
            self.ahead += 1;
        }
        self.ready.push(Ready { meta: meta.clone(), kind: body.kind(), json, headline: None });
        let merged = self.unsaved.last_mut().is_some_and(|last| last.absorb(&meta, &body));
        if !merged {
            self.unsaved.push(Merged::new(meta, body));
        }
        Ok(())
    }

    /// An event that is stored as it is sent.
    fn stored(&mut self, meta: EventMeta, body: &EventBody) -> Result<()> {
        let encoded = self.encode(&meta, body)?;
        let stored = format!("{{{}", &self.json[encoded.body]);
        let payload = EventPayload::Json { kind: body.kind().to_owned(), body: stored };
        self.batch.events.push(event_row(meta.clone(), payload));
        self.ready.push(Ready { meta, kind: body.kind(), json: encoded.event, headline: headline(body) });
        Ok(())
    }

    /// A message: stored once, as a message; its event only refers to it.
    fn message(&mut self, meta: EventMeta, message: NewMessage) -> Result<()> {
        let message = self.complete(&meta, message)?;
        let row = message_row(&message)?;
        let body = EventBody::Message { message };
        let json = self.encode(&meta, &body)?.event;
        self.batch.events.push(event_row(meta.clone(), EventPayload::Message(row)));
        self.ready.push(Ready { meta, kind: body.kind(), json, headline: None });
        Ok(())
    }

    fn tool_call(&mut self, meta: EventMeta, message: NewMessage, title: String) -> Result<()> {
        let message = self.complete(&meta, message)?;
        self.batch.messages.push(message_row(&message)?);
        let message_id = message.id;
        match message.content.into_iter().next() {
            Some(ContentBlock::ToolUse { tool_use_id, name, input }) => {
                self.stored(meta, &EventBody::ToolCall { message_id, tool_use_id, name, title, input })
            }
            other => Err(Error::internal(format!("not a tool call: {other:?}"))),
        }
    }

    fn tool_result(&mut self, meta: EventMeta, message: NewMessage, structured: Option<Value>) -> Result<()> {
        let message = self.complete(&meta, message)?;
        self.batch.messages.push(message_row(&message)?);
        let message_id = message.id;
        match message.content.into_iter().next() {
            Some(ContentBlock::ToolResult { tool_use_id, is_error, content }) => {
                let (content, truncated_bytes) = shorten(content)?;
                // The structured form repeats what was cut.
                let structured = structured.filter(|_| truncated_bytes.is_none());
                let body =
                    EventBody::ToolResult { message_id, tool_use_id, is_error, content, structured, truncated_bytes };
                self.stored(meta, &body)
            }
            other => Err(Error::internal(format!("not a tool's answer: {other:?}"))),
        }
    }

    fn complete(&self, meta: &EventMeta, message: NewMessage) -> Result<Message> {
        let turn_id = meta.turn_id.ok_or_else(|| Error::internal("a message outside of any turn"))?;
        let NewMessage { id, role, content } = message;
        Ok(Message {
            id,
            session_id: self.session_id,
            turn_id,
            seq: meta.seq,
            role,
            content,
            created_at: meta.at,
            parent_tool_use_id: meta.parent_tool_use_id.clone(),
        })
    }

    /// Encodes an event behind the others.
    fn encode(&mut self, meta: &EventMeta, body: &EventBody) -> Result<Encoded> {
        self.scratch.clear();
        let middle = encode_event(&mut self.scratch, meta, body)?;
        let text = std::str::from_utf8(&self.scratch).map_err(|problem| Error::internal(problem.to_string()))?;
        let start = self.json.len();
        self.json.push_str(text);
        Ok(Encoded { event: start..self.json.len(), body: start + middle..self.json.len() })
    }
}

impl Merged {
    /// One delta, which others may follow.
    fn new(meta: EventMeta, body: EventBody) -> Self {
        let mut pieces = Pieces::default();
        pieces.push(text_of(&body).len());
        Self { meta, body, pieces }
    }

    /// Takes a delta in, if it goes on where this ends.
    fn absorb(&mut self, meta: &EventMeta, body: &EventBody) -> bool {
        let (mine, item, next) = match (&mut self.body, body) {
            (EventBody::TextDelta { item_id, text, .. }, EventBody::TextDelta { item_id: other, text: next, .. })
            | (
                EventBody::ThinkingDelta { item_id, text, .. },
                EventBody::ThinkingDelta { item_id: other, text: next, .. },
            ) => (text, item_id == other, next),
            _ => return false,
        };
        // A number between the two belongs to another event, which a replay must put between them.
        if !item || meta.seq != self.meta.seq + 1 {
            return false;
        }
        mine.push_str(next);
        self.pieces.push(next.len());
        self.meta.first_seq.get_or_insert(self.meta.seq);
        self.meta.seq = meta.seq;
        true
    }
}

fn event_row(meta: EventMeta, payload: EventPayload) -> EventRow {
    let EventMeta { seq, first_seq, session_id, turn_id, at, parent_tool_use_id } = meta;
    EventRow { session_id, seq, first_seq, turn_id, at, parent_tool_use_id, pieces: None, payload }
}

/// What a delta brings.
fn text_of(body: &EventBody) -> &str {
    match body {
        EventBody::TextDelta { text, .. } | EventBody::ThinkingDelta { text, .. } => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
