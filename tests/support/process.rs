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

/// Stops a process: until it goes on it does nothing.
pub(crate) fn stop(pid: u64) {
    signal(pid, Signal::STOP);
}

/// Lets a process go on that was stopped.
pub(crate) fn go_on(pid: u64) {
    signal(pid, Signal::CONT);
}

/// Asks a process to end.
pub(crate) fn terminate(pid: u64) {
    signal(pid, Signal::TERM);
}

/// Sends a process a signal.
pub(crate) fn signal(pid: u64, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("the process runs");
}

/// A process, and no later one of the same number.
#[derive(Debug)]
pub(crate) struct Seen {
    pid: u64,
    start: u64,
}

impl Seen {
    /// The process that has this number now; one that has gone is not seen alive again.
    pub(crate) fn now(pid: u64) -> Self {
        Self { pid, start: stat(pid).map_or(u64::MAX, |stat| stat.start) }
    }

    pub(crate) fn pid(&self) -> u64 {
        self.pid
    }

    /// Sends it a signal, if it runs.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw).filter(|_| self.is_alive()) {
            // It may end in this moment, which is no failure.
            kill_process(pid, signal).unwrap_or_default();
        }
    }

    /// Kills it, if it runs.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Whether it runs.
    pub(crate) fn is_alive(&self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.start == self.start && stat.state != 'Z')
    }
}

/// Who started a process, or has adopted it.
pub(crate) fn parent(pid: u64) -> u64 {
    stat(pid).expect("the process runs").parent
}

/// The children of a process.
pub(crate) fn children(pid: u64) -> Vec<u64> {
    let folders = fs::read_dir("/proc").expect("the list of processes").filter_map(Result::ok);
    let pids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    pids.filter(|child| stat(*child).is_some_and(|stat| stat.parent == pid)).collect()
}

/// The children of a process, and theirs.
pub(crate) fn descendants(pid: u64) -> Vec<u64> {
    children(pid).into_iter().flat_map(|child| std::iter::once(child).chain(descendants(child))).collect()
}

/// Whether a process runs.
pub(crate) fn is_alive(pid: u64) -> bool {
    stat(pid).is_some_and(|stat| stat.state != 'Z')
}

struct Stat {
    state: char,
    parent: u64,
    start: u64,
}

/// Reads `pid (name) state parent …`: the name may hold anything, parentheses included.
fn stat(pid: u64) -> Option<Stat> {
    let text = fs::read_to_string(folder(pid).join("stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat { state: fields[0].chars().next()?, parent: fields[1].parse().ok()?, start: fields[19].parse().ok()? })
}

/// A process's arguments, its program first.
pub(crate) fn arguments(pid: u64) -> Vec<String> {
    let line = fs::read(folder(pid).join("cmdline")).expect("the process runs");
    line.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}

fn folder(pid: u64) -> PathBuf {
    Path::new("/proc").join(pid.to_string())
}

/// What a process's files are, by number: `socket:[…]`, `pipe:[…]`, a path.
pub(crate) fn file_targets(pid: u64) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(pid).join("fd")).expect("the process runs").filter_map(Result::ok);
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect()
}
