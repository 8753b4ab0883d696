//! The soak: many sessions at work while everything goes wrong, and then the proof that nothing came of it.

mod client;
mod havoc;
mod scripts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::chance::Chance;
use super::scenario::{Fine, Harm, Scenario, Try};
use crate::support::bridge::Bridge;
use crate::support::commits::Received;
use crate::support::orphans::files;
use crate::support::{process, wait_for};
use client::{Client, Heard};
use havoc::Havoc;

/// How much more memory than before may be resident afterwards, in KiB: what the allocator keeps of the last flood.
const MEMORY_MARGIN: u64 = 16 * 1024;

/// How many sessions the soak has, how many of them may have a process, and for how long it goes on.
const SIZES: [(usize, usize, Duration); 2] = [(12, 10, Duration::from_secs(8)), (50, 40, Duration::from_secs(60))];

pub(crate) const SOAK: Scenario = Scenario {
    name: "soak",
    fault: "50 sessions for a minute: CLIs and guards killed and stopped, garbage, huge lines, a client that reads now \
            and then, interrupts, cancels, closes, parks (short: 12 sessions, 8 s)",
    tries: [1, 3],
    at_once: 1,
    limit: None,
    play: soak,
};

fn soak(one: &mut Try) -> Result<Fine, Harm> {
    let (count, live, time) = SIZES[usize::from(!one.short)];
    let bridge = start(&mut one.chance, count, live);
    let sessions: Vec<String> = (0..count).map(|_| bridge.create_session()).collect();
    for session in &sessions {
        bridge.say(session, "Hi");
    }
    // What it takes to be at home in such weather, it may keep.
    let (mut heard, _) = storm(&bridge, &sessions, &mut one.chance, time / 4);
    let before = AtRest::reach(&bridge, &sessions);
    let (later, havoc) = storm(&bridge, &sessions, &mut one.chance, time);
    heard.extend(later);
    let after = AtRest::reach(&bridge, &sessions);
    after.compare(&before)?;
    let mut received = Received::default();
    let mut outcomes = BTreeMap::new();
    for heard in heard {
        heard.outcomes.into_iter().for_each(|outcome| *outcomes.entry(outcome).or_insert(0) += 1);
        received.add(&heard.session, heard.events).map_err(Harm::Lost)?;
    }
    let found = received.check(&bridge.history_file()).map_err(Harm::Lost)?;
    leave_nothing(bridge)?;
    let remark = format!(
        "{found} events sent and found; {}; answered: {}; {} MiB resident before, {} after",
        counted(&havoc),
        counted(&outcomes),
        before.resident_kib / 1024,
        after.resident_kib / 1024,
    );
    Ok(Fine { faults: havoc.values().sum(), remark, ..Fine::default() })
}

fn start(chance: &mut Chance, sessions: usize, live: usize) -> Bridge {
    let calm = scripts::calm(sessions);
    let wild = std::iter::repeat_with(|| scripts::wild(chance)).take(4_000);
    let options = json!({
        "sessions": {"maxLive": live, "idleTimeout": "300ms", "stallTimeout": "1s", "waitTimeout": "5s"},
        "cli": {"maxLineBytes": scripts::LINE_LIMIT},
    });
    Bridge::with_scripted_cli(calm.into_iter().chain(wild)).options(options).start()
}

/// Lets all sessions work and havoc loose on them.
fn storm(
    bridge: &Bridge,
    sessions: &[String],
    chance: &mut Chance,
    time: Duration,
) -> (Vec<Heard>, BTreeMap<&'static str, u64>) {
    let until = Instant::now() + time;
    std::thread::scope(|scope| {
        let havoc = Havoc::new(bridge, chance.branch());
        let havoc = scope.spawn(move || havoc.until(until));
        let clients = sessions.iter().map(|session| Client::new(bridge, session, chance.branch()));
        let clients: Vec<_> = clients.map(|client| scope.spawn(move || client.until(until))).collect();
        let heard = clients.into_iter().map(|client| client.join().expect("every request is answered")).collect();
        (heard, havoc.join().expect("havoc is wrought"))
    })
}

/// What a bridge holds when nothing is left to do.
struct AtRest {
    /// Pipes, sockets and processes; the store opens its file once more whenever it likes.
    open: Vec<PathBuf>,
    resident_kib: u64,
}

impl AtRest {
    /// Closes all sessions and waits until nothing of them is left but their history.
    fn reach(bridge: &Bridge, sessions: &[String]) -> Self {
        let pid = bridge.pid().into();
        for session in sessions {
            bridge.request("session/close", json!({"sessionId": session}));
        }
        wait_for("the processes of closed sessions to go", || process::children(pid).is_empty().then_some(()));
        wait_for("the files of closed sessions to go", || files(bridge).is_empty().then_some(()));
        let mut open = process::file_targets(pid);
        open.retain(|target| !target.starts_with("/"));
        Self { open, resident_kib: bridge.resident_kib().1 }
    }

    fn compare(&self, before: &Self) -> Result<(), Harm> {
        if self.open.len() > before.open.len() {
            return Err(Harm::Leaked(format!("open files: {:?}, before: {:?}", self.open, before.open)));
        }
        if self.resident_kib > before.resident_kib + MEMORY_MARGIN {
            let (now, then) = (self.resident_kib, before.resident_kib);
            return Err(Harm::Leaked(format!("memory: {now} KiB are resident, {then} KiB were before")));
        }
        Ok(())
    }
}

/// Ends the bridge, and looks for anything that it has left.
fn leave_nothing(mut bridge: Bridge) -> Result<(), Harm> {
    let root = bridge.folders().home.parent().expect("the folder has one above it").to_owned();
    let runs = bridge.folders().data.join("run");
    bridge.shutdown();
    let processes = that_know(&root);
    if !processes.is_empty() {
        return Err(Harm::Leaked(format!("processes: {processes:?}")));
    }
    let left = std::fs::read_dir(&runs).expect("there were runs").count();
    if left > 0 {
        return Err(Harm::Leaked(format!("{left} folders in {}", runs.display())));
    }
    Ok(())
}

/// The processes that have this folder in their arguments or their environment.
fn that_know(folder: &Path) -> Vec<u64> {
    let words = folder.as_os_str().as_encoded_bytes();
    let has_words =
        |file: PathBuf| std::fs::read(file).is_ok_and(|text| text.windows(words.len()).any(|window| window == words));
    let entries = std::fs::read_dir("/proc").expect("the list of processes").filter_map(Result::ok);
    let know = entries.filter(|entry| ["cmdline", "environ"].iter().any(|name| has_words(entry.path().join(name))));
    let pids = know.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| process::is_alive(*pid)).collect()
}

fn counted<Name: std::fmt::Display>(counts: &BTreeMap<Name, u64>) -> String {
    counts.iter().map(|(what, count)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}
