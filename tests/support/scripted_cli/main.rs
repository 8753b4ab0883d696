//! The scripted stand-in for the Claude CLI: it says what its script tells it to say, and insists on what its script
//! expects. It shares no code with the program under test.
//!
//! `SCRIPTED_CLI` names the script, or a folder in which the first start of the process finds `1.ndjson`, the second
//! `2.ndjson`, and so on; without it every message is echoed. `SCRIPTED_CLI_LOG` names the file that tells the test
//! what the process was given. `SCRIPTED_CLI_VERSION` is what `--version` prints.

mod frames;
mod input;
mod invocation;
mod log;
mod output;
mod player;
mod script;
mod step;
mod turn;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use input::Input;
use invocation::Invocation;
use log::Log;
use output::Output;
use player::{Player, Stop};
use script::Script;

/// The exit code of a script that was not followed, or cannot be played.
const SCRIPT_FAILED: u8 = 99;

/// Set in the environment of a process that was started again with SIGTERM ignored.
const TERM_IS_IGNORED: &str = "SCRIPTED_CLI_TERM_IS_IGNORED";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(problem) => {
            // Nothing is left to be done where stderr is gone as well.
            drop(writeln!(std::io::stderr(), "scripted-cli: {problem}"));
            ExitCode::from(SCRIPT_FAILED)
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let invocation = Invocation::of_this_process();
    if invocation.asks_for_version() {
        let version = invocation.env("SCRIPTED_CLI_VERSION").unwrap_or("2.1.330 (Claude Code)");
        return match writeln!(std::io::stdout(), "{version}") {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(format!("cannot print the version: {error}")),
        };
    }
    let place = invocation.env("SCRIPTED_CLI").map(Path::new);
    let resumed_start = invocation.env(TERM_IS_IGNORED).and_then(|start| start.parse().ok());
    let script = Script::find(place, resumed_start)?;
    if script.ignores_term() && resumed_start.is_none() {
        return Err(start_again_with_term_ignored(script.start));
    }
    if let Some(folder) = &script.folder {
        end_with(folder.clone());
    }
    let log = Log::open(invocation.env("SCRIPTED_CLI_LOG").map(Path::new), script.start)?;
    log.started(&invocation);
    play(&invocation, &script, &log)
}

fn play(invocation: &Invocation, script: &Script, log: &Log) -> Result<ExitCode, String> {
    let output = Output::new(invocation.session_id(script.start));
    let input = Input::read_stdin(output.clone(), log.clone(), script.expected_controls());
    let mut player = Player::new(input, output, script.folder.clone(), invocation);
    let stop = player.play(&script.steps);
    log.ended(&format!("{stop:?}"));
    match stop {
        Stop::EndOfInput => Ok(ExitCode::SUCCESS),
        Stop::Exit(code) => std::process::exit(code),
        Stop::Failed(problem) => Err(format!("start {}: {problem}", script.start)),
        Stop::Interrupted => Err("an interrupt reached the script outside of a turn".to_owned()),
    }
}

/// What is ignored stays ignored across `exec`, and a shell can ignore signals without unsafe code of ours.
fn start_again_with_term_ignored(start: u32) -> String {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    let error = Command::new("sh")
        .args(["-c", "trap '' TERM; exec \"$0\" \"$@\""])
        .arg(program)
        .args(arguments)
        .env(TERM_IS_IGNORED, start.to_string())
        .exec();
    format!("cannot start again through sh: {error}")
}

/// No process outlives its test: it goes when the test's folder does, whatever the script says.
fn end_with(folder: std::path::PathBuf) {
    std::thread::spawn(move || {
        while folder.exists() {
            std::thread::sleep(Duration::from_millis(200));
        }
        std::process::exit(i32::from(SCRIPT_FAILED));
    });
}
