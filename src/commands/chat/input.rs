//! What the person types: lines with editing and history, and the few commands that are not Claude's.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Behavior, Config, Editor, Helper};

use crate::error::{Error, Result};

/// How many messages are remembered.
const REMEMBERED: usize = 1000;

const PROMPT: (&str, &str) = ("› ", "\u{1b}[1;36m›\u{1b}[0m ");

/// What `/help` says.
pub(super) const HELP: &str = "\
/help           this
/new            begin another session
/rename TITLE   give this session a title
/quit           leave; so does Ctrl-D
Ctrl-C          interrupt Claude; twice: leave
A \\ at the end of a line goes on in the next one. All other /words are Claude's own.";

/// Reads what the person types.
pub(super) struct Input {
    editor: Editor<Lines, FileHistory>,
    history: PathBuf,
}

/// What the person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Say this to Claude.
    Say(String),
    /// Know the commands.
    Help,
    /// Begin another session.
    New,
    /// Give the session this title.
    Rename(String),
    /// Leave.
    Quit,
    /// Ctrl-C.
    Interrupt,
    /// Nothing: an empty line.
    Nothing,
}

impl Input {
    /// Lines from the terminal; what was typed before is in the file `history`.
    ///
    /// # Errors
    /// If the terminal cannot be used, or the file is there and cannot be read.
    pub(super) fn open(history: PathBuf) -> Result<Self> {
        // Where stdout goes elsewhere, the prompt must not.
        let behavior = if io::stdout().is_terminal() { Behavior::Stdio } else { Behavior::PreferTerm };
        let config = Config::builder().max_history_size(REMEMBERED).map_err(unusable)?;
        let config = config.auto_add_history(true).behavior(behavior).build();
        let mut editor = Editor::with_config(config).map_err(unusable)?;
        editor.set_helper(Some(Lines));
        match editor.load_history(&history) {
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            loaded => loaded.map_err(|error| unkept(&history, &error))?,
        }
        Ok(Self { editor, history })
    }

    /// Waits for a line.
    ///
    /// # Errors
    /// If the terminal cannot be read.
    pub(super) fn read(&mut self) -> Result<Wish> {
        match self.editor.readline(&PROMPT) {
            Ok(line) => Ok(Wish::of(&line)),
            Err(ReadlineError::Interrupted) => Ok(Wish::Interrupt),
            Err(ReadlineError::Eof) => Ok(Wish::Quit),
            Err(error) => Err(unusable(error)),
        }
    }

    /// Keeps what was typed, for this user's eyes only.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn keep(&mut self) -> Result<()> {
        self.editor.append_history(&self.history).map_err(|error| unkept(&self.history, &error))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is called by map_err")]
fn unusable(error: ReadlineError) -> Error {
    Error::internal(format!("the terminal cannot be used: {error}"))
}

fn unkept(path: &Path, error: &ReadlineError) -> Error {
    Error::internal(format!("{}, which keeps what was typed, cannot be used: {error}", path.display()))
        .hint("delete it, or give the message on the command line")
}

impl Wish {
    fn of(line: &str) -> Self {
        let text = line.replace("\\\n", "\n");
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match (first, rest.trim()) {
            ("", _) => Self::Nothing,
            ("/help", "") => Self::Help,
            ("/new", "") => Self::New,
            ("/quit" | "/exit", "") => Self::Quit,
            ("/rename", title) if !title.is_empty() => Self::Rename(title.to_owned()),
            ("/rename", _) => Self::Help,
            _ => Self::Say(text.to_owned()),
        }
    }
}

/// What a line is to the editor: one that ends with a backslash goes on.
struct Lines;

impl Helper for Lines {}

impl Completer for Lines {
    type Candidate = String;
}

impl Hinter for Lines {
    type Hint = String;
}

impl Highlighter for Lines {}

impl Validator for Lines {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let goes_on = context.input().ends_with('\\');
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_commands() {
        for (line, wish) in [
            ("  /help ", Wish::Help),
            ("/new", Wish::New),
            ("/quit", Wish::Quit),
            ("/rename  A title ", Wish::Rename("A title".to_owned())),
            ("/rename", Wish::Help),
            ("  ", Wish::Nothing),
            ("/compact now", Wish::Say("/compact now".to_owned())),
            ("/help me", Wish::Say("/help me".to_owned())),
            ("one\\\ntwo\nthree", Wish::Say("one\ntwo\nthree".to_owned())),
        ] {
            assert_eq!(Wish::of(line), wish, "{line}");
        }
    }
}
