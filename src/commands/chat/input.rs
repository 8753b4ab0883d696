//! What the person types at the prompt: lines with editing, history and completion.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Behavior, Config, Context, Editor, Helper};

use super::wish::{OWN, Wish};
use crate::error::{Error, Result};

/// How many messages are remembered.
const REMEMBERED: usize = 1000;

const PROMPT: (&str, &str) = ("› ", "\u{1b}[1;36m›\u{1b}[0m ");

/// Reads what the person types.
pub(super) struct Input {
    editor: Editor<Lines, FileHistory>,
    history: PathBuf,
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
        editor.set_helper(Some(Lines::default()));
        match editor.load_history(&history) {
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            loaded => loaded.map_err(|error| unkept(&history, &error))?,
        }
        Ok(Self { editor, history })
    }

    /// Completes these commands of Claude's too.
    pub(super) fn complete(&mut self, commands: &[String]) {
        if let Some(lines) = self.editor.helper_mut() {
            lines.commands = commands.to_vec();
        }
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

/// What a line is to the editor: one that ends with a backslash goes on, one that begins with a slash is a command.
#[derive(Default)]
struct Lines {
    /// Claude's own commands, without the slash.
    commands: Vec<String>,
}

impl Lines {
    /// The commands that begin so.
    fn candidates(&self, begun: &str) -> Vec<String> {
        let own = OWN.iter().map(|own| own.name.to_owned());
        let all = own.chain(self.commands.iter().map(|name| format!("/{name}")));
        let mut fitting: Vec<String> = all.filter(|name| name.starts_with(begun)).collect();
        fitting.sort();
        fitting.dedup();
        fitting
    }
}

impl Helper for Lines {}

impl Completer for Lines {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let begun = &line[..at];
        let is_command = begun.starts_with('/') && !begun.contains(char::is_whitespace);
        Ok((0, if is_command { self.candidates(begun) } else { Vec::new() }))
    }
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
    fn commands_are_completed_ours_and_claudes() {
        let lines = Lines { commands: vec!["review".to_owned(), "context".to_owned()] };
        assert_eq!(lines.candidates("/re"), ["/rename", "/resume", "/review"]);
        assert_eq!(lines.candidates("/con"), ["/context"]);
        assert_eq!(lines.candidates("/x"), [""; 0]);
    }
}
