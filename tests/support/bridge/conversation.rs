//! Sessions and turns, in the few words that tests need.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::Bridge;
use crate::support::client::{Pending, RpcError};
use crate::support::wait_for;

/// A message that was sent, while its turn runs.
pub(crate) struct Saying<'a> {
    bridge: &'a Bridge,
    token: String,
    pending: Pending,
    events: Vec<Value>,
}

/// A turn that has ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The result of `message/send`.
    pub(crate) turn: Value,
    /// Its events, all of them.
    pub(crate) events: Vec<Value>,
}

impl Bridge {
    /// Makes a session with nothing special and gives its id.
    pub(crate) fn create_session(&self) -> String {
        text(&self.create_session_with(json!({}))["id"])
    }

    /// Makes a session.
    pub(crate) fn create_session_with(&self, params: Value) -> Value {
        self.request("session/create", params)["session"].take()
    }

    /// A session as it is now.
    pub(crate) fn session(&self, id: &str) -> Value {
        self.request("session/get", json!({"sessionId": id}))["session"].take()
    }

    /// Says something and waits for the end of the turn.
    pub(crate) fn say(&self, session: &str, content: impl Into<Value>) -> Said {
        self.start_saying(session, content).end()
    }

    /// Says something, and follows the turn's events.
    pub(crate) fn start_saying(&self, session: &str, content: impl Into<Value>) -> Saying<'_> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let token = format!("turn-{}", LAST.fetch_add(1, Ordering::Relaxed));
        let params = json!({"sessionId": session, "content": content.into(), "partialResultToken": token});
        let pending = self.start_request("message/send", params);
        Saying { bridge: self, token, pending, events: Vec::new() }
    }

    /// The messages of a session, oldest first.
    pub(crate) fn messages(&self, session: &str) -> Vec<Value> {
        list(&self.request("message/list", json!({"sessionId": session, "limit": 1000}))["messages"])
    }

    /// Waits until a session has a message that begins with this text, and gives its messages.
    pub(crate) fn wait_for_message(&self, session: &str, said: &str) -> Vec<Value> {
        wait_for(&format!("the message {said:?}"), || {
            let messages = self.messages(session);
            messages.iter().any(|message| message["content"][0]["text"] == said).then_some(messages)
        })
    }

    /// The process id of the CLI that serves a session.
    pub(crate) fn cli_pid(&self, session: &str) -> u64 {
        self.session(session)["process"]["pid"].as_u64().expect("a process serves the session")
    }

    /// What was said in a session, oldest first: `user: …`, `assistant: …`.
    pub(crate) fn history(&self, session: &str) -> Vec<String> {
        let line = |message: &Value| format!("{}: {}", text(&message["role"]), message_text(message));
        self.messages(session).iter().map(line).collect()
    }
}

impl Saying<'_> {
    /// Waits for an event of this kind and gives it.
    pub(crate) fn until(&mut self, kind: &str) -> Value {
        let more = self.bridge.events_until(&self.token, |event| event["kind"] == kind);
        self.events.extend(more);
        self.events.last().cloned().unwrap_or_default()
    }

    /// Waits for text deltas until they make up this text.
    pub(crate) fn until_text(&mut self, expected: &str) {
        while streamed_text(&self.events) != expected {
            let event = self.bridge.next_event(&self.token);
            self.events.push(event);
        }
    }

    /// Whether the turn has been answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.pending.is_answered()
    }

    /// The turn as far as it has come.
    pub(crate) fn so_far(&mut self) -> Said {
        self.collect();
        Said { turn: Value::Null, events: self.events.clone() }
    }

    /// Cancels the request.
    pub(crate) fn cancel(&self) {
        self.pending.cancel();
    }

    /// Waits for the end of the turn. Its last event tells the same as the response.
    pub(crate) fn end(mut self) -> Said {
        self.outcome().unwrap_or_else(|error| panic!("the turn failed: {error:?}"))
    }

    /// Waits for the end of the turn or for an error; of the latter, [`Self::so_far`] has the events.
    pub(crate) fn outcome(&mut self) -> Result<Said, RpcError> {
        let turn = self.pending.outcome()?;
        self.collect();
        let last = self.events.last().cloned().unwrap_or_default();
        assert_eq!(
            (&last["kind"], &last["turn"]),
            (&json!("turnCompleted"), &turn),
            "the last event is the turn's end"
        );
        Ok(Said { turn, events: std::mem::take(&mut self.events) })
    }

    /// Waits for the error that the request ends with.
    pub(crate) fn error(&self) -> RpcError {
        self.pending.error()
    }

    /// The response came behind the events: those that are there are all.
    fn collect(&mut self) {
        let rest = self.bridge.process.client.progress_so_far(&self.token);
        self.events.extend(rest.into_iter().map(|mut value| value["event"].take()));
    }
}

impl Said {
    /// The text that the turn came to.
    pub(crate) fn text(&self) -> String {
        text(&self.turn["text"])
    }

    /// Why it ended.
    pub(crate) fn stop_reason(&self) -> String {
        text(&self.turn["stopReason"])
    }

    /// The text that its deltas make up.
    pub(crate) fn streamed_text(&self) -> String {
        streamed_text(&self.events)
    }

    /// The kinds of its events; those that follow one another are told once.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let mut kinds: Vec<String> = self.events.iter().map(|event| text(&event["kind"])).collect();
        kinds.dedup();
        kinds
    }

    /// Its events of one kind.
    pub(crate) fn events_of(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["kind"] == kind).collect()
    }
}

fn streamed_text(events: &[Value]) -> String {
    let deltas = events.iter().filter(|event| event["kind"] == "textDelta");
    deltas.filter_map(|event| event["text"].as_str()).collect()
}

/// The text of a message, its other blocks left out.
fn message_text(message: &Value) -> String {
    list(&message["content"]).iter().filter_map(|block| block["text"].as_str()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
