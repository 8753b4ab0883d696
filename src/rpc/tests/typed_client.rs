//! The typed client against the real table.

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Ended, LONG, Served, TestBoot};
use crate::ids::SessionId;
use crate::protocol::session::SessionParams;
use crate::rpc::client::{CONNECTION_CLOSED, Client, FromServer, Incoming};
use crate::rpc::methods::session::{SessionDelete, SessionGet};
use crate::rpc::server::serve;

async fn connect(boot: TestBoot) -> (Client, Incoming, tokio::task::JoinHandle<Served>) {
    let (to, input) = UnixStream::pair().unwrap();
    let (output, from) = UnixStream::pair().unwrap();
    let served = tokio::spawn(serve(input, output, Arc::new(boot), std::future::pending()));
    let (client, incoming) = Client::over(from, to).unwrap();
    (client, incoming, served)
}

#[tokio::test]
async fn a_typed_call_reaches_its_method_and_its_error_is_read() {
    let (client, mut incoming, served) =
        connect(TestBoot { notices: vec!["careful".to_owned()], ..TestBoot::default() }).await;
    let answer = client.request_raw("initialize", json!({"capabilities": {}})).await.unwrap();
    assert_eq!(answer["serverInfo"]["name"], "claude-bridge");
    let notice = FromServer::Notification {
        method: "window/logMessage".to_owned(),
        params: json!({"type": 2, "message": "careful"}),
    };
    assert_eq!(incoming.recv().await, Some(notice));
    let params = SessionParams { session_id: SessionId::new() };
    let error = client.request::<SessionGet>(params).await.unwrap_err();
    assert_eq!((error.code, error.kind()), (1001, Some("sessionNotFound")));
    assert!(client.request::<SessionDelete>(params).await.is_err());
    client.request_raw("shutdown", Value::Null).await.unwrap();
    client.notify("exit", &Value::Null);
    assert_eq!(served.await.unwrap().ended, Ended::ExitAfterShutdown);
    assert_eq!(incoming.recv().await, None);
    assert_eq!(client.request_raw("session/list", json!({})).await.unwrap_err().code, CONNECTION_CLOSED);
}

#[tokio::test]
async fn a_server_that_asks_is_answered_by_a_client() {
    let (server_side, client_side) = UnixStream::pair().unwrap();
    let (one, mut asks) = Client::over(server_side.try_clone().unwrap(), server_side).unwrap();
    let (other, _) = Client::over(client_side.try_clone().unwrap(), client_side).unwrap();
    let pending = other.send("test/ask", &json!({"n": 1}));
    let refused = other.send("test/ask", &json!({"n": 2}));
    let Some(FromServer::Request { id, method, params }) = asks.recv().await else { panic!("nothing was asked") };
    assert_eq!((method.as_str(), params), ("test/ask", json!({"n": 1})));
    one.answer(&id, &json!({"yes": true}));
    one.refuse(refused.id(), 7, "no");
    assert_eq!(pending.answer::<Value>().await.unwrap(), json!({"yes": true}));
    assert_eq!(refused.answer::<Value>().await.unwrap_err().code, 7);
}

#[tokio::test]
async fn a_cancelled_call_is_answered() {
    let boot = TestBoot { gate: Some(tokio::sync::Notify::new()), ..TestBoot::default() };
    let (client, _incoming, served) = connect(boot).await;
    let initialize = client.send("initialize", &json!({}));
    let waiting = client.send("session/list", &json!({}));
    client.cancel(&waiting);
    assert_eq!(waiting.answer::<Value>().await.unwrap_err().kind(), Some("requestCancelled"));
    client.notify("exit", &Value::Null);
    assert_eq!(initialize.answer::<Value>().await.unwrap_err().kind(), Some("shuttingDown"));
    assert_eq!(served.await.unwrap().ended, Ended::ExitWithoutShutdown);
    assert!(client.close(LONG).await);
}
