//! One running Claude CLI: fed, read, ended and reaped by tasks of its own, so that its owner never waits for it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{sleep, timeout};

use super::environment;
use super::files::PrivateFiles;
use super::frame::Frame;
use super::guard::GUARD;
use super::input::Input;
use super::options::{self, Launch};
use super::permission::Granted;
use super::relay::Relay;
use super::settings::Settings;
use super::stderr::Tail;
use super::unix::Tree;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// Reads that can wait for the owner; past that the CLI waits in its own pipe.
const OUTPUT_QUEUE: usize = 8;
/// Lines that can wait for the CLI.
const INPUT_QUEUE: usize = 256;
/// How long a CLI that is ended at once has for its own clean-up, which takes it some 60 ms.
const KILL_GRACE: Duration = Duration::from_secs(1);
/// How long a guard has to end a CLI that is to be killed, and all that it left.
const GUARD_LIMIT: Duration = Duration::from_secs(3);

/// A running CLI. Dropping it ends the process, as [`Process::kill`] does.
#[derive(Debug)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// When it was started.
    pub started_at: Timestamp,
    /// What it says, in order. While nobody takes it, the CLI has to wait.
    pub output: mpsc::Receiver<Output>,
    input: mpsc::Sender<Vec<u8>>,
    order: watch::Sender<Order>,
}

/// What a CLI says.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// All that came in one read.
    Frames(Vec<Frame>),
    /// It has ended and is reaped; nothing follows.
    Exited(Exit),
}

/// How a CLI ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// With what.
    pub status: ExitStatusKind,
    /// The last lines of its stderr, oldest first.
    pub stderr_tail: Vec<String>,
}

/// What a process ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatusKind {
    /// A code; 0 is success.
    Code(i32),
    /// A signal.
    Signal(i32),
    /// The system does not say.
    Unknown,
}

/// What the owner wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Run,
    /// End within this time.
    Stop(Duration),
    /// End now.
    Kill,
}

impl Process {
    /// Hands a line to the CLI. Never waits.
    ///
    /// # Errors
    /// `cliProtocol` if the CLI has stopped reading; `cliExited` if it has ended, or was told to.
    pub fn send(&self, input: Input) -> Result<()> {
        if *self.order.borrow() != Order::Run {
            return Err(self.takes_no_more());
        }
        self.input.try_send(input.into_line()).map_err(|error| match error {
            mpsc::error::TrySendError::Closed(_) => self.takes_no_more(),
            mpsc::error::TrySendError::Full(_) => {
                let message = format!("the Claude CLI (pid {}) has left {INPUT_QUEUE} lines unread", self.pid);
                Error::new(ErrorKind::CliProtocol, message).hint("close the session; its next message starts another")
            }
        })
    }

    fn takes_no_more(&self) -> Error {
        Error::new(ErrorKind::CliExited, format!("the Claude CLI (pid {}) has ended, or is about to", self.pid))
    }

    /// Begins to end the process: its stdin closes, after half of `grace` it is asked (TERM), and after all of it
    /// killed. Does not wait; [`Output::Exited`] tells when it is over.
    pub fn stop(&self, grace: Duration) {
        self.order.send_if_modified(|order| {
            let stops = *order == Order::Run;
            if stops {
                *order = Order::Stop(grace);
            }
            stops
        });
    }

    /// Ends the process now, yet lets it end what it runs itself: TERM, and a second later KILL.
    pub fn kill(&self) {
        self.order.send_replace(Order::Kill);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Exit {
    /// The end as an error, for a process that should have lived.
    #[must_use]
    pub fn to_error(&self) -> Error {
        let said = self.stderr_tail.iter().rev().find(|line| !line.trim().is_empty());
        let said = said.map(|line| format!(": {}", line.trim())).unwrap_or_default();
        let error = Error::new(ErrorKind::CliExited, format!("the Claude CLI ended with {}{said}", self.status));
        let error = error.detail("stderr", self.stderr_tail.clone());
        match self.status {
            ExitStatusKind::Code(code) => error.detail("exitCode", code),
            ExitStatusKind::Signal(signal) => error.detail("signal", signal),
            ExitStatusKind::Unknown => error.detail("exitCode", Value::Null),
        }
    }
}

impl fmt::Display for ExitStatusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Unknown => f.write_str("an unknown status"),
        }
    }
}

