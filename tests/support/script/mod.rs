//! Scripts for the scripted CLI: `Script::new().answer("Hi").answer(Turn::text("Wai").hold("gate").then("ting"))`.

mod cli;
#[path = "../scripted_cli/step.rs"]
mod step;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub(crate) use cli::ScriptedCli;
pub(crate) use step::Turn;
use step::{Bytes, Deltas, Step, Tool, ToolResult};

/// What one start of the CLI does, built from its first line to its last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// Does nothing but answer control requests, until stdin ends.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Answers every message with `echo: ` and its text.
    pub(crate) fn echo() -> Self {
        Self::new().with(Step::Echo)
    }

    /// Waits for a message and answers it.
    pub(crate) fn answer(self, turn: impl Into<Turn>) -> Self {
        self.expect(json!({"type": "user"})).unasked(turn)
    }

    /// A turn that nobody asked for, as after a background task.
    pub(crate) fn unasked(self, turn: impl Into<Turn>) -> Self {
        self.with(Step::Turn(turn.into()))
    }

    /// Waits for a line that has at least these fields. A control request that is expected is not answered by itself.
    pub(crate) fn expect(self, frame: Value) -> Self {
        self.with(Step::Expect(frame))
    }

    /// Waits for a control request.
    pub(crate) fn expect_control(self, subtype: &str) -> Self {
        self.expect(json!({"type": "control_request", "request": {"subtype": subtype}}))
    }

    /// Answers the control request that was expected last.
    pub(crate) fn respond(self, response: Value) -> Self {
        self.with(Step::Respond(response))
    }

    /// Refuses the control request that was expected last.
    pub(crate) fn respond_error(self, problem: &str) -> Self {
        self.with(Step::RespondError(problem.to_owned()))
    }

    /// Writes a frame; `$session_id` in it stands for the session's id.
    pub(crate) fn emit(self, frame: Value) -> Self {
        self.with(Step::Emit(frame))
    }

    /// Writes a text as it is, with no line end.
    pub(crate) fn emit_text(self, text: &str) -> Self {
        self.with(Step::EmitRaw(Bytes::Text(text.to_owned())))
    }

    /// Writes bytes as they are.
    pub(crate) fn emit_bytes(self, bytes: &[u8]) -> Self {
        self.with(Step::EmitRaw(Bytes::Raw(bytes.to_owned())))
    }

    /// Writes a text many times over.
    pub(crate) fn emit_repeated(self, text: &str, times: usize) -> Self {
        self.with(Step::EmitRaw(Bytes::Repeated { text: text.to_owned(), times }))
    }

    /// Writes to stderr.
    pub(crate) fn stderr(self, text: &str) -> Self {
        self.with(Step::Stderr(Bytes::Text(text.to_owned())))
    }

    /// Waits until the test releases this gate.
    pub(crate) fn hold(self, gate: &str) -> Self {
        self.with(hold(gate))
    }

    /// Ends with this exit code.
    pub(crate) fn exit(self, code: i32) -> Self {
        self.with(Step::Exit(code))
    }

    /// Ends by this signal.
    pub(crate) fn signal(self, signal: i32) -> Self {
        self.with(Step::Signal(signal))
    }

    /// Neither reads nor writes from here on, and lives.
    pub(crate) fn hang(self) -> Self {
        self.with(Step::Hang)
    }

    /// SIGTERM does not end it.
    pub(crate) fn ignore_term(self) -> Self {
        self.with(Step::IgnoreTerm)
    }

    /// All of this several times.
    pub(crate) fn times(self, times: u32) -> Self {
        Self::new().with(Step::Repeat { times, steps: self.steps })
    }

    fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    fn to_lines(&self) -> String {
        let line = |step| serde_json::to_string(step).expect("a step is JSON") + "\n";
        self.steps.iter().map(line).collect()
    }
}

impl Turn {
    /// A turn in which nothing is said.
    pub(crate) fn silent() -> Self {
        Self::default()
    }

    /// A turn that begins with a chunk of text.
    pub(crate) fn text(chunk: &str) -> Self {
        Self::silent().then(chunk)
    }

    /// Another chunk of text.
    pub(crate) fn then(self, chunk: &str) -> Self {
        self.with(Step::Text(chunk.to_owned()))
    }

    /// A thought.
    pub(crate) fn think(self, thought: &str) -> Self {
        self.with(Step::Thinking(thought.to_owned()))
    }

