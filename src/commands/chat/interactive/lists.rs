//! What the commands of a conversation answer, in lines.

use anstyle::{AnsiColor, Style};

use super::super::wish::OWN;
use crate::commands::terminal::figures::{ago, count};
use crate::commands::terminal::line::Line;
use crate::commands::terminal::words::one_line;
use crate::commands::terminal::wrap::cut;
use crate::ids::SessionId;
use crate::protocol::capabilities::{ContextUsage, ModelInfo};
use crate::protocol::mcp::{McpServerInfo, McpServerState};
use crate::protocol::session::{Mode, Session};
use crate::time::Timestamp;

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const CARE: Style = AnsiColor::Yellow.on_default();

/// How wide the longest title may be, in columns.
const TITLE: usize = 48;

/// How long the longest bar is, in columns.
const BAR: u64 = 24;

/// A word about what was done.
pub(super) fn note(text: &str) -> Line {
    Line::hanging(DIM, "").and(DIM, text)
}

/// The commands: ours, and the names of Claude's.
pub(super) fn help(commands: &[String]) -> Vec<Line> {
    let mut lines: Vec<Line> = OWN
        .iter()
        .map(|own| {
            let usage = format!("{} {}", own.name, own.argument);
            Line::hanging(PLAIN, &format!("{usage:<20} ")).and(DIM, own.meaning)
        })
        .collect();
    lines.push(Line::hanging(PLAIN, &format!("{:<20} ", "Ctrl-C")).and(DIM, "interrupt Claude; twice: leave"));
    let more = "A \\ at the end of a line goes on in the next one. Tab completes commands.";
    lines.push(note(more));
    let own: Vec<String> = commands
        .iter()
        .map(|name| format!("/{}", one_line(name)))
        .filter(|name| OWN.iter().all(|own| own.name != name))
        .collect();
    lines.push(note(&match own.is_empty() {
        true => "All other /words are Claude's own.".to_owned(),
        false => format!("Claude's own: {}", own.join(" ")),
    }));
    lines
}

/// The modes, and which of them it is.
pub(super) fn modes(now: Mode, known: &[Mode]) -> Vec<Line> {
    let meaning = |mode| match mode {
        Mode::User => ("user", "what the rules do not allow is asked"),
        Mode::Power => ("power", "everything is allowed; only questions and plans are asked"),
    };
    let mut lines = vec![];
    for mode in [Mode::User, Mode::Power].into_iter().filter(|mode| *mode == now || known.contains(mode)) {
        let (name, meaning) = meaning(mode);
        lines.push(choice(mode == now, &format!("{name:<6}")).and(DIM, meaning));
    }
    if !known.contains(&Mode::Power) && now != Mode::Power {
        lines.push(note("  power mode has to be enabled in the configuration: modes.power.enabled"));
    }
    lines
}

/// The models, by number, and which of them it is.
pub(super) fn models(models: &[ModelInfo], now: Option<&str>) -> Vec<Line> {
    let now = now.unwrap_or("default");
    if models.is_empty() {
        return vec![note("the models are known once Claude has started: say something first")];
    }
    let mut lines: Vec<Line> = models
        .iter()
        .zip(1..)
        .map(|(model, number)| {
            let described = model.description.as_deref().map(one_line).unwrap_or_default();
            let name = if model.name == model.id { String::new() } else { format!("{} ", one_line(&model.name)) };
            choice(model.id == now, &format!("{number:>2}  {:<10}", one_line(&model.id)))
                .and(PLAIN, name)
                .and(DIM, described)
        })
        .collect();
    if !models.iter().any(|model| model.id == now) {
        lines.push(choice(true, &one_line(now)));
    }
    lines.push(note("/model NAME or NUMBER has another one answer"));
    lines
}

/// A line of a list, marked where it is what holds now.
fn choice(is_now: bool, text: &str) -> Line {
    match is_now {
        true => Line::hanging(GOOD, "● ").and(BOLD, text).and(PLAIN, "  "),
        false => Line::hanging(PLAIN, "  ").and(PLAIN, text).and(PLAIN, "  "),
    }
}

