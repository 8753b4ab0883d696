//! The log: to stderr from the first moment, then as the configuration has it. Never to stdout, which is the
//! protocol's.

mod rotating;

use std::io::{self, Stderr};
use std::sync::{Arc, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::writer::EitherWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::{Level, Log};
use crate::error::{Error, Result};
use crate::redact::show_content;
use rotating::RotatingFile;

pub(super) use rotating::files_of_log;

/// The process's log, whose level and place can be changed once the configuration is known.
#[derive(Debug)]
pub(super) struct Logging {
    filter: reload::Handle<Targets, Registry>,
    file: Arc<OnceLock<RotatingFile>>,
}

impl Logging {
    /// Starts to log to stderr.
    pub(super) fn start(level: Level) -> Result<Self> {
        let (filter, handle) = reload::Layer::new(targets(level));
        let file: Arc<OnceLock<RotatingFile>> = Arc::default();
        let place = Arc::clone(&file);
        let layer = fmt::layer().with_writer(move || writer(&place));
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(filter).with(layer))
            .map_err(|error| Error::internal(format!("the log cannot be set up: {error}")))?;
        Ok(Self { filter: handle, file })
    }

    /// Goes on as the configuration says. A file that was chosen once stays.
    pub(super) fn configure(&self, log: &Log) -> Result<()> {
        show_content(log.content);
        self.filter
            .reload(targets(log.level))
            .map_err(|error| Error::internal(format!("the log's level cannot be changed: {error}")))?;
        if let Some(path) = &log.file {
            let file = RotatingFile::open(path).map_err(|error| {
                Error::invalid_params(format!("the log file {} cannot be opened: {error}", path.display()))
                    .hint("log.file names it")
            })?;
            self.file.get_or_init(|| file);
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

fn writer(file: &OnceLock<RotatingFile>) -> EitherWriter<RotatingFile, Stderr> {
    match file.get() {
        Some(file) => EitherWriter::A(file.clone()),
        None => EitherWriter::B(io::stderr()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    // One test, since a process has one log.
    #[test]
    fn the_log_goes_where_the_configuration_says_from_the_level_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/bridge.log");
        let logging = Logging::start(Level::Error).unwrap();
        tracing::warn!("too early");
        logging.configure(&Log { level: Level::Info, file: Some(path.clone()), content: false }).unwrap();
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
        let refused = logging.configure(&Log { level: Level::Info, file: Some(path.join("x")), content: false });
        assert!(refused.unwrap_err().message().contains("bridge.log/x cannot be opened"));
    }
}
