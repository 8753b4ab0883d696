//! Whether all is there that a bridge needs: what `bridge/health` and `claude-bridge doctor` say.
//!
//! Each check looks at the real thing: the history is read through and written to, the CLI is started with all its MCP
//! servers, as for a session. What was started is ended by the same guard as ever.

mod agent;
mod places;

use crate::error::Error;
use crate::protocol::health::{HealthCheck, HealthResult, HealthStatus};
use crate::store::{Condition, Store};

use super::run_folder::RunFolder;
use super::settings::Settings;

/// How a bridge is that does not run: what it would find at its start. What dead bridges left is ended on the way, as
/// at each start.
pub async fn of_settings(settings: &Settings) -> HealthResult {
    let run_folder = RunFolder::new(&settings.data_dir);
    // Before the history is opened, which puts in order what it can.
    let mut checks = before(settings, &run_folder);
    let store = Store::open(&settings.data_dir);
    checks.extend(inside(settings, &store, &run_folder).await);
    store.close().await;
    run_folder.remove().await;
    HealthResult { checks }
}

/// How a bridge is that runs.
pub(super) async fn of_running(settings: &Settings, store: &Store, run_folder: &RunFolder) -> HealthResult {
    let mut checks = before(settings, run_folder);
    checks.extend(inside(settings, store, run_folder).await);
    HealthResult { checks }
}

/// The one check there is where the configuration cannot be read.
#[must_use]
pub fn of_unreadable(error: &Error) -> HealthResult {
    HealthResult { checks: vec![failed("configuration", error)] }
}

fn before(settings: &Settings, run_folder: &RunFolder) -> Vec<HealthCheck> {
    vec![configuration(settings), places::folders(&settings.data_dir), places::leftovers(run_folder)]
}

async fn inside(settings: &Settings, store: &Store, run_folder: &RunFolder) -> Vec<HealthCheck> {
    let mut checks = vec![history(store).await];
    checks.extend(agent::checks(settings, run_folder).await);
    checks
}

fn configuration(settings: &Settings) -> HealthCheck {
    let files: Vec<String> = settings.read.files.iter().map(|file| file.display().to_string()).collect();
    let read = match files.is_empty() {
        true => "no file; all is as built in".to_owned(),
        false => format!("read {}", files.join(", ")),
    };
    match settings.read.ignored.is_empty() {
        true => ok("configuration", read),
        // A notice says what to do about it.
        false => warning("configuration", read, settings.read.ignored.join(" ")),
    }
}

async fn history(store: &Store) -> HealthCheck {
    const NAME: &str = "history";
    let Condition { file, damage, bytes, sessions, messages, moved_aside } = match store.condition().await {
        Ok(condition) => condition,
        Err(error) => return failed(NAME, &error),
    };
    if let Some(damage) = damage {
        let hint = "copy the file while nothing writes to it, and let sqlite3's .recover save what it can";
        let detail = format!("{} is damaged: {damage}", file.display());
        return check(NAME, HealthStatus::Failed, detail, Some(hint.to_owned()));
    }
    let found = format!(
        "{}, {}, {}, {}",
        file.display(),
        counted(sessions, "session"),
        counted(messages, "message"),
        size(bytes)
    );
    match moved_aside.last() {
        Some(last) => {
            let hint = format!("{} was damaged and moved aside; delete it when you need it no more", last.display());
            warning(NAME, found, hint)
        }
        None => ok(NAME, format!("{found}, sound")),
    }
}

/// `1 session`, `2 sessions`.
fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `340 kB`, `1.2 GB`.
fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

fn check(name: &str, status: HealthStatus, detail: String, hint: Option<String>) -> HealthCheck {
    HealthCheck { name: name.to_owned(), status, detail, hint }
}

fn ok(name: &str, detail: impl Into<String>) -> HealthCheck {
    check(name, HealthStatus::Ok, detail.into(), None)
}

fn warning(name: &str, detail: impl Into<String>, hint: impl Into<String>) -> HealthCheck {
    check(name, HealthStatus::Warning, detail.into(), Some(hint.into()))
}

fn failed(name: &str, error: &Error) -> HealthCheck {
    check(name, HealthStatus::Failed, error.message().to_owned(), error.to_data().hint)
}
