//! A turn's frames, in the real CLI's order.

use std::io;
use std::time::Instant;

use serde_json::{Value, json};

use crate::frames;
use crate::output::Output;
use crate::step::{Tool, ToolResult};

/// A turn that is being written.
pub(crate) struct Turn {
    output: Output,
    model: String,
    began: Instant,
    /// How many messages the process wrote before this turn: costs are told for the whole process.
    messages_before: u64,
    messages: u64,
    tools: Vec<Tool>,
    message: Option<Message>,
    last_text: String,
}

/// The message that is being written.
struct Message {
    id: String,
    index: usize,
    block: Option<Block>,
}

/// The text or thought that is being written.
struct Block {
    is_thought: bool,
    text: String,
}

impl Turn {
    pub(crate) fn begin(output: Output, model: &str, messages_before: u64) -> io::Result<Self> {
        output.session_frame(frames::init(model))?;
        output.session_frame(frames::status("requesting"))?;
        Ok(Self {
            output,
            model: model.to_owned(),
            began: Instant::now(),
            messages_before,
            messages: 0,
            tools: Vec::new(),
            message: None,
            last_text: String::new(),
        })
    }

    pub(crate) fn text(&mut self, chunk: &str) -> io::Result<()> {
        self.open_block(false)?;
        self.event(&frames::text_delta(self.index(), chunk))?;
        self.append(chunk);
        Ok(())
    }

    pub(crate) fn thinking(&mut self, thought: &str) -> io::Result<()> {
        self.open_block(true)?;
        let delta = json!({"type": "thinking_delta", "thinking": thought});
        self.event(&json!({"type": "content_block_delta", "index": self.index(), "delta": delta}))?;
        self.append(thought);
        Ok(())
    }

    /// Opens a text block and gives the frame of one delta of it, for many alike.
    pub(crate) fn delta_frame(&mut self, text: &str) -> io::Result<Value> {
        self.open_block(false)?;
        Ok(frames::stream_event(&frames::text_delta(self.index(), text), self.message_id()))
    }

    /// Notes text that was written as deltas beside this.
    pub(crate) fn append(&mut self, text: &str) {
        if let Some(block) = self.message.as_mut().and_then(|message| message.block.as_mut()) {
            block.text.push_str(text);
        }
    }

    pub(crate) fn tool(&mut self, tool: &Tool) -> io::Result<()> {
        self.open_message()?;
        self.close_block()?;
        let start = json!({"type": "tool_use", "id": tool.id, "name": tool.name, "input": {}});
        self.event(&json!({"type": "content_block_start", "index": self.index(), "content_block": start}))?;
        let delta = json!({"type": "input_json_delta", "partial_json": tool.input.to_string()});
        self.event(&json!({"type": "content_block_delta", "index": self.index(), "delta": delta}))?;
        self.finish_block(&json!({"type": "tool_use", "id": tool.id, "name": tool.name, "input": tool.input}))?;
        self.tools.push(tool.clone());
        Ok(())
    }

    pub(crate) fn ask_permission(&mut self, tool_use_id: &str) -> io::Result<()> {
        self.close_message("tool_use")?;
        let tool = self.tools.iter().find(|tool| tool.id == tool_use_id);
        let (name, input) = tool.map_or(("", &Value::Null), |tool| (&tool.name, &tool.input));
        self.output.frame(&frames::ask_permission(tool_use_id, name, input))
    }

    pub(crate) fn tool_result(&mut self, result: &ToolResult) -> io::Result<()> {
        self.close_message("tool_use")?;
        let mut block = json!({"tool_use_id": result.id, "type": "tool_result", "content": result.content});
        if result.is_error {
            block["is_error"] = true.into();
        }
        let mut frame = frames::user(&json!([block]));
        if !result.structured.is_null() {
            frame["tool_use_result"] = result.structured.clone();
        }
        self.output.session_frame(frame)?;
        self.output.session_frame(frames::status("requesting"))
    }

    /// Ends the turn as one that went well, but for the given fields; says how many messages it had.
    pub(crate) fn end(mut self, changes: &Value) -> io::Result<u64> {
        self.close_message("end_turn")?;
        self.result("success", changes)
    }

