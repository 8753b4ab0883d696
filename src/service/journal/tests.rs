//! Numbers, order and encoding of events.

use super::*;
use crate::ids::{MessageId, TurnId};
use crate::protocol::event::SessionEvent;
use crate::protocol::message::Role;

fn journal() -> Journal {
    Journal::new(SessionId::new(), 10)
}

fn emit(journal: &mut Journal, what: What) {
    let emission = Emission { turn: Some(TurnId::new()), parent: None, what };
    journal.emit(emission, Timestamp::from_millis(0), |_| unreachable!("no event shows the session")).unwrap();
}

fn delta(item_id: MessageId, offset: u64, text: &str) -> What {
    What::Event(EventBody::TextDelta { item_id, offset, text: text.into() })
}

fn notice(text: &str) -> What {
    let level = crate::protocol::event::NoticeLevel::Info;
    What::Event(EventBody::Notice { level, text: text.into() })
}

fn decoded<'a>(events: impl Iterator<Item = EncodedEvent<'a>>) -> Vec<SessionEvent> {
    events.map(|event| serde_json::from_str(event.json).unwrap()).collect()
}

#[test]
fn deltas_go_ahead_of_the_commit_until_a_stored_event_comes() {
    let mut journal = journal();
    let item = MessageId::new();
    emit(&mut journal, delta(item, 0, "a"));
    emit(&mut journal, notice("n"));
    emit(&mut journal, delta(item, 1, "b"));
    let seqs = |events: Vec<SessionEvent>| events.iter().map(|event| event.meta.seq).collect::<Vec<_>>();
    assert_eq!(seqs(decoded(journal.ahead())), [11]);
    assert_eq!(seqs(decoded(journal.behind())), [12, 13]);
}

#[test]
fn adjacent_deltas_are_stored_merged_with_the_numbers_they_cover() {
    let mut journal = journal();
    let (item, other) = (MessageId::new(), MessageId::new());
    for what in [delta(item, 0, "a"), delta(item, 1, "b"), notice("n"), delta(item, 2, "c"), delta(other, 0, "d")] {
        emit(&mut journal, what);
    }
    let mut rows = journal.take_batch().unwrap().events;
    rows.sort_by_key(|row| row.seq);
    let numbers: Vec<_> = rows.iter().map(|row| (row.first_seq, row.seq)).collect();
    assert_eq!(numbers, [(Some(11), 12), (None, 13), (None, 14), (None, 15)]);
    let EventPayload::Json { kind, body } = &rows[0].payload else { panic!("{rows:?}") };
    assert_eq!(kind, "textDelta");
    assert_eq!(body, &format!(r#"{{"kind":"textDelta","itemId":"{item}","offset":0,"text":"ab"}}"#));
}

#[test]
fn what_is_stored_encodes_to_what_was_sent() {
    let mut journal = journal();
    emit(&mut journal, notice("say \"hi\""));
    let sent = journal.behind().next().unwrap().json.to_owned();
    let row = journal.take_batch().unwrap().events.remove(0);
    let EventPayload::Json { body, .. } = row.payload else { panic!("not a body of its own") };
    let meta = EventMeta {
        seq: row.seq,
        first_seq: row.first_seq,
        session_id: row.session_id,
        turn_id: row.turn_id,
        at: row.at,
        parent_tool_use_id: None,
    };
    assert_eq!(stored_json(&meta, &body).unwrap(), sent);
}

#[test]
fn numbers_are_reserved_ahead_and_a_session_at_rest_skips_none() {
    let mut journal = journal();
    assert_eq!(journal.reserve(false), 10 + BLOCK);
    emit(&mut journal, notice("n"));
    assert_eq!(journal.reserve(false), 10 + BLOCK, "half of the block is left");
    assert_eq!(journal.reserve(true), 11);
    assert!(journal.needs_reservation());
}

#[test]
fn a_long_answer_of_a_tool_is_cut_in_its_event_and_whole_in_its_message() {
    let mut journal = journal();
    let text = "ü".repeat(TOOL_RESULT_LIMIT);
    let content = Value::String(text.clone());
    let block = ContentBlock::ToolResult { tool_use_id: "t".into(), is_error: false, content: content.clone() };
    let message = NewMessage { id: MessageId::new(), role: Role::User, content: vec![block] };
    emit(&mut journal, What::ToolResult { message, structured: Some(content) });
    let events = decoded(journal.behind());
    let EventBody::ToolResult { content, structured, truncated_bytes, .. } = &events[0].body else {
        panic!("{events:?}")
    };
    assert_eq!(content.as_str().unwrap().len(), TOOL_RESULT_LIMIT);
    assert_eq!((structured, *truncated_bytes), (&None, Some(TOOL_RESULT_LIMIT as u64)));
    let stored = journal.take_batch().unwrap().messages.remove(0).content;
    assert!(stored.contains(&text));
}
