//! The CLI's stderr: always drained, its end kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::redact::Content;

/// How much is kept, in bytes.
const KEPT_BYTES: usize = 16 * 1024;
/// How many lines of that are told.
const TOLD_LINES: usize = 20;

/// The end of what a process wrote to its stderr so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
}

impl Tail {
    /// Reads `pipe` to its end. Without a reader the process would block when the pipe is full.
    pub(super) async fn drain(self, mut pipe: impl AsyncRead + Unpin) {
        let mut chunk = [0; 4096];
        loop {
            match pipe.read(&mut chunk).await {
                Ok(0) => return,
                Ok(length) => {
                    tracing::trace!("from the CLI's stderr: {}", Content(String::from_utf8_lossy(&chunk[..length])));
                    self.push(&chunk[..length]);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot read the stderr of the Claude CLI");
                    return;
                }
            }
        }
    }

    /// The last lines, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(bytes.make_contiguous());
        let mut lines: Vec<String> = text.lines().rev().take(TOLD_LINES).map(str::to_owned).collect();
        lines.reverse();
        lines
    }

    fn push(&self, chunk: &[u8]) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.extend(chunk);
        let excess = bytes.len().saturating_sub(KEPT_BYTES);
        bytes.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_last_lines_are_kept() {
        let tail = Tail::default();
        let written: String = (0..100_000).map(|n| format!("line {n}\n")).collect();
        tail.clone().drain(written.as_bytes()).await;
        let lines = tail.lines();
        assert_eq!(lines.len(), TOLD_LINES);
        assert_eq!((lines[0].as_str(), lines[19].as_str()), ("line 99980", "line 99999"));
        assert!(tail.bytes.lock().unwrap().len() <= KEPT_BYTES);
    }
}
