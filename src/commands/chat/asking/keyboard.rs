//! Lines that the person types while a turn runs. The terminal's own line editing is at work, so that Ctrl-C is a
//! signal as before, and nothing has to be put back in order when the program ends, however it does.

use std::io::{self, IsTerminal, Stdin};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The keyboard of the terminal on stdin.
pub(super) struct Keyboard {
    stdin: AsyncFd<Stdin>,
    /// What of a line has come.
    begun: Vec<u8>,
}

/// What the person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Typed this line.
    Line(String),
    /// Pressed Ctrl-D, or is gone.
    End,
}

impl Keyboard {
    /// The keyboard, where stdin is a terminal. Has to be called within the runtime.
    pub(super) fn open() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        #[expect(deprecated, reason = "it is unsound where a descriptor may be closed; stdin stays open")]
        let stdin = AsyncFd::with_interest(stdin, Interest::READABLE)?;
        Ok(Some(Self { stdin, begun: Vec::new() }))
    }

    /// Lets go what was typed before: it cannot be the answer to what was not asked yet.
    pub(super) fn forget(&mut self) {
        self.begun.clear();
        if let Err(error) = tcflush(self.stdin.get_ref(), QueueSelector::IFlush) {
            tracing::debug!(%error, "what was typed before cannot be let go");
        }
    }

    /// Waits for a line. What was read of one is kept if this is given up.
    pub(super) async fn line(&mut self) -> io::Result<Typed> {
        loop {
            let mut ready = self.stdin.readable().await?;
            let mut chunk = [0; 4096];
            let Ok(read) = ready.try_io(|stdin| read_ready(stdin.get_ref(), &mut chunk)) else { continue };
            match read? {
                0 if self.begun.is_empty() => return Ok(Typed::End),
                // Ctrl-D behind something: the terminal hands over the line as it is.
                length => self.begun.extend_from_slice(&chunk[..length]),
            }
            if self.begun.ends_with(b"\n") {
                let line = std::mem::take(&mut self.begun);
                return Ok(Typed::Line(String::from_utf8_lossy(&line).trim().to_owned()));
            }
        }
    }
}

/// Reads where that does not block. The terminal is shared with other programs and cannot be made not to.
fn read_ready(stdin: &Stdin, chunk: &mut [u8]) -> io::Result<usize> {
    let mut asked = [PollFd::new(stdin, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut asked, Some(&at_once))? == 0 {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    match rustix::io::read(stdin, chunk) {
        // What Linux says where the terminal was closed.
        Err(rustix::io::Errno::IO) => Ok(0),
        read => Ok(read?),
    }
}
