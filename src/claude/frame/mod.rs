//! CLI → host: one line, one frame.
//!
//! Versions differ, so nothing here depends on a field being there: a frame of a known type is read leniently, one of
//! an unknown type is passed on whole, and a line that is no frame spoils nothing but itself.

mod conversation;
mod fields;
mod reports;
mod stream;
mod surrogates;
mod system;
mod turn;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub use conversation::{Assistant, Block, ToolResult, User};
pub use reports::{
    AgentOffer, Capabilities, Compaction, ContextCategory, ContextReport, McpServerReport, ModelOffer, SlashCommand,
    credential,
};
pub use system::{ApiRetry, CanUseTool, ControlRequest, Init, McpServerStatus, Transcript};
pub use turn::{ModelUsage, Tokens, TurnResult};

use fields::text;

/// How much of a line that cannot be read is shown, in characters.
const SAMPLE: usize = 200;

/// Something the CLI said.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A turn begins, and this is what it runs with.
    Init(Box<Init>),
    /// What the CLI waits for: `requesting`, `compacting`; `None`: nothing any more.
    Status {
        /// The CLI's name for it.
        status: Option<String>,
    },
    /// The API failed and will be asked again.
    ApiRetry(ApiRetry),
    /// The model begins a message. What follows of the same `parent` belongs to it.
    MessageStart {
        /// The API's id of the message.
        message_id: String,
        /// The tool call whose agent speaks; `None`: the conversation itself.
        parent: Option<String>,
    },
    /// The model begins a block of its message.
    BlockStart {
        /// The block's place in the message.
        index: u64,
        /// What it will be.
        kind: BlockKind,
        /// The tool call whose agent speaks.
        parent: Option<String>,
    },
    /// More of a text.
    TextDelta {
        /// The block's place in the message.
        index: u64,
        /// The text to append.
        text: String,
        /// The tool call whose agent speaks.
        parent: Option<String>,
    },
    /// More of a thought.
    ThinkingDelta {
        /// The block's place in the message.
        index: u64,
        /// The text to append.
        text: String,
        /// The tool call whose agent thinks.
        parent: Option<String>,
    },
    /// Blocks that are complete; usually one, and several frames share a message id.
    Assistant(Assistant),
    /// What tools answered, or what else was said in the person's place.
    User(User),
    /// A turn ended.
    Result(Box<TurnResult>),
    /// The CLI asks something, and waits.
    ControlRequest {
        /// The name to answer under.
        request_id: String,
        /// The question.
        request: ControlRequest,
    },
    /// The CLI withdraws a question: it must not be answered any more.
    ControlCancel {
        /// The question's name.
        request_id: String,
    },
    /// The CLI answers a question of ours.
    ControlResponse {
        /// The question's name.
        request_id: String,
        /// The answer, or why there is none.
        response: Result<Value, String>,
    },
    /// What the CLI has just written to its transcript of the conversation.
    Transcript(Transcript),
    /// The tasks that go on beside the turns have changed.
    BackgroundTasks {
        /// How many there are.
        running: usize,
        /// The frame, untouched.
        frame: Value,
    },
    /// The conversation was summarised to make room.
    Compacted(Compaction),
    /// A frame that this version does not know.
    Unknown {
        /// Its type, with its subtype where it has one: `system/task_started`.
        frame_type: String,
        /// The frame, untouched.
        frame: Value,
    },
    /// A line that is no frame.
    Malformed {
        /// Why.
        problem: String,
        /// How it begins.
        sample: String,
    },
    /// A line that was too long, and is gone.
    Oversize {
        /// Its length.
        bytes: u64,
    },
}

/// What a block will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Text for the person.
    Text,
    /// A thought.
    Thinking,
    /// A tool call, or something newer.
    Other,
}

/// Reads one line; `None` for what is known and of no use: an empty line, a part of a tool's input, the end of a block.
#[must_use]
pub fn decode(line: &[u8]) -> Option<Frame> {
    let line = match std::str::from_utf8(line) {
        Ok(line) => line,
        Err(error) => return Some(malformed(error.to_string(), &String::from_utf8_lossy(line))),
    };
    match stream::decode(line) {
        stream::Decoded::Frame(frame) => Some(frame),
        stream::Decoded::Useless => None,
        stream::Decoded::NotAStreamEvent if line.trim_ascii().is_empty() => None,
        stream::Decoded::NotAStreamEvent => decode_whole(line),
    }
}

fn decode_whole(line: &str) -> Option<Frame> {
    let parsed = parse(line).or_else(|error| match surrogates::mend(line) {
        Cow::Owned(mended) => parse(&mended),
        Cow::Borrowed(_) => Err(error),
    });
    match parsed {
        Ok(frame) => by_type(frame),
        Err(error) => Some(malformed(error.to_string(), line)),
    }
}

fn parse(line: &str) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(line)
}

fn by_type(mut frame: Map<String, Value>) -> Option<Frame> {
    let subtype = text(&frame, "subtype");
    match (text(&frame, "type").as_deref(), subtype.as_deref()) {
        (Some("stream_event"), _) => stream::from_value(frame),
        (Some("assistant"), _) => Some(Frame::Assistant(Assistant::take(&mut frame))),
        (Some("user"), _) => Some(Frame::User(User::take(&mut frame))),
        (Some("result"), _) => Some(Frame::Result(Box::new(TurnResult::take(&mut frame)))),
        (Some("system"), Some("init")) => Some(Frame::Init(Box::new(Init::read(&frame)))),
        (Some("system"), Some("status")) => Some(Frame::Status { status: text(&frame, "status") }),
        (Some("system"), Some("api_retry")) => Some(Frame::ApiRetry(ApiRetry::read(&frame))),
        (Some("system"), Some("compact_boundary")) => Some(Frame::Compacted(Compaction::take(&mut frame))),
        (Some("system"), Some("background_tasks_changed")) => Some(system::background_tasks(frame)),
        (Some("transcript_mirror"), _) => Some(system::transcript(frame)),
        (Some("control_request" | "control_cancel_request" | "control_response"), _) => Some(system::control(frame)),
        // How long a thought is by now: with each of its deltas, which say it as well.
        (Some("system"), Some("thinking_tokens")) | (Some("keep_alive"), _) => None,
        _ => Some(unknown(frame)),
    }
}

fn unknown(frame: Map<String, Value>) -> Frame {
    let frame_type =
        [text(&frame, "type"), text(&frame, "subtype")].into_iter().flatten().collect::<Vec<_>>().join("/");
    Frame::Unknown { frame_type, frame: Value::Object(frame) }
}

fn malformed(problem: String, line: &str) -> Frame {
    Frame::Malformed { problem, sample: line.chars().take(SAMPLE).collect() }
}

#[cfg(test)]
mod tests;
