//! stdout, and the session whose frames go there.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Writes frames and bytes; clones write to the same stdout, a frame at a time.
#[derive(Clone)]
pub(crate) struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    session_id: String,
    frames: AtomicU64,
    stdout: Mutex<io::Stdout>,
}

impl Output {
    pub(crate) fn new(session_id: String) -> Self {
        Self { shared: Arc::new(Shared { session_id, frames: AtomicU64::new(0), stdout: Mutex::new(io::stdout()) }) }
    }

    pub(crate) fn session_id(&self) -> &str {
        &self.shared.session_id
    }

    /// Writes a frame as one line.
    pub(crate) fn frame(&self, frame: &Value) -> io::Result<()> {
        self.bytes(format!("{frame}\n").as_bytes())
    }

    /// Writes a frame that belongs to the session: with its id and a `uuid` of its own.
    pub(crate) fn session_frame(&self, mut frame: Value) -> io::Result<()> {
        frame["session_id"] = self.session_id().into();
        frame["uuid"] = self.next_uuid().into();
        self.frame(&frame)
    }

    /// Writes bytes as they are, at once.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = self.shared.stdout.lock().unwrap_or_else(PoisonError::into_inner);
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    fn next_uuid(&self) -> String {
        format!("5c71970e-0000-4000-9000-{:012}", self.shared.frames.fetch_add(1, Ordering::Relaxed))
    }
}
