//! `sessions delete` and `sessions purge`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::remains::{self, Remains};
use crate::commands::own_history::Places;
use crate::commands::report;
use crate::commands::terminal::screen::{Screen, bytes, confirm, counted};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::service::Service;
use crate::store::Compacted;

/// Delete sessions, with the Claude CLI's own transcripts of them.
#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// The sessions.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

/// Delete sessions and rewrite the history's file, so that nothing is left in it of what was ever deleted.
///
/// Without sessions, --older-than and --all only the file is rewritten. What was said may be in files that are of no
/// session alone: a damaged history that was moved aside, what you typed in `chat`, a log with content. They are named;
/// --all removes them, too.
#[derive(Debug, Args)]
pub(super) struct PurgeArgs {
    /// The sessions.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Those in which nothing has happened for so many days.
    #[arg(long, value_name = "DAYS", conflicts_with = "ids")]
    older_than: Option<u32>,
    /// All of them, and the files that are of no session alone.
    #[arg(long, conflicts_with_all = ["ids", "older_than"])]
    all: bool,
    /// Do not ask.
    #[arg(long, short = 'y')]
    yes: bool,
}

pub(super) async fn delete(args: DeleteArgs, service: &Service, json: bool) -> Result<ExitCode> {
    let mut ids = Vec::new();
    for id in &args.ids {
        ids.push(service.find_session(id).await?);
    }
    if !args.yes && !is_wanted(service, &ids, 0).await? {
        return Ok(ExitCode::FAILURE);
    }
    let mut screen = Screen::stdout();
    let (removed, kept) = remove_all(service, &ids).await?;
    if json {
        screen.json(&json!({"deleted": removed, "kept": kept}))?;
    } else {
        screen.write(&format!("Deleted {}.\n", counted(removed.len(), "session")))?;
    }
    Ok(if kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) async fn purge(args: PurgeArgs, service: &Service, places: &Places, json: bool) -> Result<ExitCode> {
    let ids = wanted(&args, service).await?;
    let remains = remains::find(&places.data_dir, &places.log)?;
    let files = if args.all { remains.len() } else { 0 };
    if !args.yes && (!ids.is_empty() || files > 0) && !is_wanted(service, &ids, files).await? {
        return Ok(ExitCode::FAILURE);
    }
    let (removed, kept) = remove_all(service, &ids).await?;
    let compacted = service.compact_history().await?;
    let (removed_files, left) = if args.all { (remains, Vec::new()) } else { (Vec::new(), remains) };
    removed_files.iter().try_for_each(Remains::remove)?;
    let mut screen = Screen::stdout();
    if json {
        screen.json(&json!({
            "deleted": removed,
            "kept": kept,
            "bytesBefore": compacted.bytes_before,
            "bytesAfter": compacted.bytes_after,
            "logStays": compacted.log_stays,
            "removedFiles": removed_files,
            "leftFiles": left,
        }))?;
    } else {
        screen.write(&told(removed.len(), &compacted, &removed_files, &left))?;
    }
    if compacted.log_stays {
        report(
            "claude-bridge: another program reads the history: what was deleted is still in its log; run this again",
        );
    }
    Ok(if kept.is_empty() && !compacted.log_stays { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(deleted: usize, compacted: &Compacted, removed: &[Remains], left: &[Remains]) -> String {
    let (count, before, after) =
        (counted(deleted, "session"), bytes(compacted.bytes_before), bytes(compacted.bytes_after));
    let mut text = format!("Deleted {count}; the history takes {after}, before it took {before}.\n");
    for file in removed {
        text.push_str(&format!("Removed {}.\n", file.told()));
    }
    if !left.is_empty() {
        text.push_str("There may be something of it in files that are of no session alone (--all removes them):\n");
    }
    for file in left {
        text.push_str(&format!("  {}\n", file.told()));
    }
    text
}

async fn wanted(args: &PurgeArgs, service: &Service) -> Result<Vec<SessionId>> {
    if args.all {
        return Ok(service.unused_sessions(Duration::ZERO).await?.1);
    }
    if let Some(days) = args.older_than {
        return Ok(service.unused_sessions(Duration::from_secs(24 * 60 * 60).saturating_mul(days)).await?.1);
    }
    let mut ids = Vec::new();
    for id in &args.ids {
        ids.push(service.find_session(id).await?);
    }
    Ok(ids)
}

/// Asks the person.
async fn is_wanted(service: &Service, ids: &[SessionId], files: usize) -> Result<bool> {
    let what = match ids {
        [id] => format!("session {id} ({})", service.session(*id).await?.title),
        ids => counted(ids.len(), "session"),
    };
    let more = if files > 0 {
        format!(", and {} more that have what was said", counted(files, "file"))
    } else {
        String::new()
    };
    confirm(&format!("Delete {what} for good, with the Claude CLI's own transcripts{more}?"))
}

/// Removes them one by one. Those that another bridge runs stay, and the person is told.
async fn remove_all(service: &Service, ids: &[SessionId]) -> Result<(Vec<SessionId>, Vec<SessionId>)> {
    let (mut removed, mut kept) = (Vec::new(), Vec::new());
    for id in ids {
        match service.delete_session(*id).await {
            Ok(()) => removed.push(*id),
            Err(error) if error.kind() == ErrorKind::SessionHeld => {
                report(&format!("claude-bridge: {error}"));
                kept.push(*id);
            }
            Err(error) => return Err(told_what_is_done(error, removed.len())),
        }
    }
    Ok((removed, kept))
}

fn told_what_is_done(error: Error, removed: usize) -> Error {
    if removed == 0 { error } else { error.hint(format!("{} before it were deleted", counted(removed, "session"))) }
}
