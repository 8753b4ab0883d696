//! From `initialize` to `shutdown`.

use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Bridge, TestBoot, lock, table};
use crate::protocol::event::EventBody;
use crate::rpc::lsp::ClientName;
use crate::rpc::server::Ended;
use crate::rpc::table::descriptions;

fn gated() -> TestBoot {
    TestBoot { gate: Some(Notify::new()), ..TestBoot::default() }
}

fn open_gate(bridge: &Bridge) {
    bridge.boot.gate.as_ref().unwrap().notify_one();
}

#[test]
fn a_request_before_initialize_is_refused_and_a_notification_ignored() {
    let mut bridge = Bridge::start(table(), TestBoot::default());
    for method in ["test/echo", "shutdown", "nope"] {
        bridge.notify(method, json!({}));
        bridge.request(1, method, json!({}));
        assert_eq!(bridge.receive_error(), (json!(1), -32002, "serverNotInitialized".to_owned()));
    }
    bridge.request(2, "initialize", json!({"capabilities": {}}));
    assert_eq!(bridge.receive()["id"], 2);
    bridge.assert_alive();
}

#[test]
fn initialize_tells_what_the_server_can() {
    let mut bridge = Bridge::start(table(), TestBoot::default());
    bridge.request(1, "initialize", json!({"processId": null, "capabilities": {}}));
    let answer = bridge.receive();
    assert_eq!(answer["result"]["serverInfo"]["name"], "claude-bridge");
    let expected = json!({
        "protocolVersion": 1, "methods": ["test/echo"], "modes": ["user"], "events": EventBody::KINDS,
    });
    assert_eq!(answer["result"]["capabilities"]["experimental"]["claudeBridge"], expected);
}

#[test]
fn the_table_has_the_methods_of_the_protocol() {
    let names: Vec<_> = descriptions().iter().map(|method| method.name).collect();
    let expected = [
        "session/create",
        "session/get",
        "session/list",
        "session/setMode",
        "session/setModel",
        "session/setStudy",
        "session/rename",
        "session/fork",
        "session/interrupt",
        "session/compact",
        "session/capabilities",
        "session/contextUsage",
        "session/close",
        "session/delete",
        "session/subscribe",
        "session/unsubscribe",
        "session/export",
        "session/import",
        "message/send",
        "message/list",
        "message/search",
        "usage/summary",
        "study/list",
        "study/get",
        "permission/list",
        "permission/answer",
        "permission/grants",
        "permission/revoke",
        "mcp/status",
        "bridge/health",
    ];
    assert_eq!(names, expected);
    let mut generator = schemars::SchemaGenerator::default();
    for method in descriptions() {
        assert!((method.params)(&mut generator).get("$ref").is_some(), "{}", method.name);
        assert!((method.result)(&mut generator).get("$ref").is_some(), "{}", method.name);
    }
}

#[test]
fn boot_is_told_who_asks_and_where() {
    let mut bridge = Bridge::start(table(), TestBoot::default());
    let params = json!({
        "processId": null, "rootUri": "file:///other", "capabilities": {},
        "clientInfo": {"name": "nvim", "version": "0.11"}, "initializationOptions": {"profile": "general"},
        "workspaceFolders": [{"uri": "file:///home/a%20b/%C3%A9", "name": "w"}, {"uri": "file:///no", "name": "x"}],
    });
    bridge.request(1, "initialize", params);
    bridge.receive();
    let request = lock(&bridge.boot.requests).remove(0);
    assert_eq!(request.options, Some(json!({"profile": "general"})));
    assert_eq!(request.workspace.as_deref(), Some(Path::new("/home/a b/\u{e9}")));
    assert_eq!(request.client, Some(ClientName { name: "nvim".to_owned(), version: Some("0.11".to_owned()) }));
}

