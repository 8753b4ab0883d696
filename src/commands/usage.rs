//! `claude-bridge usage`: what was used and what it cost, with a bar for each.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};

use super::cli::SettingArgs;
use super::connection::{Connection, Start};
use super::terminal::figures::{cost, count};
use super::terminal::line::Line;
use super::terminal::output::{Output, Place};
use super::terminal::words::one_line;
use super::terminal::wrap::{cut, pad};
use super::terminal::{print_json, unwritten};
use super::when::when;
use crate::error::Result;
use crate::protocol::session::SessionParams;
use crate::protocol::usage::{UsageGroup, UsageRow, UsageSummaryParams, UsageSummaryResult};
use crate::rpc::methods::session::SessionGet;
use crate::rpc::methods::usage::UsageSummary;
use crate::time::Timestamp;

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const BAR: Style = AnsiColor::Cyan.on_default();

/// How wide the name of a group may be, in columns.
const NAME: usize = 40;
/// How wide the figures are, in columns.
const FIGURES: usize = 44;
/// How wide all of it is where there is no terminal.
const WIDTH: usize = 100;
/// How far back it goes by itself where it is by day.
const BACK: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many rows are shown.
const SHOWN: usize = 40;

/// Show what was used and what it cost, by day, model, session or study.
///
/// By day it is the last 30 days unless --since says otherwise. Days are those of UTC.
#[derive(Debug, Args)]
pub(super) struct UsageArgs {
    /// By what.
    #[arg(long, value_enum, default_value_t = By::Day)]
    by: By,
    /// Only since then: 2026-11-27, 7d, 12h.
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<Timestamp>,
    /// Only before then.
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// Print JSON, as `usage/summary` answers it.
    #[arg(long)]
    json: bool,
}

/// By what usage is summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    Day,
    Model,
    Session,
    Study,
}

/// A group, as it is shown.
struct Row {
    name: String,
    of: UsageRow,
}

/// Sums up, and shows it.
///
/// # Errors
/// What `usage/summary` answers.
pub(super) fn run(args: &UsageArgs, settings: &SettingArgs) -> Result<ExitCode> {
    let (summary, rows) = super::block_on(sum(args, settings))??;
    let printed = if args.json { print_json(&summary) } else { print(&rows, &summary.rows) };
    printed.or_else(unwritten)?;
    Ok(ExitCode::SUCCESS)
}

async fn sum(args: &UsageArgs, settings: &SettingArgs) -> Result<(UsageSummaryResult, Vec<Row>)> {
    let back = (args.by == By::Day && args.until.is_none()).then(|| begin_of_today(BACK));
    let params = UsageSummaryParams {
        group_by: match args.by {
            By::Day => UsageGroup::Day,
            By::Model => UsageGroup::Model,
            By::Session => UsageGroup::Session,
            By::Study => UsageGroup::Study,
        },
        since: args.since.or(back),
        until: args.until,
    };
    let connection = Connection::open_here(&Start::quiet("claude-bridge usage", settings)).await?;
    let summed = async {
        let summary = connection.request::<UsageSummary>(params).await?;
        let mut rows = Vec::new();
        if !args.json {
            for row in summary.rows.iter().take(SHOWN) {
                rows.push(Row { name: name_of(&connection, row, args.by).await, of: row.clone() });
            }
        }
        Ok((summary, rows))
    };
    let summed = summed.await;
    connection.close().await?;
    summed
}

/// So long before now.
fn begin_of_today(back: Duration) -> Timestamp {
    let millis = i64::try_from(back.as_millis()).unwrap_or(0);
    Timestamp::from_millis(Timestamp::now().as_millis() - millis)
}

/// What a group is called; of a session that is its title.
async fn name_of(connection: &Connection, row: &UsageRow, by: By) -> String {
    if by == By::Study && row.key.is_empty() {
        return "no study".to_owned();
    }
    let id = row.key.parse().ok().filter(|_| by == By::Session);
    let Some(session_id) = id else { return one_line(&row.key) };
    match connection.request::<SessionGet>(SessionParams { session_id }).await {
        Ok(found) => one_line(&found.session.title),
        Err(_) => row.key.clone(),
    }
}

fn print(rows: &[Row], all: &[UsageRow]) -> io::Result<()> {
    let mut out = Output::standard();
    if all.is_empty() {
        out.lines(Place::Aside, &[Line::hanging(PLAIN, "").and(DIM, "nothing was used in this time")])?;
        return out.flush();
    }
    let width = out.looks(Place::Answer).terminal.unwrap_or(WIDTH);
    out.lines(Place::Answer, &table(rows, all, width))?;
    if all.len() > rows.len() {
        let more = format!("… and {} more; --since shows fewer, --json all", all.len() - rows.len());
        out.lines(Place::Aside, &[Line::hanging(PLAIN, "").and(DIM, more)])?;
    }
    out.flush()
}

