//! The HTTP side of the stand-in API.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::reply::{Body, Message};
use super::request::Request;
use super::sse::{Emission, Outgoing};

/// Serves until `stopped`; replies that still wait at a gate are dropped with the runtime.
pub(super) fn run(listener: TcpListener, shared: Arc<Shared>, stopped: oneshot::Receiver<Infallible>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async move {
        listener.set_nonblocking(true).expect("a listener that does not block");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener of the runtime");
        let app = Router::new()
            .route("/v1/messages", post(messages))
            .route("/v1/messages/count_tokens", post(count_tokens))
            .fallback(anything_else)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(shared);
        tokio::select! {
            served = axum::serve(listener.tap_io(answer_at_once), app) => served.expect("the stand-in API serves"),
            Err(_) = stopped => {}
        }
    });
}

/// Nagle's algorithm would hold parts of a stream back for 40 ms.
fn answer_at_once(stream: &mut tokio::net::TcpStream) {
    stream.set_nodelay(true).expect("a connected socket");
}

async fn messages(State(shared): State<Arc<Shared>>, Json(body): Json<Value>) -> Response {
    let request = Request::new(body);
    let (model, streamed) = (request.model().to_owned(), request.wants_stream());
    let reply = shared.take(request);
    match reply.body {
        Body::Failure { status, body } => {
            (StatusCode::from_u16(status).expect("a status of HTTP"), Json(body)).into_response()
        }
        Body::Message(message) if streamed => stream_message(shared.next_id(), model, message),
        Body::Message(message) => whole_message(shared.next_id(), &model, &message).await,
    }
}

async fn count_tokens() -> Json<Value> {
    Json(json!({"input_tokens": 12}))
}

async fn anything_else() -> Json<Value> {
    Json(json!({}))
}

async fn whole_message(id: String, model: &str, message: &Message) -> Response {
    let outgoing = Outgoing { id, model, message };
    for gate in outgoing.gates() {
        gate.opened().await;
    }
    Json(outgoing.whole()).into_response()
}

fn stream_message(id: String, model: String, message: Message) -> Response {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for emission in (Outgoing { id, model: &model, message: &message }).emissions() {
            match emission {
                Emission::Wait(gate) => gate.opened().await,
                Emission::Event(event) => {
                    if sender.send(event).await.is_err() {
                        // Whoever asked has gone away, as the CLI does at an interrupt.
                        return;
                    }
                }
            }
        }
    });
    let events = stream::unfold(receiver, |mut receiver| async move {
        let event: Value = receiver.recv().await?;
        Some((Ok::<_, Infallible>(sse_event(&event)), receiver))
    });
    Sse::new(events).into_response()
}

fn sse_event(event: &Value) -> Event {
    Event::default().event(event["type"].as_str().unwrap_or_default()).data(event.to_string())
}
