//! What is measured.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bridge::{Bridge, End, program};
use crate::clock::{median, millis, now, percentile};
use crate::report::figure;
use crate::script::{SCRIPTED_CLI, Script};
use crate::support::api::{Api, Reply};
use crate::support::real_cli;
use crate::{following, history, interrupt, peers, replay, studies, tee};

pub(crate) const ALL: &[(&str, fn())] = &[
    ("startup", startup),
    ("first-text", first_text),
    ("real-deltas", real_deltas),
    ("relay", relay),
    ("delay", delay),
    ("permission", permission),
    ("interrupt", interrupt::interrupt),
    ("memory", memory),
    ("size", size),
    ("search", history::search),
    ("replay", replay::replay),
    ("following", following::following),
    ("studies", studies::studies),
];

/// From the start of the process to the answer to `initialize`.
fn startup() {
    let start = || {
        let begun = now();
        let bridge = Bridge::start(Path::new("/bin/false"), &[], &[]);
        let took = now() - begun;
        bridge.end();
        took
    };
    let mut ours: Vec<_> = (0..20).map(|_| start()).collect();
    let (ours, peer) = (median(&mut ours), peers::acp_startup());
    let compared = match peer {
        Some(peer) => format!("claude-agent-acp: {:.0} ms ({:.0} times)", millis(peer), millis(peer) / millis(ours)),
        None => "claude-agent-acp: not installed".to_owned(),
    };
    figure("start to `initialize` answer", &format!("{:.1} ms", millis(ours)), &compared, "10 ms or less");
}

/// The first text of a later turn: through the bridge, in the CLI's own pipe, and with a process for every message.
fn first_text() {
    let api = Api::start();
    let home = tempfile::tempdir().unwrap();
    let env = real_cli::environment(&api, home.path());
    let log = home.path().join("tee");
    let mut bridge = Bridge::start(&this_program(), &tee_arguments(&log), &env);
    let session = bridge.warm_session();
    let (mut said, mut arrived) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        let mut first = None;
        said.push(bridge.say(&session, "hello", |frame| {
            if frame.is_text() {
                first.get_or_insert(frame.at);
            }
        }));
        arrived.push(first.unwrap());
    }
    let _folder = bridge.end();
    // The tee saw every delta of the echo; the first one of a turn is the first after the turn was asked for.
    let passed = tee::read(&log);
    let first_after = |begun: &Duration| *passed.iter().find(|time| *time > begun).unwrap();
    let mut whole: Vec<_> = said.iter().zip(&arrived).skip(1).map(|(said, arrived)| *arrived - *said).collect();
    let mut added: Vec<_> =
        said.iter().zip(&arrived).skip(1).map(|(said, arrived)| *arrived - first_after(said)).collect();
    let mut print: Vec<_> = (0..5).map(|_| print_once(&env, home.path())).collect();
    let (whole, added, print) = (median(&mut whole), median(&mut added), median(&mut print));
    figure(
        "first text of a later turn, real CLI",
        &format!("{:.1} ms", millis(whole)),
        &format!("`claude --print`: {:.0} ms ({:.1} times)", millis(print), millis(print) / millis(whole)),
        "10 times sooner",
    );
    figure("… after it passed the CLI's pipe", &format!("{:.2} ms", millis(added)), "the tee: 0", "2 ms or less");
}

/// How long one `claude --print` takes to its first output.
fn print_once(env: &[(String, String)], folder: &Path) -> Duration {
    let begun = now();
    let mut child = Command::new(real_cli::path())
        .args(["--print", "hello"])
        .env_clear()
        .envs(env.iter().cloned())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let took = now() - begun;
    child.wait().unwrap();
    took
}

