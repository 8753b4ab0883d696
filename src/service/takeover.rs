//! The conversations that a person had with the CLI before there was a claude-bridge: its transcripts become sessions,
//! which go on like any other.
//!
//! Ids are made of what is in the transcripts, so that reading them again gives the same session. One that was renamed here
//! keeps its title and gets what is new (`graft`); one that has gone on here is left alone, since what is new may be what
//! was said here; and so is one that was deleted, unless it is asked for.

mod build;
mod graft;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, StreamExt};

use super::import::in_background;
use super::{Service, lease};
use crate::claude::{Past, PastFiles, Transcripts, past_conversations};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::store::{Imported, KnownConversation, SessionRow, SessionSnapshot};

/// How many conversations are read or written at once: those that are read meanwhile, and those that share a transaction.
const AT_ONCE: usize = 8;

/// What is to be taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Takeover {
    /// The folder of the CLI's projects; `None`: where the CLI keeps them.
    pub projects: Option<PathBuf>,
    /// Whether conversations that were deleted here come back.
    pub with_deleted: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// How many conversations were found.
    pub found: usize,
    /// How many are new sessions.
    pub imported: usize,
    /// How many had grown.
    pub updated: usize,
    /// How many were here already, the same.
    pub unchanged: usize,
    /// How many claude-bridge had itself, or went on with.
    pub own: usize,
    /// How many were deleted here, and stay so.
    pub deleted: usize,
    /// In how many nothing was said.
    pub empty: usize,
    /// How many messages were added.
    pub messages: u64,
    /// Lines that cannot be read: where, and why.
    pub broken: Vec<String>,
}

/// What is done with a conversation.
enum Plan {
    /// The session is there already.
    Take(Option<SessionId>),
    Leave(fn(&mut TakenOver)),
}

impl Service {
    /// Makes sessions of the CLI's own transcripts; again, takes only what is new. `progress` is told how many of how many
    /// are done.
    ///
    /// # Errors
    /// `invalidParams` where the CLI has no home, `internalError` where a folder cannot be read, a store error.
    pub async fn take_over(&self, takeover: Takeover, mut progress: impl FnMut(usize, usize)) -> Result<TakenOver> {
        let projects = match takeover.projects {
            Some(projects) => projects,
            None => Transcripts::of(&self.inner.launcher.settings().cli.env)
                .map(|transcripts| transcripts.folder().to_owned())
                .ok_or_else(|| {
                    Error::invalid_params("the Claude CLI has no home: neither HOME nor CLAUDE_CONFIG_DIR is set")
                })?,
        };
        let found = {
            let projects = projects.clone();
            in_background(move || {
                past_conversations(&projects)
                    .map_err(|error| Error::internal(format!("{} cannot be read: {error}", projects.display())))
            })
            .await?
        };
        let mut taken = TakenOver { found: found.len(), ..TakenOver::default() };
        let total = found.len();
        let one = |files| self.take_one(files, takeover.with_deleted, &projects);
        // A copy of a conversation in another folder is looked at when the first is there.
        let (first, again) = each_once(found);
        let mut outcomes =
            stream::iter(first).map(one).buffered(AT_ONCE).chain(stream::iter(again).map(one).buffered(1)).enumerate();
        progress(0, total);
        while let Some((at, one)) = outcomes.next().await {
            taken.add(one?);
            progress(at + 1, total);
        }
        Ok(taken)
    }

    async fn take_one(&self, files: PastFiles, with_deleted: bool, projects: &Path) -> Result<TakenOver> {
        let mut taken = TakenOver::default();
        match self.plan(&files, with_deleted).await? {
            Plan::Leave(count) => count(&mut taken),
            Plan::Take(known) => self.take(files, known, projects.to_owned(), &mut taken).await?,
        }
        Ok(taken)
    }

