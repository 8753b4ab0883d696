//! A server at the other end of two sockets, driven byte by byte.

mod cancelling;
mod ending;
mod lifecycle;
mod messages;
mod progress;
mod typed_client;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::context::Context;
use super::framing::{Framed, Parser};
use super::lock;
use super::lsp::{Boot, BootRequest, Booted};
use super::method::Method;
use super::server::{Ended, Served, serve_table};
use super::table::{Handler, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{Service, Settings};

/// Longer than anything takes; a test that waits for so long fails.
const LONG: Duration = Duration::from_secs(20);

/// A method of the tests' own, whose params and result are any JSON.
macro_rules! method {
    ($type:ident, $name:literal) => {
        struct $type;
        impl Method for $type {
            const NAME: &'static str = $name;
            const SUMMARY: &'static str = "";
            const ERRORS: &'static [ErrorKind] = &[];
            type Params = Value;
            type Result = Value;
        }
    };
}

method!(Echo, "test/echo");
method!(Other, "test/other");

/// The methods of a server that is only the test's.
fn table() -> Table {
    Table::new().with::<Echo, _>(|params: Value, _: Context| async move { Ok(params) })
}

/// The methods of a server with one more that the test brings.
fn table_with(handler: impl Handler<Other>) -> Table {
    table().with::<Other, _>(handler)
}

/// A boot that notes what it was asked, takes as long and fails as often as it is told to.
#[derive(Default)]
struct TestBoot {
    requests: Mutex<Vec<BootRequest>>,
    failures: Mutex<u32>,
    gate: Option<Notify>,
    takes: Duration,
    notices: Vec<String>,
    data: TempFolder,
}

/// A folder for what the application stores.
struct TempFolder(tempfile::TempDir);

impl Default for TempFolder {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl TempFolder {
    fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

impl Boot for TestBoot {
    fn boot(&self, request: BootRequest) -> BoxFuture<'_, Result<Booted>> {
        async move {
            lock(&self.requests).push(request);
            if let Some(gate) = &self.gate {
                gate.notified().await;
            }
            tokio::time::sleep(self.takes).await;
            let mut failures = lock(&self.failures);
            if *failures > 0 {
                *failures -= 1;
                return Err(Error::new(ErrorKind::StoreUnavailable, "no room").hint("make some").detail("file", "/x"));
            }
            let service = Service::start(Settings::for_tests(self.data.path()));
            Ok(Booted { service, is_shared: false, notices: self.notices.clone() })
        }
        .boxed()
    }
}

/// A server and the test's ends of its streams.
struct Bridge {
    to: UnixStream,
    from: UnixStream,
    parser: Parser,
    /// Messages that came with the one that was asked for.
    arrived: Vec<Value>,
    served: JoinHandle<Served>,
    boot: Arc<TestBoot>,
    runtime: Runtime,
}

impl Bridge {
    /// A server that is not initialized.
    fn start(table: Table, boot: TestBoot) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (to, input) = UnixStream::pair().unwrap();
        let (output, from) = UnixStream::pair().unwrap();
        from.set_read_timeout(Some(LONG)).unwrap();
        let boot = Arc::new(boot);
        let served = runtime.spawn(serve_table(
            Box::leak(Box::new(table)),
            input,
            output,
            Arc::clone(&boot) as _,
            std::future::pending(),
        ));
        Self { to, from, parser: Parser::default(), arrived: Vec::new(), served, boot, runtime }
    }

    /// A server that is initialized.
    fn ready(table: Table) -> Self {
        let mut bridge = Self::start(table, TestBoot::default());
        bridge.send(&json!({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": {}}));
        assert_eq!(bridge.receive()["id"], "init");
        bridge
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.to.write_all(bytes).unwrap();
    }

    fn body(&mut self, body: &str) {
        self.bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn send(&mut self, message: &Value) {
        self.body(&message.to_string());
    }

    fn request(&mut self, id: impl Into<Value>, method: &str, params: impl Into<Value>) {
        let (id, params): (Value, Value) = (id.into(), params.into());
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
    }

    fn notify(&mut self, method: &str, params: impl Into<Value>) {
        let params: Value = params.into();
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The next message of the server's; `None` at the end of its stream.
    fn try_receive(&mut self) -> Option<Value> {
        let mut chunk = [0; 4096];
        while self.arrived.is_empty() {
            let length = match self.from.read(&mut chunk) {
                // Children of other tests end in this process.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                read => read.expect("the server says nothing"),
            };
            let arrived = &mut self.arrived;
            self.parser.feed(&chunk[..length], |framed| match framed {
                Framed::Message(body) => arrived.push(serde_json::from_slice(body).unwrap()),
                other => panic!("{other:?}"),
            });
            if length == 0 {
                return None;
            }
        }
        Some(self.arrived.remove(0))
    }

    fn receive(&mut self) -> Value {
        self.try_receive().expect("the server's stream ended")
    }

    /// The next message must be an error; gives its id, code and kind, after seeing that it is complete.
    fn receive_error(&mut self) -> (Value, i64, String) {
        let message = self.receive();
        let error = &message["error"];
        let text = error["message"].as_str().unwrap_or_else(|| panic!("no error: {message}"));
        assert!(error["data"]["retryable"].is_boolean(), "{message}");
        assert_eq!(error["data"]["message"], text);
        let kind = error["data"]["kind"].as_str().unwrap().to_owned();
        (message["id"].clone(), error["code"].as_i64().unwrap(), kind)
    }

    /// The server must be alive and have nothing else to say.
    fn assert_alive(&mut self) {
        self.request("alive?", "test/echo", json!({"n": 1}));
        assert_eq!(self.receive(), json!({"jsonrpc": "2.0", "id": "alive?", "result": {"n": 1}}));
    }

    fn close_input(&self) {
        self.to.shutdown(Shutdown::Write).unwrap();
    }

    /// Waits for the server's end.
    fn ended(self) -> Ended {
        let waited = self.runtime.block_on(async { tokio::time::timeout(LONG, self.served).await });
        waited.expect("the server goes on").unwrap().ended
    }
}
