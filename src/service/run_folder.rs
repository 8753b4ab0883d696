//! The folder of one running bridge: `run/<bridge>` in the data folder, with the private files of its sessions.
//!
//! A bridge holds a lock on its folder for as long as it lives. The system lets go of it however the bridge dies, so
//! that the others know: whoever starts next ends what a dead one left running, and removes its folder. Folders are
//! made, and looked through, under a lock on `run` itself: a folder that is not locked yet is never taken for a dead
//! one's.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::claude;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::BridgeId;

/// The folder of this bridge.
#[derive(Debug)]
pub(super) struct RunFolder {
    id: BridgeId,
    runs: PathBuf,
    path: PathBuf,
    /// Once it is there and locked.
    held: OnceCell<Held>,
    /// Once what dead bridges left is gone.
    swept: OnceCell<()>,
}

/// The lock of a folder, and the folders of dead bridges that were found when it was taken.
#[derive(Debug)]
struct Held {
    _lock: File,
    dead: Vec<PathBuf>,
}

impl RunFolder {
    /// A folder of a new bridge, which [`Self::hold`] makes.
    pub(super) fn new(data_dir: &Path) -> Self {
        let (id, runs) = (BridgeId::new(), data_dir.join("run"));
        Self { path: runs.join(id.to_string()), id, runs, held: OnceCell::new(), swept: OnceCell::new() }
    }

    /// The bridge's id.
    pub(super) fn id(&self) -> BridgeId {
        self.id
    }

    /// Makes the folder and locks it, once: from then on this bridge lives, as others see it.
    ///
    /// # Errors
    /// `internalError` if the folder cannot be made or locked.
    pub(super) async fn hold(&self) -> Result<()> {
        self.held().await.map(drop)
    }

    /// Takes care, once, of what dead bridges left; then it is the folder at once.
    ///
    /// # Errors
    /// `internalError` if the folder cannot be made or locked.
    pub(super) async fn ready(&self) -> Result<&Path> {
        let Held { dead, .. } = self.held().await?;
        self.swept.get_or_init(|| sweep(dead)).await;
        Ok(&self.path)
    }

    /// Whether the bridge of this id, on the same data folder, lives. Where that cannot be known it counts as living.
    pub(super) fn lives(&self, bridge: BridgeId) -> bool {
        is_held(&self.runs.join(bridge.to_string())).unwrap_or_else(|problem| {
            tracing::warn!(%bridge, %problem, "cannot tell whether another bridge lives");
            true
        })
    }

    /// The folders of bridges that are dead, which the next one that starts takes care of.
    pub(super) fn left(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.runs) {
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut left = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if !is_held(&path)? {
                left.push(path);
            }
        }
        Ok(left)
    }

    async fn held(&self) -> Result<&Held> {
        self.held.get_or_try_init(|| self.take_hold()).await
    }

    async fn take_hold(&self) -> Result<Held> {
        let (runs, path) = (self.runs.clone(), self.path.clone());
        let held = spawn_blocking(move || hold(&runs, &path)).await;
        let held = held.unwrap_or_else(|problem| Err(io::Error::other(problem)));
        held.map_err(|problem| cannot_hold(&self.path, &problem))
    }

    /// Removes what is in the folder, and goes on to hold it.
    pub(super) async fn empty(&self) {
        if let Err(problem) = remove_entries(&self.path).await {
            tracing::warn!(folder = %self.path.display(), %problem, "private files are left");
        }
    }

    /// Removes the folder, with whatever is still in it.
    pub(super) async fn remove(&self) {
        if let Err(problem) = unless_gone(tokio::fs::remove_dir_all(&self.path).await) {
            tracing::warn!(folder = %self.path.display(), %problem, "private files are left");
        }
    }
}

async fn remove_entries(folder: &Path) -> io::Result<()> {
    let mut entries = match tokio::fs::read_dir(folder).await {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    while let Some(entry) = entries.next_entry().await? {
        unless_gone(tokio::fs::remove_dir_all(entry.path()).await)?;
    }
    Ok(())
}

/// Ends what dead bridges left running, and removes their folders.
async fn sweep(dead: &[PathBuf]) {
    for folder in dead {
        if let Err(problem) = end(folder).await {
            tracing::warn!(folder = %folder.display(), %problem, "what a dead bridge left cannot be removed");
        }
    }
}

/// Makes `path` and locks it; gives the folders of dead bridges beside it, too.
fn hold(runs: &Path, path: &Path) -> io::Result<Held> {
    DirBuilder::new().recursive(true).mode(0o700).create(runs)?;
    let door = File::open(runs)?;
    door.lock()?;
    DirBuilder::new().mode(0o700).create(path)?;
    let lock = File::open(path)?;
    lock.lock()?;
    let mut dead = Vec::new();
    for entry in fs::read_dir(runs)? {
        let other = entry?.path();
        if !is_held(&other)? {
            dead.push(other);
        }
    }
    Ok(Held { _lock: lock, dead })
}

/// Whether somebody holds the lock of a folder. It is asked for a share, so that those who ask do not meet each other.
fn is_held(folder: &Path) -> io::Result<bool> {
    let opened = match File::open(folder) {
        Ok(opened) => opened,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(problem) => return Err(problem),
    };
    match opened.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(problem)) => Err(problem),
    }
}

/// Ends what a dead bridge left running, and removes its folder. Another bridge may be doing the same.
async fn end(folder: &Path) -> io::Result<()> {
    unless_gone(claude::end_leftovers(folder).await)?;
    unless_gone(tokio::fs::remove_dir_all(folder).await)
}

fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|problem| if problem.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(problem) })
}

fn cannot_hold(path: &Path, problem: &io::Error) -> Error {
    Error::new(ErrorKind::InternalError, format!("cannot make and lock the folder {}: {problem}", path.display()))
        .hint("check that the folder above is yours, and that its disk is neither full nor read-only")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_bridge_lives_until_its_folder_is_let_go() {
        let data = tempfile::tempdir().unwrap();
        let (bridge, other) = (RunFolder::new(data.path()), RunFolder::new(data.path()));
        assert!(!other.lives(bridge.id()));
        let path = bridge.ready().await.unwrap().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(other.lives(bridge.id()));
        let id = bridge.id();
        drop(bridge);
        assert!(!other.lives(id));
        assert!(path.exists());
    }

    #[tokio::test]
    async fn the_next_bridge_removes_what_a_dead_one_left_and_leaves_the_living_alone() {
        let data = tempfile::tempdir().unwrap();
        let (dead, living) = (RunFolder::new(data.path()), RunFolder::new(data.path()));
        let left = dead.ready().await.unwrap().join("session");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("mcp.json"), "secret").unwrap();
        living.ready().await.unwrap();
        assert!(left.exists(), "its bridge lives");
        drop(dead);
        let next = RunFolder::new(data.path());
        next.ready().await.unwrap();
        assert!(!left.parent().unwrap().exists());
        assert!(next.lives(living.id()));
        living.remove().await;
        assert!(!living.path.exists());
    }

    #[test]
    fn bridges_that_start_at_once_never_remove_each_other() {
        let data = tempfile::tempdir().unwrap();
        let runs = data.path().join("run");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let path = runs.join(BridgeId::new().to_string());
                        let held = hold(&runs, &path).unwrap();
                        held.dead.iter().for_each(|folder| unless_gone(fs::remove_dir_all(folder)).unwrap());
                        assert!(path.exists() && is_held(&path).unwrap());
                        drop(held);
                    }
                });
            }
        });
    }
}
