//! What the tests stand on: the harness of the bridge, the scripted CLI, the stand-in Messages API, the real CLI.

pub(crate) mod api;
pub(crate) mod bridge;
pub(crate) mod canvas_server;
pub(crate) mod client;
pub(crate) mod commits;
pub(crate) mod demo_agent;
pub(crate) mod editor_tools;
pub(crate) mod flood;
pub(crate) mod optuna;
pub(crate) mod orphans;
pub(crate) mod process;
pub(crate) mod real_cli;
pub(crate) mod recordings;
pub(crate) mod scene;
pub(crate) mod schema;
pub(crate) mod script;
pub(crate) mod studies;
pub(crate) mod terminal;

use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits for what another process brings about: looks until there is something.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
