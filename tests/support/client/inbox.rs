//! What came in, sorted by who asks for it, and checked against the schemas and the protocol's rules as it comes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

use serde_json::Value;

use super::invariants::Invariants;
use crate::support::DEADLINE;
use crate::support::schema::Schemas;

/// How much of a message a report shows.
const SHOWN_CHARS: usize = 600;

/// How many messages a report shows.
const SHOWN_MESSAGES: usize = 80;

/// What came in.
pub(super) struct Inbox {
    schemas: &'static Schemas,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) responses: HashMap<u64, Value>,
    pub(super) stray_responses: VecDeque<Value>,
    pub(super) progress: HashMap<String, VecDeque<Value>>,
    pub(super) notifications: VecDeque<Value>,
    pub(super) server_requests: VecDeque<Value>,
    unanswered: HashSet<String>,
    sent: HashMap<u64, Sent>,
    invariants: Invariants,
    faults: Vec<String>,
    /// The latest messages in both directions, and how many there were before them.
    transcript: VecDeque<String>,
    earlier: u64,
    may_be_cut: bool,
    ended: bool,
}

/// A request of ours that is under way.
struct Sent {
    method: String,
    params: Value,
}

impl Inbox {
    pub(super) fn new(schemas: &'static Schemas) -> Self {
        Self { schemas, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until `look` finds something; gives up at the deadline, or when nothing can come any more.
    pub(super) fn wait<T>(&self, what: &str, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let began = Instant::now();
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&mut state) {
                return found;
            }
            let left = DEADLINE.saturating_sub(began.elapsed());
            if state.ended || left.is_zero() {
                let why = if state.ended { "the bridge ended" } else { "the deadline passed" };
                // Released first, so that the report can still be written.
                drop(state);
                panic!("{why} while the test waited for {what}");
            }
            state = self.changed.wait_timeout(state, left).expect("no thread panicked with the lock").0;
        }
    }

    /// Looks without waiting.
    pub(super) fn take<T: Default>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.lock())
    }

    pub(super) fn note(&self, event: &str) {
        let mut state = self.lock();
        if state.transcript.len() == SHOWN_MESSAGES {
            state.transcript.pop_front();
            state.earlier += 1;
        }
        state.transcript.push_back(event.chars().take(SHOWN_CHARS).collect());
    }

    pub(super) fn sent(&self, id: u64, method: &str, params: Value) {
        let mut state = self.lock();
        state.invariants.request_sent(id, &params);
        state.sent.insert(id, Sent { method: method.to_owned(), params });
    }

    pub(super) fn answered(&self, id: &Value) {
        self.lock().unanswered.remove(&id.to_string());
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.lock().unanswered.is_empty()
    }

    pub(super) fn received(&self, body: &[u8]) {
        self.note(&format!("← {}", String::from_utf8_lossy(body)));
        let mut state = self.lock();
        match serde_json::from_slice::<Value>(body) {
            Ok(message) => state.sort(message, self.schemas),
            Err(error) => state.faults.push(format!("a frame is not JSON: {error}")),
        }
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn ended(&self, problem: Option<&str>) {
        let mut state = self.lock();
        state.ended = true;
        state.unanswered.clear();
        let problem = problem.filter(|_| !state.may_be_cut);
        state.faults.extend(problem.map(|problem| format!("the bridge's stdout is not frames: {problem}")));
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until nothing can come any more.
    pub(super) fn wait_for_end(&self) {
        self.wait("the end of the bridge's stdout", |state| state.ended.then_some(()));
    }

    /// From here on the stream may end in the middle of a frame.
    pub(super) fn expect_cut(&self) {
        self.lock().may_be_cut = true;
    }

    pub(super) fn faults(&self) -> Vec<String> {
        let state = self.lock();
        let mut faults = state.faults.clone();
        let errors = state.responses.values().filter(|response| response.get("error").is_some());
        faults.extend(errors.map(|response| format!("nobody looked at the error {response}")));
        faults.extend(state.stray_responses.iter().map(|response| format!("nobody asked for {response}")));
        faults.extend(state.unanswered.iter().map(|id| format!("nobody answered the server's request {id}")));
        let alarms = state.notifications.iter().filter(|notification| is_alarm(notification));
        faults.extend(alarms.map(|notification| format!("nobody expected {notification}")));
        faults
    }

    pub(super) fn transcript(&self) -> String {
        let state = self.lock();
        let lines: Vec<&str> = state.transcript.iter().map(String::as_str).collect();
        format!("({} earlier messages)\n{}", state.earlier, lines.join("\n"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panicked with the lock")
    }
}

impl State {
    fn sort(&mut self, message: Value, schemas: &Schemas) {
        match (message["method"].as_str(), message.get("id")) {
            (Some("$/cancelRequest"), None) => {
                self.unanswered.remove(&message["params"]["id"].to_string());
            }
            (Some(method), None) => {
                self.fault(schemas.check_notification(method, &message["params"]));
                match method {
                    "$/progress" => self.sort_progress(&message["params"]),
                    _ => self.notifications.push_back(message),
                }
            }
            (Some(method), Some(id)) => {
                self.fault(schemas.check_server_request(method, &message["params"]));
                self.invariants.server_request(&message["params"]);
                self.unanswered.insert(id.to_string());
                self.server_requests.push_back(message);
            }
            (None, _) => self.sort_response(message, schemas),
        }
    }

    fn sort_response(&mut self, response: Value, schemas: &Schemas) {
        let request = response["id"].as_u64().and_then(|id| Some((id, self.sent.remove(&id)?)));
        if let Some(error) = response.get("error") {
            self.fault(schemas.check_error(error));
        }
        let Some((id, sent)) = request else {
            return self.stray_responses.push_back(response);
        };
        if let Some(result) = response.get("result") {
            self.fault(schemas.check_params(&sent.method, &sent.params));
            self.fault(schemas.check_result(&sent.method, result));
        }
        let checked = self.invariants.request_answered(id, &sent.params, response.get("error").is_some());
        self.fault(checked);
        self.responses.insert(id, response);
    }

    fn sort_progress(&mut self, params: &Value) {
        let (token, value) = (token_key(&params["token"]), &params["value"]);
        let checked = self.invariants.check_progress(&token, value);
        self.fault(checked);
        self.progress.entry(token).or_default().push_back(value.clone());
    }

    fn fault(&mut self, checked: Result<(), String>) {
        self.faults.extend(checked.err());
    }
}

/// A token as a key: its JSON, so that `1` is not `"1"`.
pub(super) fn token_key(token: &Value) -> String {
    token.to_string()
}

/// An error that a person would be shown.
fn is_alarm(notification: &Value) -> bool {
    notification["method"] == "window/showMessage" && notification["params"]["type"] == 1
}
