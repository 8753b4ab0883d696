//! What packagers and shells want of the command line: completions and manual pages, from its one definition.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use super::terminal::unwritten;
use crate::error::{Error, Result};

/// Print the completions for a shell.
///
/// bash: claude-bridge completions bash > ~/.local/share/bash-completion/completions/claude-bridge
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page, or write those of all commands.
///
/// Read it: claude-bridge man | man -l -
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints completions.
///
/// # Errors
/// If they cannot be printed.
pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "claude-bridge", &mut script);
    print(&script)
}

/// Prints the manual page, or writes all pages.
///
/// # Errors
/// If they cannot be printed or written.
pub(super) fn man(args: &ManArgs, command: Command) -> Result<ExitCode> {
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Error::internal(format!("the manual page cannot be made: {error}")))?;
        return print(&page);
    };
    let unwritten = |error: io::Error| {
        Error::internal(format!("the manual pages cannot be written to {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    clap_mangen::generate_to(command, folder).map_err(unwritten)?;
    Ok(ExitCode::SUCCESS)
}

fn print(text: &[u8]) -> Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).or_else(unwritten)?;
    Ok(ExitCode::SUCCESS)
}
