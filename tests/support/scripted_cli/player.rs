//! Plays a script, step by step.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::frames;
use crate::input::Input;
use crate::invocation::Invocation;
use crate::output::Output;
use crate::step::{self, Bytes, Deltas, Step};
use crate::turn::Turn;

/// How often a step that waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How many bytes of deltas are written at once.
const BATCH_BYTES: usize = 256 * 1024;

/// Why the script is left.
#[derive(Debug)]
pub(crate) enum Stop {
    /// stdin ended where the script would have read on: the usual end.
    EndOfInput,
    /// The script says so, or nobody reads any more.
    Exit(i32),
    /// The turn was interrupted.
    Interrupted,
    /// What came is not what the script expected.
    Failed(String),
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Exit(1)
    }
}

/// The one that plays.
pub(crate) struct Player {
    input: Input,
    output: Output,
    folder: PathBuf,
    model: String,
    turn: Option<Turn>,
    messages: u64,
    last_request: Value,
}

impl Player {
    pub(crate) fn new(input: Input, output: Output, folder: Option<PathBuf>, invocation: &Invocation) -> Self {
        let (folder, model) = (folder.unwrap_or_default(), invocation.model().to_owned());
        Self { input, output, folder, model, turn: None, messages: 0, last_request: Value::Null }
    }