/// What fills the context, with a bar for each part.
pub(super) fn context(usage: Option<&ContextUsage>) -> Vec<Line> {
    let Some(usage) = usage else {
        return vec![note("nothing is known of the context while no process serves the session: say something first")];
    };
    let model = usage.model.as_deref().map(|model| format!(" · {}", one_line(model))).unwrap_or_default();
    let percent = usage.total_tokens * 100 / usage.max_tokens.max(1);
    let total = format!("{} of {} tokens, {percent} %{model}", count(usage.total_tokens), count(usage.max_tokens));
    let mut lines = vec![Line::hanging(BOLD, "").and(BOLD, total)];
    let largest = usage.categories.iter().filter(|part| part.kind != "free").map(|part| part.tokens).max().unwrap_or(0);
    for part in &usage.categories {
        let name = cut(&one_line(&part.name), 24);
        let line = Line::verbatim(PLAIN, format!("  {name:<24} {:>6} ", count(part.tokens)));
        let length = if part.kind == "free" { 0 } else { part.tokens * BAR / largest.max(1) };
        lines.push(line.and(GOOD, "█".repeat(usize::try_from(length).unwrap_or(0))));
    }
    lines
}

/// The MCP servers and their tools.
pub(super) fn servers(servers: &[McpServerInfo]) -> Vec<Line> {
    if servers.is_empty() {
        return vec![note("there are no MCP servers here; mcp_servers.NAME in the configuration adds one")];
    }
    let line = |server: &McpServerInfo| {
        let (style, sign) = match server.status {
            McpServerState::Connected => (GOOD, "● "),
            McpServerState::Failed => (BAD, "✗ "),
            _ => (CARE, "○ "),
        };
        let state = match (&server.error, server.status) {
            (Some(error), _) => one_line(error),
            (None, McpServerState::Connected) => server.tools.join(", "),
            (None, other) => format!("{other:?}").to_lowercase(),
        };
        Line::hanging(style, sign).and(PLAIN, one_line(&server.name)).and(DIM, format!("  {}", one_line(&state)))
    };
    servers.iter().map(line).collect()
}

/// Sessions by number, the newest first.
pub(super) fn sessions(sessions: &[Session], now: SessionId) -> Vec<Line> {
    if sessions.is_empty() {
        return vec![note("there is none")];
    }
    let here = Timestamp::now();
    let line = |(session, number): (&Session, usize)| {
        let title = cut(&one_line(&session.title), TITLE);
        let held = if session.held_by.is_some() { " · open elsewhere" } else { "" };
        let about = format!("{} · {} messages{held}", ago(here.since(session.last_active_at)), session.message_count);
        choice(session.id == now, &format!("{number:>2}  {title}")).and(DIM, about)
    };
    let mut lines: Vec<Line> = sessions.iter().zip(1..).map(line).collect();
    lines.push(note("/resume NUMBER goes on with one of them"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::capabilities::ContextPart;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn help_lists_our_commands_and_claudes_own() {
        let lines = texts(&help(&["review".to_owned(), "context".to_owned()]));
        assert!(lines.iter().any(|line| line.starts_with("/model [NAME]")));
        assert_eq!(lines.last().unwrap(), "Claude's own: /review");
    }

    #[test]
    fn the_context_has_a_bar_for_each_part_but_for_what_is_free() {
        let part = |name: &str, tokens, kind: &str| ContextPart { name: name.into(), tokens, kind: kind.into() };
        let categories = vec![part("Messages", 100, "used"), part("Tools", 50, "used"), part("Free", 850, "free")];
        let usage = ContextUsage { total_tokens: 150, max_tokens: 1000, model: None, categories };
        let lines = texts(&context(Some(&usage)));
        assert_eq!(lines[0], "150 of 1.0k tokens, 15 %");
        let bars: Vec<usize> = lines[1..].iter().map(|line| line.matches('█').count()).collect();
        assert_eq!(bars, [24, 12, 0]);
    }

    #[test]
    fn what_holds_now_is_marked() {
        let model = |id: &str| ModelInfo {
            id: id.into(),
            name: id.into(),
            description: None,
            resolved: None,
            effort_levels: vec![],
        };
        let lines = texts(&models(&[model("default"), model("opus")], Some("opus")));
        assert!(lines[1].starts_with("●  2  opus"), "{lines:?}");
        assert!(texts(&modes(Mode::User, &[Mode::User])).iter().any(|line| line.contains("modes.power.enabled")));
    }
}
