//! Why the agent stops in the middle of something.

use std::io;

use super::Ended;

/// Why the agent stops in the middle of something.
#[derive(Debug)]
pub(super) enum Halt {
    /// The host ends the turn.
    Interrupted,
    /// The process ends.
    Ended(Ending),
}

/// How the process ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// As it should.
    Done,
    /// Badly, with these last words.
    Failed(String),
}

impl From<io::Error> for Halt {
    /// A host that no longer reads is gone.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Ended(Ending::Done),
            _ => Self::Ended(Ending::Failed(format!("demo-agent: cannot write to standard output: {error}"))),
        }
    }
}

impl Halt {
    /// The process's end, where nothing is left to interrupt.
    pub(super) fn into_ended(self) -> Ended {
        match self {
            Self::Interrupted => Ended::well(),
            Self::Ended(ending) => ending.into(),
        }
    }
}
