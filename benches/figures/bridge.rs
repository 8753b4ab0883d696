//! The built bridge, driven as an editor would, with as little work on this side as can be.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use memchr::memmem;
use tempfile::TempDir;

use crate::clock;

/// The program that is measured: the one that is shipped, which `benches/run` builds.
pub(crate) fn program() -> PathBuf {
    let release = Path::new(env!("CARGO_BIN_EXE_claude-bridge"));
    let dist = release.ancestors().nth(2).map(|target| target.join("dist/claude-bridge"));
    let dist = dist.filter(|dist| dist.is_file());
    dist.expect("target/dist/claude-bridge: build it by `cargo build --profile dist`")
}

const HEADER: &[u8] = b"Content-Length: ";

pub(crate) struct Bridge {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    /// What was read.
    pending: Vec<u8>,
    /// How much of it was looked at.
    seen: usize,
    pub(crate) folder: TempDir,
    last_id: u32,
}

/// One message of the bridge's, and when it was read.
pub(crate) struct Frame {
    pub(crate) body: Vec<u8>,
    pub(crate) at: Duration,
}

impl Frame {
    pub(crate) fn has(&self, text: &str) -> bool {
        memmem::find(&self.body, text.as_bytes()).is_some()
    }

    pub(crate) fn is_text(&self) -> bool {
        self.has("\"kind\":\"textDelta\"")
    }
}

impl Bridge {
    /// Starts the bridge with this CLI, which gets these arguments before the bridge's own, and initializes it.
    pub(crate) fn start(cli: &Path, arguments: &[&OsStr], env: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        Self::start_in(folder, &data, cli, arguments, env)
    }

