//! Watches the process that started us.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// How often the process is looked for where the system cannot tell of its end.
const INTERVAL: Duration = Duration::from_millis(500);

/// Resolves when the process `pid` has ended; never, if no process can have that id.
pub(super) async fn ended(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        tracing::warn!("{pid} is no process id: the parent is not watched");
        return std::future::pending().await;
    };
    #[cfg(target_os = "linux")]
    if linux::ended(pid).await.is_ok() {
        return;
    }
    while test_kill_process(pid) != Err(Errno::SRCH) {
        tokio::time::sleep(INTERVAL).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    use tokio::sync::oneshot;

    /// Waits for the end of `pid` in a thread that does nothing else.
    pub(super) async fn ended(pid: Pid) -> io::Result<()> {
        let process = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => process,
            Err(Errno::SRCH) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let (sender, result) = oneshot::channel();
        std::thread::Builder::new().name("parent".to_owned()).spawn(move || {
            if sender.send(wait(&process)).is_err() {
                tracing::debug!("the parent's end is of no interest any more");
            }
        })?;
        result.await.unwrap_or_else(|_| Err(io::Error::other("the thread that waits for the parent is gone")))
    }

    fn wait(process: &OwnedFd) -> io::Result<()> {
        loop {
            match poll(&mut [PollFd::new(process, PollFlags::IN)], None) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[tokio::test]
    async fn the_end_of_a_process_is_noticed_and_not_before() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut ended = Box::pin(ended(child.id()));
        assert!(futures_util::poll!(ended.as_mut()).is_pending());
        drop(child.stdin.take());
        ended.await;
        assert!(child.wait().unwrap().success());
    }

    #[tokio::test]
    async fn a_process_that_is_gone_already_has_ended() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        ended(pid).await;
    }
}
