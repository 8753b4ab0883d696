//! The real Optuna, at the version that `tests/optuna/requirements.txt` pins.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Makes a study of each kind in a file, and gives what Optuna says of them; see `tests/optuna/studies.py`.
pub(crate) fn make(file: &Path, kinds: &[&str]) -> Vec<Value> {
    let output = command("make", file).args(kinds).output().expect("Python can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    parsed(&String::from_utf8_lossy(&output.stdout))
}

/// An optimisation that goes on until it is told to stop.
pub(crate) struct Running {
    process: Child,
    trials: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Begins one that writes to this file.
    pub(crate) fn start(file: &Path) -> Self {
        let mut command = command("write", file);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python can be started");
        let stdout = process.stdout.take().expect("a pipe");
        Self { process, trials: BufReader::new(stdout).lines() }
    }

    /// Waits until another trial has begun, and gives its number.
    pub(crate) fn next_trial(&mut self) -> u64 {
        let line = self.trials.next().expect("the optimisation goes on").expect("a line");
        line.parse().unwrap_or_else(|_| panic!("{line} is no number of a trial"))
    }

    /// Has it end after the trial that runs, and gives what Optuna says then.
    pub(crate) fn stop(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        let last = self.trials.by_ref().map(|line| line.expect("a line")).last().unwrap_or_default();
        let status = self.process.wait().expect("a child can be waited for");
        assert!(status.success(), "the optimisation failed: {status}");
        parsed(&last)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where `stop` was called.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn command(what: &str, file: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/optuna/studies.py");
    let mut command = Command::new(python());
    command.arg(script).arg(what).arg(file);
    command
}

/// The interpreter of the environment that `tests/run` makes beside what Cargo builds.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_claude-bridge")).ancestors().nth(2).expect("the target folder");
    let python = target.join("optuna/bin/python");
    assert!(python.exists(), "no Optuna at {}: run tests/run, which installs it", python.display());
    python
}

fn parsed(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
