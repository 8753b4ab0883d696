//! A program that does this job today, for comparison: claude-agent-acp, which `benches/run` installs from npm.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::clock::{median, now};

fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/node_modules")
}

/// From its start to its answer to `initialize`; `None` where it is not installed.
pub(crate) fn acp_startup() -> Option<Duration> {
    let program = modules().join(".bin/claude-agent-acp");
    program.exists().then(|| median(&mut (0..5).map(|_| start(&program)).collect::<Vec<_>>()))
}

fn start(program: &Path) -> Duration {
    let home = tempfile::tempdir().unwrap();
    let begun = now();
    let mut child = Command::new(program)
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let initialize =
        r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1,"clientCapabilities":{}}}"#;
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{initialize}").unwrap();
    let mut answer = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    let took = now() - begun;
    assert!(answer.contains("protocolVersion"), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// How much it takes on disk.
pub(crate) fn acp_size() -> String {
    let modules = modules();
    if !modules.exists() {
        return "claude-agent-acp: not installed".to_owned();
    }
    format!("claude-agent-acp: {:.0} MB", bytes_below(&modules) as f64 / 1e6)
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.metadata().unwrap() {
            folder if folder.is_dir() => bytes_below(&entry.path()),
            file => file.len(),
        })
        .sum()
}
