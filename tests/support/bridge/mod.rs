//! The built binary as a child process, in folders of its own.

mod command;
pub(crate) mod conversation;
mod history;
mod observe;
mod setup;
mod subscription;

use std::io::Read;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

pub(crate) use conversation::Said;
pub(crate) use history::{HistoryFile, merged};
use setup::Folders;
pub(crate) use setup::Setup;

use super::client::{Client, Pending, RpcError, ServerRequest};
use super::script::ScriptedCli;
use super::wait_for;

/// A running bridge and its one client. Dropping it ends it, and fails the test if something was wrong that no test
/// asked about: a frame that breaks a schema or a rule, an error nobody looked at, a panic.
pub(crate) struct Bridge {
    setup: Setup,
    process: Process,
    initialized: Value,
}

/// One start of the binary.
struct Process {
    child: Child,
    client: Client,
    stderr: Arc<Mutex<String>>,
    stderr_reader: JoinHandle<()>,
    status: Option<ExitStatus>,
}

impl Bridge {
    fn start(setup: Setup) -> Self {
        let process = Process::start(&setup);
        let mut bridge = Self { setup, process, initialized: Value::Null };
        if bridge.setup.is_initialized() {
            bridge.initialize();
        }
        bridge
    }

    /// Shakes hands, as the start does unless the setup says otherwise.
    pub(crate) fn initialize(&mut self) {
        self.initialized = self.request("initialize", self.setup.initialize_params());
        self.notify("initialized", &json!({}));
    }

    /// The answer to `initialize`.
    pub(crate) fn initialized(&self) -> &Value {
        &self.initialized
    }

    /// Sends a request and waits for its result.
    pub(crate) fn request(&self, method: &str, params: Value) -> Value {
        self.try_request(method, params).unwrap_or_else(|error| panic!("{method} failed: {error:?}"))
    }

    /// Sends a request and waits for its outcome.
    pub(crate) fn try_request(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        self.start_request(method, params).outcome()
    }

    /// Sends a request that has to fail.
    pub(crate) fn refusal(&self, method: &str, params: Value) -> RpcError {
        self.start_request(method, params).error()
    }

    /// Sends a request.
    pub(crate) fn start_request(&self, method: &str, params: Value) -> Pending {
        self.process.client.start_request(method, params)
    }

    /// Sends a notification.
    pub(crate) fn notify(&self, method: &str, params: &Value) {
        self.process.client.notify(method, params);
    }

