//! What a person runs on the history of a bridge.

use std::process::{Output, Stdio};

use serde_json::Value;

use super::Bridge;

/// What came of a command.
pub(crate) struct Ran(Output);

impl Bridge {
    /// Runs the program with these arguments, in the bridge's folders, with no terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.setup.command();
        Ran(command.args(arguments).stdin(Stdio::null()).output().expect("the program can be started"))
    }
}

impl Ran {
    /// What it printed, if it ended well.
    pub(crate) fn text(&self) -> String {
        assert_eq!(self.code(), 0, "{}", self.complaint());
        String::from_utf8(self.0.stdout.clone()).expect("the output is UTF-8")
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).expect("the output is JSON")
    }

    /// Its exit code.
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().expect("no signal ended it")
    }

    /// What it wrote to stderr.
    pub(crate) fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}
