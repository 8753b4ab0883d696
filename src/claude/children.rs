//! Which children of this process it started itself. All others it has adopted: orphans of a guard that was killed.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::process::{Child, Command};

/// That a process is whose parent is one too.
static OURS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// A process that is looked after by its owner, for as long as this lives.
#[derive(Debug)]
pub(super) struct Own {
    pid: u32,
}

/// Starts a child of our own.
///
/// # Errors
/// Those of the system.
pub(super) fn spawn(command: &mut Command) -> io::Result<(Child, Own)> {
    // Held meanwhile, so that nobody takes it for an orphan before it is listed.
    let mut ours = list();
    let child = command.spawn()?;
    let pid = child.id().ok_or_else(|| io::Error::other("the child has no id"))?;
    ours.insert(pid);
    Ok((child, Own { pid }))
}

/// Claims a process that may come to be our child.
pub(super) fn claim(pid: u32) -> Own {
    list().insert(pid);
    Own { pid }
}

/// The processes that have an owner.
pub(super) fn list() -> MutexGuard<'static, BTreeSet<u32>> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Own {
    fn drop(&mut self) {
        list().remove(&self.pid);
    }
}
