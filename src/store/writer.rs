//! The one thread that writes.
//!
//! It takes all that is queued, does it in one transaction, commits, and only then answers: a transaction costs far
//! more than a row, and the more there is to do the more rows share one. Each job has a savepoint, so that one that
//! fails takes nothing else along.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Transaction;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::compact::{Compacted, compact};
use super::damage::fault_in_use;
use super::fault::{closed, gone, system};
use super::open::{self, Opened};
use super::place::Place;
use super::work::{Done, Work};
use crate::error::{Error, ErrorKind, Result};

/// How many jobs whose callers wait may be queued. Further callers wait for their turn to queue.
const MAX_JOBS: u32 = 256;

/// How many jobs share a transaction at most, so that the first of them is answered in time.
const MAX_GROUP: usize = 1024;

/// How long after a failure the file is tried to be opened again.
const REOPENING_INTERVAL: Duration = Duration::from_secs(1);

/// How opening the file went last, and where a damaged one was moved; nothing while that is not known.
type Outcome = Option<Result<Option<PathBuf>>>;

/// The other side of the thread.
///
/// There is one queue for all work, and it is unbounded by itself, so that putting something in never waits and the
/// order is that of the calls. What sessions do is bounded by them: each has one commit at most on its way. The bound
/// for the rest is permits, which go with each job and come back when it is done.
#[derive(Debug)]
pub(super) struct Writer {
    file: Arc<Path>,
    /// Its sender is the thread's, and goes with it.
    opened: watch::Receiver<Outcome>,
    queue: mpsc::Sender<Command>,
    jobs: Arc<Semaphore>,
}

#[derive(Debug)]
enum Command {
    Write(Job),
    /// Write the file anew, with what was queued before done.
    Compact(oneshot::Sender<Result<Compacted>>),
    /// End, with what was queued before done.
    Close,
}

#[derive(Debug)]
struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Done>>,
    /// Where it counts against the bound.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Writer {
    /// Starts the thread, which opens `file` first.
    pub(super) fn start(file: Arc<Path>) -> Self {
        let (opening, opened) = watch::channel(None);
        let (queue, inbox) = mpsc::channel();
        let failed = opening.clone();
        let start = thread::Builder::new().name("history".to_owned()).spawn({
            let file = Arc::clone(&file);
            move || run(&file, &inbox, &opening)
        });
        if let Err(error) = start {
            failed.send_replace(Some(Err(system(&file, "cannot start the thread that writes", &error))));
        }
        Self { file, opened, queue, jobs: Arc::new(Semaphore::new(MAX_JOBS as usize)) }
    }

    /// Waits until the file is open, or could not be opened when that was tried last.
    pub(super) async fn ready(&self) -> Result<()> {
        let mut opened = self.opened.clone();
        match opened.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone().map(drop),
            Ok(None) | Err(_) => Err(closed(&self.file)),
        }
    }

    /// Waits until the file is open, however often that has to be tried, and says where a damaged one was moved then.
    pub(super) async fn moved_aside(&self) -> Option<PathBuf> {
        let mut opened = self.opened.clone();
        let outcome = opened.wait_for(|outcome| matches!(outcome, Some(Ok(_)))).await.ok()?;
        outcome.as_ref()?.as_ref().ok()?.clone()
    }

    /// Queues work and waits until it is committed. It is done even if the caller goes away once it is queued.
    pub(super) async fn write(&self, work: Work) -> Result<Done> {
        self.ready().await?;
        let permit = Arc::clone(&self.jobs).acquire_owned().await.map_err(|_| closed(&self.file))?;
        self.put(work, Some(permit)).await.map_err(|_| closed(&self.file))?
    }

    /// Queues work, behind all that was queued before, and gives where its outcome goes. Whoever queues it sees to it
    /// that there is not too much of it. Where nobody waits for the outcome, a failure is logged.
    pub(super) fn queue(&self, work: Work) -> oneshot::Receiver<Result<Done>> {
        self.put(work, None)
    }

    fn put(&self, work: Work, permit: Option<OwnedSemaphorePermit>) -> oneshot::Receiver<Result<Done>> {
        let (reply, outcome) = oneshot::channel();
        if let Err(mpsc::SendError(Command::Write(job))) =
            self.queue.send(Command::Write(Job { work, reply, _permit: permit }))
        {
            answer(job, Err(closed(&self.file)));
        }
        outcome
    }

    /// Queues writing the file anew, and waits for it.
    pub(super) async fn compact(&self) -> Result<Compacted> {
        self.ready().await?;
        let (reply, outcome) = oneshot::channel();
        self.queue.send(Command::Compact(reply)).map_err(|_| closed(&self.file))?;
        outcome.await.unwrap_or_else(|_| Err(closed(&self.file)))
    }

    /// Waits until all that was asked for is written and the thread has let go of the file.
    pub(super) async fn close(&self) {
        // Permits are given out in the order they were asked for: with all of them, every earlier job is done.
        let _all = self.jobs.acquire_many(MAX_JOBS).await;
        if self.queue.send(Command::Close).is_err() {
            tracing::debug!("the writer of the history had ended before it was closed");
        }
        let mut opened = self.opened.clone();
        while opened.changed().await.is_ok() {}
    }

    /// The file.
    pub(super) fn file(&self) -> &Arc<Path> {
        &self.file
    }
}