    /// Sends bytes as they are.
    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        self.process.client.send_raw(bytes);
    }

    /// Sends a body in a frame, whatever it is.
    pub(crate) fn send_body(&self, body: impl AsRef<[u8]>) {
        self.process.client.send_body(body.as_ref());
    }

    /// The next response to what was sent raw.
    pub(crate) fn next_stray_response(&self) -> Value {
        self.process.client.next_stray_response()
    }

    /// The next session event under a token.
    pub(crate) fn next_event(&self, token: &str) -> Value {
        self.process.client.next_progress(token)["event"].take()
    }

    /// The session events under a token, up to the first that `is_last` holds for.
    pub(crate) fn events_until(&self, token: &str, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = vec![self.next_event(token)];
        while !events.last().is_some_and(&is_last) {
            events.push(self.next_event(token));
        }
        events
    }

    /// The next progress under a token, whatever it is: work-done progress, or `{event}`.
    pub(crate) fn next_progress(&self, token: &str) -> Value {
        self.process.client.next_progress(token)
    }

    /// The progress values under a token that came and were not taken yet.
    pub(crate) fn progress_so_far(&self, token: &str) -> Vec<Value> {
        self.process.client.progress_so_far(token)
    }

    /// The next notification of this method.
    pub(crate) fn next_notification(&self, method: &str) -> Value {
        self.process.client.next_notification(method)
    }

    /// The next request of the server's of this method.
    pub(crate) fn next_server_request(&self, method: &str) -> ServerRequest {
        self.process.client.next_server_request(method)
    }

    /// The scripted CLI that it runs.
    pub(crate) fn cli(&self) -> &ScriptedCli {
        self.setup.scripted_cli().expect("this bridge was not set up with a scripted CLI")
    }

    /// What it was started with.
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Where everything lies.
    pub(crate) fn folders(&self) -> &Folders {
        self.setup.folders()
    }

    /// The process id of the bridge.
    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// What it wrote to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// Closes its stdin, as a dying editor does.
    pub(crate) fn close_stdin(&self) {
        self.process.client.close();
    }

    /// Kills it, as nothing else can.
    pub(crate) fn kill(&mut self) {
        self.process.client.expect_cut();
        self.process.child.kill().expect("the bridge can be killed");
        self.wait_for_exit();
    }

    /// Kills it while turns run, and takes in what it had sent.
    pub(crate) fn kill_in_mid_turn(&self) {
        self.process.client.expect_cut();
        let pid = rustix::process::Pid::from_child(&self.process.child);
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("the bridge can be killed");
        self.process.client.wait_for_end();
    }

    /// Ends it as LSP says: it has to go, with exit code 0.
    pub(crate) fn shutdown(&mut self) {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.notify("exit", &Value::Null);
        let status = self.wait_for_exit();
        assert_eq!(status.code(), Some(0), "{}", self.stderr());
    }

    /// What it says last may be cut: its client does not read, or it is ended without grace.
    pub(crate) fn may_be_cut(&self) {
        self.process.client.expect_cut();
    }

    /// Waits until its process has gone; what it said may still be unread.
    pub(crate) fn wait_for_process(&mut self) -> ExitStatus {
        self.process.wait_for_process()
    }

    /// Waits until it has gone.
    pub(crate) fn wait_for_exit(&mut self) -> ExitStatus {
        self.process.wait_for_exit()
    }

    /// Replaces the user's own configuration file, for the next start.
    pub(crate) fn configure(&self, toml: &str) {
        self.setup.write_config(toml);
    }

    /// Starts it again on the same folders.
    pub(crate) fn restart(&mut self) {
        assert!(self.process.status.is_some(), "the bridge still runs: kill it or shut it down first");
        self.check();
        self.process = Process::start(&self.setup);
        if self.setup.is_initialized() {
            self.initialize();
        }
    }

    /// Starts it again on the same folders, with other `initializationOptions`.
    pub(crate) fn restart_with(&mut self, options: Value) {
        self.setup.set_options(options);
        self.restart();
    }

    /// Fails the test if something was wrong that it did not ask about.
    fn check(&self) {
        let mut faults = self.process.client.faults();
        let stderr = self.stderr();
        if stderr.contains("panicked at") {
            faults.push("the bridge panicked".to_owned());
        }
        assert!(faults.is_empty(), "{}\n{}", faults.join("\n"), self.report());
    }

    /// What is known, for whoever has to find out why a test failed.
    fn report(&self) -> String {
        let log = self.setup.scripted_cli().map(ScriptedCli::log_text).unwrap_or_default();
        let (messages, stderr) = (self.process.client.transcript(), self.stderr());
        format!("--- messages\n{messages}\n--- stderr of the bridge\n{stderr}\n--- log of the scripted CLI\n{log}")
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.process.end_at_once();
            eprintln!("{}", self.report());
            return;
        }
        if self.process.status.is_none() {
            self.close_stdin();
            self.wait_for_exit();
        }
        self.check();
    }
}

impl Process {
    fn start(setup: &Setup) -> Self {
        let mut command = setup.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the bridge can be started");
        let (stdin, stdout) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let (stderr, stderr_reader) = collect(child.stderr.take().expect("a pipe"));
        Self { child, client: Client::connect(stdout, stdin), stderr, stderr_reader, status: None }
    }

    fn wait_for_process(&mut self) -> ExitStatus {
        let exited = || self.child.try_wait().expect("a child can be waited for");
        *self.status.get_or_insert_with(|| wait_for("the end of the bridge", exited))
    }

    fn wait_for_exit(&mut self) -> ExitStatus {
        let status = self.wait_for_process();
        self.client.wait_for_end();
        wait_for("the end of its stderr", || self.stderr_reader.is_finished().then_some(()));
        status
    }

    fn end_at_once(&mut self) {
        // It may have ended already; there is nothing to do then.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn stderr(&self) -> String {
        self.stderr.lock().expect("no thread panicked with the lock").clone()
    }
}

/// Reads a stream to its end, on a thread of its own.
fn collect(mut stream: impl Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let collected = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&collected);
    let reader = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut bytes) {
            into.lock().expect("no thread panicked with the lock").push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    });
    (collected, reader)
}
