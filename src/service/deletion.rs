//! What goes when a session goes: its history, the CLI's own transcripts of it, and the built-in agent's notes. Else an
//! import would bring back what the person wanted gone.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

use super::command::Command;
use super::{Inner, Service};
use crate::claude::Transcripts;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{ProviderSessionId, SessionId};
use crate::store::Compacted;
use crate::time::Timestamp;

impl Service {
    /// Removes a session in which nothing has happened since `before`, as long as nothing happens in it now. Says whether
    /// it went.
    ///
    /// # Errors
    /// `sessionHeld` where another bridge runs it, a store error.
    pub async fn expire_session(&self, id: SessionId, before: Timestamp) -> Result<bool> {
        let (reply, receiver) = oneshot::channel();
        self.command(id, Command::Expire { before, reply })?;
        let outcome = receiver.await.unwrap_or_else(|_| Err(gone()));
        match outcome {
            Ok(()) => Ok(true),
            // Somebody used it, or removed it, meanwhile.
            Err(error) if matches!(error.kind(), ErrorKind::SessionBusy | ErrorKind::SessionNotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The sessions in which nothing has happened for so long, the oldest first.
    ///
    /// # Errors
    /// A store error.
    pub async fn unused_sessions(&self, age: Duration) -> Result<(Timestamp, Vec<SessionId>)> {
        let before = ago(age);
        Ok((before, self.inner.store.stale_sessions(before).await?))
    }

    /// Rewrites the history's file, so that nothing is left in it of what was deleted.
    ///
    /// # Errors
    /// A store error.
    pub async fn compact_history(&self) -> Result<Compacted> {
        self.inner.store.compact().await
    }
}

/// Removes the sessions that are older than the configuration keeps them. Without that key none is.
///
/// # Errors
/// A store error.
pub(super) async fn keep_retention(service: &Service) -> Result<()> {
    let Some(age) = service.inner.launcher.settings().retention else { return Ok(()) };
    let (before, sessions) = service.unused_sessions(age).await?;
    let mut removed = 0_usize;
    for id in sessions {
        match service.expire_session(id, before).await {
            Ok(went) => removed += usize::from(went),
            Err(error) => tracing::info!(session = %id, %error, "a session is kept though it is old enough to go"),
        }
    }
    if removed > 0 {
        tracing::info!(removed, "sessions that store.retention_days no longer keeps are gone");
    }
    Ok(())
}

/// Removes all that there is of a session, whose process has ended. Its history goes last, so that what fails before can
/// be tried again.
///
/// # Errors
/// `internalError` that names a file which cannot be removed; a store error.
pub(super) async fn delete(inner: &Inner, id: SessionId) -> Result<()> {
    let conversations = inner.store.conversations(id).await?;
    let settings = inner.launcher.settings();
    let (notes, transcripts) = (settings.data_dir.join(&settings.notes), Transcripts::of(&settings.cli.env));
    let removed = tokio::task::spawn_blocking(move || {
        conversations.iter().try_for_each(|conversation| {
            transcripts.as_ref().map_or(Ok(0), |transcripts| transcripts.remove(*conversation))?;
            forget_notes(&notes, *conversation)
        })
    });
    removed.await.map_err(|problem| Error::internal(format!("session {id} cannot be removed: {problem}")))??;
    inner.store.delete_session(id).await.map(drop)
}

/// The built-in agent keeps what it knows of a conversation in a file of its own.
fn forget_notes(folder: &std::path::Path, conversation: ProviderSessionId) -> Result<()> {
    let file = folder.join(format!("{conversation}.json"));
    match std::fs::remove_file(&file) {
        Err(problem) if problem.kind() != io::ErrorKind::NotFound => {
            Err(Error::internal(format!("cannot remove {}: {problem}", file.display())))
        }
        _ => Ok(()),
    }
}

/// The time so long ago.
pub(super) fn ago(age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(Timestamp::now().as_millis().saturating_sub(age))
}

fn gone() -> Error {
    Error::new(ErrorKind::ShuttingDown, "claude-bridge is going down")
}
