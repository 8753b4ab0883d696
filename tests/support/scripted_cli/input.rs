//! stdin: a thread that reads lines, answers the control requests that the script leaves to it, and queues the rest.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::frames;
use crate::log::Log;
use crate::output::Output;
use crate::script::control_subtype;

/// What came in; clones are the same.
#[derive(Clone)]
pub(crate) struct Input {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Value>,
    ended: bool,
    in_turn: bool,
    interrupted: bool,
    stopped: bool,
}

impl Input {
    /// Begins to read. Control requests of the subtypes in `left_to_script` are queued like any other line.
    pub(crate) fn read_stdin(output: Output, log: Log, left_to_script: Vec<String>) -> Self {
        let input = Self { shared: Arc::default() };
        let reader = Reader { input: input.clone(), output, log, left_to_script };
        std::thread::spawn(move || reader.run());
        input
    }

    /// The next line; none when stdin has ended.
    pub(crate) fn next_line(&self) -> Option<Value> {
        let nothing_yet = |state: &mut State| state.lines.is_empty() && !state.ended;
        let waited = self.shared.changed.wait_while(self.lock(), nothing_yet);
        waited.unwrap_or_else(PoisonError::into_inner).lines.pop_front()
    }

    /// From here on an interrupt means the turn.
    pub(crate) fn open_turn(&self) {
        let mut state = self.lock();
        (state.in_turn, state.interrupted) = (true, false);
    }

    /// Says whether the turn is still to be aborted; an interrupt that comes after this means nothing.
    pub(crate) fn close_turn(&self) -> bool {
        let mut state = self.lock();
        state.in_turn = false;
        std::mem::take(&mut state.interrupted)
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.lock().interrupted
    }

    /// Stops reading for ever.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.shared.changed.notify_all();
    }
}

struct Reader {
    input: Input,
    output: Output,
    log: Log,
    left_to_script: Vec<String>,
}

impl Reader {
    fn run(self) {
        let mut line = String::new();
        let mut stdin = io::stdin().lock();
        while matches!(stdin.read_line(&mut line), Ok(1..)) {
            if self.input.lock().stopped {
                return;
            }
            let frame = serde_json::from_str(&line).unwrap_or_else(|error| refuse_line(&line, &error));
            self.log.received(&frame);
            self.take(frame);
            line.clear();
        }
        self.input.update(|state| state.ended = true);
    }

    fn take(&self, frame: Value) {
        match control_subtype(&frame) {
            Some(subtype) if !self.left_to_script.contains(&subtype) => self.answer(&subtype, &frame),
            _ => self.input.update(|state| state.lines.push_back(frame)),
        }
    }

    /// Answers as the real CLI does.
    fn answer(&self, subtype: &str, frame: &Value) {
        let request = &frame["request"];
        let response = match subtype {
            "initialize" => Some(frames::initialize_response()),
            "interrupt" => Some(json!({"still_queued": []})),
            "set_model" => Some(json!({"model": request["model"]})),
            "set_permission_mode" => Some(json!({"mode": request["mode"]})),
            "mcp_status" => Some(json!({"mcpServers": []})),
            "get_context_usage" => Some(frames::context_usage()),
            "apply_flag_settings" | "mcp_message" => Some(Value::Null),
            "mcp_set_servers" => Some(json!({"added": [], "removed": [], "errors": {}})),
            _ => None,
        };
        let answer = match response {
            Some(response) => frames::control_success(&frame["request_id"], &response),
            None => {
                let problem = format!("Unsupported control request subtype: {subtype}");
                frames::control_error(&frame["request_id"], &problem)
            }
        };
        // Whoever asked may be gone by now; then stdin ends as well, and that ends this process.
        drop(self.output.frame(&answer));
        if subtype == "interrupt" {
            self.input.update(|state| state.interrupted = state.in_turn);
        }
    }
}

/// A line that is not JSON ends the real CLI.
fn refuse_line(line: &str, error: &serde_json::Error) -> ! {
    drop(writeln!(io::stderr(), "Error parsing streaming input line: {line}{error}"));
    std::process::exit(1)
}
