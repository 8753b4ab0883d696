//! The log: to stderr from the first moment, then as the configuration has it. Never to stdout, which is the
//! protocol's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Stderr};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::writer::EitherWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::{Level, Log};
use crate::error::{Error, Result};

/// The process's log, whose level and place can be changed once the configuration is known.
#[derive(Debug)]
pub(super) struct Logging {
    filter: reload::Handle<Targets, Registry>,
    file: Arc<OnceLock<Arc<File>>>,
}

impl Logging {
    /// Starts to log to stderr.
    pub(super) fn start(level: Level) -> Result<Self> {
        let (filter, handle) = reload::Layer::new(targets(level));
        let file: Arc<OnceLock<Arc<File>>> = Arc::default();
        let place = Arc::clone(&file);
        let layer = fmt::layer().with_writer(move || writer(&place));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(filter).with(layer))
            .map_err(|error| Error::internal(format!("the log cannot be set up: {error}")))?;
        Ok(Self { filter: handle, file })
    }

    /// Goes on as the configuration says. A file that was chosen once stays.
    pub(super) fn configure(&self, log: &Log) -> Result<()> {
        self.filter
            .reload(targets(log.level))
            .map_err(|error| Error::internal(format!("the log's level cannot be changed: {error}")))?;
        if let Some(path) = &log.file {
            let file = open(path).map_err(|error| {
                Error::invalid_params(format!("the log file {} cannot be opened: {error}", path.display()))
                    .hint("log.file names it")
            })?;
            self.file.get_or_init(|| Arc::new(file));
        }
        Ok(())
    }
}

/// Our own lines from `level` up, those of the libraries only where something is wrong.
fn targets(level: Level) -> Targets {
    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_target("claude_bridge", level).with_default(level.min(LevelFilter::WARN))
}

fn writer(file: &OnceLock<Arc<File>>) -> EitherWriter<Arc<File>, Stderr> {
    match file.get() {
        Some(file) => EitherWriter::A(Arc::clone(file)),
        None => EitherWriter::B(io::stderr()),
    }
}

/// Opens a log file to append to it, for this user's eyes only.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, since a process has one log.
    #[test]
    fn the_log_goes_where_the_configuration_says_from_the_level_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/bridge.log");
        let logging = Logging::start(Level::Error).unwrap();
        tracing::warn!("too early");
        logging.configure(&Log { level: Level::Info, file: Some(path.clone()) }).unwrap();
        tracing::info!("in time");
        tracing::debug!("too much");
        tracing::info!(target: "some_library", "not ours");
        tracing::warn!(target: "some_library", "a complaint");

        let text = fs::read_to_string(&path).unwrap();
        for (line, wanted) in
            [("too early", false), ("in time", true), ("too much", false), ("not ours", false), ("a complaint", true)]
        {
            assert_eq!(text.contains(line), wanted, "{line}:\n{text}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let refused = logging.configure(&Log { level: Level::Info, file: Some(path.join("x")) });
        assert!(refused.unwrap_err().message().contains("bridge.log/x cannot be opened"));
    }
}
