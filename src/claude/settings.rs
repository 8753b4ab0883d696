//! What the configuration says about the Claude CLI, whatever the session.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How the Claude CLI is found and what it may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// This program: each CLI runs under it, in its command [`GUARD`](super::GUARD).
    pub guard: PathBuf,
    /// The program; `None`: it is looked for.
    pub path: Option<PathBuf>,
    /// Arguments that come before ours, for a program that is the CLI only in one of its commands.
    pub args: Vec<String>,
    /// What of our environment the CLI gets.
    pub env: EnvPolicy,
    /// The longest line that is read from the CLI, in bytes; a longer one is skipped.
    pub max_line_bytes: usize,
    /// Which settings files the CLI reads; `None`: the user's, and in a trusted folder the project's and local ones.
    pub setting_sources: Option<Vec<String>>,
}

#[cfg(any(test, feature = "fuzzing"))]
impl Default for Settings {
    fn default() -> Self {
        let tests = std::env::current_exe().unwrap_or_default();
        let built = tests.ancestors().nth(2).unwrap_or(&tests);
        Self {
            guard: built.join("claude-bridge"),
            path: None,
            args: Vec::new(),
            env: EnvPolicy::default(),
            max_line_bytes: 64 * 1024 * 1024,
            setting_sources: None,
        }
    }
}

/// What of our environment the CLI gets.
///
/// Variables by which one CLI session tells its children about itself never pass: they would make ours a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvPolicy {
    /// Names that pass, beside what any program needs to run; one that ends in `*` stands for all that begin so.
    /// `None`: all pass.
    pub pass: Option<Vec<String>>,
    /// Variables that are set, whatever else is said here.
    pub set: BTreeMap<String, String>,
    /// Names that do not pass; one that ends in `*` stands for all that begin so.
    pub remove: Vec<String>,
}
