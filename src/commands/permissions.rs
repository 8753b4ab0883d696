//! `claude-bridge permissions`: what was allowed for longer than once.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::cli::SettingArgs;
use super::own_history::work_on_history;
use super::report;
use super::terminal::screen::{Screen, counted};
use super::terminal::words::visible;
use crate::error::Result;
use crate::protocol::permission::{PermissionGrant, PermissionGrantsResult};
use crate::service::Service;

/// List what was allowed for a session or for a project, and take it back.
#[derive(Debug, Args)]
pub(super) struct PermissionsArgs {
    #[command(subcommand)]
    command: PermissionsCommand,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum PermissionsCommand {
    /// List what is allowed, the oldest first.
    List {
        /// Only what counts in this session: in it, and in its folder.
        #[arg(long, value_name = "ID")]
        session: Option<String>,
    },
    /// Take back what was allowed: Claude asks again. What another bridge runs goes on until its process ends.
    Revoke {
        /// Which, by their ids.
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
}

/// Runs one of the commands.
///
/// # Errors
/// Whatever keeps it from being done.
pub(super) fn run(args: PermissionsArgs, settings: SettingArgs) -> Result<ExitCode> {
    work_on_history(settings, async |service, _| match args.command {
        PermissionsCommand::List { session } => list(session, service, args.json).await,
        PermissionsCommand::Revoke { ids } => revoke(&ids, service, args.json).await,
    })
}

async fn list(session: Option<String>, service: &Service, json: bool) -> Result<ExitCode> {
    let session = match session {
        Some(id) => Some(service.find_session(&id).await?),
        None => None,
    };
    let grants = service.grants(session).await?;
    let mut screen = Screen::stdout();
    if json {
        screen.json(&PermissionGrantsResult { grants })?;
    } else {
        let rows: Vec<_> = grants.iter().map(row).collect();
        screen.table(&["ID", "SINCE", "WHAT", "WHERE"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(grant: &PermissionGrant) -> Vec<String> {
    let place = match (&grant.session_id, &grant.project) {
        (Some(session), _) => format!("session {session}"),
        (None, project) => project.clone().unwrap_or_default(),
    };
    let day = grant.created_at.to_string().chars().take("2026-11-27".len()).collect();
    vec![grant.id.clone(), day, visible(&grant.label), visible(&place)]
}

async fn revoke(ids: &[String], service: &Service, json: bool) -> Result<ExitCode> {
    let (mut revoked, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        if service.revoke(id).await? { revoked.push(id) } else { unknown.push(id) }
    }
    let mut screen = Screen::stdout();
    if json {
        screen.json(&json!({"revoked": revoked, "unknown": unknown}))?;
    } else {
        screen.write(&format!("Revoked {}.\n", counted(revoked.len(), "permission")))?;
    }
    for id in &unknown {
        report(&format!("claude-bridge: {id:?} is no id of `permissions list`"));
    }
    Ok(if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
