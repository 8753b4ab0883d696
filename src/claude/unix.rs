//! A child process and its group on Unix: started, signalled, reaped.
//!
//! This is the one place that spawns the CLI. Its group holds its MCP servers; commands of its Bash tool run in
//! sessions of their own, which the CLI ends when it is asked to (TERM), and nobody when it is killed.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use rustix::process::Signal;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

use super::process::ExitStatusKind;

/// A process of ours with its group. Dropping it kills both.
#[derive(Debug)]
pub(super) struct Tree {
    child: Box<dyn ChildWrapper>,
    pid: u32,
    reaped: bool,
}

/// Our ends of the child's pipes.
pub(super) struct Pipes {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Tree {
    /// Starts `command` in a group of its own, with nothing of our stdio.
    ///
    /// # Errors
    /// Those of the system: no such program, no more processes.
    pub(super) fn spawn(mut command: Command) -> io::Result<(Self, Pipes)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = CommandWrap::from(command).wrap(ProcessGroup::leader()).spawn()?;
        let pipes = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(pid), (Some(stdin), Some(stdout), Some(stderr))) = (child.id(), pipes) else {
            return Err(io::Error::other("the child has no id or no pipes"));
        };
        Ok((Self { child, pid, reaped: false }, Pipes { stdin, stdout, stderr }))
    }

    /// The process id, which is the group's too.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks the whole group to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the whole group.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Waits for the process to end, and ends what it left in its group. Can be dropped and called again.
    pub(super) async fn wait(&mut self) -> ExitStatusKind {
        let status = self.child.wait().await;
        self.kill();
        self.reaped = true;
        match status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => ExitStatusKind::Code(code),
                (None, Some(signal)) => ExitStatusKind::Signal(signal),
                (None, None) => ExitStatusKind::Unknown,
            },
            Err(error) => {
                tracing::warn!(pid = self.pid, %error, "cannot wait for the Claude CLI");
                ExitStatusKind::Unknown
            }
        }
    }

    fn signal(&self, signal: Signal) {
        match self.child.signal(signal.as_raw()) {
            // Everybody has gone.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {}
            Err(error) => tracing::warn!(pid = self.pid, ?signal, %error, "cannot signal the Claude CLI's group"),
            Ok(()) => {}
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
        }
    }
}
