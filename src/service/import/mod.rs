//! A session from its archive: checked whole before anything is written, and written as one.

mod check;
mod here;
mod rows;

use super::Service;
use super::lease;
use crate::claude::Transcripts;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::ProviderSessionId;
use crate::protocol::archive::SessionArchive;
use crate::protocol::session::{ImportConflict, ImportOutcome, SessionImportParams, SessionImportResult};
use crate::service::export::archive_of;
use crate::store::{SessionSnapshot, SnapshotConflict};

impl Service {
    /// Takes in a session from its archive, with the id that it had. The same again changes nothing.
    ///
    /// # Errors
    /// `invalidParams` that names what is wrong with the archive; `sessionExists`; `sessionHeld`, `sessionBusy` where it
    /// is to be replaced and is in use; a store error.
    pub async fn import_session(&self, params: SessionImportParams) -> Result<SessionImportResult> {
        let SessionImportParams { content, cwd, on_conflict, trust } = params;
        let archive = in_background(move || check::read(&content)).await?;
        let (archive, left_out) = self.fit_in(archive, cwd, trust).await?;
        let id = archive.session.id;
        let outcome = match self.inner.store.snapshot(id).await? {
            None => self.write_new(archive).await?,
            Some(stored) => self.write_over(stored, archive, on_conflict).await?,
        };
        // What is there already stays as it is.
        let left_out = if outcome == ImportOutcome::Unchanged { Vec::new() } else { left_out };
        Ok(SessionImportResult { session: self.session(id).await?, outcome, left_out })
    }

    async fn write_new(&self, archive: SessionArchive) -> Result<ImportOutcome> {
        self.write(rows::snapshot_of(archive)?, false).await?;
        Ok(ImportOutcome::Imported)
    }

    /// The archive of a session that is there.
    async fn write_over(
        &self,
        stored: SessionSnapshot,
        archive: SessionArchive,
        on_conflict: ImportConflict,
    ) -> Result<ImportOutcome> {
        let id = archive.session.id;
        let (stored, archive, is_same) = in_background(move || {
            let stored = archive_of(stored)?;
            let is_same = has_all_of(&stored, &archive);
            Ok((stored, archive, is_same))
        })
        .await?;
        if is_same {
            return Ok(ImportOutcome::Unchanged);
        }
        if on_conflict == ImportConflict::Fail {
            return Err(exists(&stored, &archive));
        }
        if self.inner.registry.view(id).is_some() {
            let message = format!("session {id} is open here, and cannot be replaced");
            return Err(Error::new(ErrorKind::SessionBusy, message).hint("close it first: session/close"));
        }
        lease::take(&self.inner.store, &self.inner.holder, id).await?;
        // The CLI's own transcript is of another conversation now; ours is put back at the next start.
        let replaced = if archive.transcript.is_empty() { None } else { Some(stored.session.provider_session_id) };
        let written = self.write(rows::snapshot_of(archive)?, true).await;
        lease::give_back(&self.inner.store, &self.inner.holder, id);
        written?;
        self.forget_transcripts(replaced.into_iter().collect()).await;
        Ok(ImportOutcome::Replaced)
    }

    async fn write(&self, snapshot: SessionSnapshot, replaces: bool) -> Result<()> {
        let id = snapshot.session.id;
        match self.inner.store.put_snapshot(snapshot, replaces).await? {
            None => Ok(()),
            Some(SnapshotConflict::Conversation(other)) => {
                let message = format!("session {other} is the same conversation of the Claude CLI's as session {id}");
                let error = Error::new(ErrorKind::SessionExists, message).detail("sessionId", other.to_string());
                Err(error.hint("go on with that one, or delete it first"))
            }
            Some(SnapshotConflict::Ids(other)) => {
                let message = format!("content: something in the archive has an id that session {other} uses here");
                Err(Error::invalid_params(message).detail("sessionId", other.to_string()))
            }
        }
    }

    /// Removes the CLI's own transcripts of these conversations. What cannot be removed is logged.
    pub(super) async fn forget_transcripts(&self, conversations: Vec<ProviderSessionId>) {
        let Some(transcripts) = Transcripts::of(&self.inner.launcher.settings().cli.env) else { return };
        let removed = in_background(move || {
            conversations.iter().try_for_each(|conversation| transcripts.remove(*conversation).map(drop))
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "a transcript of the Claude CLI's is left");
        }
    }
}

/// Whether a session has all that its archive has: it is the same, or has gone on since. Its title and mode are no part
/// of that.
fn has_all_of(stored: &SessionArchive, archive: &SessionArchive) -> bool {
    stored.messages.starts_with(&archive.messages)
        && stored.turns.starts_with(&archive.turns)
        && stored.events.starts_with(&archive.events)
}

fn exists(stored: &SessionArchive, archive: &SessionArchive) -> Error {
    let facts = |archive: &SessionArchive| {
        serde_json::json!({
            "lastActiveAt": archive.session.last_active_at,
            "lastSeq": archive.session.last_seq,
            "messageCount": archive.session.message_count,
        })
    };
    let (here, there) = (stored.session.message_count, archive.session.message_count);
    let message = format!(
        "session {} is here already, and not the same: it has {here} messages, the archive has {there}",
        stored.session.id
    );
    Error::new(ErrorKind::SessionExists, message)
        .hint(
            "import it with onConflict \"replace\" to have the archive's instead, or export the one that is here first",
        )
        .detail("sessionId", stored.session.id.to_string())
        .detail("here", facts(stored))
        .detail("archive", facts(archive))
}

/// Runs what may take long where nobody waits for it but the caller.
pub(super) async fn in_background<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|problem| Error::internal(format!("what was begun in the background failed: {problem}")))?
}
