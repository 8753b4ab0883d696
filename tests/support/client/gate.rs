//! A reader that a test can hold back, to play a client that does not read.

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};

/// Open or closed; clones are the same gate.
#[derive(Clone, Default)]
pub(super) struct Gate {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_closed: Mutex<bool>,
    changed: Condvar,
}

impl Gate {
    /// Lets nothing through from here on, but for a read that waits already.
    pub(super) fn close(&self) {
        self.set(true);
    }

    /// Lets everything through again.
    pub(super) fn open(&self) {
        self.set(false);
    }

    /// Puts the gate in front of a reader.
    pub(super) fn guard<R: Read>(&self, reader: R) -> impl Read + use<R> {
        Guarded { gate: self.clone(), reader }
    }

    fn set(&self, is_closed: bool) {
        *self.shared.is_closed.lock().expect("no thread panicked with the lock") = is_closed;
        self.shared.changed.notify_all();
    }

    fn wait(&self) {
        let is_closed = self.shared.is_closed.lock().expect("no thread panicked with the lock");
        let waited = self.shared.changed.wait_while(is_closed, |is_closed| *is_closed);
        drop(waited.expect("no thread panicked with the lock"));
    }
}

struct Guarded<R> {
    gate: Gate,
    reader: R,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.gate.wait();
        self.reader.read(buffer)
    }
}
