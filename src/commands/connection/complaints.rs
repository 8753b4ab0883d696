//! What the server writes to stderr. It would disturb the conversation, and says nothing that the protocol does not;
//! its last lines are kept for the case that the server dies.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many lines are kept.
const KEPT: usize = 10;

/// The last lines that the server wrote to stderr.
#[derive(Clone, Debug, Default)]
pub(super) struct Complaints(Arc<Mutex<VecDeque<String>>>);

impl Complaints {
    /// Reads `stderr` in a thread of its own, until it ends.
    pub(super) fn of(stderr: impl Read + Send + 'static) -> io::Result<Self> {
        let complaints = Self::default();
        let kept = complaints.clone();
        thread::Builder::new().name("complaints".to_owned()).spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(io::Result::ok) {
                kept.add(String::from_utf8_lossy(&line).into_owned());
            }
        })?;
        Ok(complaints)
    }

    /// The lines in one.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")
    }

    fn add(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let complaints = Complaints::default();
        for line in 1..=12 {
            complaints.add(format!("{line}\r"));
        }
        assert_eq!(complaints.text(), "3; 4; 5; 6; 7; 8; 9; 10; 11; 12");
    }
}
