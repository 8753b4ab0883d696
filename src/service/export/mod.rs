//! A session as a document: for people in Markdown, for programs in JSON.

mod archive;
mod fence;
mod markdown;
mod tools;

use super::Service;
use super::session::session_not_found;
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::session::{ExportFormat, SessionExportResult};
use crate::store::SessionSnapshot;

pub(super) use archive::archive_of;

impl Service {
    /// All that is stored of a session, as a document. What a turn that runs has not said yet is not in it.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn export_session(&self, id: SessionId, format: ExportFormat) -> Result<SessionExportResult> {
        let snapshot = self.inner.store.snapshot(id).await?.ok_or_else(|| session_not_found(id))?;
        // A long history takes a while, and the others do not wait for it.
        tokio::task::spawn_blocking(move || export(snapshot, format))
            .await
            .map_err(|problem| Error::internal(format!("session {id} could not be exported: {problem}")))?
    }
}

fn export(snapshot: SessionSnapshot, format: ExportFormat) -> Result<SessionExportResult> {
    let archive = archive_of(snapshot)?;
    let (content, media_type) = match format {
        ExportFormat::Markdown => (markdown::write(&archive), "text/markdown; charset=utf-8"),
        ExportFormat::Json => (to_json(&archive)?, "application/json"),
    };
    Ok(SessionExportResult { content, media_type: media_type.to_owned() })
}

fn to_json(archive: &crate::protocol::archive::SessionArchive) -> Result<String> {
    let json = serde_json::to_string_pretty(archive);
    json.map(|json| json + "\n").map_err(|problem| Error::internal(format!("the session cannot be encoded: {problem}")))
}