    async fn plan(&self, files: &PastFiles, with_deleted: bool) -> Result<Plan> {
        Ok(match self.inner.store.known_conversation(files.id).await? {
            KnownConversation::New => Plan::Take(None),
            KnownConversation::Deleted if with_deleted => Plan::Take(None),
            KnownConversation::Deleted => Plan::Leave(|taken| taken.deleted += 1),
            KnownConversation::Session(id) => match self.inner.store.imported(id).await? {
                // Made here, or gone on with here: what there is to know of it is known.
                None | Some(Imported { has_gone_on: true, .. }) => Plan::Leave(|taken| taken.own += 1),
                Some(known) if known.fingerprint == files.fingerprint => Plan::Leave(|taken| taken.unchanged += 1),
                Some(_) => Plan::Take(Some(id)),
            },
        })
    }

    async fn take(
        &self,
        files: PastFiles,
        known: Option<SessionId>,
        projects: PathBuf,
        taken: &mut TakenOver,
    ) -> Result<()> {
        let fingerprint = files.fingerprint.clone();
        let (snapshot, broken) = in_background(move || read(&files, &projects)).await?;
        taken.broken.extend(broken);
        let Some(mut snapshot) = snapshot else {
            taken.empty += 1;
            return Ok(());
        };
        snapshot.fingerprint = Some(fingerprint);
        let (id, count) = (snapshot.session.id, snapshot.session.message_count);
        let Some(known) = known else {
            if self.inner.store.put_snapshot(snapshot, false).await?.is_some() {
                taken.own += 1;
                return Ok(());
            }
            taken.imported += 1;
            taken.messages += count;
            return Ok(());
        };
        let Some(before) = self.hold(known).await?.filter(|_| known == id) else {
            taken.own += 1;
            return Ok(());
        };
        let written = self.update(snapshot).await;
        lease::give_back(&self.inner.store, &self.inner.holder, id);
        if !written? {
            taken.own += 1;
            return Ok(());
        }
        taken.updated += 1;
        taken.messages += count.saturating_sub(before.message_count);
        Ok(())
    }

    /// Writes a session that is held over the one that is here, unless that has gone on; says whether it did.
    async fn update(&self, told: SessionSnapshot) -> Result<bool> {
        let id = told.session.id;
        if self.inner.store.imported(id).await?.is_none_or(|known| known.has_gone_on) {
            return Ok(false);
        }
        let Some(here) = self.inner.store.snapshot(id).await? else { return Ok(false) };
        let snapshot = if graft::was_changed(&here) { graft::onto(here, told) } else { told };
        Ok(self.inner.store.put_snapshot(snapshot, true).await?.is_none())
    }

    /// Takes hold of a session, unless somebody has it in his hands.
    async fn hold(&self, id: SessionId) -> Result<Option<SessionRow>> {
        if self.inner.registry.view(id).is_some() {
            return Ok(None);
        }
        match lease::take(&self.inner.store, &self.inner.holder, id).await {
            Ok(()) => self.inner.store.session(id).await,
            Err(error) if error.kind() == ErrorKind::SessionHeld => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl TakenOver {
    fn add(&mut self, one: Self) {
        self.imported += one.imported;
        self.updated += one.updated;
        self.unchanged += one.unchanged;
        self.own += one.own;
        self.deleted += one.deleted;
        self.empty += one.empty;
        self.messages += one.messages;
        self.broken.extend(one.broken);
    }
}

/// The conversations that are not among those before them, and the others.
fn each_once(found: Vec<PastFiles>) -> (Vec<PastFiles>, Vec<PastFiles>) {
    let mut seen = HashSet::new();
    found.into_iter().partition(|files| seen.insert(files.id))
}

/// The session that a conversation becomes, if anything was said in it, and the lines that are broken.
fn read(files: &PastFiles, projects: &std::path::Path) -> Result<(Option<SessionSnapshot>, Vec<String>)> {
    let past = files.read(projects);
    let mut past: Past =
        past.map_err(|error| Error::internal(format!("conversation {} cannot be read: {error}", files.id)))?;
    let broken = std::mem::take(&mut past.broken);
    Ok((build::session(files.id, past)?, broken))
}
