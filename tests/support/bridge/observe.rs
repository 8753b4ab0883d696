//! What a test sees of a bridge beside its answers.

use std::fs;

use serde_json::{Value, json};

use super::Bridge;
use crate::support::wait_for;

impl Bridge {
    /// Waits until a session is so, and gives it.
    pub(crate) fn wait_for_session(&self, id: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("session {id} to be {what}"), || Some(self.session(id)).filter(&is_so))
    }

    /// Waits until a session's process is up and takes messages.
    pub(crate) fn wait_until_warm(&self, id: &str) -> Value {
        self.wait_for_session(id, "warm", |session| session["credential"].is_string() && session["process"].is_object())
    }

    /// The ids of all sessions, as `session/list` gives them.
    pub(crate) fn session_ids(&self) -> Vec<String> {
        let sessions = self.request("session/list", json!({"limit": 1000}))["sessions"].take();
        let ids = sessions.as_array().into_iter().flatten().map(|session| session["id"].as_str().unwrap_or_default());
        ids.map(str::to_owned).collect()
    }

    /// How much memory the bridge has resident, in KiB; the peak and now.
    #[cfg(target_os = "linux")]
    pub(crate) fn resident_kib(&self) -> (u64, u64) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the bridge runs");
        let field = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a field of the status");
            line.trim_end_matches("kB").trim().parse().expect("a number of KiB")
        };
        (field("VmHWM:"), field("VmRSS:"))
    }

    /// Waits until the real CLI has written a message to its transcript, which it does a moment after it took the
    /// message up.
    pub(crate) fn wait_until_noted(&self, said: &str) {
        let line = format!("\"content\":\"{said}\"");
        wait_for(&format!("{line} in a transcript"), || {
            let folder = fs::read_dir(self.folders().home.join(".claude/projects")).ok()?.next()?.ok()?.path();
            let mut files = fs::read_dir(folder).ok()?.filter_map(|file| fs::read_to_string(file.ok()?.path()).ok());
            files.any(|text| text.contains(&line)).then_some(())
        });
    }

    /// Plays a client that does not read, until [`Self::read_on`].
    pub(crate) fn stop_reading(&self) {
        self.process.client.stop_reading();
    }

    /// Reads again.
    pub(crate) fn read_on(&self) {
        self.process.client.read_on();
    }
}
