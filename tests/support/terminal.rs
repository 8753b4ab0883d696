//! A pseudo terminal with a person in front of it. Python's standard library makes it: what Ctrl-C does needs a
//! controlling terminal, which Rust's cannot give without unsafe code.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::wait_for;

/// Ctrl-C, as it is typed.
pub(crate) const CTRL_C: &str = "\u{3}";

/// Ctrl-D, as it is typed.
pub(crate) const CTRL_D: &str = "\u{4}";

/// A command that runs in a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    written: Arc<Mutex<Vec<u8>>>,
    /// How much of what was written the test has seen.
    seen: usize,
}

impl Terminal {
    /// Starts a command, with the environment it was given and nothing else, in a terminal of 80 columns.
    pub(crate) fn start(command: &Command) -> Self {
        let mut python = Command::new("python3");
        python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/terminal.py")).args(["80", "env", "-i"]);
        python.args(command.get_envs().filter_map(|(name, value)| Some(assignment(name, value?))));
        python.arg("TERM=xterm-256color").arg(command.get_program()).args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            python.current_dir(folder);
        }
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python can be started");
        let keyboard = child.stdin.take().expect("a pipe");
        let mut stdout = child.stdout.take().expect("a pipe");
        let written: Arc<Mutex<Vec<u8>>> = Arc::default();
        let sink = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut chunk) {
                sink.lock().expect("nobody panics with it").extend(&chunk[..length]);
            }
        });
        Self { child, keyboard, written, seen: 0 }
    }

    /// Types, as fast as a machine can.
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal is there");
    }

    /// Waits until this was written, behind what was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let found = || self.written()[self.seen..].find(text).map(|at| self.seen + at + text.len());
        self.seen = wait_for(&format!("{text:?} on the terminal"), found);
    }

    /// Waits for the command's end and gives its exit code.
    pub(crate) fn wait_for_exit(&mut self) -> i32 {
        let exited = || self.child.try_wait().expect("a child can be waited for");
        wait_for("the end of the command in the terminal", exited).code().expect("Python is not killed")
    }

    /// All that was written so far.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().expect("nobody panics with it")).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- on the terminal\n{:?}", self.written());
        }
        if self.child.try_wait().expect("a child can be waited for").is_none() {
            self.child.kill().expect("a child can be killed");
            self.child.wait().expect("a child can be waited for");
        }
    }
}

fn assignment(name: &OsStr, value: &OsStr) -> OsString {
    let mut assignment = name.to_owned();
    assignment.push("=");
    assignment.push(value);
    assignment
}
