//! The other side: a typed client, for tests and for programs of our own.
//!
//! jsonrpsee's client is not used: it drops a subscription that lags, dies of a response it did not expect, and cannot
//! answer the server's requests. On top of our own framing and outbox this is less than the adapter would be.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::calls::{Call, Calls};
use super::envelope::{self, Message};
use super::framing::Framed;
use super::method::Method;
use super::outbox::Outbox;
use super::reply::to_json;
use super::stdio;

pub use super::calls::RpcError;
pub use super::envelope::Id;

/// The code of the error that stands for an answer that never came, as in `vscode-jsonrpc`.
pub const CONNECTION_CLOSED: i64 = -32097;

/// The code of the error that stands for an answer that could not be read.
pub const UNREADABLE_ANSWER: i64 = -32098;

/// A cheap handle on a connection to a server.
#[derive(Clone, Debug)]
pub struct Client {
    outbox: Arc<Outbox>,
    calls: Arc<Calls>,
}

/// What the server sends without having been asked, in the order it came. Whoever connects reads it, or lets it go: while
/// 4096 of them are left unread the server is not read either, and no answer comes.
pub type Incoming = mpsc::Receiver<FromServer>;

/// How many messages of the server's can wait to be taken.
const WAITING: usize = 4096;

/// Something the server sent without having been asked.
#[derive(Clone, Debug, PartialEq)]
pub enum FromServer {
    /// A notification.
    Notification {
        /// Its name.
        method: String,
        /// Its parameters; `null` if there are none.
        params: Value,
    },
    /// A request, to be answered by [`Client::answer`].
    Request {
        /// Its id.
        id: Id,
        /// Its name.
        method: String,
        /// Its parameters; `null` if there are none.
        params: Value,
    },
    /// A message that is none, or an error that answers no request.
    Unreadable(String),
}

/// A request that was sent.
#[derive(Debug)]
pub struct Pending {
    call: Call,
}

impl Client {
    /// Speaks to a server whose output is `reader` and whose input is `writer`.
    ///
    /// # Errors
    /// If the threads that read and write cannot be started.
    pub fn over(
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> io::Result<(Self, Incoming)> {
        let client = Self { outbox: Arc::default(), calls: Calls::new(|number| Id::Number(number.cast_signed())) };
        let (sender, incoming) = mpsc::channel(WAITING);
        stdio::spawn_writer(Arc::clone(&client.outbox), writer)?;
        let (receiving, ending) = (Arc::clone(&client.calls), Arc::clone(&client.calls));
        let found = move |framed: Framed<'_>| {
            receive(&receiving, &sender, framed);
            ControlFlow::Continue(())
        };
        stdio::spawn_reader(reader, found, move || ending.close())?;
        Ok((client, incoming))
    }

    /// Calls a method and waits for its answer.
    ///
    /// # Errors
    /// What the server answered, [`CONNECTION_CLOSED`] or [`UNREADABLE_ANSWER`].
    pub async fn request<M: Method>(&self, params: M::Params) -> Result<M::Result, RpcError> {
        self.send(M::NAME, &params).answer().await
    }

    /// Calls a method by its name and waits for its answer.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub async fn request_raw(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        self.send(method, &params).answer().await
    }

    /// Sends a request. Those of one thread are sent in the order of its calls.
    #[must_use]
    pub fn send(&self, method: &str, params: &impl Serialize) -> Pending {
        let call = self.calls.open();
        let (id, method, params) = (call.id().to_string(), to_json(&method), to_json(params));
        let head = r#"{"jsonrpc":"2.0","id":"#;
        self.outbox.push(&[head, &id, r#","method":"#, &method, r#","params":"#, &params, "}"]);
        Pending { call }
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: &impl Serialize) {
        let (method, params) = (to_json(&method), to_json(params));
        self.outbox.push(&[r#"{"jsonrpc":"2.0","method":"#, &method, r#","params":"#, &params, "}"]);
    }

    /// Cancels a request; it is still answered.
    pub fn cancel(&self, request: &Pending) {
        let id = request.call.id().to_string();
        self.outbox.push(&[r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"#, &id, "}}"]);
    }

    /// Answers a request of the server's.
    pub fn answer(&self, id: &Id, result: &impl Serialize) {
        let (id, result) = (id.to_string(), to_json(result));
        self.outbox.push(&[r#"{"jsonrpc":"2.0","id":"#, &id, r#","result":"#, &result, "}"]);
    }

    /// Refuses a request of the server's.
    pub fn refuse(&self, id: &Id, code: i64, message: &str) {
        let (id, error) = (id.to_string(), to_json(&serde_json::json!({ "code": code, "message": message })));
        self.outbox.push(&[r#"{"jsonrpc":"2.0","id":"#, &id, r#","error":"#, &error, "}"]);
    }

    /// Sends nothing more: once all is written, the server's input ends. Says whether it came to that within `limit`.
    pub async fn close(&self, limit: Duration) -> bool {
        self.outbox.close_and_flush(limit).await
    }
}

impl Pending {
    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &Id {
        self.call.id()
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub async fn answer<T: DeserializeOwned>(mut self) -> Result<T, RpcError> {
        let raw = match self.call.answer().await {
            Some(outcome) => outcome?,
            None => return Err(failure(CONNECTION_CLOSED, "the connection ended before the answer".to_owned())),
        };
        serde_json::from_str(raw.get())
            .map_err(|error| failure(UNREADABLE_ANSWER, format!("the answer is not what was expected: {error}")))
    }
}

impl RpcError {
    /// The stable name of what went wrong, where the server gave one.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.data.as_ref()?.get("kind")?.as_str()
    }
}

fn failure(code: i64, message: String) -> RpcError {
    RpcError { code, message, data: None }
}

fn receive(calls: &Calls, incoming: &mpsc::Sender<FromServer>, framed: Framed<'_>) {
    let message = match framed {
        Framed::Message(body) => match envelope::parse(body) {
            Ok(Message::Response { id, outcome }) => return calls.answer(&id, outcome),
            Ok(Message::Notification { method, params }) => {
                FromServer::Notification { method, params: to_value(params) }
            }
            Ok(Message::Request { id, method, params }) => FromServer::Request { id, method, params: to_value(params) },
            Err(_) => FromServer::Unreadable(String::from_utf8_lossy(body).into_owned()),
        },
        other => FromServer::Unreadable(format!("{other:?}")),
    };
    if incoming.blocking_send(message).is_err() {
        tracing::debug!("nobody listens to the server any more");
    }
}

fn to_value(params: Option<&RawValue>) -> Value {
    params.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null)
}
