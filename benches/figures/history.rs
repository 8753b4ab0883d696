//! A history of many sessions, as it is after years, and how fast it is searched.

use std::path::Path;
use std::time::Duration;

use claude_bridge::ids::{MessageId, SessionId, TurnId};
use claude_bridge::store::{Batch, MessageRow, ModelUsage, SessionRow, Store, TurnRow};
use claude_bridge::time::Timestamp;
use serde_json::json;

use crate::bridge::Bridge;
use crate::clock::{median, millis, now, percentile};
use crate::report::figure;

const SESSIONS: u64 = 10_000;
const MESSAGES_EACH: u64 = 100;

/// A third of the messages have it.
const COMMON: &str = "common";
/// So have this one.
const OTHER: &str = "other";
/// Ten of them have it.
const RARE: &str = "xylophone";

/// Searches, lists and sums in a history of 10,000 sessions and 1,000,000 messages.
pub(crate) fn search() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let took = tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(generate(&data));
    let bytes = std::fs::metadata(data.join("history.db")).unwrap().len();
    figure(
        "storing 1,000,000 messages of 10,000 sessions, indexed",
        &format!("{:.0} k messages/s", (SESSIONS * MESSAGES_EACH) as f64 / took.as_secs_f64() / 1e3),
        &format!("{:.0} MB", bytes as f64 / 1e6),
        "",
    );
    let mut bridge = Bridge::start_on(&data);
    let session = bridge.request("session/list", r#"{"limit":1}"#)["sessions"][0]["id"].as_str().unwrap().to_owned();
    let common_in_session = format!(r#"{{"query":"{COMMON}","sessionId":"{session}"}}"#);
    for (what, method, params, target) in [
        ("search, a word of a third, newest", "message/search", format!(r#"{{"query":"{COMMON}"}}"#), "20 ms"),
        ("… best", "message/search", format!(r#"{{"query":"{COMMON}","order":"best"}}"#), "20 ms"),
        (
            "… with another of a third, best",
            "message/search",
            format!(r#"{{"query":"{COMMON} {OTHER}","order":"best"}}"#),
            "20 ms",
        ),
        ("… in one session", "message/search", common_in_session, "20 ms"),
        (
            "… of its first year",
            "message/search",
            format!(r#"{{"query":"{COMMON}","until":"2001-10-01T00:00:00Z"}}"#),
            "20 ms",
        ),
        ("… and a rare word", "message/search", format!(r#"{{"query":"{COMMON} {RARE}"}}"#), "20 ms"),
        ("a rare word, newest", "message/search", format!(r#"{{"query":"{RARE}"}}"#), "5 ms"),
        ("… best", "message/search", format!(r#"{{"query":"{RARE}","order":"best"}}"#), "5 ms"),
        ("no such word", "message/search", r#"{"query":"nonsuch"}"#.to_owned(), "5 ms"),
        ("a prefix of one letter", "message/search", r#"{"query":"c*"}"#.to_owned(), ""),
        ("… of two", "message/search", r#"{"query":"co*"}"#.to_owned(), ""),
        ("… of three", "message/search", r#"{"query":"com*"}"#.to_owned(), ""),
        ("a phrase of two common words", "message/search", format!(r#"{{"query":"\"{COMMON} {OTHER}\""}}"#), ""),
        ("the tools, too", "message/search", format!(r#"{{"query":"{COMMON}","include":["tools"]}}"#), "20 ms"),
        ("usage by session", "usage/summary", r#"{"groupBy":"session"}"#.to_owned(), ""),
        ("usage by model", "usage/summary", r#"{"groupBy":"model"}"#.to_owned(), ""),
        ("usage by day", "usage/summary", r#"{"groupBy":"day"}"#.to_owned(), ""),
        ("the first 20 sessions", "session/list", r#"{"limit":20}"#.to_owned(), "2 ms"),
        (
            "… the last 20",
            "session/list",
            format!(r#"{{"limit":20,"cursor":"{}"}}"#, last_sessions(&mut bridge)),
            "2 ms",
        ),
        ("the first 20 messages of the newest session", "message/list", messages_of(&session), "2 ms"),
        ("… of the oldest", "message/list", messages_of(&oldest_session(&mut bridge)), "2 ms"),
    ] {
        let mut times: Vec<Duration> = (0..15).map(|_| timed(&mut bridge, method, &params)).collect();
        let first = times[0];
        let (half, most) = (median(&mut times), percentile(&mut times, 1.0));
        let ours = format!("{:.1} ms (first {:.1}, worst {:.1})", millis(half), millis(first), millis(most));
        figure(what, &ours, "", target);
    }
    bridge.end();
    compare_starts(&data);
}

/// From the start of the process to the answer to `initialize`, and to the first page of sessions, with this history
/// and with an empty one, in turns.
fn compare_starts(data: &Path) {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().join("data");
    let started = |data: &Path| {
        let begun = now();
        let mut bridge = Bridge::start_on(data);
        let initialized = now() - begun;
        bridge.request("session/list", r#"{"limit":20}"#);
        let listed = now() - begun;
        bridge.end();
        (initialized, listed)
    };
    let (mut initialized, mut listed) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..20 {
        for (which, data) in [data, &empty].into_iter().enumerate() {
            let (first, second) = started(data);
            initialized[which].push(first);
            listed[which].push(second);
        }
    }
    let shown = |what: &str, times: &mut [Vec<Duration>; 2], target: &str| {
        let [big, small] = times.each_mut().map(|times| millis(median(times)));
        figure(what, &format!("{big:.1} ms"), &format!("an empty one: {small:.1} ms"), target);
    };
    shown("start to `initialize` answer", &mut initialized, "within 5 ms");
    shown("… and to the first page of sessions", &mut listed, "");
}

/// Where the last page of sessions begins.
fn last_sessions(bridge: &mut Bridge) -> String {
    let mut cursor = String::new();
    loop {
        let params = if cursor.is_empty() {
            r#"{"limit":980}"#.into()
        } else {
            format!(r#"{{"limit":980,"cursor":"{cursor}"}}"#)
        };
        match bridge.request("session/list", &params)["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return cursor,
        }
    }
}

fn oldest_session(bridge: &mut Bridge) -> String {
    let cursor = last_sessions(bridge);
    let page = bridge.request("session/list", &format!(r#"{{"limit":1000,"cursor":"{cursor}"}}"#));
    page["sessions"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

fn messages_of(session: &str) -> String {
    format!(r#"{{"sessionId":"{session}","limit":20}}"#)
}

fn timed(bridge: &mut Bridge, method: &str, params: &str) -> Duration {
    let begun = now();
    bridge.request(method, params);
    now() - begun
}

/// Writes the history; says how long that took.
async fn generate(data: &Path) -> Duration {
    let store = Store::open(data);
    let mut random = Random(42);
    let begun = now();
    for number in 0..SESSIONS {
        let row = session(number);
        store.create_session(row.clone(), None).await.unwrap();
        let mut batch = Batch::default();
        for seq in 0..MESSAGES_EACH {
            let serial = number * MESSAGES_EACH + seq;
            batch.messages.push(message(row.id, seq, serial, &mut random));
            if seq % 4 == 0 {
                batch.turns.push(turn(row.id, serial, &mut random));
            }
        }
        store.commit(batch).await.unwrap();
    }
    let took = now() - begun;
    store.close().await;
    took
}

/// A minute after the one before, from September 2001 on.
fn time(serial: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000_000_000 + i64::try_from(serial).unwrap() * 60_000)
}

/// A session of that history.
pub(crate) fn session(number: u64) -> SessionRow {
    SessionRow {
        id: SessionId::new(),
        title: format!("Session {number}"),
        mode: "user".to_owned(),
        told_mode: None,
        study_id: None,
        context_study_id: None,
        told_study_id: None,
        cwd: "/work".to_owned(),
        model: None,
        effort: None,
        max_turns: None,
        max_budget_usd: None,
        mcp_servers: None,
        state: "closed".to_owned(),
        error: None,
        created_at: time(number * MESSAGES_EACH),
        last_active_at: time(number * MESSAGES_EACH + MESSAGES_EACH),
        message_count: MESSAGES_EACH,
        reserved_seq: MESSAGES_EACH,
        provider_session_id: None,
        provider_started: false,
        context_hash: None,
        context_bytes: 0,
        forked_from: None,
        forked_conversation: None,
        credential: None,
        input_tokens: 0,
        output_tokens: 0,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        cost_usd: 0.0,
    }
}

/// A person's message, one of Claude's, a call of a tool, its answer, in turn.
fn message(session_id: SessionId, seq: u64, serial: u64, random: &mut Random) -> MessageRow {
    let text = random.text(serial);
    let content = match serial % 4 {
        2 => json!([{"type": "toolUse", "toolUseId": "t", "name": "Bash", "input": {"command": text}}]),
        3 => json!([{"type": "toolResult", "toolUseId": "t", "isError": false, "content": text}]),
        _ => json!([{"type": "text", "text": text}]),
    };
    let role = if matches!(serial % 4, 0 | 3) { "user" } else { "assistant" };
    MessageRow {
        id: MessageId::new(),
        session_id,
        turn_id: TurnId::new(),
        seq,
        role: role.to_owned(),
        content: content.to_string(),
        created_at: time(serial),
        parent_tool_use_id: None,
    }
}

fn turn(session_id: SessionId, serial: u64, random: &mut Random) -> TurnRow {
    let used = |model: &str, tokens: u64| ModelUsage {
        model: model.to_owned(),
        input_tokens: tokens,
        output_tokens: tokens,
        cache_read_tokens: tokens,
        cache_write_tokens: tokens,
        cost_usd: tokens as f64 / 1e6,
    };
    let tokens = random.below(10_000);
    TurnRow {
        id: TurnId::new(),
        session_id,
        message_id: None,
        origin: "client".to_owned(),
        started_at: time(serial),
        ended_at: Some(time(serial)),
        stop_reason: Some("completed".to_owned()),
        text: String::new(),
        tool_calls: "[]".to_owned(),
        input_tokens: tokens,
        output_tokens: tokens,
        cache_read_tokens: tokens,
        cache_write_tokens: tokens,
        cost_usd: tokens as f64 / 1e6,
        duration_ms: 1,
        first_text_ms: None,
        error: None,
        usage_by_model: vec![used("opus", tokens / 2), used("haiku", tokens / 2)],
    }
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        // Xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Sixty words of 10,000, the small numbers far more often, as in any language.
    fn text(&mut self, serial: u64) -> String {
        let mut text = String::new();
        for _ in 0..60 {
            let spread = self.below(10_000).max(1);
            let word = self.below(spread);
            text.extend(letters(word));
            text.push(' ');
        }
        // Of every four messages two are said: two of three of those make a third of all.
        if !serial.is_multiple_of(3) {
            text += COMMON;
            text += " ";
            text += OTHER;
        }
        if serial % 100_000 == 1 {
            text += " ";
            text += RARE;
        }
        text
    }
}

/// The letters of a word, which are spread over the alphabet.
fn letters(word: u64) -> [char; 4] {
    let spread = word * 7_919;
    [17_576, 676, 26, 1].map(|place| char::from(b'a' + u8::try_from(spread / place % 26).unwrap()))
}
