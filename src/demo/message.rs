//! A message of the API's while it is being written.

use std::io::Write;

use serde_json::{Value, json};

use super::frames;
use super::halt::Halt;
use super::host::Host;
use super::meter::{self, Spent};

/// A message that has begun.
pub(super) struct Message {
    pub(super) id: String,
    pub(super) usage: Spent,
    model: String,
    /// How many blocks are complete.
    index: usize,
    block: Option<Block>,
    /// How much it says, in characters.
    length: usize,
}

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Thought,
}

/// A text or a thought that is being written.
struct Block {
    kind: Kind,
    text: String,
    /// In characters.
    length: usize,
}

impl Message {
    pub(super) fn begin(host: &mut Host<impl Write>, usage: Spent) -> Result<Self, Halt> {
        let id = format!("msg_{}", frames::new_id());
        let model = host.session.model.clone();
        let message = Self { id, usage, model, index: 0, block: None, length: 0 };
        message.event(host, json!({"type": "message_start", "message": message.with(&[])}))?;
        Ok(message)
    }

    /// Begins a text, or a thought.
    pub(super) fn open(&mut self, host: &mut Host<impl Write>, kind: Kind) -> Result<(), Halt> {
        let block = Block { kind, text: String::new(), length: 0 };
        let start = json!({"type": "content_block_start", "index": self.index, "content_block": block.content()});
        self.block = Some(block);
        self.event(host, start)
    }

    /// Writes more of it.
    pub(super) fn append(&mut self, host: &mut Host<impl Write>, text: &str) -> Result<(), Halt> {
        let Some(block) = &mut self.block else { return Ok(()) };
        let length = text.chars().count();
        block.text.push_str(text);
        block.length += length;
        self.length += length;
        let delta = if block.kind == Kind::Thought {
            host.send(frames::thinking_tokens(meter::tokens(block.length), meter::tokens(length)))?;
            json!({"type": "thinking_delta", "thinking": text})
        } else {
            json!({"type": "text_delta", "text": text})
        };
        self.event(host, json!({"type": "content_block_delta", "index": self.index, "delta": delta}))
    }

    /// Whether a text or a thought is being written.
    pub(super) fn is_open(&self) -> bool {
        self.block.is_some()
    }

    /// Ends the text or thought, and gives it if it was a text: the whole block comes before its stop.
    pub(super) fn close(&mut self, host: &mut Host<impl Write>) -> Result<Option<String>, Halt> {
        let Some(block) = self.block.take() else { return Ok(None) };
        self.complete(host, &block.content())?;
        Ok((block.kind == Kind::Text).then_some(block.text))
    }

    /// Calls a tool.
    pub(super) fn call(
        &mut self,
        host: &mut Host<impl Write>,
        id: &str,
        name: &str,
        input: &Value,
    ) -> Result<(), Halt> {
        let call = |input: &Value| json!({"type": "tool_use", "id": id, "name": name, "input": input});
        let start = json!({"type": "content_block_start", "index": self.index, "content_block": call(&json!({}))});
        self.event(host, start)?;
        let json = input.to_string();
        self.length += json.chars().count();
        let delta = json!({"type": "input_json_delta", "partial_json": json});
        self.event(host, json!({"type": "content_block_delta", "index": self.index, "delta": delta}))?;
        self.complete(host, &call(input))
    }

    fn complete(&mut self, host: &mut Host<impl Write>, content: &Value) -> Result<(), Halt> {
        host.send(frames::assistant(self.finished(content)))?;
        self.event(host, json!({"type": "content_block_stop", "index": self.index}))?;
        self.index += 1;
        Ok(())
    }

    /// Ends the message, and says what it used.
    pub(super) fn end(mut self, host: &mut Host<impl Write>, stop_reason: &str) -> Result<Spent, Halt> {
        self.usage.output = self.output();
        let delta = json!({"stop_reason": stop_reason, "stop_sequence": null});
        self.event(host, json!({"type": "message_delta", "delta": delta, "usage": self.usage.as_usage()}))?;
        self.event(host, json!({"type": "message_stop"}))?;
        Ok(self.usage)
    }

    /// Ends the message in the middle, and says what it used. What was written of a block is kept.
    pub(super) fn abort(mut self, host: &mut Host<impl Write>) -> Result<Spent, Halt> {
        self.usage.output = self.output();
        let partial = self.block.take().filter(|block| !block.text.is_empty());
        if let Some(block) = &partial {
            let mut frame = frames::assistant(self.finished(&block.content()));
            frame["aborted"] = json!(true);
            host.send(frame)?;
        }
        host.send(frames::interrupted())?;
        if partial.is_some() {
            self.event(host, json!({"type": "content_block_stop", "index": self.index}))?;
        }
        let delta = json!({"stop_reason": null, "stop_sequence": null});
        self.event(host, json!({"type": "message_delta", "delta": delta, "usage": self.usage.as_usage()}))?;
        self.event(host, json!({"type": "message_stop"}))?;
        Ok(self.usage)
    }

    fn output(&self) -> u64 {
        1 + meter::tokens(self.length)
    }

    fn with(&self, content: &[Value]) -> Value {
        frames::api_message(&self.id, &self.model, content, self.usage)
    }

    fn finished(&self, block: &Value) -> Value {
        let mut message = self.with(std::slice::from_ref(block));
        message["context_management"] = Value::Null;
        message
    }

    fn event(&self, host: &mut Host<impl Write>, event: Value) -> Result<(), Halt> {
        Ok(host.send(frames::stream_event(event, &self.id))?)
    }
}

impl Block {
    fn content(&self) -> Value {
        match self.kind {
            Kind::Thought => json!({"type": "thinking", "thinking": self.text, "signature": ""}),
            Kind::Text => json!({"type": "text", "text": self.text}),
        }
    }
}
