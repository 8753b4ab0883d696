//! A CLI with all that it starts, on Unix: started under a guard, ended by it, and by us where the guard was killed.
//!
//! This is the one place that spawns the CLI. Its group holds its MCP servers; commands of its Bash tool run in
//! sessions of their own, which the CLI ends when it is asked to (TERM), and nobody when it is killed: hence the guard.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{WaitOptions, WaitStatus, waitpid};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::children::{self, Own};
use super::family::{self, Family};
use super::process::ExitStatusKind;
use super::processes;
use super::record;
use super::wire::{self, Order, REPORT, Report};

/// A CLI with all that it starts. Dropping it leaves it to its guard to end them.
#[derive(Debug)]
pub(super) struct Tree {
    guard: Guard,
    pid: u32,
    status: Option<ExitStatusKind>,
    record: PathBuf,
    _cli: Own,
}

/// The process between us and the CLI, and the socket that only we share with it.
#[derive(Debug)]
struct Guard {
    child: Child,
    channel: UnixStream,
    heard: Vec<u8>,
    _own: Own,
}

/// Our ends of the CLI's pipes.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Tree {
    /// Runs `command`, which is a guard's: it starts the CLI, and keeps a record of its processes in `record`.
    ///
    /// # Errors
    /// Those of the system: no such program, no more processes. `UnexpectedEof` where the guard was killed.
    pub(super) async fn spawn(command: Command, record: PathBuf) -> io::Result<(Self, Pipes)> {
        processes::adopt_orphans();
        let (mut guard, pipes) = Guard::spawn(command)?;
        match guard.report().await {
            Some(Report::Started(pid)) => {
                let pid = pid.unsigned_abs();
                Ok((Self { guard, pid, status: None, record, _cli: children::claim(pid) }, pipes))
            }
            Some(Report::Failed(errno)) => Err(io::Error::from_raw_os_error(errno)),
            _ => {
                // It may have started the CLI before it was killed.
                guard.reap().await;
                end_orphans(&record, None, &mut None).await;
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its guard was killed"))
            }
        }
    }

    /// The CLI's process id.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks the CLI's group to end.
    pub(super) fn terminate(&self) {
        self.guard.order(Order::Terminate);
    }

    /// Ends the CLI's group.
    pub(super) fn kill(&self) {
        self.guard.order(Order::Kill);
    }

    /// Ends a guard that does not do its work; then `wait` does it.
    pub(super) fn kill_guard(&mut self) {
        if let Err(error) = self.guard.child.start_kill() {
            tracing::warn!(pid = self.pid, %error, "the guard of a Claude CLI cannot be killed");
        }
    }

    /// Waits for the CLI to end, and all that it has left. Can be dropped and called again.
    pub(super) async fn wait(&mut self) -> ExitStatusKind {
        while self.status.is_none() {
            match self.guard.report().await {
                Some(Report::Exited(code)) => self.status = Some(ExitStatusKind::Code(code)),
                Some(Report::Signalled(signal)) => self.status = Some(ExitStatusKind::Signal(signal)),
                Some(Report::Unrecorded(errno)) => {
                    let error = io::Error::from_raw_os_error(errno);
                    tracing::warn!(pid = self.pid, %error, "the processes of a Claude CLI cannot be recorded");
                }
                Some(Report::Started(_) | Report::Failed(_)) => {}
                None => {
                    tracing::warn!(pid = self.pid, "the guard of a Claude CLI was killed");
                    self.guard.reap().await;
                    end_orphans(&self.record, Some(self.pid), &mut self.status).await;
                    self.status.get_or_insert(ExitStatusKind::Unknown);
                }
            }
        }
        self.guard.reap().await;
        self.status.unwrap_or(ExitStatusKind::Unknown)
    }
}

/// Does the work of a guard that is dead: ends those it knew, and the orphans that came to us. `status` gets
/// how the CLI ended.
async fn end_orphans(record: &Path, cli: Option<u32>, status: &mut Option<ExitStatusKind>) {
    let mut family = Family::of(record::read(record));
    family::end(&mut family, |family| {
        let table = processes::all();
        for orphan in table.iter().filter(|entry| entry.ended && is_ours(entry, cli)) {
            let ended = reap(orphan.id.pid);
            if Some(orphan.id.pid) == cli {
                *status = ended.map(how);
            }
        }
        family.update(&table, |entry| is_ours(entry, cli));
    })
    .await;
}

/// Whether a process has come to us as an orphan: this CLI, or one that nobody else looks after.
fn is_ours(entry: &processes::Entry, cli: Option<u32>) -> bool {
    let is_child = entry.parent == std::process::id();
    is_child && (Some(entry.id.pid) == cli || !children::list().contains(&entry.id.pid))
}

fn reap(pid: u32) -> Option<WaitStatus> {
    let reaped = waitpid(processes::raw(pid), WaitOptions::NOHANG);
    reaped
        .inspect_err(|error| tracing::warn!(pid, %error, "an orphan cannot be reaped"))
        .ok()?
        .map(|(_, status)| status)
}

fn how(ended: WaitStatus) -> ExitStatusKind {
    match (ended.exit_status(), ended.terminating_signal()) {
        (Some(code), _) => ExitStatusKind::Code(code),
        (None, Some(signal)) => ExitStatusKind::Signal(signal),
        (None, None) => ExitStatusKind::Unknown,
    }
}

impl Guard {
    fn spawn(mut command: Command) -> io::Result<(Self, Pipes)> {
        let (channel, theirs) = std::os::unix::net::UnixStream::pair()?;
        let (clis_stdin, stdin) = io::pipe()?;
        wire::hand_over(&channel, clis_stdin)?;
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let (mut child, own) = children::spawn(&mut command)?;
        // It holds the guard's end of the channel, which then never would end.
        drop(command);
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(io::Error::other("the child has no pipes"));
        };
        channel.set_nonblocking(true)?;
        let channel = UnixStream::from_std(channel)?;
        let stdin = ChildStdin::from_std(std::process::ChildStdin::from(OwnedFd::from(stdin)))?;
        Ok((Self { child, channel, heard: Vec::new(), _own: own }, Pipes { stdin, stdout, stderr }))
    }

    /// Waits for what the guard says next; nothing once it is dead. Can be dropped and called again.
    async fn report(&mut self) -> Option<Report> {
        loop {
            if let Some(report) = self.heard.first_chunk::<REPORT>().copied() {
                self.heard.drain(..REPORT);
                return Report::from_bytes(report);
            }
            match self.channel.read_buf(&mut self.heard).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// A guard that has gone needs no order: it has done its work, or we do it.
    fn order(&self, order: Order) {
        if let Err(error) = self.channel.try_write(&[order.to_byte()]) {
            tracing::debug!(?order, %error, "the guard of a Claude CLI takes no order");
        }
    }

    async fn reap(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "cannot wait for the guard of a Claude CLI");
        }
    }
}
