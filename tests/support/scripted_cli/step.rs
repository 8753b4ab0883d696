//! The language of the scripts: one JSON step per line. The tests write it, the scripted CLI plays it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One step of a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Step {
    /// Waits for the next line and fails unless it has these fields. A control request that some step of the script
    /// expects is left to the script; all others are answered as the real CLI does.
    Expect(Value),
    /// Answers the control request that was expected last.
    Respond(Value),
    /// Refuses the control request that was expected last.
    RespondError(String),
    /// Writes a frame. The string `$session_id` stands for the session's id.
    Emit(Value),
    /// Writes bytes, and no line end.
    EmitRaw(Bytes),
    /// Writes text deltas, as fast as the reader takes them unless a rate is given.
    Deltas(Deltas),
    /// A whole turn, with all the frames of the real CLI. It can be interrupted.
    Turn(Turn),
    /// In a turn: a chunk of text.
    Text(String),
    /// In a turn: a thought.
    Thinking(String),
    /// In a turn: a call of a tool.
    Tool(Tool),
    /// In a turn: asks for leave to run the tool that was called under this id, as request `ask_<id>`.
    AskPermission(String),
    /// In a turn: what a tool answered.
    ToolResult(ToolResult),
    /// In a turn: waits for the interrupt.
    UntilInterrupted,
    /// In a turn: takes no notice of interrupts until a file exists; a relative path is meant beside the script.
    IgnoreInterruptsUntil(PathBuf),
    /// Writes to stderr.
    Stderr(Bytes),
    /// Waits until a file exists; a relative path is meant beside the script.
    WaitForFile(PathBuf),
    /// Ends with this exit code.
    Exit(i32),
    /// Ends by this signal.
    Signal(i32),
    /// Neither reads nor writes any more.
    Hang,
    /// The whole process ignores SIGTERM, from its start on.
    IgnoreTerm,
    /// Plays steps several times.
    Repeat {
        /// How often.
        times: u32,
        /// What.
        steps: Vec<Step>,
    },
    /// Answers every message with `echo: ` and its text, for ever.
    Echo,
}

/// Bytes: a text, or one text many times, or numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Bytes {
    /// UTF-8.
    Text(String),
    /// A text `times` times over, for lines too long to be written out in a script.
    Repeated {
        /// What is repeated.
        text: String,
        /// How often.
        times: usize,
    },
    /// Any bytes.
    Raw(Vec<u8>),
}

/// Many text deltas.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deltas {
    /// How many.
    pub(crate) count: u64,
    /// The text of each.
    pub(crate) text: String,
    /// How many a second; absent: as many as go through.
    #[serde(default)]
    pub(crate) per_second: Option<u64>,
}

/// A turn.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// What happens in it.
    pub(crate) content: Vec<Step>,
    /// Fields of the `result` frame that differ from those of a turn that went well.
    #[serde(default)]
    pub(crate) result: Value,
}

/// A call of a tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tool {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) input: Value,
}

/// What a tool answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolResult {
    pub(crate) id: String,
    pub(crate) content: Value,
    #[serde(default)]
    pub(crate) is_error: bool,
    /// The same in the tool's own terms: the frame's `tool_use_result`.
    #[serde(default)]
    pub(crate) structured: Value,
}