/// Starts a CLI, under a guard that ends it and all that it starts, should this process die. Dropping this before it is
/// done ends them.
///
/// # Errors
/// `invalidParams` if the folder to work in is none; `internalError` if the private files cannot be written;
/// `cliNotFound` if the program cannot be run; `cliExited` if its guard was killed.
pub async fn start(launch: &Launch, settings: &Settings) -> Result<Process> {
    if !launch.cwd.is_dir() {
        return Err(Error::invalid_params(format!("the folder to work in is not there: {}", launch.cwd.display())));
    }
    let granted = Granted::of(&launch.granted).settings();
    let files = PrivateFiles::write(&launch.private_dir, &launch.mcp_servers, &launch.system_prompt, granted.as_ref())?;
    let guarded = Tree::spawn(command(launch, settings, &files), files.record()).await;
    let (tree, pipes) = guarded.map_err(|error| cannot_run(launch, &error))?;

    let (order, orders) = watch::channel(Order::Run);
    let (input, lines) = mpsc::channel(INPUT_QUEUE);
    let (output_sender, output) = mpsc::channel(OUTPUT_QUEUE);
    let (ended_sender, ended) = oneshot::channel();
    let process = Process { pid: tree.pid(), started_at: Timestamp::now(), output, input, order: order.clone() };
    let tail = Tail::default();
    let relay = Relay::new(pipes.stdout, settings.max_line_bytes, ended, order, output_sender);
    let drained = tokio::spawn(tail.clone().drain(pipes.stderr));
    tokio::spawn(feed(pipes.stdin, lines, orders.clone()));
    tokio::spawn(relay.run(tail, drained));
    tokio::spawn(async move {
        let status = supervise(tree, orders).await;
        drop(files);
        if ended_sender.send(status).is_err() {
            tracing::debug!(%status, "the Claude CLI ended after its owner");
        }
    });
    Ok(process)
}

/// The command of the guard, which runs the CLI in its own folder and environment.
fn command(launch: &Launch, settings: &Settings, files: &PrivateFiles) -> Command {
    let mut environment = environment::inherited(&settings.env);
    environment::limit_mcp_wait(&mut environment, launch.mcp_timeout);
    environment.extend(launch.environment.iter().map(|(name, value)| (name.into(), value.into())));
    let mut command = Command::new(&settings.guard);
    command.arg0("claude-bridge").args([GUARD, "--record"]).arg(files.record()).arg("--").arg(&launch.cli.path);
    command.args(options::arguments(launch, settings, files)).env_clear().envs(environment).current_dir(&launch.cwd);
    command
}

fn cannot_run(launch: &Launch, error: &std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        let message = format!("the Claude CLI was lost while it was started: {error}");
        return Error::new(ErrorKind::CliExited, message).hint("the session's next message starts another");
    }
    let path = launch.cli.path.display();
    Error::new(ErrorKind::CliNotFound, format!("the Claude CLI at {path} cannot be run: {error}"))
        .hint("check that it is still there, and that it is made for this machine")
        .detail("searched", vec![path.to_string()])
}

/// Owns the process until it is reaped.
async fn supervise(mut tree: Tree, mut orders: watch::Receiver<Order>) -> ExitStatusKind {
    let grace = tokio::select! {
        status = tree.wait() => return status,
        order = next_order(&mut orders, |order| *order != Order::Run) => match order {
            Order::Stop(grace) => grace,
            Order::Run | Order::Kill => Duration::ZERO,
        },
    };
    // Its stdin closes meanwhile, which is all that an idle CLI needs to end well.
    let rest = tokio::select! {
        biased;
        status = tree.wait() => return status,
        _ = next_order(&mut orders, |order| *order == Order::Kill) => KILL_GRACE,
        () = sleep(grace / 2) => grace / 2,
    };
    tree.terminate();
    if let Ok(status) = timeout(rest, tree.wait()).await {
        return status;
    }
    tree.kill();
    if let Ok(status) = timeout(GUARD_LIMIT, tree.wait()).await {
        return status;
    }
    tree.kill_guard();
    tree.wait().await
}

/// Waits for an order of some kind. That nobody is left to give one is the order to end.
async fn next_order(orders: &mut watch::Receiver<Order>, wanted: impl FnMut(&Order) -> bool) -> Order {
    orders.wait_for(wanted).await.map_or(Order::Kill, |order| *order)
}

/// Writes lines to the CLI, until it is to end: then what is queued, and the end of the stream.
async fn feed(mut stdin: ChildStdin, mut lines: mpsc::Receiver<Vec<u8>>, mut orders: watch::Receiver<Order>) {
    loop {
        let line = tokio::select! {
            biased;
            line = lines.recv() => line,
            _ = next_order(&mut orders, |order| *order != Order::Run), if !lines.is_closed() => {
                lines.close();
                continue;
            }
        };
        let Some(line) = line else { return };
        if let Err(error) = stdin.write_all(&line).await {
            tracing::debug!(%error, "the Claude CLI reads no more");
            return;
        }
    }
}

#[cfg(test)]
mod tests;
