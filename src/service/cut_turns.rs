//! What the history has of turns that were running, and of permissions that were open, when a bridge died.

use super::history::{self, turn_record};
use super::state::{CutPermission, CutShort, CutTurn, Fragment};
use crate::error::Result;
use crate::ids::{MessageId, SessionId};
use crate::protocol::event::EventBody;
use crate::protocol::message::ContentBlock;
use crate::store::{EventPayload, EventQuery, EventRow, Store, TurnRow};

/// How much is read at a time, in bytes of JSON.
const CHUNK: usize = 1 << 20;

/// What of a session has no end, oldest first. Only for one that no bridge runs.
///
/// # Errors
/// A store error.
pub(super) async fn read(store: &Store, session: SessionId) -> Result<CutShort> {
    let mut turns = Vec::new();
    for row in store.open_turns(session).await? {
        let fragments = fragments(store, &row).await?;
        turns.push(CutTurn { record: turn_record(row)?, fragments });
    }
    let permissions = store.open_permissions(session).await?;
    let permissions = permissions.into_iter().map(|row| CutPermission { id: row.id, turn: row.turn_id }).collect();
    Ok(CutShort { turns, permissions })
}

/// The texts that the turn had begun and that no message holds.
async fn fragments(store: &Store, turn: &TurnRow) -> Result<Vec<Fragment>> {
    let mut fragments = Vec::new();
    let mut after_seq = 0;
    loop {
        let query = EventQuery { session_id: turn.session_id, after_seq, turn_id: Some(turn.id), max_bytes: CHUNK };
        let rows = store.events(query).await?;
        let Some(last) = rows.last() else { return Ok(fragments) };
        after_seq = last.seq;
        for row in rows {
            take_in(row, &mut fragments)?;
        }
    }
}

fn take_in(row: EventRow, fragments: &mut Vec<Fragment>) -> Result<()> {
    match row.payload {
        EventPayload::Message(message) => fragments.retain(|fragment| fragment.id != message.id),
        EventPayload::Json { body, .. } => match history::event_body(&body)? {
            EventBody::TextDelta { item_id, text, .. } => {
                append(fragments, item_id, row.parent_tool_use_id, ContentBlock::Text { text });
            }
            EventBody::ThinkingDelta { item_id, text, .. } => {
                append(fragments, item_id, row.parent_tool_use_id, ContentBlock::Thinking { text });
            }
            _ => {}
        },
    }
    Ok(())
}

fn append(fragments: &mut Vec<Fragment>, id: MessageId, parent: Option<String>, more: ContentBlock) {
    match (fragments.iter_mut().find(|fragment| fragment.id == id).map(|fragment| &mut fragment.content), more) {
        (
            Some(ContentBlock::Text { text } | ContentBlock::Thinking { text }),
            ContentBlock::Text { text: more } | ContentBlock::Thinking { text: more },
        ) => text.push_str(&more),
        (_, content) => fragments.push(Fragment { id, parent, content }),
    }
}
