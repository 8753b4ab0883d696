//! What the stand-in API answers.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::watch;

/// One scripted answer, built from left to right: `Reply::text("Reading").tool("Read", json!({…}))`.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(super) body: Body,
    times: u32,
    to_every_try: bool,
}

/// What an answer consists of.
#[derive(Clone)]
pub(super) enum Body {
    Message(Message),
    Failure { status: u16, body: Value },
}

/// A message of the model.
#[derive(Clone, Default)]
pub(super) struct Message {
    pub(super) parts: Vec<Part>,
    pub(super) stop_reason: Option<String>,
    pub(super) usage: Usage,
}

/// Token counts of a message.
#[derive(Clone)]
pub(super) struct Usage {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cache_read: u64,
    pub(super) cache_write: u64,
}

/// A part of a message. Texts that follow one another are chunks of one content block.
#[derive(Clone)]
pub(super) enum Part {
    Text(String),
    Thinking(String),
    Tool { name: String, input: Value },
    Wait(Gate),
}

impl Default for Usage {
    fn default() -> Self {
        Self { input: 12, output: 7, cache_read: 0, cache_write: 0 }
    }
}

impl Reply {
    /// A message that begins with this text, in one chunk.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::message(Part::Text(text.into()))
    }

    /// A message of one text in several chunks.
    pub(crate) fn chunks<T: Into<String>>(chunks: impl IntoIterator<Item = T>) -> Self {
        chunks.into_iter().fold(Self::text(""), Self::then)
    }

    /// A message that begins with a thought.
    pub(crate) fn thinking(thought: impl Into<String>) -> Self {
        Self::message(Part::Thinking(thought.into()))
    }

    /// A message that calls a tool.
    pub(crate) fn tool(name: &str, input: Value) -> Self {
        Self::message(Part::Tool { name: name.to_owned(), input })
    }

    /// An answer with an HTTP status that is no success, in the API's own form.
    fn failure(status: u16, kind: &str, message: &str) -> Self {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}});
        Self { body: Body::Failure { status, body }, times: 1, to_every_try: false }
    }

    /// The API refuses what is asked: HTTP 400, also to the variants of the same conversation that the CLI then tries
    /// with one feature less each.
    pub(crate) fn bad_request(message: &str) -> Self {
        Self { to_every_try: true, ..Self::failure(400, "invalid_request_error", message) }
    }

    /// The API does not take the credential: HTTP 401, also when the CLI tries it once more.
    pub(crate) fn unauthorized() -> Self {
        Self { to_every_try: true, ..Self::failure(401, "authentication_error", "invalid x-api-key") }
    }

    /// The API has no room: HTTP 529.
    pub(crate) fn overloaded() -> Self {
        Self::failure(529, "overloaded_error", "scripted overload")
    }

    /// Appends a chunk of text.
    pub(crate) fn then(self, text: impl Into<String>) -> Self {
        self.with(Part::Text(text.into()))
    }

    /// Appends a call of a tool.
    pub(crate) fn then_tool(self, name: &str, input: Value) -> Self {
        self.with(Part::Tool { name: name.to_owned(), input })
    }

    /// Holds the rest of the message back until the test opens the gate.
    pub(crate) fn wait_for(self, gate: &Gate) -> Self {
        self.with(Part::Wait(gate.clone()))
    }

    /// Sets the stop reason; it is `tool_use` after a tool and `end_turn` otherwise.
    pub(crate) fn stop(mut self, reason: &str) -> Self {
        self.message_mut().stop_reason = Some(reason.to_owned());
        self
    }

    /// Sets the token counts.
    pub(crate) fn usage(mut self, input: u64, output: u64, cache_read: u64, cache_write: u64) -> Self {
        self.message_mut().usage = Usage { input, output, cache_read, cache_write };
        self
    }

    /// Gives this answer to that many requests.
    pub(crate) fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Whether it also answers what the CLI asks next with the same conversation.
    pub(super) fn answers_every_try(&self) -> bool {
        self.to_every_try
    }

    /// Counts this use, and says whether another follows.
    pub(super) fn is_for_one_more_after_this(&mut self) -> bool {
        self.times = self.times.saturating_sub(1);
        self.times > 0
    }

    fn message(first: Part) -> Self {
        Self { body: Body::Message(Message::default()), times: 1, to_every_try: false }.with(first)
    }

    fn with(mut self, part: Part) -> Self {
        self.message_mut().parts.push(part);
        self
    }

    fn message_mut(&mut self) -> &mut Message {
        match &mut self.body {
            Body::Message(message) => message,
            Body::Failure { .. } => panic!("a failure has no content"),
        }
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// Holds a reply back until it is opened; clones are the same gate.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A closed gate.
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Lets everything through that waits, now and later.
    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn opened(&self) {
        self.0.subscribe().wait_for(|open| *open).await.expect("this gate holds the sender");
    }
}
