//! `claude-bridge search`: what was said, in all sessions.

use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};

use super::cli::SettingArgs;
use super::connection::{Connection, Start};
use super::terminal::line::Line;
use super::terminal::output::{Output, Place};
use super::terminal::words::one_line;
use super::terminal::{print_json, unwritten};
use super::when::when;
use crate::error::Result;
use crate::ids::SessionId;
use crate::protocol::message::Role;
use crate::protocol::search::{MessageSearchParams, MessageSearchResult, SearchHit, SearchInclude, SearchOrder};
use crate::rpc::methods::search::MessageSearch;
use crate::time::Timestamp;

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
const TITLE: Style = AnsiColor::Magenta.on_default().bold();
const FOUND: Style = AnsiColor::Red.on_default().bold();

/// Search what was said, in all sessions.
///
/// Words that all have to be there, "phrases" in quotes, prefix*, -not, OR; in any language.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 where something was found, 1 where nothing was, or the search failed.")]
pub(super) struct SearchArgs {
    /// What to look for; several words need no quotes.
    #[arg(required = true, value_name = "QUERY", allow_hyphen_values = true)]
    query: Vec<String>,
    /// The best matches first, in place of the newest.
    #[arg(long)]
    best: bool,
    /// Only in this session.
    #[arg(long, value_name = "ID")]
    session: Option<SessionId>,
    /// Only in sessions that are about this study.
    #[arg(long, value_name = "ID")]
    study: Option<String>,
    /// Only what this side said.
    #[arg(long, value_enum)]
    role: Option<Side>,
    /// Only since then: 2026-11-27, 7d, 12h.
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<Timestamp>,
    /// Only before then.
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// What tools were given and what they answered, too.
    #[arg(long)]
    tools: bool,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Print JSON, as `message/search` answers it.
    #[arg(long)]
    json: bool,
}

/// A side of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Side {
    User,
    Assistant,
}

/// Searches, and shows what was found.
///
/// # Errors
/// What `message/search` answers.
pub(super) fn run(args: &SearchArgs, settings: &SettingArgs) -> Result<ExitCode> {
    let found = super::block_on(search(args, settings))??;
    let printed = if args.json { print_json(&found) } else { print(&found) };
    printed.or_else(unwritten)?;
    Ok(if found.hits.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn search(args: &SearchArgs, settings: &SettingArgs) -> Result<MessageSearchResult> {
    let params = MessageSearchParams {
        query: args.query.join(" "),
        order: args.best.then_some(SearchOrder::Best),
        study_id: args.study.clone(),
        session_id: args.session,
        role: args.role.map(|side| match side {
            Side::User => Role::User,
            Side::Assistant => Role::Assistant,
        }),
        since: args.since,
        until: args.until,
        include: args.tools.then_some(SearchInclude::Tools).into_iter().collect(),
        limit: Some(args.limit),
        cursor: None,
    };
    let connection = Connection::open_here(&Start::quiet("claude-bridge search", settings)).await?;
    let found = connection.request::<MessageSearch>(params).await;
    connection.close().await?;
    found
}

fn print(found: &MessageSearchResult) -> io::Result<()> {
    let mut out = Output::standard();
    let mut last = None;
    for hit in &found.hits {
        if last != Some(hit.session.id) {
            out.skip_line(Place::Answer)?;
            let title = Line::hanging(TITLE, &one_line(&hit.session.title));
            out.lines(Place::Answer, &[title.and(PLAIN, "  ").and(DIM, hit.session.id.to_string())])?;
            last = Some(hit.session.id);
        }
        out.lines(Place::Answer, &[line_of(hit)])?;
    }
    let more = [
        found.hits.is_empty().then(|| "nothing was found".to_owned()),
        found.next_cursor.as_ref().map(|_| "there is more; --limit shows it".to_owned()),
        found.unindexed.map(|count| format!("{count} older messages are not searched yet; the next search has more")),
    ];
    for note in more.into_iter().flatten() {
        out.lines(Place::Aside, &[Line::hanging(PLAIN, "").and(DIM, note)])?;
    }
    out.flush()
}

/// `2026-11-27  you     what was …`
fn line_of(hit: &SearchHit) -> Line {
    let who = match hit.message.role {
        Role::User => "you   ",
        Role::Assistant => "Claude",
    };
    let line = Line::hanging(DIM, &format!("  {}  {who}  ", hit.message.created_at.date()));
    pieces(hit).into_iter().fold(line, |line, (is_found, text)| line.and(if is_found { FOUND } else { PLAIN }, text))
}

/// The snippet, cut where what was found begins and ends. Spaces at the edges of a piece are kept.
fn pieces(hit: &SearchHit) -> Vec<(bool, String)> {
    let units: Vec<u16> = hit.snippet.encode_utf16().collect();
    let end_of_all = units.len();
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut push = |is_found: bool, from: usize, to: usize| {
        let text = String::from_utf16_lossy(units.get(from..to).unwrap_or_default());
        if !text.is_empty() {
            let text: String =
                text.chars().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).collect();
            pieces.push((is_found, text));
        }
    };
    for [start, end] in hit.ranges.iter().map(|range| range.map(|place| place as usize)) {
        push(false, at, start);
        push(true, start, end);
        at = end;
    }
    push(false, at, end_of_all);
    pieces
}
