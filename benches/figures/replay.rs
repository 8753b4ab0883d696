//! How fast events go into the history and come out of it again.

use std::path::Path;
use std::time::Duration;

use claude_bridge::ids::{MessageId, SessionId, TurnId};
use claude_bridge::store::{Batch, EventPayload, EventQuery, EventRow, MessageQuery, MessageRow, SessionRow, Store};
use claude_bridge::time::Timestamp;
use serde_json::json;

use crate::bridge::{Bridge, End};
use crate::clock::{median, millis, now, percentile};
use crate::history::session;
use crate::report::figure;

/// How many events are replayed.
const EVENTS: u64 = 100_000;
/// How many sessions store at once, and how many events each of their commits has.
const SESSIONS: usize = 8;
const COMMIT: u64 = 25;
/// For how long they store.
const STORING: Duration = Duration::from_secs(10);

/// Events stored by several sessions at once while others read, and a session of 100,000 events replayed.
pub(crate) fn replay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(store_and_read(&data));
    let id = runtime.block_on(fill(&data));
    let mut bridge = Bridge::start_on(&data);
    let mut times: Vec<Duration> = (0..5).map(|turn| replayed(&mut bridge, id, turn)).collect();
    bridge.end();
    let rate = EVENTS as f64 / median(&mut times).as_secs_f64() / 1e3;
    figure("replay of 100,000 events", &format!("{rate:.0} k/s"), "", "200 k/s or more");
}

/// From the request to the last event.
fn replayed(bridge: &mut Bridge, id: SessionId, turn: u32) -> Duration {
    let begun = now();
    let params = format!(r#"{{"sessionId":"{id}","subscriptionToken":"replay-{turn}"}}"#);
    bridge.send("session/subscribe", &params);
    bridge.skim_to(&mut End::new(&format!(r#""event":{{"seq":{EVENTS},"#)));
    let took = now() - begun;
    // What was read last may have ended in the middle of a frame.
    let params = format!(r#"{{"subscriptionToken":"replay-{turn}"}}"#);
    let unsubscribed = bridge.send("session/unsubscribe", &params);
    bridge.skim_to(&mut End::answer(unsubscribed));
    took
}

async fn fill(data: &Path) -> SessionId {
    let store = Store::open(data);
    let row = SessionRow { reserved_seq: EVENTS, ..session(0) };
    store.create_session(row.clone(), None).await.unwrap();
    for first in (1..=EVENTS).step_by(1000) {
        store.commit(batch(row.id, first, 1000)).await.unwrap();
    }
    store.close().await;
    row.id
}

/// Sessions that store as fast as they can, each one commit after the other, while a reader pages through what is there.
async fn store_and_read(data: &Path) {
    let store = Store::open(data);
    let begun = now();
    let writers: Vec<_> = (0..SESSIONS).map(|_| tokio::spawn(write(store.clone(), begun))).collect();
    let reader = tokio::spawn(read(store.clone(), begun));
    let mut stored = 0;
    for writer in writers {
        stored += writer.await.unwrap();
    }
    let took = now() - begun;
    let mut reads = reader.await.unwrap();
    store.close().await;
    let rate = stored as f64 / took.as_secs_f64() / 1e3;
    figure("storing events of eight sessions, for ten seconds", &format!("{rate:.0} k/s"), "", "50 k/s or more");
    let (half, most) = (median(&mut reads), percentile(&mut reads, 1.0));
    let times = format!("{:.2} ms, {:.1} ms", millis(half), millis(most));
    figure("… a page read meanwhile, median and worst", &times, "", "10 ms or less");
}

async fn write(store: Store, begun: Duration) -> u64 {
    let row = session(0);
    store.create_session(row.clone(), None).await.unwrap();
    let mut stored = 0;
    while now() - begun < STORING {
        store.commit(batch(row.id, stored + 1, COMMIT)).await.unwrap();
        stored += COMMIT;
    }
    stored
}

async fn read(store: Store, begun: Duration) -> Vec<Duration> {
    let row = session(1);
    store.create_session(row.clone(), None).await.unwrap();
    store.commit(batch(row.id, 1, 1000)).await.unwrap();
    let mut times = Vec::new();
    while now() - begun < STORING {
        let asked = now();
        let query = MessageQuery { session_id: row.id, limit: 20, after: None, descending: true };
        assert!(!store.messages(query).await.unwrap().is_empty());
        let query = EventQuery { session_id: row.id, after_seq: 0, turn_id: None, max_bytes: 16 << 10 };
        assert!(!store.events(query).await.unwrap().is_empty());
        times.push(now() - asked);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times
}

fn batch(session: SessionId, first: u64, count: u64) -> Batch {
    Batch { events: (first..first + count).map(|seq| event(session, seq)).collect(), ..Batch::default() }
}

/// Of a hundred events, the usual mixture: deltas, calls of tools and their answers, statuses, messages.
fn event(session_id: SessionId, seq: u64) -> EventRow {
    let item = MessageId::new();
    let words = "some words of an answer, as they come ".repeat(2);
    let (kind, body) = match seq % 20 {
        0 => return EventRow { payload: EventPayload::Message(message(session_id, seq)), ..plain(session_id, seq) },
        1 | 2 => {
            ("toolCall", json!({"messageId": item, "toolUseId": "t", "name": "Bash", "title": words, "input": {}}))
        }
        3 | 4 => ("toolResult", json!({"messageId": item, "toolUseId": "t", "isError": false, "content": words})),
        5 | 6 => ("status", json!({"status": "requesting"})),
        _ => ("textDelta", json!({"itemId": item, "offset": 0, "text": words})),
    };
    let rest = body.to_string();
    let body = format!(r#"{{"kind":"{kind}",{}"#, &rest[1..]);
    EventRow { payload: EventPayload::Json { kind: kind.to_owned(), body }, ..plain(session_id, seq) }
}

fn plain(session_id: SessionId, seq: u64) -> EventRow {
    EventRow {
        session_id,
        seq,
        first_seq: None,
        turn_id: Some(TurnId::new()),
        at: Timestamp::now(),
        parent_tool_use_id: None,
        pieces: None,
        payload: EventPayload::Json { kind: String::new(), body: String::new() },
    }
}

fn message(session_id: SessionId, seq: u64) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        session_id,
        turn_id: TurnId::new(),
        seq,
        role: "assistant".to_owned(),
        content: json!([{"type": "text", "text": "some words of an answer".repeat(10)}]).to_string(),
        created_at: Timestamp::now(),
        parent_tool_use_id: None,
    }
}
