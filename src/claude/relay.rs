//! What the CLI prints, on its way to the owner: read, split, decoded, and followed by the end.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::frame::{Frame, decode};
use super::lines::{Line, Lines};
use super::pace::Pace;
use super::process::{Exit, ExitStatusKind, Order, Output};
use super::stderr::Tail;
use crate::redact::Content;

/// How long a pipe that is still held by others is read once the CLI has gone.
const AFTERGLOW: Duration = Duration::from_millis(200);
/// How long a CLI may live on without its stdout.
const MUTE_LIMIT: Duration = Duration::from_secs(5);

/// Reads what the CLI says, and tells its end when everything was read.
pub(super) struct Relay {
    stdout: ChildStdout,
    lines: Lines,
    ended: oneshot::Receiver<ExitStatusKind>,
    status: Option<ExitStatusKind>,
    order: watch::Sender<Order>,
    output: mpsc::Sender<Output>,
}

impl Relay {
    /// Reads `stdout` for whoever has the other end of `output`; `ended` tells that the process is reaped.
    pub(super) fn new(
        stdout: ChildStdout,
        max_line_bytes: usize,
        ended: oneshot::Receiver<ExitStatusKind>,
        order: watch::Sender<Order>,
        output: mpsc::Sender<Output>,
    ) -> Self {
        Self { stdout, lines: Lines::new(max_line_bytes), ended, status: None, order, output }
    }

    /// Reads to the end. `drained` is the task that fills `tail` from stderr.
    pub(super) async fn run(mut self, tail: Tail, mut drained: JoinHandle<()>) {
        let mut pace = Pace::default();
        loop {
            let began = Instant::now();
            let bytes = self.read().await;
            if bytes == 0 {
                break;
            }
            let pause = pace.pause(bytes, began.elapsed());
            let mut frames = Vec::new();
            self.lines.drain(|line| frames.extend(frame(line)));
            self.tell(frames).await;
            if let Some(pause) = pause {
                sleep(pause).await;
            }
        }
        let mut frames = Vec::new();
        self.lines.finish(|line| frames.extend(frame(line)));
        self.tell(frames).await;

        let status = self.status().await;
        // Nothing can be sent to it any more.
        self.order.send_replace(Order::Kill);
        if timeout(AFTERGLOW, &mut drained).await.is_err() {
            // Somebody else still holds its stderr.
            drained.abort();
        }
        let exited = Output::Exited(Exit { status, stderr_tail: tail.lines() });
        if self.output.send(exited).await.is_err() {
            tracing::debug!(%status, "the Claude CLI ended after its owner");
        }
    }

    /// Reads some bytes, and says how many; none at the end.
    async fn read(&mut self) -> usize {
        if self.status.is_none() {
            tokio::select! {
                biased;
                read = self.stdout.read_buf(self.lines.buffer()) => return bytes_of(read),
                status = &mut self.ended => self.status = Some(status.unwrap_or(ExitStatusKind::Unknown)),
            }
        }
        // What it wrote is in the pipe by now; after that only a process that it left can hold the pipe open.
        match timeout(AFTERGLOW, self.stdout.read_buf(self.lines.buffer())).await {
            Ok(read) => bytes_of(read),
            Err(_) => 0,
        }
    }

    /// Waits until the owner takes `frames`. An owner that has gone wants none: then they are read for nothing, so that
    /// the CLI can end as it should.
    async fn tell(&self, frames: Vec<Frame>) {
        if !frames.is_empty() && self.output.send(Output::Frames(frames)).await.is_err() {
            tracing::trace!("frames of a Claude CLI without an owner");
        }
    }

    /// Waits for the end of the process. One that closed its stdout and goes on can serve nobody.
    async fn status(&mut self) -> ExitStatusKind {
        if self.status.is_none() {
            if let Ok(status) = timeout(MUTE_LIMIT, &mut self.ended).await {
                return status.unwrap_or(ExitStatusKind::Unknown);
            }
            self.order.send_replace(Order::Kill);
            self.status = (&mut self.ended).await.ok();
        }
        self.status.unwrap_or(ExitStatusKind::Unknown)
    }
}

fn bytes_of(read: std::io::Result<usize>) -> usize {
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot read from the Claude CLI");
        0
    })
}

fn frame(line: Line<'_>) -> Option<Frame> {
    match line {
        Line::Whole(line) => {
            tracing::trace!("from the CLI: {}", Content(String::from_utf8_lossy(line)));
            decode(line)
        }
        Line::Oversize { bytes } => Some(Frame::Oversize { bytes }),
    }
}
