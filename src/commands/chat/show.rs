//! What a conversation is shown to: a person, or a program that reads JSON.

use std::io;

use serde_json::{Value, json};

use crate::commands::terminal::line::Line;
use crate::commands::terminal::output::{Output, Place};
use crate::error::Error;
use crate::protocol::event::NoticeLevel;
use crate::protocol::permission::Permission;
use crate::protocol::turn::Turn;

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What it is about.
    pub(super) lines: Vec<Line>,
    /// A text of Claude's below them, in Markdown, and what comes below that.
    pub(super) text: Option<(String, Vec<Line>)>,
    /// What stands before the cursor.
    pub(super) line: String,
    /// Whether something new is asked, which is kept apart from what came before.
    pub(super) begins: bool,
}

/// Shows a conversation, as it goes on. Every error is one of writing.
pub(super) trait Show {
    /// A message was sent.
    fn begin(&mut self) -> io::Result<()>;
    /// Something happened; `event` is an event as the server sent it.
    fn event(&mut self, event: &Value) -> io::Result<()>;
    /// The server has something to say that belongs to no turn.
    fn notice(&mut self, level: NoticeLevel, text: &str) -> io::Result<()>;
    /// Time went by.
    fn tick(&mut self) -> io::Result<()>;
    /// The person wants the turn to end.
    fn interrupting(&mut self) -> io::Result<()>;
    /// The person is asked something, and answers on the line that this leaves open.
    fn prompt(&mut self, prompt: &Prompt) -> io::Result<()>;
    /// The line was ended, by the person or, where nobody answered, by nobody.
    fn was_answered(&mut self, by_person: bool) -> io::Result<()>;
    /// There is nobody to ask: it was denied.
    fn denied(&mut self, permission: &Permission) -> io::Result<()>;
    /// Says something to the person, in a few words.
    fn aside(&mut self, text: &str) -> io::Result<()>;
    /// The turn ended.
    fn end(&mut self, turn: &Turn) -> io::Result<()>;
    /// The message led to no turn, or its end was not told.
    fn fail(&mut self, error: &Error) -> io::Result<()>;
}

/// Prints each event as a line of JSON, and in the last line the turn.
pub(super) struct JsonLines {
    out: Output,
}

impl JsonLines {
    pub(super) fn new(out: Output) -> Self {
        Self { out }
    }

    fn print(&mut self, value: &Value) -> io::Result<()> {
        self.out.write(Place::Answer, &format!("{value}\n"))?;
        self.out.flush()
    }
}

impl Show for JsonLines {
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, event: &Value) -> io::Result<()> {
        self.print(event)
    }

    fn notice(&mut self, level: NoticeLevel, text: &str) -> io::Result<()> {
        self.print(&json!({"kind": "notice", "level": level, "text": text}))
    }

    fn tick(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn interrupting(&mut self) -> io::Result<()> {
        Ok(())
    }

    // A program that reads is not asked.
    fn prompt(&mut self, _: &Prompt) -> io::Result<()> {
        Ok(())
    }

    fn was_answered(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn denied(&mut self, _: &Permission) -> io::Result<()> {
        Ok(())
    }

    fn aside(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, turn: &Turn) -> io::Result<()> {
        self.print(&json!(turn))
    }

    fn fail(&mut self, error: &Error) -> io::Result<()> {
        self.print(&json!({"error": error.to_data()}))
    }
}
