//! How a session's events reach the history and those who follow, in that order.

use std::time::Duration;

use tokio::time::Instant;

use super::{Task, WRITE_BEHIND};
use crate::claude::{self, transcript_name};
use crate::error::{Error, ErrorKind};
use crate::protocol::event::NoticeLevel;
use crate::service::history::session_row;
use crate::service::state::Input;
use crate::store::{Batch, TranscriptRow};

/// How long a commit is waited for while this program goes down.
const STORE_GRACE: Duration = Duration::from_millis(200);

impl Task {
    /// Stores and sends all that is ready: deltas at once, the rest after its commit.
    pub(super) async fn flush(&mut self) {
        if self.journal.is_clear() {
            self.schedule_deltas();
            return;
        }
        self.followers.deliver(self.journal.ahead(), self.store_fails).await;
        if self.journal.has_stored() {
            self.commit().await;
            self.followers.deliver(self.journal.behind(), self.store_fails).await;
            self.show();
        }
        self.journal.clear_ready();
        self.schedule_deltas();
    }

    /// Stores what is ready, the deltas before it included.
    async fn commit(&mut self) {
        let reserved = self.journal.reserve(self.state.is_down());
        let row = session_row(&self.state.record, reserved);
        // A history that is locked is so for each commit.
        let grace = if self.store_fails { Duration::ZERO } else { STORE_GRACE };
        let stored = match (self.journal.take_batch(), row) {
            (Ok(mut batch), Ok(row)) => {
                batch.session = Some(row);
                tokio::select! {
                    biased;
                    stored = self.inner.store.commit(batch) => stored,
                    () = self.inner.last_call.over(grace) => Err(stored_too_late()),
                }
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        self.flush_at = None;
        self.store_went(stored.err());
    }

    /// Says, once, that history is not being kept, and, once, that it is again.
    fn store_went(&mut self, problem: Option<Error>) {
        let fails = problem.is_some();
        if fails == self.store_fails {
            return;
        }
        self.store_fails = fails;
        let (level, text) = match problem {
            Some(error) => (NoticeLevel::Error, format!("history is not being kept: {}", error.message())),
            None => (NoticeLevel::Info, "history is being kept again".to_owned()),
        };
        tracing::warn!(session = %self.id, "{text}");
        self.pending.push_back(Input::Notice(level, text));
    }

    fn schedule_deltas(&mut self) {
        if self.journal.has_unsaved() {
            self.flush_at.get_or_insert_with(|| Instant::now() + WRITE_BEHIND);
        }
    }

    /// Stores the deltas that wait, without waiting for it.
    pub(super) fn save_deltas(&mut self) {
        self.flush_at = None;
        let batch = self.journal.take_batch();
        let row = self.journal.needs_reservation().then(|| {
            let reserved = self.journal.reserve(false);
            session_row(&self.state.record, reserved)
        });
        match (batch, row.transpose()) {
            (Ok(mut batch), Ok(row)) => {
                batch.session = row;
                self.inner.store.commit_later(batch);
            }
            (Err(error), _) | (_, Err(error)) => tracing::error!(session = %self.id, %error, "deltas were not stored"),
        }
    }

    /// Feeds those who lag from the store.
    pub(super) async fn catch_up(&mut self) {
        self.commit().await;
        let caught_up = self.followers.catch_up(&self.inner.store, self.id, self.journal.last_seq()).await;
        if let Err(error) = caught_up {
            tracing::error!(session = %self.id, %error, "a client that lags cannot be fed from the history");
            self.followers.skip_missed();
            let text = format!("events are missing here: {}", error.message());
            self.pending.push_back(Input::Notice(NoticeLevel::Error, text));
        }
    }

    /// Keeps a copy of what the CLI added to its transcript, without waiting for it.
    pub(super) fn keep_transcript(&self, transcript: claude::Transcript) {
        let Some(name) = transcript_name(&transcript.file) else {
            tracing::warn!(session = %self.id, "the Claude CLI keeps its transcript at an unknown place; no copy is kept");
            return;
        };
        let row = TranscriptRow {
            session_id: self.id,
            provider_session_id: self.state.record.provider_session_id,
            file: name.to_owned(),
            lines: transcript.lines,
        };
        self.inner.store.commit_later(Batch { transcript: vec![row], ..Batch::default() });
    }
}

fn stored_too_late() -> Error {
    let message = "the history did not take it in time while claude-bridge went down";
    Error::new(ErrorKind::StoreUnavailable, message).hint("another process may hold it locked")
}
