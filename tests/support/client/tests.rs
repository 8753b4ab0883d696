//! Whether the client sees what a server does, and what it leaves undone.

use std::io::{BufReader, PipeReader, PipeWriter, Write};

use serde_json::{Value, json};

use super::{Client, framing};

/// A server that the test plays itself.
struct Server {
    reader: BufReader<PipeReader>,
    writer: PipeWriter,
}

fn internal_error() -> Value {
    json!({"code": -32603, "message": "m", "data": {"kind": "internalError", "message": "m", "retryable": false}})
}

impl Server {
    fn connected() -> (Self, Client) {
        let (their_reader, our_writer) = std::io::pipe().unwrap();
        let (our_reader, their_writer) = std::io::pipe().unwrap();
        (Self { reader: BufReader::new(our_reader), writer: our_writer }, Client::connect(their_reader, their_writer))
    }

    fn receive(&mut self) -> Value {
        serde_json::from_slice(&framing::read_frame(&mut self.reader).unwrap().unwrap()).unwrap()
    }

    fn send(&mut self, message: &Value) {
        self.writer.write_all(&framing::frame(message.to_string().as_bytes())).unwrap();
    }

    fn progress(&mut self, token: &str, value: &Value) {
        self.send(&json!({"method": "$/progress", "params": {"token": token, "value": value}}));
    }
}

#[test]
fn a_response_finds_its_request_whatever_the_order() {
    let (mut server, client) = Server::connected();
    let first = client.start_request("session/get", json!({}));
    let second = client.start_request("session/list", json!({}));
    let ids = [server.receive()["id"].clone(), server.receive()["id"].clone()];
    server.send(&json!({"id": ids[1], "result": {"sessions": []}}));
    server.send(&json!({"id": ids[0], "error": internal_error()}));
    assert_eq!(second.result(), json!({"sessions": []}));
    assert_eq!(first.error().kind(), "internalError");
    assert_eq!(client.faults(), [""; 0]);
}

#[test]
fn an_error_that_nobody_looked_at_is_a_fault() {
    let (mut server, client) = Server::connected();
    client.start_request("a", json!({}));
    let looked_at = client.start_request("b", json!({}));
    for _ in 0..2 {
        let id = server.receive()["id"].clone();
        server.send(&json!({"id": id, "error": internal_error()}));
    }
    looked_at.error();
    let faults = client.faults();
    assert!(faults.len() == 1 && faults[0].starts_with("nobody looked at the error"), "{faults:?}");
}

#[test]
fn a_request_of_the_server_has_to_be_answered() {
    let (mut server, client) = Server::connected();
    server.send(&json!({"id": "s1", "method": "window/workDoneProgress/create", "params": {"token": "w"}}));
    let request = client.next_server_request("window/workDoneProgress/create");
    assert_eq!(client.faults(), ["nobody answered the server's request \"s1\""]);
    request.answer(&Value::Null);
    assert_eq!(client.faults(), [""; 0]);
    assert_eq!(server.receive(), json!({"jsonrpc": "2.0", "id": "s1", "result": null}));
}

#[test]
fn an_event_after_the_response_is_a_fault() {
    let (mut server, client) = Server::connected();
    let pending = client.start_request("message/send", json!({"partialResultToken": "t"}));
    server.receive();
    let event = |seq: u64| {
        let (id, at) = ("019b0000-0000-7000-8000-000000000001", "2026-01-02T03:04:05.678Z");
        json!({"event": {"seq": seq, "sessionId": id, "at": at, "kind": "status", "status": "starting"}})
    };
    server.progress("t", &event(1));
    assert_eq!(client.next_progress("t")["event"]["seq"], 1);
    server.send(&json!({"id": 1, "error": internal_error()}));
    pending.error();
    assert_eq!(client.faults(), [""; 0]);
    server.progress("t", &event(2));
    client.next_progress("t");
    assert_eq!(client.faults(), ["progress under \"t\" after the response"]);
}

#[test]
fn a_frame_that_breaks_the_schemas_is_a_fault_whatever_it_is() {
    let cases = [
        (
            json!({"method": "$/progress", "params": {"token": "t", "value": {"event": {"seq": 1, "kind": "usage"}}}}),
            "\"sessionId\" is a required",
        ),
        (json!({"method": "$/progress", "params": {"token": "t", "value": {"kind": "report"}}}), "work-done progress"),
        (json!({"method": "window/logMessage", "params": {"type": "warning", "message": "m"}}), "window/logMessage"),
        (json!({"method": "telemetry/event", "params": {}}), "does not describe telemetry/event"),
        (json!({"id": "s1", "method": "window/workDoneProgress/create", "params": {}}), "workDoneProgress/create"),
        (json!({"id": "s1", "method": "client/registerCapability", "params": {}}), "does not describe client/"),
        (json!({"id": 1, "result": {"messages": [{"id": 7}]}}), "the result of message/list"),
        (json!({"id": 1, "error": {"code": -32603, "message": "m"}}), "the data of the error -32603"),
        (
            json!({"id": 1, "error": {"code": -32603, "message": "another", "data": internal_error()["data"]}}),
            "not a whole",
        ),
    ];
    for (frame, said) in cases {
        let (mut server, client) = Server::connected();
        client.start_request(
            "message/list",
            json!({"sessionId": "019b0000-0000-7000-8000-000000000001", "partialResultToken": "t"}),
        );
        server.receive();
        server.send(&frame);
        drop(server);
        client.wait_for_end();
        let faults = client.faults();
        assert!(faults.iter().any(|fault| fault.contains(said)), "{frame}: {faults:?}");
    }
}

#[test]
fn an_accepted_request_that_the_schemas_do_not_allow_is_a_fault() {
    let (mut server, client) = Server::connected();
    let pending = client.start_request("message/list", json!({"sessionId": "../../x"}));
    server.receive();
    server.send(&json!({"id": 1, "result": {"messages": []}}));
    pending.result();
    let faults = client.faults();
    assert!(faults.len() == 1 && faults[0].contains("the parameters of message/list"), "{faults:?}");
}

#[test]
fn a_stray_print_on_stdout_is_a_fault() {
    let (mut server, client) = Server::connected();
    server.writer.write_all(b"debugging\n").unwrap();
    let stray = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client.next_stray_response()));
    assert!(stray.is_err());
    assert!(client.faults()[0].contains("debugging"), "{:?}", client.faults());
}
