//! What all commands share that write for people: where text goes and how wide it is there, colours where they are
//! wanted (`NO_COLOR` and pipes get none), lines that fit, figures in few digits.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::{Error, Result};

pub(super) mod figures;
pub(super) mod line;
pub(super) mod output;
pub(super) mod screen;
pub(super) mod words;
pub(super) mod wrap;

/// Prints a value as JSON, for programs and for people with `jq`.
pub(super) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// What it means that the output could not be written: where nobody reads any more, nothing is wrong.
///
/// # Errors
/// If it is anything else.
#[expect(clippy::needless_pass_by_value, reason = "it is called by or_else")]
pub(super) fn unwritten(error: io::Error) -> Result<()> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Error::internal(format!("the output cannot be written: {error}"))),
    }
}
