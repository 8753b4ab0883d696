//! What is said to messages, good and bad.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Bridge, lock, table, table_with};
use crate::rpc::context::Context;
use crate::rpc::table::Table;

const NULL: Value = Value::Null;

#[test]
fn bytes_that_are_not_json_are_a_parse_error_and_the_server_lives() {
    let mut bridge = Bridge::ready(table());
    for body in ["{", "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",}"] {
        bridge.body(body);
        assert_eq!(bridge.receive_error(), (NULL, -32700, "parseError".to_owned()), "{body}");
    }
    bridge.bytes(b"Content-Length: 3\r\n\r\n\"\xff\"");
    assert_eq!(bridge.receive_error().1, -32700);
    bridge.assert_alive();
}

#[test]
fn a_batch_is_refused_once() {
    let mut bridge = Bridge::ready(table());
    bridge.body(r#"[{"jsonrpc":"2.0","id":1,"method":"test/echo"},{"jsonrpc":"2.0","id":2,"method":"test/echo"}]"#);
    assert_eq!(bridge.receive_error(), (NULL, -32600, "invalidRequest".to_owned()));
    bridge.assert_alive();
}

#[test]
fn an_id_that_is_no_integer_and_no_string_is_refused_under_null() {
    let mut bridge = Bridge::ready(table());
    for id in [json!(1.5), NULL, json!({}), json!([1]), json!(true)] {
        bridge.request(id, "test/echo", json!({}));
        assert_eq!(bridge.receive_error(), (NULL, -32600, "invalidRequest".to_owned()));
    }
    bridge.assert_alive();
}

#[test]
fn every_valid_id_comes_back_as_it_was() {
    let mut bridge = Bridge::ready(table());
    for id in [json!(0), json!(-1), json!(i64::MIN), json!(i64::MAX), json!(""), json!("\u{1F980}\"\\\n")] {
        bridge.request(id.clone(), "test/echo", json!({"a": [1, null]}));
        assert_eq!(bridge.receive(), json!({"jsonrpc": "2.0", "id": id, "result": {"a": [1, null]}}));
    }
}

#[test]
fn headers_in_lower_case_and_garbage_between_frames_do_no_harm() {
    let mut bridge = Bridge::ready(table());
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"test/echo"}"#;
    bridge.bytes(format!("content-type: a\ncontent-length: {}\n\n{body}", body.len()).as_bytes());
    assert_eq!(bridge.receive()["id"], 1);
    bridge.bytes(b"what is this?\n\n");
    assert_eq!(bridge.receive_error(), (NULL, -32700, "parseError".to_owned()));
    bridge.assert_alive();
}

#[test]
fn a_promise_of_ten_gibibytes_is_refused_without_waiting_for_them() {
    let mut bridge = Bridge::ready(table());
    bridge.bytes(b"Content-Length: 10737418240\r\n\r\n");
    let message = bridge.receive();
    assert_eq!((&message["id"], &message["error"]["code"]), (&NULL, &json!(1052)));
    assert_eq!(message["error"]["data"]["limit"], 64 << 20);
}

#[test]
fn a_message_of_five_megabytes_comes_back_whole() {
    let mut bridge = Bridge::ready(table());
    let text = "\u{e9}\u{0}x".repeat(1_250_000);
    let (mut to, sent) = (bridge.to.try_clone().unwrap(), text.clone());
    let sender = std::thread::spawn(move || {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "test/echo", "params": {"text": sent}}).to_string();
        std::io::Write::write_all(&mut to, format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    });
    assert!(bridge.receive()["result"]["text"] == text.as_str());
    sender.join().unwrap();
}

#[test]
fn unknown_methods_are_not_found_whatever_they_look_like() {
    let mut bridge = Bridge::ready(table());
    for method in ["nope", "", "$/nope", "rpc.discover", "textDocument/hover", "session/search"] {
        bridge.request(
            1,
            method,
            json!({"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": 0}}),
        );
        assert_eq!(bridge.receive_error(), (json!(1), -32601, "methodNotFound".to_owned()), "{method}");
    }
    for method in ["exit", "initialized", "textDocument/didOpen"] {
        bridge.request(1, method, json!({}));
        assert_eq!(bridge.receive_error(), (json!(1), -32600, "invalidRequest".to_owned()), "{method}");
    }
    bridge.assert_alive();
}

#[test]
fn notifications_are_never_answered() {
    let mut bridge = Bridge::ready(table());
    for method in
        ["nope", "$/nope", "$/setTrace", "initialized", "test/echo", "textDocument/didOpen", "$/cancelRequest"]
    {
        bridge.notify(method, json!({"value": "off", "id": {}}));
        bridge.notify(method, json!([7]));
        bridge.notify(method, NULL);
    }
    bridge.assert_alive();
}

#[test]
fn responses_that_nobody_waits_for_are_ignored() {
    let mut bridge = Bridge::ready(table());
    for id in [json!("bridge-1"), json!(0), json!(99)] {
        bridge.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}));
        bridge.send(&json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": "m"}}));
    }
    bridge.assert_alive();
}

#[test]
fn params_that_do_not_fit_are_named_with_what_is_wrong_and_where() {
    let mut bridge = Bridge::start(
        Table::new().with::<crate::rpc::methods::session::SessionGet, _>(crate::rpc::methods::session::get),
        super::TestBoot::default(),
    );
    bridge.request(0, "initialize", json!({}));
    bridge.receive();
    let cases = [
        (r#"{}"#, "missing field `sessionId`"),
        ("null", "missing field `sessionId`"),
        (r#"{"sessionId":7}"#, "line 1 column"),
        (r#"{"sessionId":"../../x"}"#, "invalid character"),
        (r#"{"sessionId":"\ud800"}"#, "hex escape"),
        (r#"["019b0000-0000-7000-8000-000000000000"]"#, "array"),
    ];
    for (params, said) in cases {
        bridge.body(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"session/get","params":{params}}}"#));
        let message = bridge.receive();
        assert_eq!(message["error"]["code"], -32602, "{message}");
        assert_eq!(message["error"]["data"]["kind"], "invalidParams");
        let text = message["error"]["message"].as_str().unwrap();
        assert!(text.contains("session/get") && text.contains(said), "{text}");
    }
    bridge.body(r#"{"jsonrpc":"2.0","id":1,"method":"session/get","params":7}"#);
    assert_eq!(bridge.receive_error(), (json!(1), -32600, "invalidRequest".to_owned()));
}

#[test]
fn requests_start_in_the_order_they_came() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let mut bridge = Bridge::ready(table_with(move |params: Value, _: Context| {
        lock(&noted).push(params["n"].as_u64().unwrap());
        async move {
            tokio::task::yield_now().await;
            Ok(params)
        }
    }));
    for n in 0..300 {
        bridge.request(n, "test/other", json!({ "n": n }));
    }
    for _ in 0..300 {
        assert!(bridge.receive()["result"].is_object());
    }
    assert!(lock(&seen).is_sorted());
}

#[test]
fn a_panic_is_an_answer_and_the_server_lives() {
    let mut bridge = Bridge::ready(table_with(|params: Value, _: Context| async move {
        if params["later"] == true {
            tokio::task::yield_now().await;
        }
        panic!("of the test")
    }));
    for later in [false, true] {
        bridge.request(1, "test/other", json!({ "later": later }));
        assert_eq!(bridge.receive_error(), (json!(1), -32603, "internalError".to_owned()));
    }
    bridge.assert_alive();
}
