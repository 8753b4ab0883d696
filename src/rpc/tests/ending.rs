//! How a connection ends, in every state.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Bridge, Ended, TestBoot, table, table_with};
use crate::rpc::context::Context;

#[test]
fn the_end_of_input_before_initialize_ends_the_server() {
    let bridge = Bridge::start(table(), TestBoot::default());
    bridge.close_input();
    assert_eq!(bridge.ended(), Ended::EndOfInput);
}

#[test]
fn the_end_of_input_within_a_frame_ends_the_server() {
    let mut bridge = Bridge::ready(table());
    bridge.bytes(b"Content-Length: 100\r\n\r\n{\"json");
    bridge.close_input();
    assert_eq!(bridge.try_receive(), None);
    assert_eq!(bridge.ended(), Ended::EndOfInput);
}

#[test]
fn what_was_piped_in_is_answered_before_the_end() {
    let mut bridge = Bridge::start(
        table_with(|params: Value, _: Context| async move {
            tokio::task::yield_now().await;
            Ok(params)
        }),
        TestBoot::default(),
    );
    bridge.request(0, "initialize", json!({}));
    bridge.request(1, "test/other", json!({}));
    bridge.request(2, "test/other", json!({}));
    bridge.close_input();
    let mut ids: Vec<i64> = (0..3).map(|_| bridge.receive()).filter_map(|answer| answer["id"].as_i64()).collect();
    ids.sort_unstable();
    assert_eq!((ids, bridge.try_receive()), (vec![0, 1, 2], None));
    assert_eq!(bridge.ended(), Ended::EndOfInput);
}

#[test]
fn what_was_piped_in_is_answered_though_the_start_takes_a_while() {
    let boot = TestBoot { takes: Duration::from_millis(50), ..TestBoot::default() };
    let mut bridge = Bridge::start(table(), boot);
    bridge.request(0, "initialize", json!({}));
    bridge.request(1, "test/echo", json!({}));
    bridge.close_input();
    for id in 0..2 {
        let answer = bridge.receive();
        assert_eq!((&answer["id"], answer.get("error")), (&json!(id), None));
    }
    assert_eq!(bridge.ended(), Ended::EndOfInput);
}

#[test]
fn a_request_that_does_not_end_is_answered_at_the_end_and_in_time() {
    let mut bridge = Bridge::ready(table_with(|_: Value, _: Context| async move {
        std::future::pending::<()>().await;
        Ok(Value::Null)
    }));
    bridge.request(1, "test/other", json!({}));
    bridge.assert_alive();
    let start = Instant::now();
    bridge.close_input();
    assert_eq!(bridge.receive_error(), (json!(1), 1051, "shuttingDown".to_owned()));
    assert_eq!(bridge.try_receive(), None);
    assert_eq!(bridge.ended(), Ended::EndOfInput);
    assert!(start.elapsed().as_millis() < 1500, "{:?}", start.elapsed());
}

#[test]
fn the_end_of_input_while_booting_answers_what_waits() {
    let mut bridge = Bridge::start(table(), TestBoot { gate: Some(Notify::new()), ..TestBoot::default() });
    bridge.request(0, "initialize", json!({}));
    bridge.request(1, "test/echo", json!({}));
    bridge.close_input();
    let mut answers = [bridge.receive_error(), bridge.receive_error()];
    answers.sort_by_key(|answer| answer.0.as_i64());
    let expected = [0, 1].map(|id| (json!(id), 1051, "shuttingDown".to_owned()));
    assert_eq!((answers, bridge.ended()), (expected, Ended::EndOfInput));
}

#[test]
fn exit_says_whether_the_client_had_shut_the_server_down() {
    let mut bridge = Bridge::start(table(), TestBoot::default());
    bridge.notify("exit", Value::Null);
    assert_eq!(bridge.ended(), Ended::ExitWithoutShutdown);

    let mut bridge = Bridge::start(table(), TestBoot { gate: Some(Notify::new()), ..TestBoot::default() });
    bridge.request(0, "initialize", json!({}));
    bridge.notify("exit", json!({}));
    assert_eq!(bridge.receive_error().1, 1051);
    assert_eq!(bridge.ended(), Ended::ExitWithoutShutdown);

    let mut bridge = Bridge::start(table(), TestBoot { gate: Some(Notify::new()), ..TestBoot::default() });
    bridge.request(0, "initialize", json!({}));
    bridge.request(1, "shutdown", Value::Null);
    bridge.notify("exit", Value::Null);
    assert_eq!(bridge.ended(), Ended::ExitAfterShutdown);

    let mut bridge = Bridge::ready(table());
    bridge.request(1, "test/echo", json!({}));
    bridge.request(2, "shutdown", Value::Null);
    bridge.notify("exit", Value::Null);
    bridge.close_input();
    assert_eq!((bridge.receive()["id"].as_i64(), bridge.receive()["id"].as_i64()), (Some(1), Some(2)));
    assert_eq!(bridge.ended(), Ended::ExitAfterShutdown);
}

#[test]
fn what_comes_after_exit_is_not_looked_at() {
    let mut bridge = Bridge::ready(table());
    let message = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let exit = message(r#"{"jsonrpc":"2.0","method":"exit"}"#);
    let after = message(r#"{"jsonrpc":"2.0","id":1,"method":"test/echo"}"#);
    bridge.bytes(format!("{exit}{after}").as_bytes());
    assert_eq!(bridge.try_receive(), None);
    assert_eq!(bridge.ended(), Ended::ExitWithoutShutdown);
}

#[test]
fn a_client_that_closed_its_end_is_dropped() {
    let mut bridge = Bridge::ready(table());
    let (_, other) = std::os::unix::net::UnixStream::pair().unwrap();
    drop(std::mem::replace(&mut bridge.from, other));
    bridge.request(1, "test/echo", json!({}));
    let Ended::ClientDropped { reason } = bridge.ended() else { panic!("the client was not dropped") };
    assert!(reason.contains("writing to it failed"), "{reason}");
}

#[test]
fn a_client_that_never_reads_is_read_all_the_same_and_dropped_at_the_cap() {
    let mut bridge = Bridge::ready(table());
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "test/echo", "params": {"x": "x".repeat(1 << 20)}});
    let body = body.to_string();
    let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..66 {
        // Once the client is dropped, the server reads no more either.
        if bridge.to.write_all(frame.as_bytes()).is_err() {
            break;
        }
    }
    let Ended::ClientDropped { reason } = bridge.ended() else { panic!("the client was not dropped") };
    assert!(reason.contains("64 MiB unread"), "{reason}");
}

#[test]
fn the_end_of_the_process_that_started_us_ends_the_server() {
    let mut parent = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut bridge = Bridge::start(table(), TestBoot::default());
    bridge.request(1, "initialize", json!({"processId": parent.id()}));
    assert!(bridge.receive()["result"].is_object());
    bridge.assert_alive();
    drop(parent.stdin.take());
    assert_eq!(bridge.try_receive(), None);
    assert_eq!(bridge.ended(), Ended::ParentGone);
    assert!(parent.wait().unwrap().success());
}