fn table(rows: &[Row], all: &[UsageRow], width: usize) -> Vec<Line> {
    let name = rows.iter().map(|row| unicode_width::UnicodeWidthStr::width(row.name.as_str())).max().unwrap_or(0);
    let name = name.clamp(5, NAME.min(width.saturating_sub(FIGURES).max(8)));
    let room = width.saturating_sub(name + FIGURES + 1);
    let largest = rows.iter().map(|row| weight(&row.of)).fold(0.0, f64::max);
    let head = format!("{}  {:>6} {:>7} {:>7} {:>7} {:>10}", pad("", name), "turns", "in", "cached", "out", "cost");
    let mut lines = vec![Line::verbatim(DIM, head)];
    for row in rows {
        let bar = bar(weight(&row.of), largest, room);
        lines.push(Line::verbatim(PLAIN, figures(&row.name, name, &row.of) + "  ").and(BAR, bar));
    }
    if all.len() > 1 {
        lines.push(Line::verbatim(BOLD, figures("total", name, &total(all))));
    }
    lines
}

fn figures(name: &str, width: usize, row: &UsageRow) -> String {
    let input = row.usage.input_tokens + row.usage.cache_write_tokens + row.usage.cache_read_tokens;
    let (cached, output) = (count(row.usage.cache_read_tokens), count(row.usage.output_tokens));
    let name = pad(&cut(name, width), width);
    format!("{name}  {:>6} {:>7} {cached:>7} {output:>7} {:>10}", count(row.turns), count(input), cost(row.cost_usd))
}

/// What a bar stands for: the cost, or the tokens of those that cost nothing.
fn weight(row: &UsageRow) -> f64 {
    if row.cost_usd > 0.0 { row.cost_usd } else { 0.0 }
}

/// A bar of so much of the room, to an eighth of a column.
fn bar(value: f64, largest: f64, room: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if largest <= 0.0 || value <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few hundred"
    )]
    let eighths = ((value / largest) * (room * 8) as f64).round().max(1.0) as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

fn total(rows: &[UsageRow]) -> UsageRow {
    let sum = |of: fn(&UsageRow) -> u64| rows.iter().map(of).sum();
    UsageRow {
        key: String::new(),
        turns: sum(|row| row.turns),
        usage: crate::protocol::usage::Usage {
            input_tokens: sum(|row| row.usage.input_tokens),
            output_tokens: sum(|row| row.usage.output_tokens),
            cache_read_tokens: sum(|row| row.usage.cache_read_tokens),
            cache_write_tokens: sum(|row| row.usage.cache_write_tokens),
        },
        cost_usd: rows.iter().map(|row| row.cost_usd).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, turns: u64, cost_usd: f64) -> Row {
        let usage = crate::protocol::usage::Usage { input_tokens: 1200, output_tokens: 340, ..Default::default() };
        Row { name: name.to_owned(), of: UsageRow { key: name.to_owned(), turns, usage, cost_usd } }
    }

    #[test]
    fn columns_stand_under_one_another_and_bars_fit_the_width() {
        let rows = [row("2026-11-26", 3, 0.5), row("日本語", 1, 1.0)];
        let all: Vec<UsageRow> = rows.iter().map(|row| row.of.clone()).collect();
        let lines: Vec<String> = table(&rows, &all, 80).iter().map(Line::text).collect();
        let widths: Vec<usize> = lines
            .iter()
            .map(|line| unicode_width::UnicodeWidthStr::width(line.trim_end_matches(['█', ' ', '▌'])))
            .collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{lines:#?}");
        assert!(lines.iter().all(|line| unicode_width::UnicodeWidthStr::width(line.as_str()) <= 80), "{lines:#?}");
        let bars: Vec<usize> = lines.iter().map(|line| line.matches('█').count()).collect();
        assert!((bars[1] * 2).abs_diff(bars[2]) <= 1, "{lines:#?}");
        assert!(lines[3].starts_with("total") && lines[3].contains("$1.50") && lines[3].contains("2.4k"), "{lines:#?}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!([bar(1.0, 1.0, 3), bar(0.5, 1.0, 3), bar(0.0001, 1.0, 3), bar(0.0, 1.0, 3)], ["███", "█▌", "▏", ""]);
    }
}
