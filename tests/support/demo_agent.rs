//! The demo agent on its own, as the host of its pipes sees it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};

use super::DEADLINE;

/// A running `claude-bridge demo-agent`. Dropping it ends it.
pub(crate) struct DemoAgent {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// All that it said.
    pub(crate) frames: Vec<Value>,
    requests: u64,
}

impl DemoAgent {
    /// Starts it with these of the CLI's arguments; it keeps its notes below `data`.
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_claude-bridge"))
            .arg("--data-dir")
            .arg(data)
            .arg("demo-agent")
            .args(["--output-format=stream-json", "--input-format=stream-json", "--verbose"])
            .args(arguments)
            .env_clear()
            .current_dir(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the demo agent can be started");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // What is no JSON is told as a text.
                let frame = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(frame).is_err() {
                    return;
                }
            }
        });
        Self { child, stdin, lines, frames: Vec::new(), requests: 0 }
    }

    /// Says something in the person's place.
    pub(crate) fn say(&mut self, text: &str) {
        self.send(&json!({"type": "user", "message": {"role": "user", "content": text}}));
    }

    /// Says something and gives the result of its turn.
    pub(crate) fn turn(&mut self, text: &str) -> Value {
        self.say(text);
        self.until_type("result")
    }

    /// Asks something of the agent itself, and gives the answer.
    pub(crate) fn control(&mut self, mut request: Value, subtype: &str) -> Value {
        self.requests += 1;
        let id = format!("r{}", self.requests);
        request["subtype"] = subtype.into();
        self.send(&json!({"type": "control_request", "request_id": id, "request": request}));
        self.until(|frame| frame["type"] == "control_response" && frame["response"]["request_id"] == id.as_str())
            ["response"]
            .take()
    }

    /// Interrupts it.
    pub(crate) fn interrupt(&mut self) {
        assert_eq!(self.control(json!({}), "interrupt")["subtype"], "success");
    }

    /// Answers a question of the agent's.
    pub(crate) fn answer(&mut self, question: &Value, response: &Value) {
        self.send(&json!({"type": "control_response", "response": {
            "subtype": "success", "request_id": question["request_id"], "response": response,
        }}));
    }

    /// Agrees to what a question is about.
    pub(crate) fn allow(&mut self, question: &Value) {
        let input = &question["request"]["input"];
        self.answer(question, &json!({"behavior": "allow", "updatedInput": input}));
    }

    /// Waits for a frame of this type.
    pub(crate) fn until_type(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind)
    }

    /// Waits for such a frame.
    pub(crate) fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.lines.recv_timeout(DEADLINE).expect("the demo agent says it before the deadline");
            self.frames.push(frame.clone());
            if is_it(&frame) {
                return frame;
            }
        }
    }

    /// Sends a line as it is.
    pub(crate) fn send_raw(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        writeln!(stdin, "{line}").expect("the demo agent reads");
    }

    fn send(&mut self, frame: &Value) {
        self.send_raw(&frame.to_string());
    }

    /// Ends its input and waits for its end: the exit code, and what it wrote to stderr.
    pub(crate) fn end(&mut self) -> (Option<i32>, String) {
        drop(self.stdin.take());
        self.frames.extend(self.lines.iter());
        let mut stderr = String::new();
        let pipe = self.child.stderr.as_mut().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("stderr is text");
        (self.child.wait().expect("a child can be waited for").code(), stderr)
    }
}

impl Drop for DemoAgent {
    fn drop(&mut self) {
        // It may have ended already; there is nothing to do then.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
