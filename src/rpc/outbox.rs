//! What waits to be written to one client: a buffer of whole frames that any thread appends to and one writes out.
//!
//! Stream events wait at the producer above a high-water mark; replies and other small messages are always taken, so
//! that whoever reads the client's requests never depends on the client reading. A client that leaves more unread
//! than the hard cap is dropped.

use std::io::{self, Write};
use std::mem;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::lock;
use crate::service::sink::Offer;

/// Stream events are refused while at least this much waits, in bytes.
pub const HIGH_WATER: usize = 256 << 10;

/// A client that leaves at least this much unread is dropped, in bytes.
pub const HARD_CAP: usize = 64 << 20;

/// The outgoing side of a connection.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// Wakes the writer's thread.
    filled: Condvar,
    /// Wakes tasks that wait for room, for the end, or for all being written.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
    /// How much of what was taken out of `buffer` is not written yet.
    writing: usize,
    writer_waits: bool,
    end: End,
}

#[derive(Debug, Default, PartialEq)]
enum End {
    #[default]
    Open,
    /// Nothing more is taken; what waits is still written.
    Closed,
    /// The client is not there any more, or was dropped.
    Gone(String),
}

impl Outbox {
    /// Appends one message, the concatenation of `pieces`. It is lost if the client is gone.
    pub fn push(&self, pieces: &[&str]) {
        let mut state = lock(&self.state);
        if state.end != End::Open {
            return;
        }
        if state.level() >= HARD_CAP {
            self.drop_client(&mut state, format!("it left {} MiB unread", HARD_CAP >> 20));
            return;
        }
        append(&mut state, pieces);
        self.wake_writer(&mut state);
    }

    /// Appends one message of a stream, if there is room. It goes out with the next [`Self::release`] or
    /// [`Self::push`]: waking the writer and the client for each one would cost more than the messages.
    pub fn offer(&self, pieces: &[&str]) -> Offer {
        let mut state = lock(&self.state);
        if state.end != End::Open {
            return Offer::Gone;
        }
        if state.level() >= HIGH_WATER {
            return Offer::Full;
        }
        append(&mut state, pieces);
        Offer::Taken
    }

    /// Lets go out what was offered.
    pub fn release(&self) {
        self.wake_writer(&mut lock(&self.state));
    }

    /// Whether messages still reach the client.
    #[must_use]
    pub fn is_open(&self) -> bool {
        lock(&self.state).end == End::Open
    }

    /// Resolves when half of the room below the high-water mark is free, or nothing is taken any more.
    pub async fn has_room(&self) {
        self.release();
        self.until(|state| (state.level() < HIGH_WATER / 2 || state.end != End::Open).then_some(())).await;
    }

    /// Resolves when the client is gone, and says why.
    pub async fn gone(&self) -> String {
        self.until(|state| match &state.end {
            End::Gone(why) => Some(why.clone()),
            _ => None,
        })
        .await
    }

    /// Takes nothing more, and waits until all is written, at most for `limit`. Says whether it was.
    pub async fn close_and_flush(&self, limit: Duration) -> bool {
        {
            let mut state = lock(&self.state);
            if state.end == End::Open {
                state.end = End::Closed;
            }
            self.filled.notify_all();
            self.changed.notify_waiters();
        }
        let settled = self.until(|state| match state.end {
            End::Gone(_) => Some(false),
            _ => (state.level() == 0).then_some(true),
        });
        tokio::time::timeout(limit, settled).await.unwrap_or(false)
    }

    /// Writes until the outbox is closed and empty, or the client is gone: the body of the writer's thread.
    pub(super) fn write_to(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        while self.next_batch(&mut batch) {
            let result = output.write_all(&batch).and_then(|()| output.flush());
            self.written(result);
            batch.clear();
            batch.shrink_to(4 * HIGH_WATER);
        }
    }

    /// Waking costs a system call even where nobody waits.
    fn wake_writer(&self, state: &mut State) {
        if state.writer_waits && !state.buffer.is_empty() {
            state.writer_waits = false;
            self.filled.notify_one();
        }
    }

    fn next_batch(&self, batch: &mut Vec<u8>) -> bool {
        let mut state = lock(&self.state);
        while state.buffer.is_empty() && state.end == End::Open {
            state.writer_waits = true;
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writer_waits = false;
        mem::swap(&mut state.buffer, batch);
        state.writing = batch.len();
        !batch.is_empty()
    }

    fn written(&self, result: io::Result<()>) {
        let mut state = lock(&self.state);
        state.writing = 0;
        if let Err(error) = result {
            self.drop_client(&mut state, format!("writing to it failed: {error}"));
        } else if state.level() < HIGH_WATER / 2 {
            self.changed.notify_waiters();
        }
    }

    fn drop_client(&self, state: &mut State, why: String) {
        tracing::info!("the client is dropped: {why}");
        state.buffer = Vec::new();
        state.end = End::Gone(why);
        self.filled.notify_all();
        self.changed.notify_waiters();
    }

    /// Waits until `check` finds what it looks for.
    async fn until<T>(&self, check: impl Fn(&State) -> Option<T>) -> T {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(found) = check(&lock(&self.state)) {
                return found;
            }
            changed.await;
        }
    }
}

