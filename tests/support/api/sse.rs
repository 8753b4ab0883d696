//! The events that a reply is streamed as, and the same reply in one piece.

use serde_json::{Value, json};

use super::reply::{Gate, Message, Part};

/// One step of a stream.
pub(super) enum Emission {
    Event(Value),
    Wait(Gate),
}

/// A message on its way out, with what identifies it.
pub(super) struct Outgoing<'a> {
    pub(super) id: String,
    pub(super) model: &'a str,
    pub(super) message: &'a Message,
}

impl Outgoing<'_> {
    /// The stream: `message_start`, each content block with its deltas, `message_delta`, `message_stop`.
    pub(super) fn emissions(&self) -> Vec<Emission> {
        let mut stream = Blocks { emissions: vec![Emission::Event(self.start())], index: 0, open: None };
        for (number, part) in self.message.parts.iter().enumerate() {
            stream.part(part, &self.tool_id(number));
        }
        stream.close();
        stream.event(json!({
            "type": "message_delta",
            "delta": {"stop_reason": self.stop_reason(), "stop_sequence": null},
            "usage": self.usage(),
        }));
        stream.event(json!({"type": "message_stop"}));
        stream.emissions
    }

    /// The message in one piece, for a request that does not stream.
    pub(super) fn whole(&self) -> Value {
        let mut content: Vec<Value> = Vec::new();
        for (number, part) in self.message.parts.iter().enumerate() {
            match (part, content.last_mut()) {
                (Part::Wait(_), _) => {}
                (Part::Text(more), Some(last)) if last["type"] == "text" => {
                    last["text"] = format!("{}{more}", last["text"].as_str().unwrap_or_default()).into();
                }
                (Part::Text(text), _) => content.push(json!({"type": "text", "text": text})),
                (Part::Thinking(thought), _) => {
                    content.push(json!({"type": "thinking", "thinking": thought, "signature": SIGNATURE}));
                }
                (Part::Tool { name, input }, _) => {
                    let id = self.tool_id(number);
                    content.push(json!({"type": "tool_use", "id": id, "name": name, "input": input}));
                }
            }
        }
        self.envelope(&content, &json!(self.stop_reason()))
    }

    /// The gates that stand in its way.
    pub(super) fn gates(&self) -> impl Iterator<Item = &Gate> {
        self.message.parts.iter().filter_map(|part| match part {
            Part::Wait(gate) => Some(gate),
            _ => None,
        })
    }

    fn start(&self) -> Value {
        json!({"type": "message_start", "message": self.envelope(&[], &Value::Null)})
    }

    fn envelope(&self, content: &[Value], stop_reason: &Value) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null, "usage": self.usage(),
        })
    }

    fn usage(&self) -> Value {
        let usage = &self.message.usage;
        json!({
            "input_tokens": usage.input, "output_tokens": usage.output,
            "cache_read_input_tokens": usage.cache_read, "cache_creation_input_tokens": usage.cache_write,
        })
    }

    fn stop_reason(&self) -> &str {
        let calls_a_tool = self.message.parts.iter().any(|part| matches!(part, Part::Tool { .. }));
        let usual = if calls_a_tool { "tool_use" } else { "end_turn" };
        self.message.stop_reason.as_deref().unwrap_or(usual)
    }

    fn tool_id(&self, number: usize) -> String {
        format!("toolu_{}_{number}", self.id)
    }
}

/// What stands in for the API's own proof that it thought.
const SIGNATURE: &str = "c2NyaXB0ZWQ=";

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Other,
}

/// Writes parts as content blocks: texts that follow one another share a block, everything else has its own.
struct Blocks {
    emissions: Vec<Emission>,
    index: usize,
    open: Option<Kind>,
}

impl Blocks {
    fn part(&mut self, part: &Part, tool_id: &str) {
        match part {
            Part::Wait(gate) => self.emissions.push(Emission::Wait(gate.clone())),
            Part::Text(text) => {
                if self.open != Some(Kind::Text) {
                    self.open(Kind::Text, &json!({"type": "text", "text": ""}));
                }
                self.delta(&json!({"type": "text_delta", "text": text}));
            }
            Part::Thinking(thought) => {
                self.open(Kind::Other, &json!({"type": "thinking", "thinking": "", "signature": ""}));
                self.delta(&json!({"type": "thinking_delta", "thinking": thought}));
                self.delta(&json!({"type": "signature_delta", "signature": SIGNATURE}));
            }
            Part::Tool { name, input } => {
                self.open(Kind::Other, &json!({"type": "tool_use", "id": tool_id, "name": name, "input": {}}));
                self.delta(&json!({"type": "input_json_delta", "partial_json": input.to_string()}));
            }
        }
    }

    fn open(&mut self, kind: Kind, block: &Value) {
        self.close();
        self.open = Some(kind);
        self.event(json!({"type": "content_block_start", "index": self.index, "content_block": block}));
    }

    fn delta(&mut self, delta: &Value) {
        self.event(json!({"type": "content_block_delta", "index": self.index, "delta": delta}));
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.event(json!({"type": "content_block_stop", "index": self.index}));
            self.index += 1;
        }
    }

    fn event(&mut self, event: Value) {
        self.emissions.push(Emission::Event(event));
    }
}