/// Twenty thousand deltas of one real CLI, through the bridge and from its pipe.
fn real_deltas() {
    const COUNT: usize = 20_000;
    let chunks = || Reply::chunks((0..COUNT).map(|number| format!("w{number} ")));
    let rounds = 3;
    let (mut through, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let api = Api::start();
        let home = tempfile::tempdir().unwrap();
        let env = real_cli::environment(&api, home.path());
        api.reply(chunks());
        let mut bridge = Bridge::start(&real_cli::path(), &[], &env);
        let session = bridge.warm_session();
        let mut times = Vec::with_capacity(COUNT);
        bridge.say(&session, "go", |frame| {
            if frame.is_text() {
                times.push(frame.at);
            }
        });
        bridge.end();
        through.push(rate(&times));
        api.reply(chunks());
        direct.push(rate(&read_real_pipe(&env, home.path())));
    }
    let (ours, pipe) = (middle(&mut through), middle(&mut direct));
    figure(
        "20,000 deltas of one real CLI",
        &format!("{:.1} k/s", ours / 1e3),
        &format!("reading its pipe: {:.1} k/s (ratio {:.2})", pipe / 1e3, ours / pipe),
        "ratio 0.95 or more",
    );
}

/// When each delta of one turn came out of the CLI itself, started as the bridge starts it.
fn read_real_pipe(env: &[(String, String)], folder: &Path) -> Vec<Duration> {
    let mut child = Command::new(real_cli::path())
        .args(["--output-format=stream-json", "--input-format=stream-json", "--verbose", "--include-partial-messages"])
        .args(["--permission-prompt-tool=stdio", "--permission-mode=default"])
        .args(["--setting-sources=user", "--strict-mcp-config"])
        .env_clear()
        .envs(env.iter().cloned())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let user = r#"{"type":"user","message":{"role":"user","content":"go"},"parent_tool_use_id":null,"session_id":""}"#;
    writeln!(input, "{user}").unwrap();
    let mut times = Vec::new();
    let mut line = Vec::new();
    let mut output = BufReader::with_capacity(256 << 10, child.stdout.take().unwrap());
    loop {
        line.clear();
        assert!(output.read_until(b'\n', &mut line).unwrap() > 0, "the CLI has ended");
        if memchr::memmem::find(&line, b"\"text_delta\"").is_some() {
            times.push(now());
        }
        if line.starts_with(b"{") && memchr::memmem::find(&line, b"\"type\":\"result\"").is_some() {
            break;
        }
    }
    drop(input);
    child.wait().unwrap();
    times
}

