//! The history: sessions, turns, messages and events in one SQLite file, `history.db`.
//!
//! One thread writes, a few connections read beside it. Rows are plain data; what they mean is the service's business.
//! Several processes may share the file: each transaction that writes takes SQLite's lock at its beginning and waits
//! up to five seconds for it.
//!
//! A file that is found damaged is moved aside, as it is, and a new history begins; but never while another process
//! has it open. One of a newer version is left alone.

mod changes;
mod commit;
mod compact;
mod compression;
mod damage;
mod events;
mod fault;
mod forks;
mod health;
mod leases;
mod locks;
mod log;
mod messages;
mod open;
mod permissions;
mod place;
mod private;
mod readers;
mod rows;
mod search;
mod sessions;
mod snapshot;
mod standing;
#[cfg(test)]
mod tests;
mod transcripts;
mod turns;
mod usage;
mod values;
mod work;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::changes::Changes;
use self::changes::Watch;
pub use self::commit::Commit;
pub use self::compact::Compacted;
pub use self::damage::is_moved_aside;
pub use self::health::Condition;
use self::readers::Readers;
pub use self::rows::{
    Batch, ContextRow, EventPayload, EventQuery, EventRow, ForkRow, GrantRow, GrantScope, LeaseRow, MessageQuery,
    MessageRow, ModelUsage, PermissionChange, PermissionRow, Resolution, SessionQuery, SessionRow, Standing,
    TranscriptGap, TranscriptRow, TurnRow,
};
pub use self::search::{SearchHit, SearchOrder, SearchPage, SearchQuery, SearchStart, Snippet, Terms};
pub use self::snapshot::{Imported, KnownConversation, SessionSnapshot, SnapshotConflict};
pub use self::usage::{UsageGroup, UsageKey, UsageQuery, UsageRow};
use self::work::{Replaces, Work};
use self::writer::Writer;
use crate::error::Result;
use crate::ids::{BridgeId, ProviderSessionId, SessionId};
use crate::time::Timestamp;

/// The file's name in its folder.
const FILE: &str = "history.db";

/// How many connections read: one for what a person waits for, beside one that replays a long history.
const READERS: u32 = 2;

/// A cheap handle on the history.
///
/// Every method fails with `storeNewer`, `storeCorrupt` or `storeUnavailable`. A file that cannot be opened is tried
/// again, about every second, where the reason may go away; until then that is the error of every call. Once written means: another program sees it, and it outlives this one's death; a power
/// failure may take the last moments.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writer: Writer,
    readers: Readers,
    /// On its own, so that no search keeps anybody waiting but the next one.
    searcher: Readers,
    watch: Arc<Watch>,
}

impl Store {
    /// The history in `folder`, which is made if it is missing. Returns at once: the file is opened on the writer's
    /// thread.
    #[must_use]
    pub fn open(folder: &Path) -> Self {
        let file: Arc<Path> = folder.join(FILE).into();
        let writer = Writer::start(Arc::clone(&file));
        let (readers, searcher) = (Readers::new(Arc::clone(&file), READERS), Readers::new(Arc::clone(&file), 1));
        let watch = Watch::new(Readers::new(file, 1));
        Self { inner: Arc::new(Inner { writer, readers, searcher, watch }) }
    }

