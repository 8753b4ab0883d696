//! What a session waits for with a limit.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::service::state::Timer;

/// The timers that run, each kind once at most.
#[derive(Debug, Default)]
pub(super) struct Timers(Vec<(Timer, Instant)>);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, after: Duration) {
        self.clear(timer);
        // One that is too far away for the clock never ends.
        if let Some(at) = Instant::now().checked_add(after) {
            self.0.push((timer, at));
        }
    }

    pub(super) fn clear(&mut self, timer: Timer) {
        self.0.retain(|(set, _)| *set != timer);
    }

    /// Waits for the next that ends, and takes it out. Can be dropped and called again.
    pub(super) async fn next(&mut self) -> Timer {
        let Some((timer, at)) = self.0.iter().min_by_key(|(_, at)| *at).copied() else {
            return std::future::pending().await;
        };
        sleep_until(at).await;
        self.clear(timer);
        timer
    }
}
