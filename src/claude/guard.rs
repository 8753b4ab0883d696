//! The guard: a small process between a bridge and one CLI, which sees to it that nothing of the CLI outlives either.
//!
//! It starts the CLI, hands it the streams that it was given, lets go of them, and waits. When the CLI ends, when the
//! bridge orders it, or when the bridge dies, however it dies, the CLI is ended if it still runs, and then whatever it
//! left: on Linux orphans come to the guard, elsewhere it knows them from looking around once a second. Only then does
//! it tell how the CLI ended, and go.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::family::{self, Family};
use super::processes;
use super::record::Record;
use super::wire::{Order, Report, receive};
use crate::error::{Error, Result};

/// The command under which this program is a guard.
pub const GUARD: &str = "guard";

/// How often it looks who belongs to the CLI by now.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// How long a CLI that lost its bridge has for its own clean-up, which takes it some 60 ms.
const GRACE: Duration = Duration::from_secs(1);

/// Runs a CLI, given as its program and arguments, under this process, and comes back when nothing of it is left. Stdin
/// is the bridge's socket; who belongs to the CLI is kept on record in a file.
///
/// # Errors
/// `internalError` where stdin is no bridge's socket, or the system gives no runtime.
pub fn guard(cli: &[OsString], record: PathBuf) -> Result<()> {
    let cannot = |error: io::Error| Error::internal(format!("this CLI cannot be guarded: {error}"));
    let channel = net::UnixStream::from(io::stdin().as_fd().try_clone_to_owned().map_err(cannot)?);
    let stdin = receive(&channel).map_err(cannot)?;
    let [program, arguments @ ..] = cli else { return Err(Error::internal("there is no CLI to guard")) };
    let mut command = Command::new(program);
    command.args(arguments).stdin(stdin).process_group(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    runtime.block_on(run(command, channel, record)).map_err(cannot)
}

async fn run(command: Command, channel: net::UnixStream, record: PathBuf) -> io::Result<()> {
    channel.set_nonblocking(true)?;
    let mut channel = UnixStream::from_std(channel)?;
    match Guard::start(command, record) {
        Ok(mut guard) => {
            tell(&mut channel, Report::Started(guard.cli.as_raw_nonzero().get())).await;
            guard.look_around(&mut channel).await;
            guard.watch(&mut channel).await;
            let ended = guard.end_cli().await;
            guard.end_rest().await;
            tell(&mut channel, report_of(ended)).await;
        }
        Err(error) => tell(&mut channel, Report::Failed(errno(&error))).await,
    }
    Ok(())
}

/// The guard of a CLI that was started.
struct Guard {
    cli: Pid,
    ended: Option<WaitStatus>,
    /// Orphans come to us: who has no children has no descendants.
    adopts: bool,
    /// Everybody the CLI has started, and everybody they have.
    family: Family,
    record: Record,
    children: unix::Signal,
    asked: Asked,
}

/// The signals by which whoever wants it asks the guard to end. The system itself does: a guard that is stopped while
/// its bridge dies is sent SIGHUP.
struct Asked {
    hangup: unix::Signal,
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Asked {
    fn listen() -> io::Result<Self> {
        let [hangup, interrupt, terminate] =
            [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Self { hangup: hangup?, interrupt: interrupt?, terminate: terminate? })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.hangup.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

impl Guard {
    /// Starts the CLI, and lets go of what is the CLI's.
    fn start(mut command: Command, record: PathBuf) -> io::Result<Self> {
        let adopts = processes::adopt_orphans();
        let (children, asked) = (signal(SignalKind::child())?, Asked::listen()?);
        let cli = processes::raw(command.spawn()?.id()).ok_or_else(|| io::Error::other("the CLI has no id"))?;
        drop(command);
        let nowhere = File::options().write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdout(&nowhere)?;
        rustix::stdio::dup2_stderr(&nowhere)?;
        let (family, record) = (Family::default(), Record::at(record));
        Ok(Self { cli, ended: None, adopts, family, record, children, asked })
    }

    /// Does as the bridge says, until the CLI has ended or is to end for want of a bridge.
    async fn watch(&mut self, channel: &mut UnixStream) {
        let mut look_around = interval_at(Instant::now() + LOOK_AROUND, LOOK_AROUND);
        look_around.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ended.is_none() {
            tokio::select! {
                order = channel.read_u8() => match order.map(Order::from_byte) {
                    Ok(Some(Order::Terminate)) => self.signal(Signal::TERM),
                    Ok(Some(Order::Kill)) => self.signal(Signal::KILL),
                    Ok(None) => {}
                    Err(_bridge_is_gone) => return,
                },
                () = self.asked.recv() => return,
                _ = self.children.recv() => { self.reap(); }
                _ = look_around.tick() => self.look_around(channel).await,
            }
        }
    }

    /// Ends the CLI, which knows best how to end what it has started, and says how it ended.
    async fn end_cli(&mut self) -> WaitStatus {
        if let Some(ended) = self.ended {
            return ended;
        }
        self.signal(Signal::TERM);
        if let Ok(ended) = timeout(GRACE, self.cli_ends()).await {
            return ended;
        }
        self.signal(Signal::KILL);
        self.cli_ends().await
    }

    async fn cli_ends(&mut self) -> WaitStatus {
        loop {
            if let Some(ended) = self.ended {
                return ended;
            }
            self.children.recv().await;
            self.reap();
        }
    }

    /// Ends what the CLI has left.
    async fn end_rest(&mut self) {
        let mut family = std::mem::take(&mut self.family);
        family::end(&mut family, |family| match self.reap() {
            false if self.adopts => *family = Family::default(),
            _ => update(family),
        })
        .await;
    }

    /// Takes in everybody who has ended, and says whether we have children left.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.cli => self.ended = Some(status),
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_no_children) => return false,
            }
        }
    }

    /// Learns who belongs to the CLI by now, and puts it on record.
    async fn look_around(&mut self, channel: &mut UnixStream) {
        update(&mut self.family);
        let guard = processes::find(std::process::id()).map(|entry| entry.id);
        if let Err(error) = self.record.write(guard.into_iter().chain(self.family.members())) {
            tell(channel, Report::Unrecorded(errno(&error))).await;
        }
    }

    /// Signals the CLI's group. It is there as long as the CLI is not reaped.
    fn signal(&self, signal: Signal) {
        if self.ended.is_none()
            && let Err(error) = kill_process_group(self.cli, signal)
        {
            tracing::debug!(%error, "the CLI's group cannot be signalled");
        }
    }
}

/// Everybody below us belongs, and of the rest whoever did once.
fn update(family: &mut Family) {
    let guard = std::process::id();
    family.update(&processes::all(), |entry| entry.parent == guard);
}

fn report_of(ended: WaitStatus) -> Report {
    match (ended.exit_status(), ended.terminating_signal()) {
        (Some(code), _) => Report::Exited(code),
        (None, signal) => Report::Signalled(signal.unwrap_or_default()),
    }
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or_default()
}

/// Tells the bridge. One that has gone needs to be told nothing.
async fn tell(channel: &mut UnixStream, report: Report) {
    let told: io::Result<()> = channel.write_all(&report.to_bytes()).await;
    drop(told);
}
