//! The one thread that writes.
//!
//! It takes all that is queued, does it in one transaction, commits, and only then answers: a transaction costs far
//! more than a row, and the more there is to do the more rows share one. Each job has a savepoint, so that one that
//! fails takes nothing else along.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use rusqlite::Transaction;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::damage::fault_in_use;
use super::fault::{closed, gone, system};
use super::open::{self, Opened};
use super::place::Place;
use super::work::{Done, Work};
use crate::error::Result;

/// How many jobs whose callers wait may be queued. Further callers wait for their turn to queue.
const MAX_JOBS: u32 = 256;

/// How many bytes of work that nobody waits for may be queued. Past that, such work is dropped.
const MAX_UNAWAITED_BYTES: u32 = 32 * 1024 * 1024;

/// How many jobs share a transaction at most, so that the first of them is answered in time.
const MAX_GROUP: usize = 1024;

/// How opening the file went, and where a damaged one was moved; nothing while that is not known.
type Outcome = Option<Result<Option<PathBuf>>>;

/// The other side of the thread.
///
/// There is one queue for all work, and it is unbounded by itself, so that putting something in never waits and the
/// order is that of the calls. The bounds are permits that go with each job and come back when it is done.
#[derive(Debug)]
pub(super) struct Writer {
    file: PathBuf,
    /// Its sender is the thread's, and goes with it.
    opened: watch::Receiver<Outcome>,
    queue: mpsc::Sender<Command>,
    jobs: Arc<Semaphore>,
    unawaited_bytes: Arc<Semaphore>,
    /// Whether the last work that nobody waits for was dropped.
    losing: AtomicBool,
}

#[derive(Debug)]
enum Command {
    Write(Job),
    /// End, with what was queued before done.
    Close,
}

#[derive(Debug)]
struct Job {
    work: Work,
    /// Absent where nobody waits.
    reply: Option<oneshot::Sender<Result<Done>>>,
    _permit: OwnedSemaphorePermit,
}

impl Writer {
    /// Starts the thread, which opens `file` first.
    pub(super) fn start(file: PathBuf) -> Self {
        let (opening, opened) = watch::channel(None);
        let (queue, inbox) = mpsc::channel();
        let failed = opening.clone();
        let start = thread::Builder::new().name("history".to_owned()).spawn({
            let file = file.clone();
            move || run(&file, &inbox, &opening)
        });
        if let Err(error) = start {
            failed.send_replace(Some(Err(system(&file, "cannot start the thread that writes", &error))));
        }
        Self {
            file,
            opened,
            queue,
            jobs: Arc::new(Semaphore::new(MAX_JOBS as usize)),
            unawaited_bytes: Arc::new(Semaphore::new(MAX_UNAWAITED_BYTES as usize)),
            losing: AtomicBool::new(false),
        }
    }

    /// Waits until the file is open, or cannot be.
    pub(super) async fn ready(&self) -> Result<()> {
        let mut opened = self.opened.clone();
        match opened.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone().map(drop),
            Ok(None) | Err(_) => Err(closed(&self.file)),
        }
    }

    /// Where a damaged file was moved when this one was opened.
    pub(super) fn moved_aside(&self) -> Option<PathBuf> {
        self.opened.borrow().as_ref()?.as_ref().ok()?.clone()
    }

    /// Queues work and waits until it is committed. It is done even if the caller goes away once it is queued.
    pub(super) async fn write(&self, work: Work) -> Result<Done> {
        self.ready().await?;
        let permit = Arc::clone(&self.jobs).acquire_owned().await.map_err(|_| closed(&self.file))?;
        let (reply, outcome) = oneshot::channel();
        let job = Job { work, reply: Some(reply), _permit: permit };
        self.queue.send(Command::Write(job)).map_err(|_| closed(&self.file))?;
        outcome.await.map_err(|_| closed(&self.file))?
    }

    /// Queues work that nobody waits for and that takes `bytes` of memory.
    pub(super) fn write_later(&self, work: Work, bytes: usize) {
        // One that is larger than the whole bound would never fit.
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(MAX_UNAWAITED_BYTES);
        let Ok(permit) = Arc::clone(&self.unawaited_bytes).try_acquire_many_owned(bytes) else {
            return self.lose("too much waits to be written");
        };
        match self.queue.send(Command::Write(Job { work, reply: None, _permit: permit })) {
            Ok(()) => self.losing.store(false, Ordering::Relaxed),
            Err(_) => self.lose("it is closed, or could not be opened"),
        }
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

    /// Says so once for all that is lost in a row.
    fn lose(&self, why: &str) {
        if !self.losing.swap(true, Ordering::Relaxed) {
            tracing::error!(file = %self.file.display(), why, "parts of the history are not written");
        }
    }
}

fn run(file: &Path, inbox: &mpsc::Receiver<Command>, opening: &watch::Sender<Outcome>) {
    match open::writer(file) {
        Ok(mut history) => {
            opening.send_replace(Some(Ok(history.moved_aside.take())));
            serve(&mut history, inbox, file);
            history.close();
        }
        Err(error) => {
            opening.send_replace(Some(Err(error)));
        }
    }
}

/// Writes until it is told to close or nobody is left to ask.
fn serve(history: &mut Opened, inbox: &mpsc::Receiver<Command>, file: &Path) {
    let mut open = true;
    while open && let Ok(first) = inbox.recv() {
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Write(job) => jobs.push(job),
                Command::Close => open = false,
            }
            next = if open && jobs.len() < MAX_GROUP { inbox.try_recv().ok() } else { None };
        }
        if !jobs.is_empty() {
            write_together(history, jobs, file);
            history.shorten_log();
        }
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
    let unheard = match job.reply {
        Some(reply) => reply.send(outcome).err(),
        None => Some(outcome),
    };
    if let Some(Err(error)) = unheard {
        tracing::warn!(%error, "the history was not written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
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
            let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
            self.jobs.push(Job { work, reply: Some(reply), _permit: permit });
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
        Work::Commit(Box::new(Batch { context, ..Batch::default() }))
    }

    /// Writes a context and then fails.
    fn broken(hash: &str) -> Work {
        let mut session = crate::store::tests::session();
        session.id = SessionId::new();
        let context = Some(ContextRow { hash: hash.to_owned(), text: String::new() });
        Work::Commit(Box::new(Batch { context, session: Some(session), ..Batch::default() }))
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
        let writer = Writer::start(file.clone());
        writer.write_later(context("a", 1), 1);
        let mut thread = writer.opened.clone();
        drop(writer);
        while thread.changed().await.is_ok() {}
        let db = open::reader(&file).unwrap();
        let stored: String = db.query_row("SELECT hash FROM contexts", [], |row| row.get(0)).unwrap();
        assert_eq!(stored, "a");
    }
}
