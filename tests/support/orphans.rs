//! One scenario for every death: a session in mid-turn with processes that would outlive it, then somebody dies.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::api::{Api, Reply};
use super::bridge::Bridge;
use super::process::{self, Seen};
use super::wait_for;

/// Within what nothing may be left alive.
const LIMIT: Duration = Duration::from_secs(5);

/// Who or what ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// The bridge gets SIGKILL.
    Bridge,
    /// The CLI gets SIGKILL.
    Cli,
    /// The guard gets SIGKILL.
    Guard,
    /// The guard gets SIGKILL in the moment in which the bridge does; then a bridge is started on the same folders.
    BridgeAndGuard,
    /// The session is closed.
    Close,
    /// The bridge's stdin ends.
    EndOfInput,
}

/// What the system gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// All that there is on Linux.
    Linux,
    /// Only what there is on every Unix.
    AnyUnix,
}

/// Plays the scenario with the real CLI, an MCP server that ignores SIGTERM and the end of its stdin, and a command of
/// the Bash tool that has started a daemon. Says how long it took until all of them were gone. Fails if a file is left
/// when the last bridge has gone.
///
/// # Errors
/// Those that are alive after 5 s, which are then ended.
pub(crate) fn die(death: Death, system: System) -> Result<Duration, String> {
    let api = Api::start();
    let mut bridge = start(&api, system);
    let session = bridge.create_session();
    api.reply_to("run", Reply::tool("Bash", json!({"command": "sh ./slow.sh", "description": "waits"})));
    let mut saying = bridge.start_saying(&session, "run");
    saying.until("toolCall");
    let scene = Scene::find(&bridge, &session, system);
    if system == System::AnyUnix || death == Death::BridgeAndGuard {
        scene.wait_until_recorded(&bridge);
    }

    let began = Instant::now();
    scene.bring_about(death, &bridge, &session);
    // Where the guard has died as well, the next bridge does its work.
    let took = if death == Death::BridgeAndGuard { None } else { Some(scene.wait_until_gone(began)?) };
    match death {
        Death::Cli | Death::Guard => assert_eq!(saying.end().stop_reason(), "failed"),
        Death::Close => assert_eq!(saying.end().stop_reason(), "interrupted"),
        Death::EndOfInput => assert_eq!(bridge.wait_for_exit().code(), Some(3)),
        Death::Bridge | Death::BridgeAndGuard => {
            bridge.wait_for_exit();
            bridge.restart();
        }
    }
    let took = took.map_or_else(|| scene.wait_until_gone(began), Ok)?;

    if death != Death::EndOfInput {
        wait_for("the private files to go", || files(&bridge).is_empty().then_some(()));
        wait_for("the folders of dead bridges to go", || (run_folders(&bridge) == 1).then_some(()));
        bridge.shutdown();
    }
    assert_eq!(run_folders(&bridge), 0, "run folders that nobody needs");
    Ok(took)
}

/// A bridge whose sessions have a stubborn MCP server, and may run shell scripts.
fn start(api: &Api, system: System) -> Bridge {
    let allowed = json!({"modes": {"user": {"allowedTools": ["Bash(sh:*)"]}}});
    // One that has lost its parent by the time somebody looks around can be known on Linux alone.
    let orphan = match system {
        System::Linux => "(setsid nohup sh -c 'echo $$ > orphan.pid; exec sleep 300' >/dev/null 2>&1 &)\n",
        System::AnyUnix => "",
    };
    let daemon = "setsid nohup sh -c 'echo $$ > daemon.pid; exec sleep 300' >/dev/null 2>&1 &\n";
    let script = format!("{orphan}{daemon}echo $$ > command.pid; exec sleep 300");
    let setup = Bridge::with_real_cli(api).options(allowed).workspace_file("slow.sh", &script);
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mcp/stubborn.py");
    let pid = setup.folders().workspace.join("server.pid");
    let config = format!("[mcp_servers.calc]\ncommand = \"python3\"\nargs = [{server:?}, {pid:?}]\n");
    let setup = setup.config(&config);
    match system {
        System::Linux => setup.start(),
        System::AnyUnix => setup.env("TEST_PORTABLE_UNIX", "1").start(),
    }
}

/// The processes of the scenario.
struct Scene {
    cli: u64,
    guard: u64,
    daemon: u64,
    all: Vec<Seen>,
}

impl Scene {
    fn find(bridge: &Bridge, session: &str, system: System) -> Self {
        let pid_in = |name: &str| process::pid_in(&bridge.folders().workspace.join(name));
        let (server, command, daemon) = (pid_in("server.pid"), pid_in("command.pid"), pid_in("daemon.pid"));
        let cli = bridge.cli_pid(session);
        let guard = process::parent(cli);
        assert_eq!(process::parent(guard), u64::from(bridge.pid()));
        let mut pids = vec![guard, cli, server, command, daemon];
        if system == System::Linux {
            pids.push(pid_in("orphan.pid"));
        }
        pids.extend(process::descendants(guard));
        Self { cli, guard, daemon, all: pids.into_iter().map(Seen::now).collect() }
    }

    /// Waits until the daemon is on record, and with it whatever was started before.
    fn wait_until_recorded(&self, bridge: &Bridge) {
        wait_for("a record of the daemon", || {
            let texts = files(bridge).into_iter().filter_map(|file| fs::read_to_string(file).ok());
            let begins = format!("{} ", self.daemon);
            texts.into_iter().any(|text| text.lines().any(|line| line.starts_with(&begins))).then_some(())
        });
    }

    fn bring_about(&self, death: Death, bridge: &Bridge, session: &str) {
        match death {
            Death::Cli => process::kill(self.cli),
            Death::Guard => process::kill(self.guard),
            Death::Close => drop(bridge.request("session/close", json!({"sessionId": session}))),
            Death::EndOfInput => bridge.close_stdin(),
            Death::Bridge => bridge.kill_in_mid_turn(),
            Death::BridgeAndGuard => {
                // Stopped, it cannot notice.
                process::stop(bridge.pid().into());
                process::kill(self.guard);
                bridge.kill_in_mid_turn();
            }
        }
    }

    fn wait_until_gone(&self, began: Instant) -> Result<Duration, String> {
        loop {
            let alive: Vec<&Seen> = self.all.iter().filter(|seen| seen.is_alive()).collect();
            if alive.is_empty() {
                return Ok(began.elapsed());
            }
            if began.elapsed() > LIMIT {
                let leaked = format!("alive after {LIMIT:?}: {}", named(&alive));
                alive.into_iter().for_each(Seen::kill);
                return Err(leaked);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn named(alive: &[&Seen]) -> String {
    alive.iter().fold(String::new(), |mut text, seen| {
        write!(text, "\n{} {:?}", seen.pid(), process::arguments(seen.pid())).expect("a string takes it");
        text
    })
}

fn run_folders(bridge: &Bridge) -> usize {
    fs::read_dir(runs(bridge)).map_or(0, Iterator::count)
}

fn runs(bridge: &Bridge) -> PathBuf {
    bridge.folders().data.join("run")
}

/// The private files of all sessions, sorted.
pub(crate) fn files(bridge: &Bridge) -> Vec<PathBuf> {
    files_under(&runs(bridge))
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> =
        paths.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect();
    files.sort();
    files
}