fn run(file: &Path, inbox: &mpsc::Receiver<Command>, opening: &watch::Sender<Outcome>) {
    if let Some(mut history) = open_at_last(file, inbox, opening) {
        serve(&mut history, inbox, file);
        history.close();
    }
}

/// Opens the file, again and again where what is in the way may go away; nothing if it is not wanted any more first.
fn open_at_last(file: &Path, inbox: &mpsc::Receiver<Command>, opening: &watch::Sender<Outcome>) -> Option<Opened> {
    let mut failed = false;
    loop {
        let error = match open::writer(file) {
            Ok(mut history) => {
                if failed {
                    tracing::warn!(file = %file.display(), "the history could be opened at last and is kept from now on");
                }
                opening.send_replace(Some(Ok(history.moved_aside.take())));
                return Some(history);
            }
            Err(error) => error,
        };
        if !failed {
            tracing::warn!(%error, "no history is kept");
        }
        failed = true;
        opening.send_replace(Some(Err(error.clone())));
        // The others need a person, and finding them again may mean to read the whole file.
        if error.kind() != ErrorKind::StoreUnavailable || !refuse_for_a_while(inbox, &error) {
            return None;
        }
    }
}

/// Answers what comes in with the error; says whether the file is still wanted after that.
fn refuse_for_a_while(inbox: &mpsc::Receiver<Command>, error: &Error) -> bool {
    let end = Instant::now() + REOPENING_INTERVAL;
    loop {
        match inbox.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Command::Write(job)) => answer(job, Err(error.clone())),
            Ok(Command::Compact(reply)) => answer_compacted(reply, Err(error.clone())),
            Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return false,
            Err(RecvTimeoutError::Timeout) => return true,
        }
    }
}

/// Writes until it is told to close or nobody is left to ask.
fn serve(history: &mut Opened, inbox: &mpsc::Receiver<Command>, file: &Path) {
    let mut open = true;
    while open && let Ok(first) = inbox.recv() {
        let mut jobs = Vec::new();
        let mut compacting = None;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Write(job) => jobs.push(job),
                Command::Compact(reply) => compacting = Some(reply),
                Command::Close => open = false,
            }
            let goes_on = open && compacting.is_none() && jobs.len() < MAX_GROUP;
            next = if goes_on { inbox.try_recv().ok() } else { None };
        }
        if !jobs.is_empty() {
            write_together(history, jobs, file);
            history.shorten_log();
        }
        if let Some(reply) = compacting {
            let compacted = compact(&history.db, file);
            answer_compacted(
                reply,
                compacted.map_err(|error| fault_in_use(file, "cannot compact the history", &error)),
            );
        }
    }
}

fn answer_compacted(reply: oneshot::Sender<Result<Compacted>>, outcome: Result<Compacted>) {
    if reply.send(outcome).is_err() {
        tracing::debug!("nobody waits any more for the history to be compacted");
    }
}

/// Does all jobs in one transaction and answers them.
fn write_together(history: &mut Opened, jobs: Vec<Job>, file: &Path) {
    match attempt(history, &jobs, file) {
        Ok(outcomes) => jobs.into_iter().zip(outcomes).for_each(|(job, outcome)| answer(job, outcome)),
        Err(error) => jobs.into_iter().for_each(|job| answer(job, Err(error.clone()))),
    }
}

/// The outcome of each job, all of them committed; or why none of them is.
fn attempt(history: &mut Opened, jobs: &[Job], file: &Path) -> Result<Vec<Result<Done>>> {
    let shared = |error: &rusqlite::Error| fault_in_use(file, "cannot write the history", error);
    if Place::of(file).ok() != Some(history.place) {
        return Err(gone(file));
    }
    let mut transaction = history.begin().map_err(|error| shared(&error))?;
    let mut outcomes = Vec::with_capacity(jobs.len());
    for job in jobs {
        let outcome = in_savepoint(&mut transaction, &job.work);
        // A full disk, for one, ends the whole transaction, and with it what the jobs before have written.
        if let Err(error) = &outcome
            && transaction.is_autocommit()
        {
            return Err(shared(error));
        }
        outcomes.push(outcome.map_err(|error| fault_in_use(file, &job.work.failure(), &error)));
    }
    transaction.commit().map_err(|error| shared(&error))?;
    Ok(outcomes)
}

