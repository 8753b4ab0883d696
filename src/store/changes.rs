//! When anything was written to the history, by whichever process.
//!
//! SQLite tells a connection whether others have written since it was asked last. It is asked again and again, for as
//! long as anybody wants to know: that costs microseconds, needs no help of the file system, and misses nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::readers::Readers;

/// How often it is asked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Tells when anything was written. The first time comes soon in any case: what was written before is told of, too.
#[derive(Debug)]
pub struct Changes(watch::Receiver<i64>);

impl Changes {
    /// Resolves when something was written since this resolved last. Can be dropped and called again.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Those who want to know.
#[derive(Debug)]
pub(super) struct Watch {
    /// A connection that does nothing else, since what it is told is told once.
    reader: Readers,
    told: watch::Sender<i64>,
    /// Whether somebody asks on behalf of all of them.
    asks: Mutex<bool>,
}

impl Watch {
    pub(super) fn new(reader: Readers) -> Arc<Self> {
        Arc::new(Self { reader, told: watch::Sender::new(0), asks: Mutex::new(false) })
    }

    /// Takes in one more.
    pub(super) fn changes(self: &Arc<Self>) -> Changes {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.told.subscribe();
        if *asks {
            // One that comes later is told at once, too.
            let mut changes = changes;
            changes.mark_changed();
            return Changes(changes);
        }
        *asks = true;
        tokio::spawn(Arc::clone(self).ask_on());
        Changes(changes)
    }

    /// Asks until nobody wants to know any more.
    async fn ask_on(self: Arc<Self>) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        while self.is_wanted() {
            ticks.tick().await;
            match self.reader.read("cannot watch the history", version).await {
                Ok(version) if last == Some(version) => {}
                Ok(version) => {
                    last = Some(version);
                    self.told.send_replace(version);
                }
                Err(error) => tracing::debug!(%error, "whether anything was written is not known"),
            }
        }
    }

    /// Says whether to go on; if not, the next one who wants to know begins anew.
    fn is_wanted(&self) -> bool {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        *asks = self.told.receiver_count() > 0;
        *asks
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
    }
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA data_version", [], |row| row.get(0))
}
