//! `$/cancelRequest`, duplicate ids, and requests that take long.

use std::sync::{Arc, mpsc};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Bridge, LONG, TestBoot, table_with};
use crate::error::{Error, ErrorKind};
use crate::rpc::context::Context;
use crate::rpc::table::Table;

/// Says that it was dropped.
struct Guard(mpsc::Sender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

/// A server whose `test/other` never ends, and a channel that tells when one was dropped.
fn hanging() -> (Table, mpsc::Receiver<()>) {
    let (sender, dropped) = mpsc::channel();
    let handler = move |_: Value, _: Context| {
        let guard = Guard(sender.clone());
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok(Value::Null)
        }
    };
    (table_with(handler), dropped)
}

#[test]
fn a_cancelled_request_is_answered_at_once_and_its_handler_dropped() {
    let (table, dropped) = hanging();
    let mut bridge = Bridge::ready(table);
    for id in [json!(1), json!("a")] {
        bridge.request(id.clone(), "test/other", json!({}));
        bridge.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(bridge.receive_error(), (id, -32800, "requestCancelled".to_owned()));
        dropped.recv_timeout(LONG).unwrap();
    }
    bridge.notify("$/cancelRequest", json!({"id": 1}));
    bridge.assert_alive();
}

#[test]
fn an_id_in_progress_cannot_be_used_again_until_it_is_answered() {
    let (table, _dropped) = hanging();
    let mut bridge = Bridge::ready(table);
    bridge.request(1, "test/other", json!({}));
    bridge.request(1, "test/echo", json!({}));
    assert_eq!(bridge.receive_error(), (json!(1), -32600, "invalidRequest".to_owned()));
    bridge.notify("$/cancelRequest", json!({"id": 1}));
    assert_eq!(bridge.receive_error().1, -32800);
    bridge.request(1, "test/echo", json!({"n": 2}));
    assert_eq!(bridge.receive()["result"], json!({"n": 2}));
}

#[test]
fn a_thousand_pending_requests_block_nothing_and_one_too_many_is_refused() {
    let (table, dropped) = hanging();
    let mut bridge = Bridge::ready(table);
    for id in 0..1023 {
        bridge.request(id, "test/other", json!({}));
    }
    bridge.assert_alive();
    bridge.request(1023, "test/other", json!({}));
    bridge.request(1024, "test/echo", json!({}));
    assert_eq!(bridge.receive_error(), (json!(1024), 1050, "overloaded".to_owned()));
    bridge.notify("$/cancelRequest", json!({"id": 700}));
    assert_eq!(bridge.receive_error(), (json!(700), -32800, "requestCancelled".to_owned()));
    dropped.recv_timeout(LONG).unwrap();
    bridge.assert_alive();
}

#[test]
fn a_request_that_waits_for_initialize_is_cancelled_and_never_runs() {
    let (table, dropped) = hanging();
    let mut bridge = Bridge::start(table, TestBoot { gate: Some(Notify::new()), ..TestBoot::default() });
    bridge.request(0, "initialize", json!({}));
    bridge.request(1, "test/other", json!({}));
    bridge.notify("$/cancelRequest", json!({"id": 1}));
    assert_eq!(bridge.receive_error(), (json!(1), -32800, "requestCancelled".to_owned()));
    bridge.notify("$/cancelRequest", json!({"id": 0}));
    bridge.boot.gate.as_ref().unwrap().notify_one();
    assert!(bridge.receive()["result"].is_object());
    bridge.assert_alive();
    assert_eq!(dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
}

#[test]
fn a_handler_that_asked_to_be_told_answers_its_cancellation_itself() {
    let mut bridge = Bridge::ready(table_with(|_: Value, context: Context| async move {
        context.cancellation.ask();
        context.cancellation.cancelled().await;
        tokio::task::yield_now().await;
        Err::<Value, _>(Error::new(ErrorKind::RequestCancelled, "ended").detail("turn", json!({"id": 1})))
    }));
    bridge.request(1, "test/other", json!({}));
    bridge.notify("$/cancelRequest", json!({"id": 1}));
    bridge.notify("$/cancelRequest", json!({"id": 1}));
    let answer = bridge.receive();
    assert_eq!((&answer["error"]["code"], &answer["error"]["data"]["turn"]["id"]), (&json!(-32800), &json!(1)));
    bridge.assert_alive();
}

#[test]
fn a_handler_that_waits_for_the_client_does_not_keep_it_from_answering() {
    let handler = |_: Value, context: Context| async move {
        let answer = context.peer.request("test/ask", &json!({})).answer().await;
        Ok(json!({"answer": answer.is_some_and(|outcome| outcome.is_ok())}))
    };
    let mut bridge = Bridge::ready(table_with(handler));
    let ids: Vec<Value> = (0..8)
        .map(|id| {
            bridge.request(id, "test/other", json!({}));
            bridge.receive()["id"].clone()
        })
        .collect();
    for (id, asked) in ids.iter().enumerate() {
        bridge.send(&json!({"jsonrpc": "2.0", "id": asked, "result": null}));
        assert_eq!(bridge.receive(), json!({"jsonrpc": "2.0", "id": id, "result": {"answer": true}}));
    }
}

#[test]
fn a_reply_may_overtake_an_earlier_request_that_takes_longer() {
    let gate = Arc::new(Notify::new());
    let waiting = Arc::clone(&gate);
    let mut bridge = Bridge::ready(table_with(move |_: Value, _: Context| {
        let gate = Arc::clone(&waiting);
        async move {
            gate.notified().await;
            Ok(json!("late"))
        }
    }));
    bridge.request(1, "test/other", json!({}));
    bridge.assert_alive();
    gate.notify_one();
    assert_eq!(bridge.receive(), json!({"jsonrpc": "2.0", "id": 1, "result": "late"}));
}
