//! A client that knows only `protocol.md`, with nothing of the library: threads, pipes and JSON.

mod framing;
mod gate;
mod inbox;
mod invariants;
mod pending;
#[cfg(test)]
mod tests;

use std::io::{BufReader, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use gate::Gate;
use inbox::{Inbox, token_key};

pub(crate) use pending::{Pending, RpcError, ServerRequest};

use super::schema;

/// The client's side of a connection; clones are the same one.
#[derive(Clone)]
pub(crate) struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    inbox: Inbox,
    writer: Mutex<Option<Box<dyn Write + Send>>>,
    last_id: AtomicU64,
    gate: Gate,
}

impl Client {
    /// Connects to a server by its output and input.
    pub(crate) fn connect(reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> Self {
        let shared = Shared {
            inbox: Inbox::new(schema::committed()),
            writer: Mutex::new(Some(Box::new(writer))),
            last_id: AtomicU64::new(0),
            gate: Gate::default(),
        };
        let client = Self { shared: Arc::new(shared) };
        let reading = client.clone();
        let guarded = client.shared.gate.guard(reader);
        std::thread::spawn(move || reading.read_all(guarded));
        client
    }

    /// Sends a request.
    pub(crate) fn start_request(&self, method: &str, params: Value) -> Pending {
        let id = self.next_id();
        let message = with_params(json!({"jsonrpc": "2.0", "id": id, "method": method}), &params);
        self.shared.inbox.sent(id, method, params);
        self.send(&message);
        Pending::new(id, self.clone())
    }

    /// Sends a notification.
    pub(crate) fn notify(&self, method: &str, params: &Value) {
        self.send(&with_params(json!({"jsonrpc": "2.0", "method": method}), params));
    }

    /// Sends bytes as they are. A server that has gone is no failure of the client.
    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        let mut writer = self.shared.writer.lock().expect("no thread panicked while it wrote");
        if let Some(writer) = writer.as_mut() {
            let sent = writer.write_all(bytes).and_then(|()| writer.flush());
            if let Err(error) = sent {
                self.shared.inbox.note(&format!("could not write {} bytes: {error}", bytes.len()));
            }
        }
    }

    /// Sends a body in a frame.
    pub(crate) fn send_body(&self, body: &[u8]) {
        self.shared.inbox.note(&format!("→ {}", String::from_utf8_lossy(body)));
        self.send_raw(&framing::frame(body));
    }

    /// Reads nothing more until [`Self::read_on`].
    pub(crate) fn stop_reading(&self) {
        self.shared.gate.close();
    }

    /// Reads again.
    pub(crate) fn read_on(&self) {
        self.shared.gate.open();
    }

    /// Closes the server's stdin.
    pub(crate) fn close(&self) {
        drop(self.shared.writer.lock().expect("no thread panicked while it wrote").take());
    }

    /// The next progress value under a token.
    pub(crate) fn next_progress(&self, token: &str) -> Value {
        let key = token_key(&token.into());
        self.shared.inbox.wait(&format!("progress under {key}"), |state| state.progress.get_mut(&key)?.pop_front())
    }

    /// The progress values under a token that came and were not taken yet.
    pub(crate) fn progress_so_far(&self, token: &str) -> Vec<Value> {
        let key = token_key(&token.into());
        self.shared.inbox.take(|state| state.progress.remove(&key).map(Vec::from).unwrap_or_default())
    }

    /// The next notification of this method.
    pub(crate) fn next_notification(&self, method: &str) -> Value {
        self.shared.inbox.wait(&format!("a notification {method}"), |state| {
            let found = state.notifications.iter().position(|notification| notification["method"] == method)?;
            state.notifications.remove(found).map(|mut notification| notification["params"].take())
        })
    }

    /// The next request of this method from the server.
    pub(crate) fn next_server_request(&self, method: &str) -> ServerRequest {
        let request = self.shared.inbox.wait(&format!("a request {method} of the server"), |state| {
            let found = state.server_requests.iter().position(|request| request["method"] == method)?;
            state.server_requests.remove(found)
        });
        ServerRequest::new(request, self.clone())
    }

    /// Whether a request of the server's was neither answered nor withdrawn.
    pub(crate) fn is_asked(&self) -> bool {
        self.shared.inbox.is_asked()
    }

    /// The next response to what was sent raw: its id is none that this client gave out.
    pub(crate) fn next_stray_response(&self) -> Value {
        self.shared.inbox.wait("a response to a raw message", |state| state.stray_responses.pop_front())
    }

    /// Waits until the server has closed its stdout, which no child of its may hold open.
    pub(crate) fn wait_for_end(&self) {
        self.shared.inbox.wait_for_end();
    }

    /// The server is about to be killed: its last frame may be cut.
    pub(crate) fn expect_cut(&self) {
        self.shared.inbox.expect_cut();
    }

    /// All that is wrong with the connection so far: frames that break a rule, and what nobody claimed.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.shared.inbox.faults()
    }

    /// Everything seen, for the report of a test that failed.
    pub(crate) fn transcript(&self) -> String {
        self.shared.inbox.transcript()
    }

    fn send(&self, message: &Value) {
        self.send_body(message.to_string().as_bytes());
    }

    fn next_id(&self) -> u64 {
        self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn read_all(&self, reader: impl Read) {
        let mut reader = BufReader::new(reader);
        loop {
            match framing::read_frame(&mut reader) {
                Ok(Some(body)) => self.shared.inbox.received(&body),
                Ok(None) => return self.shared.inbox.ended(None),
                Err(error) => return self.shared.inbox.ended(Some(&error.to_string())),
            }
        }
    }
}

/// JSON-RPC leaves parameters out where there are none.
fn with_params(mut message: Value, params: &Value) -> Value {
    if !params.is_null() {
        message["params"] = params.clone();
    }
    message
}
