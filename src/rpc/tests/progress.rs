//! What a client sees of a turn: events, work-done progress, and their order.

use std::sync::{Arc, mpsc};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Bridge, LONG, TestBoot, table_with};
use crate::ids::SessionId;
use crate::protocol::event::EventMeta;
use crate::protocol::message::ProgressToken;
use crate::rpc::context::Context;
use crate::rpc::outbox::HIGH_WATER;
use crate::rpc::progress::Progress;
use crate::rpc::table::Table;
use crate::service::sink::{EncodedEvent, EventSink, Offer};
use crate::time::Timestamp;

/// The follower of one request to `test/other`, and what ends the request.
struct Turn {
    follower: Arc<dyn EventSink>,
    end: Arc<Notify>,
}

impl Turn {
    fn emit(&self, kind: &'static str, headline: Option<&str>) -> Offer {
        let json = json!({ "kind": kind }).to_string();
        self.emit_json(kind, headline, &json)
    }

    fn emit_json(&self, kind: &'static str, headline: Option<&str>, json: &str) -> Offer {
        let at = Timestamp::from_millis(0);
        let session_id = SessionId::new();
        let meta = EventMeta { seq: 1, first_seq: None, session_id, turn_id: None, at, parent_tool_use_id: None };
        let offer = self.follower.offer(EncodedEvent { meta: &meta, kind, json, headline });
        self.follower.release();
        offer
    }
}

fn token(params: &Value, name: &str) -> Option<ProgressToken> {
    params.get(name).map(|token| serde_json::from_value(token.clone()).unwrap())
}

/// A server whose `test/other` follows a turn that the test plays, as `message/send` does.
fn playing() -> (Table, mpsc::Receiver<Turn>) {
    let (sender, turns) = mpsc::channel();
    let handler = move |params: Value, context: Context| {
        let sender = sender.clone();
        async move {
            let (work, stream) = (token(&params, "workDoneToken"), token(&params, "partialResultToken"));
            let mut progress = Progress::begin(&context.peer, work, stream)?;
            let end = Arc::new(Notify::new());
            if let Some(follower) = progress.follower() {
                sender.send(Turn { follower, end: Arc::clone(&end) }).unwrap();
            }
            progress.offer_window();
            let interrupted = tokio::select! {
                () = end.notified() => false,
                () = progress.cancelled() => true,
            };
            Ok(json!({ "interrupted": interrupted }))
        }
    };
    (table_with(handler), turns)
}

fn start(params: &Value, shows_progress: bool) -> (Bridge, Turn, mpsc::Receiver<Turn>) {
    let (table, turns) = playing();
    let mut bridge = Bridge::start(table, TestBoot::default());
    bridge.request(0, "initialize", json!({"capabilities": {"window": {"workDoneProgress": shows_progress}}}));
    bridge.receive();
    bridge.request(1, "test/other", params.clone());
    let turn = turns.recv_timeout(LONG).unwrap();
    (bridge, turn, turns)
}

fn progress(token: impl Into<Value>, value: impl Into<Value>) -> Value {
    let (token, value): (Value, Value) = (token.into(), value.into());
    json!({"jsonrpc": "2.0", "method": "$/progress", "params": {"token": token, "value": value}})
}

fn event(token: impl Into<Value>, kind: &str) -> Value {
    progress(token, json!({"event": {"kind": kind}}))
}

fn answered(interrupted: bool) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "result": {"interrupted": interrupted}})
}

#[test]
fn events_come_under_the_token_and_the_answer_behind_the_end() {
    let (mut bridge, turn, _) = start(&json!({"workDoneToken": "w\"", "partialResultToken": -7}), true);
    for (kind, headline) in [
        ("status", Some("too early")),
        ("turnStarted", None),
        ("textDelta", None),
        ("toolCall", Some("Read \"a\"")),
        ("turnCompleted", Some("done")),
    ] {
        assert_eq!(turn.emit(kind, headline), Offer::Taken);
    }
    turn.end.notify_one();
    let begin = json!({"kind": "begin", "title": "Claude", "cancellable": true});
    for expected in [
        event(-7, "status"),
        event(-7, "turnStarted"),
        progress("w\"", begin),
        event(-7, "textDelta"),
        event(-7, "toolCall"),
        progress("w\"", json!({"kind": "report", "message": "Read \"a\""})),
        event(-7, "turnCompleted"),
        progress("w\"", json!({"kind": "end"})),
        answered(false),
    ] {
        assert_eq!(bridge.receive(), expected);
    }
    assert_eq!(turn.emit("textDelta", None), Offer::Gone);
    bridge.assert_alive();
}

#[test]
fn a_client_without_tokens_that_cannot_show_progress_has_no_follower() {
    let (table, turns) = playing();
    let mut bridge = Bridge::ready(table);
    bridge.request(1, "test/other", json!({}));
    bridge.assert_alive();
    assert!(turns.try_recv().is_err());
}