fn in_savepoint(transaction: &mut Transaction<'_>, work: &Work) -> rusqlite::Result<Done> {
    // Rolled back where it is dropped.
    let savepoint = transaction.savepoint()?;
    let done = work.perform(&savepoint)?;
    savepoint.commit()?;
    Ok(done)
}

/// Tells the caller; where nobody is there to hear of a failure, the log.
fn answer(job: Job, outcome: Result<Done>) {
    let Job { work, reply, .. } = job;
    // Before the caller hears of it, so that it can take a batch back without a copy.
    drop(work);
    if let Err(Err(error)) = reply.send(outcome) {
        tracing::warn!(%error, "the history was not written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SessionId;
    use crate::store::rows::{Batch, ContextRow};

    struct Group {
        file: PathBuf,
        history: Opened,
        jobs: Vec<Job>,
        outcomes: Vec<oneshot::Receiver<Result<Done>>>,
    }

    impl Group {
        fn new(folder: &tempfile::TempDir) -> Self {
            let file = folder.path().join("history.db");
            let history = open::writer(&file).unwrap();
            Self { file, history, jobs: Vec::new(), outcomes: Vec::new() }
        }

        fn push(&mut self, work: Work) {
            let (reply, outcome) = oneshot::channel();
            self.jobs.push(Job { work, reply, _permit: None });
            self.outcomes.push(outcome);
        }

        /// The answers, and the names of the contexts that are stored then.
        fn write(mut self) -> (Vec<Result<Done>>, Vec<String>) {
            write_together(&mut self.history, self.jobs, &self.file);
            let mut statement = self.history.db.prepare("SELECT hash FROM contexts ORDER BY hash").unwrap();
            let stored = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
            (self.outcomes.into_iter().map(|outcome| outcome.blocking_recv().unwrap()).collect(), stored)
        }
    }

    fn context(hash: &str, bytes: usize) -> Work {
        let context = Some(ContextRow { hash: hash.to_owned(), text: "x".repeat(bytes) });
        Work::Commit(Arc::new(Batch { context, ..Batch::default() }))
    }

    /// Writes a context and then fails.
    fn broken(hash: &str) -> Work {
        let mut session = crate::store::tests::session();
        session.id = SessionId::new();
        let context = Some(ContextRow { hash: hash.to_owned(), text: String::new() });
        Work::Commit(Arc::new(Batch { context, session: Some(session), ..Batch::default() }))
    }

    #[test]
    fn a_job_that_fails_takes_nothing_else_along() {
        let folder = tempfile::tempdir().unwrap();
        let mut group = Group::new(&folder);
        group.push(context("a", 1));
        group.push(broken("b"));
        group.push(context("c", 1));
        let (outcomes, stored) = group.write();
        assert_eq!(outcomes[0], Ok(Done::default()));
        assert_eq!(outcomes[1].as_ref().unwrap_err().kind(), ErrorKind::SessionNotFound);
        assert_eq!(outcomes[2], Ok(Done::default()));
        assert_eq!(stored, ["a", "c"]);
    }

    #[test]
    fn no_job_of_a_transaction_that_was_lost_is_called_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut group = Group::new(&folder);
        group.history.db.execute_batch("PRAGMA max_page_count = 100; PRAGMA cache_size = 1;").unwrap();
        group.push(context("a", 1));
        group.push(context("b", 10_000_000));
        group.push(context("c", 1));
        let (outcomes, stored) = group.write();
        assert_eq!(outcomes[1].as_ref().unwrap_err().kind(), ErrorKind::StoreUnavailable);
        assert_eq!(outcomes[0].is_ok(), stored.contains(&"a".to_owned()), "{outcomes:?} {stored:?}");
        assert_eq!(outcomes[2].is_ok(), stored.contains(&"c".to_owned()), "{outcomes:?} {stored:?}");
    }

    #[tokio::test]
    async fn what_is_queued_is_written_when_the_last_handle_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.db");
        let writer = Writer::start(file.as_path().into());
        drop(writer.queue(context("a", 1)));
        let mut thread = writer.opened.clone();
        drop(writer);
        while thread.changed().await.is_ok() {}
        let db = open::reader(&file).unwrap();
        let stored: String = db.query_row("SELECT hash FROM contexts", [], |row| row.get(0)).unwrap();
        assert_eq!(stored, "a");
    }
}
