//! How a session's events reach the history and those who follow, in that order.
//!
//! While the history cannot be written, events are sent all the same, and what is to be stored is kept; it is tried
//! again, beside all else, until it is stored. At most one commit is on its way at a time, so that what is given back
//! is always older than what waits.

use std::time::Duration;

use tokio::time::Instant;

use super::{Task, WRITE_BEHIND};
use crate::claude::{self, transcript_name};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::event::NoticeLevel;
use crate::service::history::{grant_row, session_row};
use crate::service::journal::Loss;
use crate::service::launch::project_of;
use crate::service::permission::GrantedFor;
use crate::service::state::Input;
use crate::store::{Batch, Commit, GrantScope, TranscriptRow};
use crate::time::Timestamp;

/// How long a commit is waited for while this program goes down.
const STORE_GRACE: Duration = Duration::from_millis(200);
/// How often a history that cannot be written is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Task {
    /// Stores and sends all that is ready: deltas at once, the rest after its commit.
    pub(super) async fn flush(&mut self) {
        if !self.journal.is_clear() {
            self.followers.deliver(self.journal.ahead(), self.is_failing()).await;
            if self.journal.has_stored() {
                self.commit().await;
                // Before anybody is told of it, so that whoever acts on it finds it.
                self.show();
                self.followers.deliver(self.journal.behind(), self.is_failing()).await;
            }
            self.journal.clear_ready();
        }
        self.schedule_commit();
    }

    /// Stores what is ready, the deltas before it included. A history that cannot be written is not waited for.
    async fn commit(&mut self) {
        self.wait_for_commit().await;
        self.begin_commit();
        self.wait_for_commit().await;
    }

    /// Gives what is ready to the history; keeps it where a commit is on its way, or the last one failed just now.
    pub(super) fn begin_commit(&mut self) {
        self.flush_at = None;
        let too_early = self.retry_at.is_some_and(|at| Instant::now() < at);
        if self.committing.is_none() && !too_early {
            match self.next_batch() {
                Ok(batch) => self.committing = Some(self.inner.store.commit(batch)),
                Err(error) => self.store_went(Some(error)),
            }
        } else if let Err(error) = self.journal.keep() {
            self.store_went(Some(error));
        }
    }

    fn next_batch(&mut self) -> Result<Batch> {
        let shows_session = self.journal.has_stored() || self.journal.has_backlog() || self.journal.needs_reservation();
        let mut batch = self.journal.take_batch()?;
        if shows_session {
            let reserved = self.journal.reserve(self.state.is_down());
            batch.session = Some(session_row(&self.state.record, reserved)?);
        }
        Ok(batch)
    }

    /// Waits for the commit that is on its way, unless the history was failing before.
    async fn wait_for_commit(&mut self) {
        let Some(commit) = self.committing.as_mut().filter(|_| self.retry_at.is_none()) else { return };
        let outcome = tokio::select! {
            biased;
            outcome = commit => outcome,
            () = self.inner.last_call.over(STORE_GRACE) => return self.store_went(Some(stored_too_late())),
        };
        self.committed(outcome);
    }

    /// The commit that was on its way is done, or failed.
    pub(super) fn committed(&mut self, outcome: Result<()>) {
        let Some(commit) = self.committing.take() else { return };
        if let Err(error) = &outcome {
            match error.kind() {
                ErrorKind::StoreUnavailable | ErrorKind::StoreCorrupt | ErrorKind::StoreNewer => {
                    self.journal.give_back(commit.into_batch());
                }
                // There is nothing to add it to any more.
                ErrorKind::SessionNotFound => self.journal.lose(commit.batch()),
                _ => self.journal.give_up(commit.into_batch()),
            }
        }
        self.store_went(outcome.err());
    }

    /// Says, once, that history is not being kept, and, once, that it is again, and what was lost meanwhile.
    fn store_went(&mut self, problem: Option<Error>) {
        let was_failing = self.is_failing();
        self.retry_at = problem.is_some().then(|| Instant::now() + RETRY_INTERVAL);
        let (level, text) = match problem {
            Some(error) if !was_failing => {
                (NoticeLevel::Error, format!("history is not being kept: {}", error.message()))
            }
            None if was_failing => kept_again(self.journal.take_loss()),
            _ => return,
        };
        tracing::warn!(session = %self.id, "{text}");
        self.pending.push_back(Input::Notice(level, text));
    }

    /// Whether the history could not be written when that was tried last.
    fn is_failing(&self) -> bool {
        self.retry_at.is_some()
    }

    /// Whether anything is still to be stored.
    pub(super) fn has_unstored(&self) -> bool {
        self.committing.is_some() || self.journal.has_unsaved() || self.journal.has_backlog()
    }

    /// Sees to it that what waits is given to the history in time.
    fn schedule_commit(&mut self) {
        if self.committing.is_none() && self.has_unstored() {
            let at = Instant::now() + WRITE_BEHIND;
            self.flush_at.get_or_insert(self.retry_at.map_or(at, |retry_at| retry_at.max(at)));
        }
    }

    /// This program goes down: gives the history all that is left. It is written, if it can be, before the history is
    /// closed; the log says so if not.
    pub(super) async fn commit_the_rest(&mut self) {
        self.wait_for_commit().await;
        if !self.journal.has_unsaved() && !self.journal.has_backlog() {
            return;
        }
        match self.next_batch() {
            Ok(batch) => drop(self.inner.store.commit(batch)),
            Err(error) => tracing::error!(session = %self.id, %error, "the end of the session was not stored"),
        }
    }

    /// Feeds those who lag from the store.
    pub(super) async fn catch_up(&mut self) {
        if let Err(error) = self.feed_lagging().await {
            tracing::error!(session = %self.id, %error, "a client that lags cannot be fed from the history");
            if self.followers.skip_missed(&error) {
                let text = format!("events are missing here: {}", error.message());
                self.pending.push_back(Input::Notice(NoticeLevel::Error, text));
            }
        }
    }

    async fn feed_lagging(&mut self) -> Result<()> {
        let last_seq = self.journal.last_event();
        if !self.followers.feed(&self.inner.store, self.id, last_seq).await? {
            return Ok(());
        }
        // Somebody has nearly all: what is not stored yet comes next.
        if self.has_unstored() {
            self.commit().await;
        }
        let on_its_way = self.committing.iter().flat_map(|commit| &commit.batch().events);
        let kept = on_its_way.chain(self.journal.backlog_events());
        self.followers.catch_up(&self.inner.store, self.id, kept, last_seq).await
    }

    /// Keeps what the person allowed for longer than once, with the next commit.
    pub(super) async fn keep_grant(&mut self, granted_for: GrantedFor, grant: &claude::Grant, now: Timestamp) {
        let scope = match granted_for {
            GrantedFor::Session => GrantScope::Session(self.id),
            GrantedFor::Project => GrantScope::Project(project_of(&self.state.record.cwd).await),
        };
        match grant_row(scope, grant, now) {
            Ok(row) => self.journal.save_grant(row),
            Err(error) => tracing::error!(session = %self.id, %error, "what was allowed is not kept"),
        }
    }

    /// Something that the person had allowed is taken back.
    pub(super) async fn revoked(&mut self, project: Option<String>) {
        let is_concerned = match project {
            Some(project) => project == project_of(&self.state.record.cwd).await,
            None => true,
        };
        if is_concerned {
            self.feed(Input::Revoked).await;
        }
    }

    /// Keeps a copy of what the CLI added to its transcript.
    pub(super) fn keep_transcript(&mut self, transcript: claude::Transcript) {
        let Some(name) = transcript_name(&transcript.file) else {
            tracing::warn!(session = %self.id, "the Claude CLI keeps its transcript at an unknown place; no copy is kept");
            return;
        };
        self.journal.save_transcript(TranscriptRow {
            session_id: self.id,
            provider_session_id: self.state.record.provider_session_id,
            file: name.to_owned(),
            lines: transcript.lines,
        });
        // Soon: what is lost of it in a crash is missed by whoever goes on with the conversation elsewhere.
        self.flush_at = Some(Instant::now());
    }
}

/// Resolves with the outcome of a commit; never where there is none.
pub(super) async fn outcome_of(commit: Option<&mut Commit>) -> Result<()> {
    match commit {
        Some(commit) => commit.await,
        None => std::future::pending().await,
    }
}

fn kept_again(loss: Loss) -> (NoticeLevel, String) {
    if loss.is_none() {
        return (NoticeLevel::Info, "history is being kept again".to_owned());
    }
    (NoticeLevel::Error, format!("history is being kept again; of the time between, {loss} could not be kept for it"))
}

fn stored_too_late() -> Error {
    let message = "the history did not take it in time while claude-bridge went down";
    Error::new(ErrorKind::StoreUnavailable, message).hint("another process may hold it locked")
}
