//! What a person, or an editor, runs: one module per command.

mod chat;
mod cli;
mod connection;
mod demo_agent;
mod doctor;
mod guard;
mod logging;
mod manual;
mod own_history;
mod permissions;
pub mod schema;
mod search;
mod serve;
mod sessions;
mod signals;
mod terminal;
mod usage;
mod when;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use futures_util::FutureExt;

use crate::error::{Error, Result};
use crate::rpc::table;
use cli::{Cli, Command, unknown_variables};
use serve::Agent;

/// What the person typed in `chat`, in the data folder.
const CHAT_HISTORY: &str = "chat-history";

/// Reads the command line and does what it says. A wrong command line ends here, with exit code 2, as is usual.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Chat(args)) => chat::run(args, cli.settings),
        Some(Command::Search(args)) => search::run(&args, &cli.settings),
        Some(Command::Usage(args)) => usage::run(&args, &cli.settings),
        Some(Command::Completions(args)) => manual::completions(&args, Cli::command()),
        Some(Command::Man(args)) => manual::man(&args, Cli::command()),
        Some(Command::Doctor(args)) => doctor::run(&args, cli.settings),
        Some(Command::Sessions(args)) => sessions::run(args, cli.settings),
        Some(Command::Permissions(args)) => permissions::run(args, cli.settings),
        Some(Command::Schema(args)) => schema::run(&args, table::descriptions()),
        Some(Command::DemoAgent(args)) => demo_agent::run(&args, cli.settings.into_flags().data_dir.as_deref()),
        Some(Command::Guard(args)) => guard::run(args),
        None => {
            let agent = if cli.settings.demo { Agent::Demo } else { Agent::Configured };
            let notices = unknown_variables(std::env::vars_os().map(|(name, _)| name));
            serve::run(cli.settings.into_flags(), agent, notices)
        }
    };
    done.unwrap_or_else(|error| {
        report(&format!("claude-bridge: {error}"));
        ExitCode::FAILURE
    })
}

/// The runtime that a command runs in.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::internal(format!("the runtime cannot be started: {error}")))
}

/// Does a command's work. As a box: otherwise the runtime has a copy of all of it for each way it can run.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    Ok(runtime()?.block_on(work.boxed_local()))
}

/// Writes a line for the person to stderr. Where nobody reads there, nobody can be told.
fn report(line: &str) {
    let told: io::Result<()> = writeln!(io::stderr(), "{line}");
    drop(told);
}
