//! The connections that read, each used by one reader at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task;

use super::damage::fault_in_use;
use super::fault::closed;
use super::open;
use crate::error::{Error, Result};

/// One for what a person waits for, beside one that replays a long history.
const CONNECTIONS: u32 = 2;

/// A few connections, opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    file: Arc<Path>,
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(file: Arc<Path>) -> Self {
        Self { file, free: Arc::new(Semaphore::new(CONNECTIONS as usize)), idle: Arc::default() }
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

    /// Waits for the queries that run and closes all connections; there will be no more.
    pub(super) async fn close(&self) {
        let _all = self.free.acquire_many(CONNECTIONS).await;
        self.free.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
