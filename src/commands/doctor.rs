//! `claude-bridge doctor`: whether all is there that a bridge needs, as a list.

use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::cli::{SettingArgs, unknown_variables};
use super::guard;
use super::serve::{self, Agent};
use super::terminal::line::Line;
use super::terminal::output::{Output, Place};
use super::terminal::words::one_line;
use super::terminal::{print_json, unwritten};
use crate::config::{self, Flags, Places, Sources};
use crate::error::Result;
use crate::protocol::health::{HealthCheck, HealthResult, HealthStatus};
use crate::service::health;

/// Look whether all is there that a bridge needs, and say what can be done about what is not.
///
/// Reads the history through and writes to it; starts the Claude CLI with all configured MCP servers, and ends them.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 where nothing failed (there may be warnings), 1 where something did.")]
pub(super) struct DoctorArgs {
    /// Print JSON, as `bridge/health` answers it.
    #[arg(long)]
    json: bool,
}

/// Looks at everything and says what was found.
///
/// # Errors
/// If the runtime cannot be started, or nothing can be printed.
pub(super) fn run(args: &DoctorArgs, settings: SettingArgs) -> Result<ExitCode> {
    let agent = if settings.demo { Agent::Demo } else { Agent::Configured };
    let flags = settings.into_flags();
    let found = super::block_on(look(&flags, agent))?;
    let printed = if args.json { print_json(&found) } else { print(&found) };
    printed.or_else(unwritten)?;
    Ok(if found.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn look(flags: &Flags, agent: Agent) -> HealthResult {
    match settings(flags, agent) {
        Ok(settings) => health::of_settings(&settings).await,
        Err(error) => health::of_unreadable(&error),
    }
}

fn settings(flags: &Flags, agent: Agent) -> Result<crate::service::Settings> {
    let places = Places::find()?;
    let variables = config::variables_of_this_process();
    let workspace = Some(places.current.as_path());
    let sources = Sources { places: &places, variables: &variables, flags, workspace, options: None };
    let mut resolved = config::resolve(&sources)?;
    resolved.notices.extend(unknown_variables(std::env::vars_os().map(|(name, _)| name)));
    serve::settings(resolved, Some("claude-bridge doctor".to_owned()), guard::program()?, agent)
}

fn print(found: &HealthResult) -> io::Result<()> {
    let mut out = Output::standard();
    let width = found.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    let lines: Vec<Line> = found.checks.iter().flat_map(|check| lines_of(check, width)).collect();
    out.lines(Place::Answer, &lines)?;
    out.flush()
}

fn lines_of(check: &HealthCheck, width: usize) -> Vec<Line> {
    let (style, sign) = match check.status {
        HealthStatus::Ok => (AnsiColor::Green.on_default(), "✓"),
        HealthStatus::Warning => (AnsiColor::Yellow.on_default(), "!"),
        HealthStatus::Failed => (AnsiColor::Red.on_default(), "✗"),
    };
    let first = format!("{sign} {:<width$}  ", one_line(&check.name));
    let indent = " ".repeat(first.chars().count());
    let mut lines = vec![Line::hanging(style, &first).and(Style::new(), one_line(&check.detail))];
    if let Some(hint) = &check.hint {
        lines.push(Line::hanging(Style::new(), &indent).and(Style::new().dimmed(), one_line(hint)));
    }
    lines
}
