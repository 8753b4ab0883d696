//! The processes of this machine: which there are, who started whom, and which of two with one number is which.
//!
//! On Linux the kernel says it exactly, in `/proc`; elsewhere a library asks the system. Both sides are tested on Linux.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// The variable by which a test takes away what Linux alone has.
#[cfg(feature = "test-fakes")]
const PORTABLE: &str = "TEST_PORTABLE_UNIX";

/// Where a process's start time stands in `/proc/PID/stat`, counted from its state.
const START_TIME: usize = 19;

/// One process, and no later one that has its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    /// Its number.
    pub(super) pid: u32,
    /// When it was started: in ticks since the machine was, or in seconds since 1970.
    pub(super) start: u64,
}

/// What the system says about a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Identity,
    /// Who started it, or has adopted it.
    pub(super) parent: u32,
    /// It has ended, and its parent has not asked how.
    pub(super) ended: bool,
}

impl Identity {
    /// Sends it a signal. Has to follow close on finding it, since only its number is told to the system.
    pub(super) fn signal(self, signal: Signal) {
        let Some(pid) = raw(self.pid) else { return };
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => tracing::warn!(pid = self.pid, ?signal, %error, "a process cannot be signalled"),
        }
    }
}

/// A process's number as the system calls take it.
pub(super) fn raw(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Whether there is all that Linux alone has: orphans that come to us, and `/proc`.
pub(super) fn is_linux() -> bool {
    #[cfg(feature = "test-fakes")]
    if std::env::var_os(PORTABLE).is_some() {
        return false;
    }
    cfg!(target_os = "linux")
}

/// Asks to be made the parent of every orphan among our descendants; says whether that is so.
pub(super) fn adopt_orphans() -> bool {
    #[cfg(target_os = "linux")]
    if is_linux() {
        let adopted = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        return adopted.inspect_err(|error| tracing::warn!(%error, "orphans go elsewhere")).is_ok();
    }
    false
}

/// All processes that we may see.
pub(super) fn all() -> Vec<Entry> {
    if is_linux() { listed_by_the_kernel() } else { listed_by_the_library() }
}

/// One process, if it is there.
pub(super) fn find(pid: u32) -> Option<Entry> {
    if is_linux() { entry(pid) } else { all().into_iter().find(|entry| entry.id.pid == pid) }
}

/// Which start of the machine this is, where start times are counted from it.
pub(super) fn boot() -> String {
    let boot = if is_linux() { fs::read_to_string("/proc/sys/kernel/random/boot_id").ok() } else { None };
    boot.map_or_else(|| "-".to_owned(), |boot| boot.trim().to_owned())
}

fn listed_by_the_kernel() -> Vec<Entry> {
    let Ok(folders) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = folders.filter_map(|folder| folder.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(entry).collect()
}

/// Reads `pid (name) state parent …`, where the name may hold anything.
fn entry(pid: u32) -> Option<Entry> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let start = fields.get(START_TIME)?.parse().ok()?;
    let ended = matches!(*fields.first()?, "Z" | "X");
    Some(Entry { id: Identity { pid, start }, parent: fields.get(1)?.parse().ok()?, ended })
}

fn listed_by_the_library() -> Vec<Entry> {
    use sysinfo::{ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};
    let nothing_more = ProcessRefreshKind::nothing().without_tasks();
    let mut system = match System::new() {
        Ok(system) => system,
        Err(error) => {
            tracing::warn!(%error, "the processes of this machine cannot be listed");
            return Vec::new();
        }
    };
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, nothing_more);
    let entry = |process: &sysinfo::Process| Entry {
        id: Identity { pid: process.pid().as_u32(), start: process.start_time() },
        parent: process.parent().map_or(0, sysinfo::Pid::as_u32),
        ended: matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead),
    };
    system.processes().values().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn both_lists_know_a_child_its_parent_and_its_end() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        for list in [listed_by_the_kernel, listed_by_the_library] {
            let found = list().into_iter().find(|entry| entry.id.pid == child.id()).unwrap();
            assert_eq!((found.parent, found.ended), (std::process::id(), false));
            assert_eq!(list().into_iter().find(|entry| entry.id.pid == child.id()), Some(found));
        }
        child.kill().unwrap();
        let ended = |list: fn() -> Vec<Entry>| list().iter().any(|entry| entry.id.pid == child.id() && entry.ended);
        while !ended(listed_by_the_kernel) {}
        assert!(ended(listed_by_the_library));
        child.wait().unwrap();
        assert_eq!(find(child.id()), None);
    }

    #[test]
    fn a_name_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("a) Z 1 (b");
        std::os::unix::fs::symlink("/bin/sleep", &named).unwrap();
        let mut child = Command::new(named).arg("600").spawn().unwrap();
        let found = find(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.map(|entry| (entry.parent, entry.ended)), Some((std::process::id(), false)));
    }
}
