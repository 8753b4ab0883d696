//! Runs the handlers of notifications one after another.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How many notifications may wait for the one that runs.
const LIMIT: usize = 1024;

/// A queue of handlers, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct InOrder {
    queue: mpsc::Sender<BoxFuture<'static, ()>>,
}

impl InOrder {
    pub(super) fn new(runtime: &Handle) -> Self {
        let (queue, mut handlers) = mpsc::channel::<BoxFuture<'static, ()>>(LIMIT);
        runtime.spawn(async move {
            while let Some(handler) = handlers.recv().await {
                if AssertUnwindSafe(handler).catch_unwind().await.is_err() {
                    tracing::error!("the handler of a notification panicked");
                }
            }
        });
        Self { queue }
    }

    /// Runs `handler` after all that came before it. Where too many wait it is dropped: the reader must not wait.
    pub(super) fn run(&self, handler: BoxFuture<'static, ()>) {
        if self.queue.try_send(handler).is_err() {
            tracing::warn!("a notification is dropped: {LIMIT} wait already");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Notify;

    use super::*;
    use crate::rpc::lock;

    #[tokio::test]
    async fn a_notification_waits_for_the_one_before_it_and_survives_its_panic() {
        let queue = InOrder::new(&Handle::current());
        let (seen, gate, done) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = Arc::clone(&gate);
        queue.run(async move { slow.notified().await }.boxed());
        queue.run(async { panic!("of the test") }.boxed());
        for number in 0..300 {
            let (seen, done) = (Arc::clone(&seen), Arc::clone(&done));
            queue.run(
                async move {
                    tokio::task::yield_now().await;
                    lock(&seen).push(number);
                    done.notify_one();
                }
                .boxed(),
            );
        }
        tokio::task::yield_now().await;
        assert!(lock(&seen).is_empty());
        gate.notify_one();
        while lock(&seen).len() < 300 {
            done.notified().await;
        }
        assert!(lock(&seen).is_sorted());
    }
}