    /// Waits until the file is open, or was tried to be opened.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn ready(&self) -> Result<()> {
        self.inner.writer.ready().await
    }

    /// Waits until the file is open, however long that takes, and says where a damaged one was moved then, so that a
    /// new one could begin.
    pub async fn moved_aside(&self) -> Option<PathBuf> {
        self.inner.writer.moved_aside().await
    }

    /// Adds a session, and the lease of the bridge that runs it from its beginning.
    ///
    /// # Errors
    /// A store error.
    pub async fn create_session(&self, row: SessionRow, lease: Option<LeaseRow>) -> Result<()> {
        self.inner.writer.write(Work::Create(Box::new(row), lease)).await.map(drop)
    }

    /// Adds a session that goes on from another one, with what was said there until now. Says whether the other one
    /// was there.
    ///
    /// # Errors
    /// A store error.
    pub async fn fork_session(&self, fork: ForkRow) -> Result<bool> {
        self.inner.writer.write(Work::Fork(Box::new(fork))).await.map(|done| done.count > 0)
    }

    /// The session of that id.
    ///
    /// # Errors
    /// A store error.
    pub async fn session(&self, id: SessionId) -> Result<Option<SessionRow>> {
        self.read("cannot read the session", move |db| sessions::by_id(db, id)).await
    }

    /// All that is stored of a session, as of one moment.
    ///
    /// # Errors
    /// A store error.
    pub async fn snapshot(&self, id: SessionId) -> Result<Option<SessionSnapshot>> {
        self.read("cannot read the session", move |db| snapshot::read(db, id)).await
    }

    /// Adds a session as a whole, or puts it in place of the one that has its id. Says what is in the way, and then
    /// nothing was written.
    ///
    /// # Errors
    /// A store error.
    pub async fn put_snapshot(&self, snapshot: SessionSnapshot, replaces: bool) -> Result<Option<SnapshotConflict>> {
        let replaces = if replaces { Replaces::Yes } else { Replaces::No };
        self.inner.writer.write(Work::Put(Box::new(snapshot), replaces)).await.map(|done| done.conflict)
    }

    /// What is known of a conversation of the CLI's.
    ///
    /// # Errors
    /// A store error.
    pub async fn known_conversation(&self, conversation: ProviderSessionId) -> Result<KnownConversation> {
        self.read("cannot look up a conversation", move |db| snapshot::known(db, conversation)).await
    }

    /// What is known of the CLI's transcripts that a session was made of; nothing where it was not.
    ///
    /// # Errors
    /// A store error.
    pub async fn imported(&self, id: SessionId) -> Result<Option<Imported>> {
        self.read("cannot read the session", move |db| snapshot::imported(db, id)).await
    }

    /// The first sessions with ids in a range, bounds included.
    ///
    /// # Errors
    /// A store error.
    pub async fn sessions_between(&self, first: SessionId, last: SessionId, limit: usize) -> Result<Vec<SessionId>> {
        self.read("cannot look up a session", move |db| sessions::between(db, first, last, limit)).await
    }

    /// The conversations of the CLI's that a session goes on with, or did, and no other does.
    ///
    /// # Errors
    /// A store error.
    pub async fn conversations(&self, id: SessionId) -> Result<Vec<ProviderSessionId>> {
        self.read("cannot read the session", move |db| sessions::conversations(db, id)).await
    }

    /// The sessions in which nothing has happened since `before`, the oldest first.
    ///
    /// # Errors
    /// A store error.
    pub async fn stale_sessions(&self, before: Timestamp) -> Result<Vec<SessionId>> {
        self.read("cannot list the sessions", move |db| sessions::stale(db, before)).await
    }

    /// A page of sessions, newest activity first.
    ///
    /// # Errors
    /// A store error.
    pub async fn sessions(&self, query: SessionQuery) -> Result<Vec<SessionRow>> {
        self.read("cannot list the sessions", move |db| sessions::page(db, &query)).await
    }

    /// Removes a session from every table, and the contexts that only it referred to. Says whether it was there.
    ///
    /// # Errors
    /// A store error.
    pub async fn delete_session(&self, id: SessionId) -> Result<bool> {
        self.inner.writer.write(Work::Delete(id)).await.map(|done| done.count > 0)
    }

    /// Closes the open sessions that no bridge holds and that nothing has happened in since `before`. Says how many
    /// those were.
    ///
    /// # Errors
    /// A store error.
    pub async fn close_stale(&self, before: Timestamp) -> Result<usize> {
        self.inner.writer.write(Work::CloseStale(before)).await.map(|done| done.count)
    }

    /// Takes the lease of a session, so that no other bridge may run it. It is had if nobody holds it, if the same
    /// bridge does, or if `over` does, a bridge that was found dead. Gives the lease of whoever holds it instead, and
    /// nothing once it is taken.
    ///
    /// # Errors
    /// `sessionNotFound`; a store error.
    pub async fn take_lease(&self, lease: LeaseRow, over: Option<BridgeId>) -> Result<Option<LeaseRow>> {
        self.inner.writer.write(Work::TakeLease(lease, over)).await.map(|done| done.holder)
    }

    /// Queues giving a lease back, behind all that was given to write before, and does not wait; a failure is logged.
    /// What another bridge holds stays.
    pub fn release_lease(&self, session: SessionId, bridge: BridgeId) {
        // The outcome is for nobody. There are no more of them than sessions.
        drop(self.inner.writer.queue(Work::ReleaseLease(session, bridge)));
    }

    /// Queues giving back all leases of a bridge, which goes, behind all that was given to write before, and does not
    /// wait; a failure is logged.
    pub fn release_leases(&self, bridge: BridgeId) {
        drop(self.inner.writer.queue(Work::ReleaseLeases(bridge)));
    }

    /// All leases, oldest first: as many as sessions run, or ran when a bridge died.
    ///
    /// # Errors
    /// A store error.
    pub async fn leases(&self) -> Result<Vec<LeaseRow>> {
        self.read("cannot list the leases", leases::all).await
    }

    /// The lease of a session, where a bridge holds it.
    ///
    /// # Errors
    /// A store error.
    pub async fn lease(&self, session: SessionId) -> Result<Option<LeaseRow>> {
        self.read("cannot read the lease", move |db| leases::by_session(db, session)).await
    }

    /// How a session stands; nothing if it is not there.
    ///
    /// # Errors
    /// A store error.
    pub async fn standing(&self, session: SessionId) -> Result<Option<Standing>> {
        self.read("cannot read the session", move |db| standing::by_session(db, session)).await
    }

    /// Tells from now on when anything was written, by this process or another one. Within a tokio runtime.
    #[must_use]
    pub fn changes(&self) -> Changes {
        self.inner.watch.changes()
    }

    /// Queues a batch, to be written as one, all of it or nothing, behind all batches given before and before all that
    /// come after. It is written whether or not anybody waits for the outcome. There is no bound on how much is
    /// queued: whoever commits waits for the outcome before going on for long.
    pub fn commit(&self, batch: Batch) -> Commit {
        let batch = Arc::new(batch);
        let outcome = self.inner.writer.queue(Work::Commit(Arc::clone(&batch)));
        Commit::new(batch, outcome, Arc::clone(self.inner.writer.file()))
    }

    /// A page of a session's messages.
    ///
    /// # Errors
    /// A store error.
    pub async fn messages(&self, query: MessageQuery) -> Result<Vec<MessageRow>> {
        self.read("cannot list the messages", move |db| messages::page(db, &query)).await
    }

    /// A page of the messages that say something. Where the caller goes away the search ends.
    ///
    /// # Errors
    /// A store error.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchPage> {
        self.ready().await?;
        self.inner.searcher.read_for_caller("cannot search", move |db| search::page(db, &query)).await
    }

    /// Indexes some of the messages that were written before there was an index, the newest first. Says how many it
    /// looked at; none where all are indexed.
    ///
    /// # Errors
    /// A store error.
    pub async fn index_older(&self) -> Result<usize> {
        self.inner.writer.write(Work::IndexOlder).await.map(|done| done.count)
    }

    /// Looks the whole file through and writes to it; ends where the caller goes away.
    ///
    /// # Errors
    /// A store error: it cannot be opened, read or written.
    pub async fn condition(&self) -> Result<Condition> {
        self.ready().await?;
        self.inner.writer.write(Work::Probe).await?;
        let file = Arc::clone(self.inner.writer.file());
        self.inner
            .searcher
            .read_for_caller("cannot look through the history", move |db| health::look_at(db, &file))
            .await
    }

    /// What was used, by group.
    ///
    /// # Errors
    /// A store error.
    pub async fn usage(&self, query: UsageQuery) -> Result<Vec<UsageRow>> {
        self.read("cannot sum up what was used", move |db| usage::sum(db, &query)).await
    }

    /// The events of a session behind a number, as many as fit into the query's bound.
    ///
    /// # Errors
    /// A store error.
    pub async fn events(&self, query: EventQuery) -> Result<Vec<EventRow>> {
        self.read("cannot read the events", move |db| events::page(db, &query)).await
    }

    /// The turns of a session that have no end, oldest first: those that run, or ran when a bridge died.
    ///
    /// # Errors
    /// A store error.
    pub async fn open_turns(&self, session: SessionId) -> Result<Vec<TurnRow>> {
        self.read("cannot read the turns", move |db| turns::open(db, session)).await
    }

    /// The permissions of a session that wait for an answer, oldest first; also where their bridge died.
    ///
    /// # Errors
    /// A store error.
    pub async fn open_permissions(&self, session: SessionId) -> Result<Vec<PermissionRow>> {
        self.read("cannot read the permissions", move |db| permissions::open(db, session)).await
    }

    /// What was granted to a session and to the folder that it works in, as JSON.
    ///
    /// # Errors
    /// A store error.
    pub async fn grants(&self, session: SessionId, project: String) -> Result<Vec<String>> {
        self.read("cannot read what was granted", move |db| permissions::grants(db, session, &project)).await
    }

    /// All that was granted, the oldest first.
    ///
    /// # Errors
    /// A store error.
    pub async fn all_grants(&self) -> Result<Vec<GrantRow>> {
        self.read("cannot read what was granted", permissions::all_grants).await
    }

    /// Removes a grant. Says whether it was there.
    ///
    /// # Errors
    /// A store error.
    pub async fn revoke(&self, grant: GrantRow) -> Result<bool> {
        self.inner.writer.write(Work::Revoke(grant)).await.map(|done| done.count > 0)
    }

    /// The CLI's transcript of a conversation, in the order it was written.
    ///
    /// # Errors
    /// `storeCorrupt` where a part of it is damaged; a store error.
    pub async fn transcript(&self, session: SessionId, conversation: ProviderSessionId) -> Result<Vec<TranscriptRow>> {
        self.read("cannot read the transcript", move |db| transcripts::of(db, session, conversation)).await
    }

    /// The names of the files that the transcript of a conversation is in.
    ///
    /// # Errors
    /// A store error.
    pub async fn transcript_names(&self, session: SessionId, conversation: ProviderSessionId) -> Result<Vec<String>> {
        self.read("cannot read the transcript", move |db| transcripts::names(db, session, conversation)).await
    }

    /// The text of a context.
    ///
    /// # Errors
    /// A store error.
    pub async fn context(&self, hash: &str) -> Result<Option<String>> {
        let hash = hash.to_owned();
        self.read("cannot read the context", move |db| sessions::context(db, &hash)).await
    }

    /// Writes the file anew, so that nothing is left in it of what was deleted, behind all that was given to write before.
    /// What comes meanwhile waits.
    ///
    /// # Errors
    /// A store error.
    pub async fn compact(&self) -> Result<Compacted> {
        self.inner.writer.compact().await
    }

    /// Writes all that is queued, lets go of the file and ends the thread. Later calls fail.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.searcher.close().await;
        self.inner.watch.close().await;
        self.inner.writer.close().await;
    }

    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.ready().await?;
        self.inner.readers.read(doing, query).await
    }
}
