//! The connections that read, each used by one reader at a time.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task;

use super::damage::fault_in_use;
use super::fault::closed;
use super::open;
use crate::error::{Error, Result};

/// After how many of SQLite's steps it is looked whether the caller is still there.
const STEPS: i32 = 1000;

/// A few connections, opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    file: Arc<Path>,
    connections: u32,
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(file: Arc<Path>, connections: u32) -> Self {
        Self { file, connections, free: Arc::new(Semaphore::new(connections as usize)), idle: Arc::default() }
    }

    /// Runs `query` on a thread that may block; `doing` begins the message where it fails.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| closed(&self.file))?;
        let (file, idle) = (Arc::clone(&self.file), Arc::clone(&self.idle));
        let run = move || {
            // Held by the query, not by whoever waits for it: they may go away before.
            let _permit = permit;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = kept.map_or_else(|| open::reader(&file), Ok)?;
            let outcome = query(&db).map_err(|error| fault_in_use(&file, doing, &error));
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            outcome
        };
        match task::spawn_blocking(run).await {
            Ok(outcome) => outcome,
            Err(error) => Err(Error::internal(format!("{doing} in {}: {error}", self.file.display()))),
        }
    }

    /// The same for a query that may take long: it ends where the caller goes away.
    pub(super) async fn read_for_caller<T: Send + 'static>(
        &self,
        doing: &'static str,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let caller = Caller::default();
        let has_gone = Arc::clone(&caller.has_gone);
        let outcome = self.read(doing, move |db| {
            db.progress_handler(STEPS, Some(move || has_gone.load(Ordering::Relaxed)))?;
            let outcome = query(db);
            db.progress_handler(0, None::<fn() -> bool>)?;
            outcome
        });
        outcome.await
    }

    /// Waits for the queries that run and closes all connections; there will be no more.
    pub(super) async fn close(&self) {
        let _all = self.free.acquire_many(self.connections).await;
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Whoever waits for a query.
#[derive(Default)]
struct Caller {
    has_gone: Arc<AtomicBool>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.has_gone.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_query_whose_caller_has_gone_ends() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.db");
        let _history = open::writer(&file).unwrap();
        let readers = Arc::new(Readers::new(file.into(), 1));
        let (begun, has_begun) = oneshot::channel();
        let endless = tokio::spawn({
            let readers = Arc::clone(&readers);
            async move {
                let query = move |db: &Connection| {
                    begun.send(()).unwrap();
                    db.query_row(
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n",
                        [],
                        |row| row.get::<_, i64>(0),
                    )
                };
                readers.read_for_caller("cannot count", query).await
            }
        });
        has_begun.await.unwrap();
        endless.abort();
        // There is one connection, and it is free again.
        assert_eq!(readers.read("cannot read", |db| db.query_row("SELECT 1", [], |row| row.get(0))).await, Ok(1));
    }
}