    /// Starts the bridge on this history, without a CLI.
    pub(crate) fn start_on(data: &Path) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), data, Path::new("/bin/false"), &[], &[])
    }

    /// Starts the bridge with this more in its configuration, on this history, without a CLI.
    pub(crate) fn start_for(config: &str, data: &Path) -> Self {
        Self::start_with(tempfile::tempdir().unwrap(), data, config.to_owned() + "cli.path = '/bin/false'\n", &[])
    }

    fn start_in(folder: TempDir, data: &Path, cli: &Path, arguments: &[&OsStr], env: &[(String, String)]) -> Self {
        let quoted: Vec<String> =
            arguments.iter().map(|argument| format!("{:?}", argument.to_str().unwrap())).collect();
        let config = format!("[cli]\npath = {:?}\nargs = [{}]\n", cli.to_str().unwrap(), quoted.join(", "));
        Self::start_with(folder, data, config, env)
    }

    fn start_with(folder: TempDir, data: &Path, config: String, env: &[(String, String)]) -> Self {
        fs::write(folder.path().join("bridge.toml"), config).unwrap();
        let mut child = Command::new(program())
            .arg("--config")
            .arg(folder.path().join("bridge.toml"))
            .arg("--data-dir")
            .arg(data)
            .current_dir(folder.path())
            .envs(env.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut bridge = Self { child, input, output, pending: Vec::new(), seen: 0, folder, last_id: 0 };
        bridge.request("initialize", r#"{"capabilities":{"experimental":{"claudeBridge":{"permissions":"request"}}}}"#);
        bridge
    }

    pub(crate) fn send(&mut self, method: &str, params: &str) -> u32 {
        self.last_id += 1;
        let body = format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{params}}}"#, self.last_id);
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
        self.last_id
    }

    pub(crate) fn request(&mut self, method: &str, params: &str) -> serde_json::Value {
        let id = self.send(method, params);
        loop {
            let frame = self.next();
            if frame.has(&format!("\"id\":{id}")) {
                let answer: serde_json::Value = serde_json::from_slice(&frame.body).unwrap();
                assert!(answer["error"].is_null(), "{answer}");
                return answer["result"].clone();
            }
        }
    }

    /// A session whose CLI is up.
    pub(crate) fn warm_session(&mut self) -> String {
        let session = self.request("session/create", "{}")["session"]["id"].as_str().unwrap().to_owned();
        let get = format!(r#"{{"sessionId":"{session}"}}"#);
        // `credential` comes with the CLI's answer to `initialize`.
        while self.request("session/get", &get)["session"]["credential"].is_null() {
            std::thread::yield_now();
        }
        session
    }

    /// Says something and gives every frame up to the answer to `each`; gives when it was said.
    pub(crate) fn say(&mut self, session: &str, text: &str, mut each: impl FnMut(&Frame)) -> Duration {
        let params = format!(r#"{{"sessionId":"{session}","content":"{text}","partialResultToken":"p"}}"#);
        let said = clock::now();
        let answer = format!("\"id\":{}", self.send("message/send", &params));
        loop {
            let frame = self.next();
            if frame.has(&answer) {
                assert!(frame.has("\"stopReason\":\"completed\""), "{}", String::from_utf8_lossy(&frame.body));
                return said;
            }
            each(&frame);
        }
    }

    /// Answers a request of the bridge's.
    pub(crate) fn answer(&mut self, id: &str, result: &str) {
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    pub(crate) fn next(&mut self) -> Frame {
        loop {
            if let Some(body) = self.take_frame() {
                return Frame { body, at: clock::now() };
            }
            self.pending.drain(..self.seen);
            self.seen = 0;
            let old = self.pending.len();
            self.pending.resize(old + (256 << 10), 0);
            let length = self.output.read(&mut self.pending[old..]).unwrap();
            assert!(length > 0, "the bridge has ended");
            self.pending.truncate(old + length);
        }
    }

    fn take_frame(&mut self) -> Option<Vec<u8>> {
        let unseen = &self.pending[self.seen..];
        let end = memmem::find(unseen, b"\r\n\r\n")?;
        let length: usize = std::str::from_utf8(&unseen[HEADER.len()..end]).unwrap().parse().unwrap();
        let body = unseen.get(end + 4..end + 4 + length)?.to_vec();
        self.seen += end + 4 + length;
        Some(body)
    }

    /// Reads what there is, without looking for frames, until it ends with the answer to `id`; counts the text deltas.
    pub(crate) fn skim(&mut self, id: u32) -> Skimmed {
        let mut skimmed = Skimmed { deltas: 0, first: None, last: clock::now() };
        let mut end = End::answer(id);
        let mut chunk = vec![0; 256 << 10];
        loop {
            let length = self.output.read(&mut chunk).unwrap();
            assert!(length > 0, "the bridge has ended");
            skimmed.last = clock::now();
            let deltas = memmem::find_iter(&chunk[..length], "\"kind\":\"textDelta\"").count() as u64;
            if deltas > 0 {
                skimmed.first.get_or_insert(skimmed.last);
            }
            skimmed.deltas += deltas;
            if end.is_in(&chunk[..length]) {
                return skimmed;
            }
        }
    }

    /// Reads what there is, without looking for frames, until that came.
    pub(crate) fn skim_to(&mut self, end: &mut End) {
        let mut chunk = vec![0; 256 << 10];
        loop {
            let length = self.output.read(&mut chunk).unwrap();
            assert!(length > 0, "the bridge has ended");
            if end.is_in(&chunk[..length]) {
                return;
            }
        }
    }

    /// Reads up to a megabyte, with a pause before it; says whether the end was in it.
    pub(crate) fn read_slowly(&mut self, end: &mut End) -> bool {
        std::thread::sleep(Duration::from_millis(20));
        let mut chunk = vec![0; 1 << 20];
        let length = self.output.read(&mut chunk).unwrap();
        assert!(length > 0, "the bridge has ended");
        end.is_in(&chunk[..length])
    }

    /// Resident memory in KiB: now, and at the most so far.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap();
        let number = |line: &str| line.split_whitespace().nth(1).unwrap().parse().unwrap();
        (number(line("VmRSS")), number(line("VmHWM")))
    }

    /// Ends it in good order and gives the folder, in which the tee has left its log.
    pub(crate) fn end(mut self) -> TempDir {
        self.send("shutdown", "null");
        let body = r#"{"jsonrpc":"2.0","method":"exit"}"#;
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut rest = Vec::new();
        self.output.read_to_end(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.folder
    }
}

/// The bytes that end a flood, which may be cut by the end of a read.
pub(crate) struct End {
    bytes: Vec<u8>,
    /// The end of what was read before.
    tail: Vec<u8>,
}

impl End {
    /// The bridge's answer to this request.
    pub(crate) fn answer(id: u32) -> Self {
        Self::new(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},"))
    }

    pub(crate) fn new(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), tail: Vec::new() }
    }

    pub(crate) fn is_in(&mut self, chunk: &[u8]) -> bool {
        self.tail.extend_from_slice(&chunk[..chunk.len().min(self.bytes.len())]);
        let found = memmem::find(&self.tail, &self.bytes).is_some() || memmem::find(chunk, &self.bytes).is_some();
        self.tail.extend_from_slice(&chunk[chunk.len().min(self.bytes.len())..]);
        self.tail.drain(..self.tail.len().saturating_sub(self.bytes.len()));
        found
    }
}

/// What was seen of a flood.
pub(crate) struct Skimmed {
    pub(crate) deltas: u64,
    pub(crate) first: Option<Duration>,
    pub(crate) last: Duration,
}
