//! What a bridge and the guard of one of its CLIs say to each other, over a socket that nobody else has.
//!
//! The socket is the guard's stdin. First the bridge hands over the pipe that is to be the CLI's stdin; so nothing but
//! the three standard streams is ever inherited, and no process can hold a stream of another session open. From then
//! on an order is a byte, and a report five. That the bridge has died is the end of the stream.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// What the bridge wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Ask the CLI to end.
    Terminate,
    /// End the CLI.
    Kill,
}

/// What the guard has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The CLI runs, with this process id.
    Started(i32),
    /// The CLI cannot be run: the system's error number. Nothing follows.
    Failed(i32),
    /// The record of processes cannot be kept: the system's error number.
    Unrecorded(i32),
    /// The CLI ended with this code, and nothing of it is left. Nothing follows.
    Exited(i32),
    /// The CLI was ended by this signal, and nothing of it is left. Nothing follows.
    Signalled(i32),
}

/// How long a report is, in bytes.
pub(super) const REPORT: usize = 5;

impl Order {
    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::Terminate => b'T',
            Self::Kill => b'K',
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Terminate, Self::Kill].into_iter().find(|order| order.to_byte() == byte)
    }
}

impl Report {
    pub(super) fn to_bytes(self) -> [u8; REPORT] {
        let (kind, value) = match self {
            Self::Started(pid) => (b'p', pid),
            Self::Failed(errno) => (b'f', errno),
            Self::Unrecorded(errno) => (b'u', errno),
            Self::Exited(code) => (b'e', code),
            Self::Signalled(signal) => (b's', signal),
        };
        let [a, b, c, d] = value.to_le_bytes();
        [kind, a, b, c, d]
    }

    pub(super) fn from_bytes([kind, a, b, c, d]: [u8; REPORT]) -> Option<Self> {
        let value = i32::from_le_bytes([a, b, c, d]);
        match kind {
            b'p' => Some(Self::Started(value)),
            b'f' => Some(Self::Failed(value)),
            b'u' => Some(Self::Unrecorded(value)),
            b'e' => Some(Self::Exited(value)),
            b's' => Some(Self::Signalled(value)),
            _ => None,
        }
    }
}

/// Hands `pipe` to the process at the other end.
pub(super) fn hand_over(channel: &UnixStream, pipe: impl AsFd) -> io::Result<()> {
    let pipes = [pipe.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&pipes)) {
        return Err(io::Error::other("there is no room for a file descriptor"));
    }
    sendmsg(channel, &[IoSlice::new(&[0])], &mut control, SendFlags::empty())?;
    Ok(())
}

/// Waits for the pipe that the other end hands over. No other process may be started meanwhile: it would inherit it.
pub(super) fn receive(channel: &UnixStream) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(channel, &mut [IoSliceMut::new(&mut [0])], &mut control, RecvFlags::empty())?;
    let mut received = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut pipes) => pipes.next(),
        _ => None,
    });
    let pipe = received.next().ok_or(io::ErrorKind::UnexpectedEof)?;
    fcntl_setfd(&pipe, FdFlags::CLOEXEC)?;
    Ok(pipe)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn what_is_said_at_one_end_is_understood_at_the_other() {
        for order in [Order::Terminate, Order::Kill] {
            assert_eq!(Order::from_byte(order.to_byte()), Some(order));
        }
        for kind in [Report::Started, Report::Failed, Report::Unrecorded, Report::Exited, Report::Signalled] {
            let report = kind(-70_000);
            assert_eq!(Report::from_bytes(report.to_bytes()), Some(report));
        }
        assert_eq!((Order::from_byte(0), Report::from_bytes([0; REPORT])), (None, None));
    }

    #[test]
    fn a_pipe_is_handed_over_and_an_end_without_one_is_an_error() {
        let (here, there) = UnixStream::pair().unwrap();
        let (reader, mut writer) = io::pipe().unwrap();
        hand_over(&here, &reader).unwrap();
        drop(reader);
        let received = receive(&there).unwrap();
        writer.write_all(b"hello").unwrap();
        drop(writer);
        let mut text = String::new();
        std::fs::File::from(received).read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        drop(here);
        assert_eq!(receive(&there).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
