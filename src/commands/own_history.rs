//! The history for a command that works on it itself, also while bridges run on it.

use std::path::PathBuf;
use std::time::Duration;

use super::cli::SettingArgs;
use super::logging::Logging;
use super::serve::{self, Agent};
use crate::config::Log;
use crate::error::Result;
use crate::service::Service;

/// How long the end may take.
const GRACE: Duration = Duration::from_secs(1);

/// Where there is more of what was said than the history's file.
pub(super) struct Places {
    pub(super) data_dir: PathBuf,
    pub(super) log: Log,
}

/// Does a command's work on the history that the settings name.
///
/// # Errors
/// Settings that are no good, and whatever keeps the work from being done.
pub(super) fn work_on_history<T>(
    settings: SettingArgs,
    work: impl AsyncFnOnce(&Service, &Places) -> Result<T>,
) -> Result<T> {
    let agent = if settings.demo { Agent::Demo } else { Agent::Configured };
    let flags = settings.into_flags();
    let logging = Logging::start(flags.log_level.unwrap_or_default())?;
    let (settings, log) = serve::own_settings(&flags, agent)?;
    logging.configure(&log)?;
    let places = Places { data_dir: settings.data_dir.clone(), log };
    super::block_on(async {
        let service = Service::without_housekeeping(settings);
        let done = work(&service, &places).await;
        service.shut_down(GRACE).await;
        done
    })?
}
