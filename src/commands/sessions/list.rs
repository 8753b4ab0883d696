//! `sessions list`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::commands::terminal::screen::Screen;
use crate::error::Result;
use crate::protocol::session::{Session, SessionListParams, SessionListResult, SessionState};
use crate::service::Service;
use crate::time::Timestamp;

/// How many are asked for at a time.
const PAGE: u32 = 1000;
/// How much of an id a terminal shows: it tells sessions apart that were made in different milliseconds.
const SHORT_ID: usize = 13;

/// List the sessions, newest activity first.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// How many at most.
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// All of them.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Only those whose title contains this, in any case.
    #[arg(value_name = "TEXT")]
    query: Option<String>,
}

pub(super) async fn run(args: ListArgs, service: &Service, json: bool) -> Result<ExitCode> {
    let limit = if args.all { usize::MAX } else { args.limit };
    let sessions = sessions(service, limit, args.query).await?;
    let mut screen = Screen::stdout();
    if json {
        screen.json(&SessionListResult { sessions, next_cursor: None })?;
    } else {
        let is_terminal = screen.width.is_some();
        let rows: Vec<Vec<String>> = sessions.iter().map(|session| row(session, is_terminal)).collect();
        screen.table(&["ID", "ACTIVE", "STATE", "MESSAGES", "COST", "TITLE"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn sessions(service: &Service, limit: usize, query: Option<String>) -> Result<Vec<Session>> {
    let mut sessions = Vec::new();
    let mut cursor = None;
    while sessions.len() < limit {
        let wanted = u32::try_from(limit - sessions.len()).unwrap_or(PAGE).min(PAGE);
        let params =
            SessionListParams { limit: Some(wanted), cursor, query: query.clone(), ..SessionListParams::default() };
        let page = service.sessions(params).await?;
        sessions.extend(page.sessions);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(sessions)
}

fn row(session: &Session, is_terminal: bool) -> Vec<String> {
    let id = session.id.to_string();
    let (id, active) = if is_terminal {
        (id.chars().take(SHORT_ID).collect(), told(Timestamp::now().since(session.last_active_at)))
    } else {
        (id, session.last_active_at.to_string())
    };
    let title = if session.title.is_empty() { "(untitled)".to_owned() } else { session.title.clone() };
    let cost = format!("${:.2}", session.cost_usd);
    vec![id, active, state(session).to_owned(), session.message_count.to_string(), cost, title]
}

/// As the other bridge that runs it is not to be asked, that it runs is all there is to say.
fn state(session: &Session) -> &'static str {
    match session.state {
        _ if session.held_by.is_some() => "in use",
        SessionState::Idle => "idle",
        SessionState::Running => "running",
        SessionState::Waiting => "waiting",
        SessionState::Parked => "parked",
        SessionState::Closed => "closed",
        SessionState::Failed => "failed",
    }
}

/// How long ago: "3 min ago".
fn told(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    match (minutes / (24 * 60), minutes / 60, minutes) {
        (0, 0, 0) => "just now".to_owned(),
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, _) => format!("{hours} h ago"),
        (1, ..) => "1 day ago".to_owned(),
        (days, ..) => format!("{days} days ago"),
    }
}