    /// Ends the turn as an interrupt does; the interrupt itself was acknowledged before.
    pub(crate) fn abort(mut self) -> io::Result<u64> {
        let partial = self.message.as_ref().and_then(|message| message.block.as_ref()).map(Block::content);
        if let Some(content) = &partial {
            let mut frame = self.assistant_frame(content);
            frame["aborted"] = true.into();
            self.output.session_frame(frame)?;
        }
        self.output.session_frame(frames::user(&json!([{"type": "text", "text": "[Request interrupted by user]"}])))?;
        if partial.is_some() {
            self.event(&json!({"type": "content_block_stop", "index": self.index()}))?;
        }
        if let Some(message) = &mut self.message {
            message.block = None;
        }
        self.close_message("end_turn")?;
        self.result(
            "error_during_execution",
            &json!({"is_error": true, "terminal_reason": "aborted_streaming", "stop_reason": null}),
        )
    }

    fn result(self, subtype: &str, changes: &Value) -> io::Result<u64> {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut frame = json!({
            "type": "result", "subtype": subtype, "is_error": false, "result": self.last_text,
            "stop_reason": "end_turn", "terminal_reason": "completed", "num_turns": self.messages.max(1),
            "duration_ms": milliseconds, "duration_api_ms": milliseconds, "ttft_ms": 1,
            "total_cost_usd": frames::cost(self.messages_before + self.messages),
            "usage": frames::usage(self.messages), "modelUsage": {}, "permission_denials": [],
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            frame[name] = value.clone();
        }
        self.output.session_frame(frame)?;
        Ok(self.messages)
    }

    fn open_message(&mut self) -> io::Result<()> {
        if self.message.is_some() {
            return Ok(());
        }
        self.messages += 1;
        let id = format!("msg_{}_{}", std::process::id(), self.messages_before + self.messages);
        let start = json!({"type": "message_start", "message": frames::message(&id, &self.model, &[])});
        self.message = Some(Message { id, index: 0, block: None });
        self.event(&start)
    }

    fn close_message(&mut self, stop_reason: &str) -> io::Result<()> {
        if self.message.is_none() {
            return Ok(());
        }
        self.close_block()?;
        let delta = json!({"stop_reason": stop_reason, "stop_sequence": null});
        self.event(&json!({"type": "message_delta", "delta": delta, "usage": frames::usage(1)}))?;
        self.event(&json!({"type": "message_stop"}))?;
        self.message = None;
        Ok(())
    }

    fn open_block(&mut self, is_thought: bool) -> io::Result<()> {
        self.open_message()?;
        let open = self.message.as_ref().and_then(|message| message.block.as_ref());
        if open.is_some_and(|block| block.is_thought == is_thought) {
            return Ok(());
        }
        self.close_block()?;
        let block = Block { is_thought, text: String::new() };
        self.event(&json!({"type": "content_block_start", "index": self.index(), "content_block": block.content()}))?;
        if let Some(message) = &mut self.message {
            message.block = Some(block);
        }
        Ok(())
    }

    fn close_block(&mut self) -> io::Result<()> {
        let Some(block) = self.message.as_mut().and_then(|message| message.block.take()) else {
            return Ok(());
        };
        self.finish_block(&block.content())?;
        if !block.is_thought {
            self.last_text = block.text;
        }
        Ok(())
    }

    /// The block in full comes before its stop.
    fn finish_block(&mut self, content: &Value) -> io::Result<()> {
        self.output.session_frame(self.assistant_frame(content))?;
        self.event(&json!({"type": "content_block_stop", "index": self.index()}))?;
        if let Some(message) = &mut self.message {
            message.index += 1;
        }
        Ok(())
    }

    fn assistant_frame(&self, content: &Value) -> Value {
        frames::assistant(&frames::message(self.message_id(), &self.model, std::slice::from_ref(content)))
    }

    fn event(&self, event: &Value) -> io::Result<()> {
        self.output.session_frame(frames::stream_event(event, self.message_id()))
    }

    fn message_id(&self) -> &str {
        self.message.as_ref().map_or("", |message| &message.id)
    }

    fn index(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.index)
    }
}

impl Block {
    fn content(&self) -> Value {
        if self.is_thought {
            json!({"type": "thinking", "thinking": self.text, "signature": ""})
        } else {
            json!({"type": "text", "text": self.text})
        }
    }
}
