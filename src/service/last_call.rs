//! How long the history is waited for while this program goes down: another process may hold it locked for longer than
//! the end can wait, and a turn's last event and answer must not wait behind it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// Whether this program goes down, for those who wait for the history.
#[derive(Debug)]
pub(super) struct LastCall(watch::Sender<bool>);

impl Default for LastCall {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl LastCall {
    /// This program goes down.
    pub(super) fn announce(&self) {
        self.0.send_replace(true);
    }

    /// Resolves once this program goes down and `grace` has passed since, or since this call if that was later.
    pub(super) async fn over(&self, grace: Duration) {
        let mut announced = self.0.subscribe();
        if announced.wait_for(|announced| *announced).await.is_err() {
            return std::future::pending().await;
        }
        sleep(grace).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_history_is_waited_for_without_end_and_for_the_grace_once_the_program_goes_down() {
        let (last_call, grace) = (LastCall::default(), Duration::from_millis(200));
        let mut over = Box::pin(last_call.over(grace));
        assert!(poll!(&mut over).is_pending());
        advance(Duration::from_secs(3600)).await;
        assert!(poll!(&mut over).is_pending());
        last_call.announce();
        assert!(poll!(&mut over).is_pending());
        advance(grace).await;
        over.await;

        let mut later = Box::pin(last_call.over(grace));
        assert!(poll!(&mut later).is_pending());
        advance(grace).await;
        later.await;
    }
}