/// Deltas from the scripted CLI, as fast as they go, through the bridge and from its pipe.
fn relay() {
    const COUNT: u64 = 1_000_000;
    let (mut through, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let script = Script::deltas(COUNT, None, 1);
        let mut bridge = Bridge::start(Path::new(SCRIPTED_CLI), &[], &script.env());
        let session = bridge.warm_session();
        let params = format!(r#"{{"sessionId":"{session}","content":"go","partialResultToken":"p"}}"#);
        let id = bridge.send("message/send", &params);
        let skimmed = bridge.skim(id);
        bridge.end();
        through.push(COUNT as f64 / (skimmed.last - skimmed.first.unwrap()).as_secs_f64());
        direct.push(COUNT as f64 / read_scripted_pipe(&script).as_secs_f64());
    }
    let (ours, pipe) = (middle(&mut through), middle(&mut direct));
    figure(
        "relay of deltas, scripted CLI to client",
        &format!("{:.0} k/s", ours / 1e3),
        &format!("reading its pipe: {:.0} k/s (ratio {:.2})", pipe / 1e3, ours / pipe),
        "300 k/s or more",
    );
}

/// How long the scripted CLI's deltas take without the bridge.
fn read_scripted_pipe(script: &Script) -> Duration {
    let mut child =
        Command::new(SCRIPTED_CLI).envs(script.env()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, r#"{{"type":"user","message":{{"role":"user","content":"go"}}}}"#).unwrap();
    let mut output = child.stdout.take().unwrap();
    let mut chunk = vec![0; 256 << 10];
    let mut first = None;
    let mut end = End::new("\"type\":\"result\"");
    loop {
        let length = output.read(&mut chunk).unwrap();
        assert!(length > 0, "the scripted CLI has ended");
        first.get_or_insert_with(now);
        if end.is_in(&chunk[..length]) {
            break;
        }
    }
    let took = now() - first.unwrap();
    // It would wait for ever for somebody to read the rest.
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// What the bridge adds to each delta at a thousand a second.
fn delay() {
    let script = Script::deltas(5_000, Some(1_000), 1);
    let log = script.folder.path().join("tee");
    let arguments = [OsStr::new(tee::COMMAND), log.as_os_str(), OsStr::new(SCRIPTED_CLI)];
    let mut bridge = Bridge::start(&this_program(), &arguments, &script.env());
    let session = bridge.warm_session();
    let mut arrived = Vec::new();
    bridge.say(&session, "go", |frame| {
        if frame.is_text() {
            arrived.push(frame.at);
        }
    });
    let _folder = bridge.end();
    let passed = tee::read(&log);
    assert_eq!(passed.len(), arrived.len(), "the tee missed a delta");
    let mut added: Vec<_> = arrived.iter().zip(&passed).map(|(arrived, passed)| *arrived - *passed).collect();
    let (half, most) = (median(&mut added), percentile(&mut added, 0.99));
    figure(
        "added delay per delta at 1,000 a second, median and p99",
        &format!("{:.3} ms, {:.3} ms", millis(half), millis(most)),
        "the tee: 0",
        "0.1 ms, 1 ms",
    );
}

/// A scripted CLI that asks again as soon as it is answered: from the client's answer to the next request to it.
fn permission() {
    const ROUNDS: usize = 500;
    let script = Script::questions(ROUNDS);
    let mut bridge = Bridge::start(Path::new(SCRIPTED_CLI), &[], &script.env());
    let session = bridge.warm_session();
    let id = bridge.send("message/send", &format!(r#"{{"sessionId":"{session}","content":"go"}}"#));
    let mut answered: Option<Duration> = None;
    let mut rounds = Vec::with_capacity(ROUNDS);
    loop {
        let frame = bridge.next();
        if frame.has("\"method\":\"permission/request\"") {
            rounds.extend(answered.map(|answered| frame.at - answered));
            let request: serde_json::Value = serde_json::from_slice(&frame.body).unwrap();
            answered = Some(now());
            bridge.answer(&request["id"].to_string(), r#"{"behavior":"allow"}"#);
        } else if frame.has(&format!("\"id\":{id},")) {
            break;
        }
    }
    bridge.end();
    assert_eq!(rounds.len(), ROUNDS - 1);
    let (half, most) = (median(&mut rounds), percentile(&mut rounds, 0.99));
    figure(
        "a permission's round trip, median and p99",
        &format!("{:.2} ms, {:.2} ms", millis(half), millis(most)),
        "with the scripted CLI's own share",
        "2 ms",
    );
}

/// Resident memory: idle, and while a million deltas pass a reader that takes a pause after each megabyte.
fn memory() {
    // A thousand texts of a thousand deltas: one text of a million would have to be held for its final message.
    let script = Script::deltas(1_000, None, 1_000);
    let mut bridge = Bridge::start(Path::new(SCRIPTED_CLI), &[], &script.env());
    let session = bridge.warm_session();
    let (idle, _) = bridge.memory();
    let params = format!(r#"{{"sessionId":"{session}","content":"go","partialResultToken":"p"}}"#);
    let id = bridge.send("message/send", &params);
    let mut end = End::answer(id);
    let mut most = Vec::new();
    while !bridge.read_slowly(&mut end) {
        most.push(bridge.memory().0);
    }
    let middle = most.len() / 2;
    let early = most[..middle].iter().max().copied().unwrap_or_default();
    let late = most[middle..].iter().max().copied().unwrap_or_default();
    bridge.end();
    figure("resident memory, idle", &format!("{:.1} MiB", mib(idle)), "", "15 MiB or less");
    figure(
        "… while a million deltas pass a slow reader: first half, second half",
        &format!("{:.1} MiB, {:.1} MiB", mib(early), mib(late)),
        &format!("ratio {:.2}", late as f64 / early as f64),
        "flat",
    );
}

/// The stripped `dist` binary.
fn size() {
    let ours = fs::metadata(program()).unwrap().len() as f64 / 1e6;
    figure("stripped `dist` binary", &format!("{ours:.1} MB"), &peers::acp_size(), "15 MB or less");
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn tee_arguments(log: &Path) -> [&OsStr; 3] {
    static REAL: std::sync::LazyLock<PathBuf> = std::sync::LazyLock::new(real_cli::path);
    [OsStr::new(tee::COMMAND), log.as_os_str(), REAL.as_os_str()]
}

fn rate(times: &[Duration]) -> f64 {
    (times.len() - 1) as f64 / (times[times.len() - 1] - times[0]).as_secs_f64()
}

fn middle(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
