//! What the process was started with.

use std::collections::BTreeMap;

/// Arguments and environment.
pub(crate) struct Invocation {
    pub(crate) argv: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
}

impl Invocation {
    pub(crate) fn of_this_process() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        Self {
            argv: std::env::args_os().map(text).collect(),
            env: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
        }
    }

    pub(crate) fn env(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    pub(crate) fn asks_for_version(&self) -> bool {
        self.argv.iter().any(|argument| argument == "--version")
    }

    /// The value of `--flag=value` or `--flag value`.
    pub(crate) fn flag(&self, flag: &str) -> Option<&str> {
        let mut arguments = self.argv.iter().map(String::as_str);
        arguments
            .find_map(|argument| match argument.strip_prefix(flag)? {
                "" => Some(None),
                rest => rest.strip_prefix('=').map(Some),
            })?
            .or_else(|| arguments.next())
    }

    /// The id that the session has from now on: a fork of a resumed one has a new one.
    pub(crate) fn session_id(&self, start: u32) -> String {
        let is_fork = self.argv.iter().any(|argument| argument == "--fork-session");
        let given = self.flag("--session-id").or_else(|| self.flag("--resume").filter(|_| !is_fork));
        given.map_or_else(|| format!("5c71970e-0000-4000-8000-{start:012}"), str::to_owned)
    }

    pub(crate) fn model(&self) -> &str {
        self.flag("--model").unwrap_or("claude-opus-5-5")
    }

    /// The files that flags name: private ones are gone by the time the test looks.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let next = self.argv.iter().skip(1).map(String::as_str).chain([""]);
        let pairs = self.argv.iter().zip(next).map(|(flag, next)| flag.split_once('=').unwrap_or((flag, next)));
        pairs.filter(|(flag, path)| flag.starts_with("--") && std::path::Path::new(path).is_file())
    }
}
