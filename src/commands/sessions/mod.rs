//! The history as a person deals with it in a terminal. Works on the history itself, also while bridges run on it: what
//! one of them has in its hands is left to it.

mod list;
mod remains;
mod remove;
mod show;
mod transfer;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::cli::SettingArgs;
use super::own_history::{Places, work_on_history};
use crate::error::Result;
use crate::service::Service;
use list::ListArgs;
use remove::{DeleteArgs, PurgeArgs};
use show::ShowArgs;
use transfer::{ExportArgs, ImportArgs};

/// List, show, export, import and delete the sessions of the history.
///
/// A session is named by its id, or by as much of the beginning as no other has.
#[derive(Debug, Args)]
pub(super) struct SessionsArgs {
    #[command(subcommand)]
    command: SessionsCommand,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SessionsCommand {
    List(ListArgs),
    Show(ShowArgs),
    Export(ExportArgs),
    Import(ImportArgs),
    Delete(DeleteArgs),
    Purge(PurgeArgs),
}

/// Runs one of the commands.
///
/// # Errors
/// Whatever keeps it from being done.
pub(super) fn run(args: SessionsArgs, settings: SettingArgs) -> Result<ExitCode> {
    work_on_history(settings, async |service, places| args.command.run(service, places, args.json).await)
}

impl SessionsCommand {
    async fn run(self, service: &Service, places: &Places, json: bool) -> Result<ExitCode> {
        match self {
            Self::List(args) => list::run(args, service, json).await,
            Self::Show(args) => show::run(args, service, json).await,
            Self::Export(args) => transfer::export(args, service, json).await,
            Self::Import(args) => transfer::import(args, service, json).await,
            Self::Delete(args) => remove::delete(args, service, json).await,
            Self::Purge(args) => remove::purge(args, service, places, json).await,
        }
    }
}
