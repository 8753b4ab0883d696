//! Events as they come out of the store, on their way to who missed them.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::ids::{MessageId, SessionId, TurnId};
use crate::protocol::event::{EventBody, EventMeta};
use crate::service::history::{event_body, unreadable};
use crate::service::journal::{headline, stored_json};
use crate::service::pieces::length_of_first;
use crate::store::{EventPayload, EventRow, MessageRow};
use crate::time::Timestamp;

/// The kinds of which a person is told in a line.
const WITH_HEADLINE: [&str; 3] = ["toolCall", "notice", "status"];

/// An event as it was stored. Its body is text, and is only taken apart where that is needed: a replay is long.
pub(super) struct StoredEvent {
    pub(super) meta: EventMeta,
    pub(super) kind: String,
    body: String,
    pieces: Option<Vec<u8>>,
}

/// A message event as it is written, whose content goes from the store to the client as it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RawMessage<'a> {
    id: MessageId,
    session_id: SessionId,
    turn_id: TurnId,
    seq: u64,
    role: &'a str,
    content: &'a RawValue,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_tool_use_id: Option<&'a str>,
}

impl StoredEvent {
    pub(super) fn new(row: EventRow) -> Result<Self> {
        let (kind, body) = match row.payload {
            EventPayload::Json { kind, body } => {
                // It goes to the client as it is.
                serde_json::from_str::<&RawValue>(&body).map_err(|problem| unreadable("events.body", &problem))?;
                (kind, body)
            }
            EventPayload::Message(message) => ("message".to_owned(), message_body(&message)?),
        };
        let meta = EventMeta {
            seq: row.seq,
            first_seq: row.first_seq,
            session_id: row.session_id,
            turn_id: row.turn_id,
            at: row.at,
            parent_tool_use_id: row.parent_tool_use_id,
        };
        Ok(Self { meta, kind, body, pieces: row.pieces })
    }

    /// Takes out of merged deltas those up to the number `seen`. Where an older version did not note how they were
    /// cut they stay whole: whoever has a part of them sees by `offset` which.
    pub(super) fn skip(&mut self, seen: u64) -> Result<()> {
        let Some(first) = self.meta.first_seq.filter(|first| *first <= seen) else { return Ok(()) };
        let known = self.pieces.as_deref().and_then(|pieces| length_of_first(seen - first + 1, pieces));
        let Some(known) = known else { return Ok(()) };
        let mut body = event_body(&self.body)?;
        if let EventBody::TextDelta { offset, text, .. } | EventBody::ThinkingDelta { offset, text, .. } = &mut body {
            let known = text.floor_char_boundary(known);
            text.drain(..known);
            *offset += known as u64;
        }
        self.meta.first_seq = Some(seen + 1).filter(|first| *first < self.meta.seq);
        self.body = serde_json::to_string(&body).map_err(|problem| Error::internal(problem.to_string()))?;
        Ok(())
    }

    /// The whole event.
    pub(super) fn json(&self) -> Result<String> {
        stored_json(&self.meta, &self.body)
    }

    /// What a person is told about it in a line, where it is worth one.
    pub(super) fn headline(&self) -> Result<Option<String>> {
        if WITH_HEADLINE.contains(&self.kind.as_str()) {
            return Ok(headline(&event_body(&self.body)?));
        }
        Ok(None)
    }
}

fn message_body(row: &MessageRow) -> Result<String> {
    let message = RawMessage {
        id: row.id,
        session_id: row.session_id,
        turn_id: row.turn_id,
        seq: row.seq,
        role: &row.role,
        content: serde_json::from_str(&row.content).map_err(|problem| unreadable("messages.content", &problem))?,
        created_at: row.created_at,
        parent_tool_use_id: row.parent_tool_use_id.as_deref(),
    };
    let json = serde_json::to_string(&message).map_err(|problem| Error::internal(problem.to_string()))?;
    Ok(format!(r#"{{"kind":"message","message":{json}}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::message::{ContentBlock, Message, Role};
    use crate::service::history::message_row;

    #[test]
    fn a_message_is_written_as_its_type_would_be() {
        let message = Message {
            id: MessageId::new(),
            session_id: SessionId::new(),
            turn_id: TurnId::new(),
            seq: 7,
            role: Role::Assistant,
            content: vec![ContentBlock::Text { text: "Grüße\n".into() }],
            created_at: Timestamp::from_millis(1),
            parent_tool_use_id: Some("toolu_1".into()),
        };
        for message in [Message { parent_tool_use_id: None, ..message.clone() }, message] {
            let written = message_body(&message_row(&message).unwrap()).unwrap();
            assert_eq!(written, serde_json::to_string(&EventBody::Message { message }).unwrap());
        }
    }
}
