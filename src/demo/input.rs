//! Standard input: a thread that reads lines and says what they are.

use std::io::{self, BufRead};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::Value;

use super::prompt::Prompt;
use crate::error::{Error, Result};

/// A line of the host's.
#[derive(Debug)]
pub(super) enum Line {
    /// Something is said, and gets a turn.
    Prompt(Prompt),
    /// Something is asked of the agent itself.
    Request { id: String, request: Value },
    /// A question of the agent's is answered, or cannot be.
    Answer { id: String, response: Result<Value, String> },
    /// Something that needs no attention.
    Other,
    /// It cannot be read.
    Broken(String),
}

/// How many lines can wait while a turn runs; past that the host has to.
const WAITING: usize = 256;

/// Begins to read. The channel is cut when the input ends.
pub(super) fn read(input: impl BufRead + Send + 'static) -> Result<Receiver<Line>> {
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    let reader = move || {
        for line in input.lines().map(Line::read) {
            if sender.send(line).is_err() {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(reader)
        .map_err(|error| Error::internal(format!("no thread can be started to read standard input: {error}")))?;
    Ok(receiver)
}

impl Line {
    fn read(line: io::Result<String>) -> Self {
        let text = match line {
            Ok(text) => text,
            Err(error) => return Self::Broken(error.to_string()),
        };
        if text.trim().is_empty() {
            return Self::Other;
        }
        match serde_json::from_str(&text) {
            Ok(frame) => Self::of_frame(frame),
            Err(error) => Self::Broken(format!("{text}: {error}")),
        }
    }

    fn of_frame(mut frame: Value) -> Self {
        match frame["type"].as_str() {
            Some("user") => Self::Prompt(Prompt::read(&frame["message"]["content"])),
            Some("control_request") => {
                Self::Request { id: text(&frame["request_id"]), request: frame["request"].take() }
            }
            Some("control_response") => Self::of_answer(&mut frame["response"]),
            _ => Self::Other,
        }
    }

    fn of_answer(answer: &mut Value) -> Self {
        let response = match answer["subtype"].as_str() {
            Some("success") => Ok(answer["response"].take()),
            _ => Err(text(&answer["error"])),
        };
        Self::Answer { id: text(&answer["request_id"]), response }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