impl State {
    fn level(&self) -> usize {
        self.buffer.len() + self.writing
    }
}

/// Appends one message with its header.
fn append(state: &mut State, pieces: &[&str]) {
    let length = pieces.iter().map(|piece| piece.len()).sum();
    state.buffer.extend_from_slice(b"Content-Length: ");
    push_decimal(&mut state.buffer, length);
    state.buffer.extend_from_slice(b"\r\n\r\n");
    for piece in pieces {
        state.buffer.extend_from_slice(piece.as_bytes());
    }
}

fn push_decimal(buffer: &mut Vec<u8>, mut number: usize) {
    let mut digits = [b'0'; 20];
    let mut start = digits.len() - 1;
    while number > 9 {
        digits[start] += (number % 10) as u8;
        number /= 10;
        start -= 1;
    }
    digits[start] += number as u8;
    buffer.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn writing_to(output: UnixStream) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::default());
        let writer = Arc::clone(&outbox);
        std::thread::spawn(move || writer.write_to(output));
        outbox
    }

    #[tokio::test]
    async fn messages_are_framed_and_written_in_the_order_they_came() {
        let (output, mut input) = UnixStream::pair().unwrap();
        let outbox = writing_to(output);
        // Reads meanwhile: the pipe holds no more than a few hundred messages that are written one by one.
        let reader = std::thread::spawn(move || {
            let mut written = String::new();
            input.read_to_string(&mut written).map(|_| written)
        });
        let mut expected = String::new();
        for number in 0..1000 {
            let text = number.to_string().repeat(number % 50);
            outbox.push(&["[", &text, "]"]);
            expected.push_str(&format!("Content-Length: {}\r\n\r\n[{text}]", text.len() + 2));
        }
        assert!(outbox.close_and_flush(LONG).await);
        outbox.push(&["too late"]);
        assert_eq!(reader.join().unwrap().unwrap(), expected);
    }

    #[tokio::test]
    async fn stream_events_wait_above_the_mark_and_replies_do_not() {
        let (output, mut input) = UnixStream::pair().unwrap();
        let outbox = writing_to(output);
        let event = "x".repeat(1000);
        let mut taken: usize = 0;
        while outbox.offer(&[&event]) == Offer::Taken {
            taken += 1;
        }
        assert!((HIGH_WATER / 1100..2000).contains(&taken), "{taken}");
        outbox.push(&["reply"]);
        assert_eq!(outbox.offer(&["event"]), Offer::Full);
        assert!(!outbox.close_and_flush(Duration::ZERO).await);
        let mut written = String::new();
        input.read_to_string(&mut written).unwrap();
        assert!(written.ends_with("reply"));
        assert_eq!(written.matches("Content-Length").count(), taken + 1);
    }

    #[tokio::test]
    async fn a_producer_that_waits_for_room_goes_on_when_the_client_reads() {
        let (output, mut input) = UnixStream::pair().unwrap();
        let outbox = writing_to(output);
        while outbox.offer(&["x"]) == Offer::Taken {}
        let room = tokio::spawn({
            let outbox = Arc::clone(&outbox);
            async move { outbox.has_room().await }
        });
        tokio::task::yield_now().await;
        assert!(!room.is_finished());
        let reader = std::thread::spawn(move || input.read_to_end(&mut Vec::new()));
        room.await.unwrap();
        assert_eq!(outbox.offer(&["x"]), Offer::Taken);
        assert!(outbox.close_and_flush(LONG).await);
        reader.join().unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_went_away_is_noticed_by_everyone() {
        let (output, input) = UnixStream::pair().unwrap();
        let outbox = writing_to(output);
        drop(input);
        outbox.push(&["lost"]);
        assert!(outbox.gone().await.contains("writing to it failed"));
        outbox.has_room().await;
        assert_eq!(outbox.offer(&["event"]), Offer::Gone);
        assert!(!outbox.close_and_flush(LONG).await);
    }

    #[tokio::test]
    async fn a_client_that_leaves_too_much_unread_is_dropped_and_its_memory_freed() {
        let outbox = Outbox::default();
        let reply = "x".repeat(1 << 20);
        for _ in 0..64 {
            outbox.push(&[&reply]);
        }
        assert!(outbox.is_open());
        outbox.push(&["one more"]);
        assert!(outbox.gone().await.contains("64 MiB unread"));
        assert_eq!(lock(&outbox.state).buffer.capacity(), 0);
    }
}