    /// Many deltas with the same text, as fast as they are taken.
    pub(crate) fn deltas(self, count: u64, text: &str) -> Self {
        self.with(Step::Deltas(Deltas { count, text: text.to_owned(), per_second: None }))
    }

    /// Deltas with the same text, so many a second.
    pub(crate) fn deltas_at(self, per_second: u64, count: u64, text: &str) -> Self {
        self.with(Step::Deltas(Deltas { count, text: text.to_owned(), per_second: Some(per_second) }))
    }

    /// A call of a tool.
    pub(crate) fn call(self, id: &str, name: &str, input: Value) -> Self {
        self.with(Step::Tool(Tool { id: id.to_owned(), name: name.to_owned(), input }))
    }

    /// What the tool that was called under this id answers.
    pub(crate) fn returns(self, id: &str, content: impl Into<Value>) -> Self {
        self.tool_result(id, content.into(), false)
    }

    /// The tool that was called under this id fails.
    pub(crate) fn fails(self, id: &str, content: impl Into<Value>) -> Self {
        self.tool_result(id, content.into(), true)
    }

    /// Asks for leave to run a tool that was called, as request `ask_<id>`, and waits for this answer.
    pub(crate) fn ask_permission(self, id: &str, expected: Value) -> Self {
        let mut response = json!({"request_id": format!("ask_{id}")});
        response["response"] = expected;
        self.ask(id).expect(json!({"type": "control_response", "response": response}))
    }

    /// Asks for leave to run a tool that was called, as request `ask_<id>`, and goes on.
    pub(crate) fn ask(self, id: &str) -> Self {
        self.with(Step::AskPermission(id.to_owned()))
    }

    /// Waits for a line that has at least these fields.
    pub(crate) fn expect(self, frame: Value) -> Self {
        self.with(Step::Expect(frame))
    }

    /// A frame in the middle of the turn.
    pub(crate) fn emit(self, frame: Value) -> Self {
        self.with(Step::Emit(frame))
    }

    /// Bytes in the middle of the turn, as they are.
    pub(crate) fn emit_bytes(self, bytes: &[u8]) -> Self {
        self.with(Step::EmitRaw(Bytes::Raw(bytes.to_owned())))
    }

    /// A text in the middle of the turn, many times over and with no line end.
    pub(crate) fn emit_repeated(self, text: &str, times: usize) -> Self {
        self.with(Step::EmitRaw(Bytes::Repeated { text: text.to_owned(), times }))
    }

    /// Writes a text to stderr many times over.
    pub(crate) fn stderr_repeated(self, text: &str, times: usize) -> Self {
        self.with(Step::Stderr(Bytes::Repeated { text: text.to_owned(), times }))
    }

    /// Takes no notice of an interrupt until the test releases this gate.
    pub(crate) fn ignore_interrupts_until(self, gate: &str) -> Self {
        self.with(Step::IgnoreInterruptsUntil(cli::gate_file(gate).into()))
    }

    /// Waits until the test releases this gate.
    pub(crate) fn hold(self, gate: &str) -> Self {
        self.with(hold(gate))
    }

    /// Waits for the interrupt.
    pub(crate) fn until_interrupted(self) -> Self {
        self.with(Step::UntilInterrupted)
    }

    /// The process ends here, with this exit code.
    pub(crate) fn exit(self, code: i32) -> Self {
        self.with(Step::Exit(code))
    }

    /// The process ends here, by this signal.
    pub(crate) fn signal(self, signal: i32) -> Self {
        self.with(Step::Signal(signal))
    }

    /// The process neither reads nor writes from here on, and lives.
    pub(crate) fn hang(self) -> Self {
        self.with(Step::Hang)
    }

    /// Fields of the `result` frame that differ from those of a turn that went well.
    pub(crate) fn result(mut self, fields: Value) -> Self {
        self.result = fields;
        self
    }

    fn tool_result(self, id: &str, content: Value, is_error: bool) -> Self {
        self.with(Step::ToolResult(ToolResult { id: id.to_owned(), content, is_error, structured: Value::Null }))
    }

    fn with(mut self, step: Step) -> Self {
        self.content.push(step);
        self
    }
}

impl From<&str> for Turn {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl<const N: usize> From<[&str; N]> for Turn {
    fn from(chunks: [&str; N]) -> Self {
        chunks.into_iter().fold(Self::silent(), Self::then)
    }
}

fn hold(gate: &str) -> Step {
    Step::WaitForFile(cli::gate_file(gate).into())
}
