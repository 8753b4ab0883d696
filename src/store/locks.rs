//! Who is at the history: locks between processes, on files of their own beside it.
//!
//! `history.lock` is held while the history is opened: two that start together must not both set it up.
//! `history.bridges` is shared by all that have it open, so that whoever opens it can tell whether others do. It is
//! only ever taken under the first, which is why it never has to be waited for.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::fault::system;
use super::private;
use crate::error::Result;

/// How long to wait for another process that opens the history.
const OPENING_TIMEOUT: Duration = Duration::from_secs(5);
/// How often to try in that time: the system knows no lock with a time limit.
const OPENING_INTERVAL: Duration = Duration::from_millis(10);

/// Whoever has it is the only one to open the history. Dropping it lets others.
#[derive(Debug)]
pub(super) struct Opening {
    _locked: File,
}

impl Opening {
    /// Waits for others that open the history.
    ///
    /// # Errors
    /// `storeUnavailable`, also where that takes too long.
    pub(super) fn begin(history: &Path) -> Result<Self> {
        let path = history.with_extension("lock");
        let locked = private::open(&path).and_then(|file| lock_in_time(&file).map(|()| Self { _locked: file }));
        locked.map_err(|error| system(&path, "cannot lock", &error))
    }
}

fn lock_in_time(file: &File) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if began.elapsed() < OPENING_TIMEOUT => thread::sleep(OPENING_INTERVAL),
            Err(TryLockError::WouldBlock) => {
                let message = format!("another program has held it for {} s", OPENING_TIMEOUT.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            outcome => return outcome.map_err(io::Error::from),
        }
    }
}

/// Whoever has it has the history open. Dropping it says that this is over.
#[derive(Debug)]
pub(super) struct Presence {
    _shared: File,
    alone: bool,
}

impl Presence {
    /// Says that the history is open here from now on, to be called while no other can open it.
    ///
    /// # Errors
    /// `storeUnavailable`.
    pub(super) fn announce(history: &Path, _: &Opening) -> Result<Self> {
        let path = history.with_extension("bridges");
        let announced = private::open(&path).and_then(|file| {
            let alone = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(error)) => return Err(error),
            };
            if alone {
                file.unlock()?;
            }
            file.try_lock_shared()?;
            Ok(Self { _shared: file, alone })
        });
        announced.map_err(|error| system(&path, "cannot lock", &error))
    }

    /// Whether nobody else had the history open then.
    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }
}
