//! The built-in agent, as `--demo` starts it.

use std::io::{self, BufReader};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use super::report;
use crate::claude;
use crate::demo::{self, Ended};
use crate::error::{Error, Result};

/// The command's name.
const NAME: &str = "demo-agent";

/// The folder of the agent's notes, in the one where history lives.
pub(super) const FOLDER: &str = "demo";

/// What the Claude CLI would be told: all of it is taken.
#[derive(Debug, Args)]
pub(super) struct DemoAgentArgs {
    /// The Claude CLI's arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

/// Runs the agent on standard input and output.
///
/// # Errors
/// `internalError` where it cannot be started.
pub(super) fn run(args: &DemoAgentArgs, data_dir: Option<&Path>) -> Result<ExitCode> {
    let folder = data_dir.map(|folder| folder.join(FOLDER));
    let input = BufReader::new(io::stdin());
    let Ended { code, last_words } = demo::run(&args.arguments, folder.as_deref(), input, io::stdout().lock())?;
    if let Some(last_words) = last_words {
        report(&last_words);
    }
    Ok(ExitCode::from(code))
}

/// Makes this program, in the part of the agent, the CLI of these settings; it keeps its notes in `data_dir`.
///
/// # Errors
/// `internalError` where the program does not know its own path.
pub(super) fn stand_in(cli: claude::Settings, data_dir: &Path) -> Result<claude::Settings> {
    let path = std::env::current_exe()
        .map_err(|error| Error::internal(format!("this program cannot find its own file: {error}")))?;
    let data_dir = data_dir.to_str().ok_or_else(|| {
        Error::invalid_params(format!("data_dir: {} is not UTF-8, which --demo needs", data_dir.display()))
    })?;
    Ok(claude::Settings { path: Some(path), args: vec![format!("--data-dir={data_dir}"), NAME.to_owned()], ..cli })
}