    /// Plays all steps, then waits for the end of stdin; anything that comes in between was not expected.
    pub(crate) fn play(&mut self, steps: &[Step]) -> Stop {
        if let Err(stop) = self.steps(steps) {
            return stop;
        }
        match self.input.next_line() {
            None => Stop::EndOfInput,
            Some(line) => Stop::Failed(format!("expected nothing after the script's end, got {line}")),
        }
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), Stop> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), Stop> {
        self.stop_if_interrupted()?;
        match step {
            Step::Expect(expected) => return self.expect(expected).map(drop),
            Step::Respond(response) => {
                self.output.frame(&frames::control_success(&self.last_request["request_id"], response))?;
            }
            Step::RespondError(problem) => {
                self.output.frame(&frames::control_error(&self.last_request["request_id"], problem))?;
            }
            Step::Emit(frame) => {
                let text = frame.to_string().replace("$session_id", self.output.session_id());
                self.output.bytes(format!("{text}\n").as_bytes())?;
            }
            Step::EmitRaw(bytes) => self.output.bytes(&bytes.to_vec())?,
            Step::Stderr(bytes) => io::stderr().write_all(&bytes.to_vec())?,
            Step::Deltas(deltas) => return self.deltas(deltas),
            Step::Turn(turn) => return self.whole_turn(turn),
            Step::Text(chunk) => self.turn()?.text(chunk)?,
            Step::Thinking(thought) => self.turn()?.thinking(thought)?,
            Step::Tool(tool) => self.turn()?.tool(tool)?,
            Step::AskPermission(tool_use_id) => self.turn()?.ask_permission(tool_use_id)?,
            Step::ToolResult(result) => self.turn()?.tool_result(result)?,
            Step::UntilInterrupted => return self.wait_until(|| false),
            Step::IgnoreInterruptsUntil(path) => {
                let path = self.folder.join(path);
                while !path.exists() {
                    std::thread::sleep(LOOK_AGAIN);
                }
            }
            Step::WaitForFile(path) => {
                let path = self.folder.join(path);
                return self.wait_until(|| path.exists());
            }
            Step::Exit(code) => return Err(Stop::Exit(*code)),
            Step::Signal(signal) => return die_by(*signal),
            Step::Hang => self.hang(),
            Step::IgnoreTerm => {}
            Step::Repeat { times, steps } => return (0..*times).try_for_each(|_| self.steps(steps)),
            Step::Echo => loop {
                self.echo()?;
            },
        }
        Ok(())
    }

    /// Takes the next line, which must have at least what is expected.
    fn expect(&mut self, expected: &Value) -> Result<Value, Stop> {
        let line = self.input.next_line().ok_or(Stop::EndOfInput)?;
        if !contains(&line, expected) {
            return Err(Stop::Failed(format!("expected {expected}, got {line}")));
        }
        if line["type"] == "control_request" {
            self.last_request = line.clone();
        }
        Ok(line)
    }

    fn echo(&mut self) -> Result<(), Stop> {
        let line = self.expect(&json!({"type": "user"}))?;
        let text = format!("echo: {}", said(&line["message"]["content"]));
        self.whole_turn(&step::Turn { content: vec![Step::Text(text)], result: Value::Null })
    }

    fn whole_turn(&mut self, turn: &step::Turn) -> Result<(), Stop> {
        // Before its first frame, which an interrupt may answer at once.
        self.input.open_turn();
        self.turn = Some(Turn::begin(self.output.clone(), &self.model, self.messages)?);
        let played = self.steps(&turn.content);
        let interrupted = self.input.close_turn();
        let Some(written) = self.turn.take() else { return Ok(()) };
        self.messages += match played {
            Err(Stop::Interrupted) => written.abort()?,
            Ok(()) if interrupted => written.abort()?,
            Ok(()) => written.end(&turn.result)?,
            Err(stop) => return Err(stop),
        };
        Ok(())
    }

    fn turn(&mut self) -> Result<&mut Turn, Stop> {
        self.turn
            .as_mut()
            .ok_or_else(|| Stop::Failed("a step that belongs into a turn stands outside of one".to_owned()))
    }

    fn deltas(&mut self, deltas: &Deltas) -> Result<(), Stop> {
        let mut frame = match &mut self.turn {
            Some(turn) => turn.delta_frame(&deltas.text)?,
            None => frames::stream_event(&frames::text_delta(0, &deltas.text), "msg_flood"),
        };
        frame["session_id"] = self.output.session_id().into();
        frame["uuid"] = "5c71970e-0000-4000-a000-000000000000".into();
        let line = format!("{frame}\n");
        let per_batch = (BATCH_BYTES / line.len()).max(1);
        let batch = line.repeat(per_batch);
        let began = Instant::now();
        let mut written = 0;
        while written < deltas.count {
            self.stop_if_interrupted()?;
            let due = deltas.due(began.elapsed()).min(deltas.count);
            let now = usize::try_from(due - written).unwrap_or(usize::MAX).min(per_batch);
            if now == 0 {
                std::thread::sleep(LOOK_AGAIN);
                continue;
            }
            self.output.bytes(&batch.as_bytes()[..now * line.len()])?;
            if let Some(turn) = &mut self.turn {
                turn.append(&deltas.text.repeat(now));
            }
            written += now as u64;
        }
        Ok(())
    }

    fn wait_until(&self, is_so: impl Fn() -> bool) -> Result<(), Stop> {
        while !is_so() {
            self.stop_if_interrupted()?;
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn stop_if_interrupted(&self) -> Result<(), Stop> {
        if self.input.is_interrupted() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    fn hang(&self) -> ! {
        self.input.stop();
        loop {
            std::thread::park();
        }
    }
}

impl Bytes {
    fn to_vec(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Repeated { text, times } => text.repeat(*times).into_bytes(),
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

impl Deltas {
    /// How many should have been written after this time.
    fn due(&self, elapsed: Duration) -> u64 {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.per_second.map_or(u64::MAX, |rate| rate.saturating_mul(micros) / 1_000_000)
    }
}

/// Whether `frame` has at least what `expected` has; lists must agree in length.
fn contains(frame: &Value, expected: &Value) -> bool {
    match (frame, expected) {
        (Value::Object(frame), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| frame.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(frame), Value::Array(expected)) => {
            frame.len() == expected.len() && frame.iter().zip(expected).all(|(found, value)| contains(found, value))
        }
        _ => frame == expected,
    }
}

/// What a user frame says: its content is a text or a list of blocks.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn die_by(signal: i32) -> Result<(), Stop> {
    let unknown = || Stop::Failed(format!("no signal has number {signal}"));
    let signal = rustix::process::Signal::from_named_raw(signal).ok_or_else(unknown)?;
    rustix::process::kill_process(rustix::process::getpid(), signal)
        .map_err(|error| Stop::Failed(format!("cannot send a signal: {error}")))
}