#[test]
fn a_root_uri_serves_where_there_are_no_folders_and_only_if_it_is_a_file() {
    for (uri, path) in [("file:///w", Some(Path::new("/w"))), ("vscode-remote://ssh/w", None)] {
        let mut bridge = Bridge::start(table(), TestBoot::default());
        bridge.request(1, "initialize", json!({"rootUri": uri, "workspaceFolders": null, "capabilities": {}}));
        bridge.receive();
        assert_eq!(lock(&bridge.boot.requests)[0].workspace.as_deref(), path);
    }
}

#[test]
fn requests_sent_behind_initialize_are_answered_after_it_and_in_order() {
    let mut bridge = Bridge::start(table(), gated());
    bridge.request(0, "initialize", json!({}));
    bridge.notify("initialized", json!({}));
    for id in 1..=3 {
        bridge.request(id, "test/echo", json!({}));
    }
    bridge.request(4, "shutdown", Value::Null);
    bridge.request(5, "test/echo", json!({}));
    bridge.request("again", "initialize", json!({}));
    assert_eq!(bridge.receive_error(), (json!("again"), -32600, "invalidRequest".to_owned()));
    open_gate(&bridge);
    for id in 0..=4 {
        let answer = bridge.receive();
        assert_eq!((&answer["id"], answer.get("error")), (&json!(id), None));
    }
    assert_eq!(bridge.receive_error(), (json!(5), -32600, "invalidRequest".to_owned()));
}

#[test]
fn a_boot_error_is_the_answer_and_initialize_may_be_tried_again() {
    let mut bridge = Bridge::start(table(), TestBoot { failures: 1.into(), ..gated() });
    bridge.request(1, "initialize", json!({}));
    bridge.request(2, "test/echo", json!({}));
    open_gate(&bridge);
    let answer = bridge.receive();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(1040)));
    let data = json!({
        "kind": "storeUnavailable", "message": "no room", "retryable": true, "hint": "make some", "file": "/x"
    });
    assert_eq!(answer["error"]["data"], data);
    assert_eq!(bridge.receive_error(), (json!(2), -32002, "serverNotInitialized".to_owned()));
    bridge.request(3, "initialize", json!({}));
    open_gate(&bridge);
    assert!(bridge.receive()["result"].is_object());
    bridge.assert_alive();
}

#[test]
fn wrong_params_of_initialize_are_named() {
    let mut bridge = Bridge::start(table(), TestBoot::default());
    bridge.request(1, "initialize", json!({"processId": "x", "capabilities": {}}));
    assert_eq!(bridge.receive_error(), (json!(1), -32602, "invalidParams".to_owned()));
    bridge.request(2, "initialize", json!({}));
    assert!(bridge.receive()["result"].is_object());
}

#[test]
fn initialize_counts_once() {
    let mut bridge = Bridge::ready(table());
    bridge.request(1, "initialize", json!({}));
    assert_eq!(bridge.receive_error(), (json!(1), -32600, "invalidRequest".to_owned()));
    bridge.assert_alive();
}

#[test]
fn notices_follow_the_answer_as_warnings() {
    let boot = TestBoot { notices: vec!["one".to_owned(), "two".to_owned()], ..TestBoot::default() };
    let mut bridge = Bridge::start(table(), boot);
    bridge.request(1, "initialize", json!({}));
    assert_eq!(bridge.receive()["id"], 1);
    for text in ["one", "two"] {
        let expected = json!({"jsonrpc": "2.0", "method": "window/logMessage", "params": {"type": 2, "message": text}});
        assert_eq!(bridge.receive(), expected);
    }
}

#[test]
fn after_shutdown_every_request_is_refused() {
    let mut bridge = Bridge::ready(table());
    bridge.request(1, "shutdown", json!({}));
    assert_eq!(bridge.receive(), json!({"jsonrpc": "2.0", "id": 1, "result": null}));
    for method in ["test/echo", "shutdown", "initialize", "nope", "$/nope"] {
        bridge.request(2, method, json!({}));
        assert_eq!(bridge.receive_error(), (json!(2), -32600, "invalidRequest".to_owned()), "{method}");
    }
    bridge.notify("exit", Value::Null);
    assert_eq!(bridge.try_receive(), None);
    assert_eq!(bridge.ended(), Ended::ExitAfterShutdown);
}
