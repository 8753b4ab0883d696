//! The scripted CLI as a test sees it: its scripts, its gates, and what it was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::Script;
use crate::support::wait_for;

/// A folder of scripts. When it is dropped, every process that plays one of them ends.
pub(crate) struct ScriptedCli {
    folder: TempDir,
}

/// What one start of the process was given.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Start {
    /// The process.
    pub(crate) pid: u32,
    /// Its arguments, the program first.
    pub(crate) argv: Vec<String>,
    /// Its environment.
    pub(crate) env: BTreeMap<String, String>,
    /// Its working folder.
    pub(crate) cwd: PathBuf,
    /// The files that its flags named, by flag.
    pub(crate) files: BTreeMap<String, GivenFile>,
}

/// A file that a flag named, as it was at the start.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GivenFile {
    /// Where it was.
    pub(crate) path: PathBuf,
    /// What it said.
    pub(crate) text: String,
    /// Its permissions, in octal.
    pub(crate) mode: String,
}

impl ScriptedCli {
    /// The first start of the process plays the first script, and so on; one start too many fails.
    pub(crate) fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (script, number) in scripts.into_iter().zip(1..) {
            let path = folder.path().join(format!("{number}.ndjson"));
            fs::write(path, script.to_lines()).expect("a script can be written");
        }
        Self { folder }
    }

    /// The executable.
    pub(crate) fn path() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_scripted-cli"))
    }

    /// What its processes must find in their environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        [("SCRIPTED_CLI", self.folder.path().to_owned()), ("SCRIPTED_CLI_LOG", self.log_path())]
            .map(|(name, path)| (name.to_owned(), path.to_string_lossy().into_owned()))
            .into()
    }

    /// Lets the script go on that holds at this gate, now or later.
    pub(crate) fn release(&self, gate: &str) {
        fs::write(self.folder.path().join(gate_file(gate)), "").expect("a gate can be opened");
    }

    /// The starts so far, but for those that only asked for the version.
    pub(crate) fn starts(&self) -> Vec<Start> {
        let started = self.log().into_iter().filter(|entry| entry["event"] == "started");
        started.map(|entry| serde_json::from_value(entry).expect("an entry of the log")).collect()
    }

    /// Waits for that many starts.
    pub(crate) fn wait_for_starts(&self, count: usize) -> Vec<Start> {
        wait_for(&format!("{count} starts of the scripted CLI"), || {
            Some(self.starts()).filter(|starts| starts.len() >= count)
        })
    }

    /// Every line that came in, of all starts.
    pub(crate) fn received(&self) -> Vec<Value> {
        let received = self.log().into_iter().filter(|entry| entry["event"] == "received");
        received.map(|mut entry| entry["line"].take()).collect()
    }

    /// The content of every message that came in.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let users = self.received().into_iter().filter(|line| line["type"] == "user");
        users.map(|mut line| line["message"]["content"].take()).collect()
    }

    /// The subtypes of the control requests that came in.
    pub(crate) fn controls(&self) -> Vec<String> {
        let received = self.received();
        received.iter().filter_map(|line| line["request"]["subtype"].as_str()).map(str::to_owned).collect()
    }

    /// Waits until that many starts have come to their end, and says how each did.
    pub(crate) fn wait_for_ends(&self, count: usize) -> Vec<String> {
        let ends = || -> Vec<String> {
            let ended = self.log().into_iter().filter(|entry| entry["event"] == "ended");
            ended.map(|entry| entry["how"].as_str().unwrap_or_default().to_owned()).collect()
        };
        wait_for(&format!("{count} ends of the scripted CLI"), || Some(ends()).filter(|ends| ends.len() >= count))
    }

    /// The log as it stands, for the report of a test that failed.
    pub(crate) fn log_text(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log(&self) -> Vec<Value> {
        let text = self.log_text();
        // The last line may be on its way.
        let complete = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        complete.map(|line| serde_json::from_str(line).expect("a line of the log is JSON")).collect()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("log.ndjson")
    }
}

impl Start {
    /// The value of `--flag=value`.
    pub(crate) fn flag(&self, flag: &str) -> Option<&str> {
        self.argv.iter().find_map(|argument| argument.strip_prefix(flag)?.strip_prefix('='))
    }

    /// Whether the flag was given, with or without a value.
    pub(crate) fn has_flag(&self, flag: &str) -> bool {
        self.argv.iter().any(|argument| argument == flag) || self.flag(flag).is_some()
    }
}

/// The file that opens a gate, in the folder of the scripts.
pub(super) fn gate_file(gate: &str) -> String {
    format!("{gate}.open")
}
