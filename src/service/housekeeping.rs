//! What a bridge does beside its sessions: it ends what dead bridges left, closes what nobody has used for long, and
//! indexes what was said before there was an index.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::command::Command;
use super::{Inner, Service, deletion, search};
use crate::error::Result;
use crate::ids::BridgeId;

/// How often old sessions are looked for.
const ROUND: Duration = Duration::from_secs(3600);
/// How often a history that cannot be opened is looked at.
const OPENING_INTERVAL: Duration = Duration::from_secs(1);

/// Starts to keep house. Abort the task to end it.
pub(super) fn start(inner: &Arc<Inner>) -> JoinHandle<()> {
    let service = Service { inner: Arc::clone(inner) };
    tokio::spawn(async move {
        // Their processes first, so that none of them writes on.
        tell_of(
            service.inner.run_folder.ready().await.map(drop),
            "what another claude-bridge left running cannot be ended",
        );
        while service.inner.store.ready().await.is_err() {
            sleep(OPENING_INTERVAL).await;
        }
        tell_of(recover(&service).await, "the turns that another claude-bridge left open cannot be ended");
        let index =
            async { tell_of(search::index_older(&service.inner.store).await, "older messages cannot be searched") };
        tokio::join!(index, make_rounds(&service));
    })
}

/// Ends the turns that were running when their bridge died, so that whoever reads the history sees how they ended.
async fn recover(service: &Service) -> Result<()> {
    let Inner { store, holder, .. } = &*service.inner;
    let mut dead: HashMap<BridgeId, bool> = HashMap::new();
    for lease in store.leases().await? {
        let is_dead = *dead
            .entry(lease.bridge_id)
            .or_insert_with(|| lease.bridge_id != holder.bridge() && !holder.is_held_elsewhere(&lease));
        if is_dead {
            service.command(lease.session_id, Command::Recover)?;
        }
    }
    Ok(())
}

/// Closes, again and again, the sessions in which nothing has happened for long, and removes those that are not to be kept.
async fn make_rounds(service: &Service) {
    let mut rounds = interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        tell_of(close_stale(&service.inner).await, "old sessions cannot be closed");
        tell_of(deletion::keep_retention(service).await, "sessions that are too old cannot be removed");
    }
}

/// Closes sessions in which nothing has happened for long. Their history stays, and a message opens them again.
async fn close_stale(inner: &Inner) -> Result<()> {
    let before = deletion::ago(inner.launcher.settings().close_after);
    let closed = inner.store.close_stale(before).await?;
    if closed > 0 {
        tracing::info!(closed, "sessions that were not used for long are closed");
    }
    Ok(())
}

fn tell_of(outcome: Result<()>, what: &str) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what}");
    }
}