#[test]
fn a_client_that_shows_progress_is_asked_and_told_from_its_consent_on() {
    let (mut bridge, turn, _) = start(&json!({"partialResultToken": "p"}), true);
    let asked = bridge.receive();
    assert_eq!(asked["method"], "window/workDoneProgress/create");
    let (id, token) = (asked["id"].clone(), asked["params"]["token"].clone());
    assert!(id.is_string());
    turn.emit("turnStarted", Some("hello"));
    turn.emit("toolCall", Some("unseen"));
    assert_eq!(bridge.receive(), event("p", "turnStarted"));
    assert_eq!(bridge.receive(), event("p", "toolCall"));
    bridge.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}));
    let begin = json!({"kind": "begin", "title": "Claude", "cancellable": true, "message": "hello"});
    assert_eq!(bridge.receive(), progress(token.clone(), begin));
    turn.emit("turnCompleted", None);
    turn.end.notify_one();
    assert_eq!(bridge.receive(), event("p", "turnCompleted"));
    assert_eq!(bridge.receive(), progress(token, json!({"kind": "end"})));
    assert_eq!(bridge.receive(), answered(false));
}

#[test]
fn a_client_that_refuses_or_never_answers_is_told_nothing() {
    for refuses in [true, false] {
        let (mut bridge, turn, _) = start(&json!({}), true);
        let id = bridge.receive()["id"].clone();
        if refuses {
            bridge.send(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": "no"}}));
            bridge.assert_alive();
        }
        turn.emit("turnStarted", None);
        turn.emit("turnCompleted", None);
        turn.end.notify_one();
        assert_eq!(bridge.receive(), answered(false));
        bridge.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}));
        bridge.assert_alive();
    }
}

#[test]
fn cancelling_the_progress_interrupts_the_turn_and_is_no_cancelled_request() {
    let (mut bridge, turn, _) = start(&json!({"workDoneToken": 5}), false);
    turn.emit("turnStarted", None);
    bridge.receive();
    bridge.notify("window/workDoneProgress/cancel", json!({"token": "5"}));
    bridge.assert_alive();
    bridge.notify("window/workDoneProgress/cancel", json!({"token": 5}));
    assert_eq!(bridge.receive(), progress(5, json!({"kind": "end"})));
    assert_eq!(bridge.receive(), answered(true));
}

#[test]
fn a_token_in_use_is_refused_and_free_again_with_the_answer() {
    let (mut bridge, turn, turns) = start(&json!({"workDoneToken": 1, "partialResultToken": 2}), false);
    for params in [
        json!({"workDoneToken": 2}),
        json!({"partialResultToken": 1}),
        json!({
            "workDoneToken": 3, "partialResultToken": 3
        }),
    ] {
        bridge.request("x", "test/other", params);
        assert_eq!(bridge.receive_error(), (json!("x"), -32602, "invalidParams".to_owned()));
    }
    turn.end.notify_one();
    assert_eq!(bridge.receive(), answered(false));
    bridge.request(2, "test/other", json!({"workDoneToken": 2, "partialResultToken": 3}));
    turns.recv_timeout(LONG).unwrap();
}

#[test]
fn a_slow_reader_makes_events_wait_and_loses_none() {
    let (mut bridge, turn, _) = start(&json!({"workDoneToken": "w", "partialResultToken": "p"}), false);
    turn.emit("turnStarted", None);
    let large = json!({"kind": "textDelta", "text": "x".repeat(8000)}).to_string();
    let mut taken = 0;
    while turn.emit_json("textDelta", None, &large) == Offer::Taken {
        taken += 1;
        assert!(taken < 1000, "the outbox grows without bound");
    }
    assert!(taken * large.len() > HIGH_WATER / 2);
    bridge.request("small", "test/echo", json!({}));
    let follower = Arc::clone(&turn.follower);
    let room = bridge.runtime.spawn(async move { follower.has_room().await });
    assert_eq!(bridge.receive(), event("p", "turnStarted"));
    assert_eq!(bridge.receive()["params"]["value"]["kind"], "begin");
    for _ in 0..taken {
        assert_eq!(bridge.receive()["params"]["value"]["event"]["kind"], "textDelta");
    }
    assert_eq!(bridge.receive()["id"], "small");
    bridge.runtime.block_on(room).unwrap();
    assert_eq!(turn.emit("turnCompleted", None), Offer::Taken);
    turn.end.notify_one();
    assert_eq!(bridge.receive(), event("p", "turnCompleted"));
    assert_eq!(bridge.receive()["params"]["value"], json!({"kind": "end"}));
    assert_eq!(bridge.receive(), answered(false));
}
