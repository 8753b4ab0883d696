//! A batch on its way into the history.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::oneshot;

use super::fault::closed;
use super::rows::Batch;
use super::work::Done;
use crate::error::Result;

/// A batch that was given to the writer. Resolves, once, when it is committed, or with the reason why it is not:
/// `sessionNotFound` where its session is not, or no longer, there; a store error. Dropping it changes nothing but
/// that a failure is logged.
#[derive(Debug)]
pub struct Commit {
    batch: Arc<Batch>,
    outcome: oneshot::Receiver<Result<Done>>,
    file: Arc<Path>,
}

impl Commit {
    pub(super) fn new(batch: Arc<Batch>, outcome: oneshot::Receiver<Result<Done>>, file: Arc<Path>) -> Self {
        Self { batch, outcome, file }
    }

    /// What is being written.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Takes the batch back, to write it later where this failed.
    #[must_use]
    pub fn into_batch(self) -> Batch {
        Arc::unwrap_or_clone(self.batch)
    }
}

impl Future for Commit {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(Pin::new(&mut self.outcome).poll(context));
        Poll::Ready(outcome.unwrap_or_else(|_| Err(closed(&self.file))).map(drop))
    }
}
