//! A whole connection: bytes in, bytes out, with the real service on a folder of its own and no Claude CLI to be found.
//! Whatever comes in, what goes out is frames, and every request gets exactly one response.
//!
//! The first byte of the input says how the stream is cut. Where the second is `!`, the rest is the stream; else each
//! line of it is a message, and `$S` in it is the id of a session that there is.

#![no_main]

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use claude_bridge::error::Result;
use claude_bridge::protocol::session::SessionCreateParams;
use claude_bridge::rpc::framing::{Framed, Parser};
use claude_bridge::rpc::lsp::{Boot, BootRequest, Booted};
use claude_bridge::rpc::server::{Ended, serve};
use claude_bridge::service::{Service, Settings};
use claude_bridge_fuzz::chunks;
use futures_util::future::{BoxFuture, FutureExt};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(10);

/// A history with one session, which every run begins with, and that session's id.
static HISTORY: LazyLock<(TempDir, String)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let id = runtime().block_on(async {
        let service = Service::start(Settings::for_tests(folder.path()));
        let session = service.create_session(SessionCreateParams::default(), None).await.unwrap();
        service.shut_down(LONG).await;
        session.id.to_string()
    });
    (folder, id)
});

fuzz_target!(|input: &[u8]| {
    let [seed, rest @ ..] = input else { return };
    // A thread watches every process that a client names as its own, until that ends.
    if rest.windows(9).any(|name| name == b"processId") {
        return;
    }
    let stream = match rest {
        [b'!', stream @ ..] => stream.to_vec(),
        lines => frame_lines(lines, &HISTORY.1),
    };
    let (output, ended) = run(*seed, &stream);
    check(&stream, &output, &ended);
});

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn frame_lines(lines: &[u8], session: &str) -> Vec<u8> {
    let mut stream = Vec::new();
    for line in lines.split(|byte| *byte == b'\n') {
        let body = match std::str::from_utf8(line) {
            Ok(line) => line.replace("$S", session).into_bytes(),
            Err(_) => line.to_vec(),
        };
        stream.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
        stream.extend(body);
    }
    stream
}

/// Serves `stream`, and gives what was written and how it ended.
fn run(seed: u8, stream: &[u8]) -> (Vec<u8>, Ended) {
    let folder = tempfile::tempdir().unwrap();
    for file in fs::read_dir(HISTORY.0.path()).unwrap().map(|file| file.unwrap()) {
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    let mut chunks: Vec<Vec<u8>> = chunks(seed, stream).map(<[u8]>::to_vec).collect();
    chunks.reverse();
    let output = Output::default();
    let runtime = runtime();
    let boot = Arc::new(Application(folder.path().to_owned()));
    let serving = serve(Input(chunks), output.clone(), boot);
    let served =
        runtime.block_on(async { tokio::time::timeout(LONG, serving).await }).expect("the server does not end");
    runtime.shutdown_timeout(LONG);
    let output = std::mem::take(&mut *output.0.lock().unwrap());
    (output, served.ended)
}

struct Application(PathBuf);

impl Boot for Application {
    fn boot(&self, _: BootRequest) -> BoxFuture<'_, Result<Booted>> {
        let service = Service::start(Settings::for_tests(&self.0));
        std::future::ready(Ok(Booted { service, notices: vec!["as it were".to_owned()] })).boxed()
    }
}

/// The chunks that are still to be read, last first.
struct Input(Vec<Vec<u8>>);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(chunk) = self.0.pop() else { return Ok(0) };
        buffer[..chunk.len()].copy_from_slice(&chunk);
        Ok(chunk.len())
    }
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(untagged)]
enum Id {
    Number(i64),
    Text(String),
}

/// A call without a fault.
#[derive(Deserialize)]
struct Call<'a> {
    jsonrpc: String,
    id: Option<Id>,
    method: String,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Messages by id: how many the client sent, and how many of these had to be answered; how many answers it got.
#[derive(Debug, Default)]
struct Count {
    sent: usize,
    requests: usize,
    answers: usize,
}

fn check(stream: &[u8], output: &[u8], ended: &Ended) {
    let mut counts: HashMap<Id, Count> = HashMap::new();
    let exit = count_requests(stream, &mut counts);
    assert_eq!(exit, *ended != Ended::EndOfInput, "ended by {ended:?}");
    for message in messages(output) {
        let message: Value = serde_json::from_slice(&message).expect("the server writes JSON");
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        if message.get("method").is_some() {
            continue;
        }
        let error = message.get("error");
        assert!(message.get("result").is_some() != error.is_some(), "neither, or both: {message}");
        if let Some(error) = error {
            assert!(error["code"].is_i64() && error["message"].is_string(), "{message}");
            assert!(error["data"]["kind"].is_string() && error["data"]["retryable"].is_boolean(), "{message}");
        }
        if !message["id"].is_null() {
            let id = Id::deserialize(&message["id"]).expect("an id");
            counts.get_mut(&id).unwrap_or_else(|| panic!("nobody asked: {message}")).answers += 1;
        }
    }
    for (id, count) in counts {
        assert!((count.requests..=count.sent).contains(&count.answers), "{id:?}: {count:?}");
    }
}

/// Counts what the client sent, up to its `exit`; says whether there was one.
fn count_requests(stream: &[u8], counts: &mut HashMap<Id, Count>) -> bool {
    for body in found(stream) {
        if let Ok(Value::Object(message)) = serde_json::from_slice(&body)
            && let Some(Ok(id)) = message.get("id").map(Id::deserialize)
        {
            counts.entry(id).or_default().sent += 1;
        }
        match read_call(&body) {
            Some((Some(id), _)) => {
                let count = counts.entry(id).or_default();
                count.requests += 1;
                count.sent = count.sent.max(count.requests);
            }
            Some((None, method)) if method == "exit" => return true,
            _ => {}
        }
    }
    false
}

/// The id and the method of a call.
fn read_call(body: &[u8]) -> Option<(Option<Id>, String)> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('{'))?;
    let call: Call<'_> = serde_json::from_str(text).ok()?;
    let params = call.params.is_none_or(|params| params.get().starts_with(['{', '[']));
    (call.jsonrpc == "2.0" && params && !has_null_id(&call, body)).then_some((call.id, call.method))
}

/// An id of `null` is a fault, not a notification.
fn has_null_id(call: &Call<'_>, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct WithId<'a> {
        #[serde(borrow, default, rename = "id", deserialize_with = "present")]
        id: Option<&'a RawValue>,
    }
    fn present<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Option<&'de RawValue>, D::Error> {
        <&RawValue>::deserialize(deserializer).map(Some)
    }
    call.id.is_none() && serde_json::from_slice::<WithId<'_>>(body).is_ok_and(|message| message.id.is_some())
}

/// The server's messages; it writes nothing else.
fn messages(output: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut parser = Parser::default();
    parser.feed(output, |framed| match framed {
        Framed::Message(body) => messages.push(body.to_vec()),
        other => panic!("the server writes {other:?}"),
    });
    assert!(parser.is_between_frames(), "the server's last message is cut");
    messages
}

/// The messages in a client's stream.
fn found(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    Parser::default().feed(stream, |framed| {
        if let Framed::Message(body) = framed {
            messages.push(body.to_vec());
        }
    });
    messages
}
