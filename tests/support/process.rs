//! What the system says about other processes.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};

use super::wait_for;

/// Waits until a process has gone; one that nobody has waited for yet counts as gone.
pub(crate) fn wait_until_gone(pid: u64) {
    wait_for(&format!("the end of process {pid}"), || (!is_alive(pid)).then_some(()));
}

/// Waits for a process to write its id, as a line, into `file`.
pub(crate) fn pid_in(file: &Path) -> u64 {
    wait_for(&format!("a process id in {}", file.display()), || {
        let text = fs::read_to_string(file).ok()?;
        text.ends_with('\n').then(|| text.trim().parse().expect("a process id"))
    })
}

/// Kills a process, as nothing else can.
pub(crate) fn kill(pid: u64) {
    signal(pid, Signal::KILL);
}

/// Sends a process a signal.
pub(crate) fn signal(pid: u64, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("the process runs");
}

/// Whether a process runs.
pub(crate) fn is_alive(pid: u64) -> bool {
    // pid (name) state …: the name may hold anything, parentheses included.
    let stat = fs::read_to_string(folder(pid).join("stat"));
    stat.is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}

/// A process's arguments, its program first.
pub(crate) fn arguments(pid: u64) -> Vec<String> {
    let line = fs::read(folder(pid).join("cmdline")).expect("the process runs");
    line.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

fn folder(pid: u64) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}
