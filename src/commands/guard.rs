//! The guard of one CLI, as a bridge starts it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::claude;
use crate::error::{Error, Result};

/// What it guards.
#[derive(Debug, Args)]
pub(super) struct GuardArgs {
    /// Where to keep the record of the CLI's processes.
    #[arg(long, value_name = "FILE")]
    record: PathBuf,
    /// The CLI.
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    command: Vec<OsString>,
}

/// Guards the CLI until nothing of it is left.
///
/// # Errors
/// `internalError` where no bridge started it.
pub(super) fn run(args: GuardArgs) -> Result<ExitCode> {
    claude::guard(&args.command, args.record)?;
    Ok(ExitCode::SUCCESS)
}

/// The program that guards: this one. Linux knows it even after its file was replaced by another version.
///
/// # Errors
/// `internalError` where the program does not know its own path.
pub(super) fn program() -> Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() {
        return Ok(running.to_owned());
    }
    std::env::current_exe().map_err(|error| Error::internal(format!("this program cannot find its own file: {error}")))
}
