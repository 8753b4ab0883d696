//! Stdout for what is listed: tables that fit, questions, progress.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anstream::AutoStream;
use anstyle::Style;
use rustix::termios::tcgetwinsize;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::wrap::cut;
use crate::error::{Error, Result};

/// What a terminal is taken for that does not tell how wide it is, in columns.
const WIDTH: usize = 80;

/// How long a bar is, in columns, and how often it is drawn.
const BAR: usize = 30;
const DRAWING_INTERVAL: Duration = Duration::from_millis(50);
/// Erases the line that the cursor is in.
const ERASE: &str = "\r\u{1b}[K";

/// Headings.
pub(in crate::commands) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(in crate::commands) const DIM: Style = Style::new().dimmed();

/// The process's stdout.
pub(in crate::commands) struct Screen {
    to: AutoStream<io::StdoutLock<'static>>,
    /// How wide the terminal is, in columns; `None`: it is none.
    pub(in crate::commands) width: Option<usize>,
}

impl Screen {
    /// Takes stdout; styles are left out where they are not wanted (`NO_COLOR`, a pipe).
    pub(in crate::commands) fn stdout() -> Self {
        let stdout = io::stdout();
        let size = tcgetwinsize(&stdout).ok().map(|size| usize::from(size.ws_col)).filter(|width| *width > 0);
        let width = stdout.is_terminal().then(|| size.unwrap_or(WIDTH));
        Self { to: AutoStream::auto(stdout.lock()), width }
    }

    /// Writes text as it is, but for styles that are not wanted.
    ///
    /// # Errors
    /// `internalError`, unless nobody reads any more.
    pub(in crate::commands) fn write(&mut self, text: &str) -> Result<()> {
        match self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()) {
            // Whoever has read enough has.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Error::internal(format!("the output cannot be written: {error}"))),
        }
    }

    /// Writes a value as JSON, for programs.
    ///
    /// # Errors
    /// `internalError`.
    pub(in crate::commands) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::internal(format!("the output cannot be encoded: {error}")))?;
        self.write(&(text + "\n"))
    }

    /// Writes rows below their heads: in columns that fit the terminal, the last one cut; in a pipe with tabs and whole.
    ///
    /// # Errors
    /// `internalError`.
    pub(in crate::commands) fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) -> Result<()> {
        let Some(width) = self.width else {
            let lines: String = rows.iter().map(|row| row.join("\t") + "\n").collect();
            return self.write(&lines);
        };
        let columns = widths(heads, rows);
        let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
        let mut text = format!("{DIM}{}{DIM:#}\n", line(&heads, &columns, width));
        for row in rows {
            text.push_str(&line(row, &columns, width));
            text.push('\n');
        }
        self.write(&text)
    }
}

fn widths(heads: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        cells.chain([heads[column].width()]).max().unwrap_or(0)
    };
    (0..heads.len()).map(widest).collect()
}

fn line(cells: &[String], columns: &[usize], width: usize) -> String {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        if at + 1 == cells.len() {
            let rest = width.saturating_sub(line.width());
            line.push_str(&cut(cell, rest.max(8)));
        } else {
            let padding = columns[at].saturating_sub(cell.width()) + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(padding));
        }
    }
    line.trim_end().to_owned()
}

/// Asks the person whether to go on. Where there is no terminal to ask at, whoever started this has decided.
///
/// # Errors
/// `internalError` where the terminal cannot be used.
pub(in crate::commands) fn confirm(question: &str) -> Result<bool> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !(stdin.is_terminal() && stderr.is_terminal()) {
        return Ok(true);
    }
    let cannot = |error: io::Error| Error::internal(format!("the terminal cannot be used: {error}"));
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).map_err(cannot)?;
    let mut answer = String::new();
    stdin.read_line(&mut answer).map_err(cannot)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A bar on stderr that grows, where that is a terminal.
#[derive(Debug, Default)]
pub(in crate::commands) struct Progress {
    drawn_at: Option<Instant>,
}

impl Progress {
    /// Draws how many of how many are done; at the end the bar goes.
    pub(in crate::commands) fn draw(&mut self, done: usize, total: usize) {
        let is_due = self.drawn_at.is_none_or(|at| at.elapsed() >= DRAWING_INTERVAL);
        let is_over = done == total && self.drawn_at.is_some();
        let mut stderr = io::stderr();
        if !stderr.is_terminal() || total == 0 || !(is_due || is_over) {
            return;
        }
        self.drawn_at = Some(Instant::now());
        let text = if is_over { ERASE.to_owned() } else { format!("{ERASE}{}", bar(done, total)) };
        // A terminal that cannot be drawn on misses nothing but this.
        if stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()).is_err() {
            tracing::debug!("the progress cannot be shown");
        }
    }
}

/// `[██████········] 123/456`
fn bar(done: usize, total: usize) -> String {
    let full = BAR * done / total.max(1);
    format!("[{}{}] {done}/{total}", "█".repeat(full), "·".repeat(BAR - full))
}

/// A number of bytes, for people: `1.2 MB`.
pub(in crate::commands) fn bytes(count: u64) -> String {
    let mut size = count as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if size < 1000.0 || unit == "GB" {
            return if unit == "bytes" { format!("{count} bytes") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    String::new()
}

/// `one`, or how many: "1 session", "3 sessions".
pub(in crate::commands) fn counted(count: usize, one: &str) -> String {
    let mut text = format!("{count} {one}");
    if count != 1 {
        // Writing to a string cannot fail.
        text.write_str("s").unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them_and_the_last_is_cut() {
        let rows = [vec!["日本".to_owned(), "a long title".to_owned()]];
        let columns = widths(&["ID", "TITLE"], &rows);
        assert_eq!(columns, [4, 12]);
        assert_eq!(line(&rows[0], &columns, 15), "日本  a long t…");
        assert_eq!(line(&["ID".into(), "TITLE".into()], &columns, 40), "ID    TITLE");
    }

    #[test]
    fn a_bar_grows() {
        assert!(bar(0, 4).ends_with("·] 0/4") && bar(4, 4).ends_with("█] 4/4"));
        assert_eq!(bar(1, 2).matches('█').count(), BAR / 2);
    }

    #[test]
    fn numbers_are_told_to_people() {
        assert_eq!([bytes(999), bytes(1_500), bytes(2_340_000)], ["999 bytes", "1.5 kB", "2.3 MB"]);
        assert_eq!([counted(1, "session"), counted(0, "session")], ["1 session", "0 sessions"]);
    }
}
