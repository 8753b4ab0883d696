//! Numbers, order and encoding of events.

use super::encoding::TOOL_RESULT_LIMIT;
use super::*;
use crate::ids::{MessageId, ProviderSessionId, TurnId};
use crate::protocol::event::SessionEvent;
use crate::protocol::message::Role;
use crate::store::TranscriptGap;

fn journal() -> Journal {
    Journal::new(SessionId::new(), 10, 10)
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

const MIB: usize = 1 << 20;

fn message(text: &str) -> What {
    let content = vec![ContentBlock::Text { text: text.to_owned() }];
    What::Message(NewMessage { id: MessageId::new(), role: Role::User, content })
}

fn transcript(journal: &mut Journal, conversation: ProviderSessionId, lines: String) {
    let (session_id, file) = (journal.session_id, "1.jsonl".to_owned());
    journal.save_transcript(TranscriptRow { session_id, provider_session_id: conversation, file, lines });
}

fn context() -> ContextRow {
    ContextRow { hash: "h".to_owned(), text: "told".to_owned() }
}

/// The numbers of a batch's events.
fn numbers(batch: &Batch) -> Vec<u64> {
    batch.events.iter().map(|row| row.seq).collect()
}

#[test]
fn what_the_store_could_not_take_is_in_the_next_batch_before_what_came_since() {
    let mut journal = journal();
    journal.save_context(context());
    emit(&mut journal, notice("first"));
    let refused = journal.take_batch().unwrap();
    assert!(!journal.has_backlog());
    emit(&mut journal, notice("second"));
    journal.keep().unwrap();
    journal.give_back(refused);
    assert_eq!(journal.backlog_events().map(|row| row.seq).collect::<Vec<_>>(), [11, 12]);
    emit(&mut journal, notice("third"));
    let batch = journal.take_batch().unwrap();
    assert_eq!((numbers(&batch), batch.context), (vec![11, 12, 13], Some(context())));
    assert!(!journal.has_backlog());
    assert!(journal.take_loss().is_none());
}

#[test]
fn of_more_than_can_be_kept_deltas_go_first_and_how_much_that_was_is_known() {
    let mut journal = journal();
    let item = MessageId::new();
    for part in 0..5 {
        emit(&mut journal, delta(item, part * MIB as u64, &"x".repeat(MIB)));
        emit(&mut journal, message(&"x".repeat(MIB)));
        journal.keep().unwrap();
    }
    let batch = journal.take_batch().unwrap();
    assert_eq!(numbers(&batch), [12, 14, 16, 17, 18, 19, 20], "those of the deltas are odd");
    let loss = journal.take_loss().to_string();
    assert!(loss.starts_with("3 events (307"), "{loss}");
    assert!(journal.take_loss().is_none(), "it is told once");
}

#[test]
fn a_transcript_that_is_too_much_becomes_a_gap_before_any_event_goes() {
    let mut journal = journal();
    let conversation = ProviderSessionId::new();
    emit(&mut journal, message(&"x".repeat(MIB)));
    for _ in 0..9 {
        transcript(&mut journal, conversation, "x".repeat(MIB));
        journal.keep().unwrap();
    }
    let batch = journal.take_batch().unwrap();
    assert_eq!(numbers(&batch), [11]);
    let gap = TranscriptGap { session_id: journal.session_id, provider_session_id: conversation };
    assert_eq!(batch.transcript_gaps, [gap]);
    assert!(batch.transcript.len() < 8, "{}", batch.transcript.len());
}

#[test]
fn however_much_comes_what_is_kept_is_bounded_and_the_newest() {
    let mut journal = journal();
    for _ in 0..30 {
        let content = Value::String("x".repeat(MIB / 2));
        let block = ContentBlock::ToolResult { tool_use_id: "t".into(), is_error: false, content };
        let message = NewMessage { id: MessageId::new(), role: Role::User, content: vec![block] };
        emit(&mut journal, What::ToolResult { message, structured: None });
        journal.keep().unwrap();
    }
    let batch = journal.take_batch().unwrap();
    assert_eq!(batch.events.last().map(|row| row.seq), Some(40));
    assert_eq!(batch.messages.iter().map(|row| row.seq).collect::<Vec<_>>(), numbers(&batch), "both or none");
    let bytes: usize = batch.messages.iter().map(|row| row.content.len()).sum();
    assert!((4 * MIB..=8 * MIB).contains(&bytes), "{bytes}");
}

#[test]
fn a_batch_that_is_refused_for_good_leaves_what_later_ones_refer_to() {
    let mut journal = journal();
    let conversation = ProviderSessionId::new();
    journal.save_context(context());
    emit(&mut journal, notice("strange"));
    transcript(&mut journal, conversation, "{}".to_owned());
    let refused = journal.take_batch().unwrap();
    journal.give_up(refused);
    let gap = TranscriptGap { session_id: journal.session_id, provider_session_id: conversation };
    let rest = Batch { context: Some(context()), transcript_gaps: vec![gap], ..Batch::default() };
    assert_eq!(journal.take_batch().unwrap(), rest);
    assert!(journal.take_loss().to_string().starts_with("1 events"));
}
