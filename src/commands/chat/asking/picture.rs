//! What a person sees of something that they are to decide about.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::change::Change;
use crate::commands::terminal::line::Line;
use crate::commands::terminal::words::{one_line, visible};
use crate::protocol::permission::{Permission, PermissionKind, Question};

/// How many lines of it are shown until the person wants to see all.
const SHOWN: usize = 30;

const PLAIN: Style = Style::new();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const SIGN: Style = AnsiColor::Yellow.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default();

/// What a permission is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) lines: Vec<Line>,
    /// A text of Claude's below them, in Markdown.
    pub(super) text: Option<String>,
    /// How many lines were left out.
    pub(super) left_out: usize,
}

impl Picture {
    /// The first lines of what a permission is about, or all of them. Paths are told from `cwd`.
    pub(super) fn of(permission: &Permission, cwd: &Path, whole: bool) -> Self {
        let (title, text) = match permission.kind {
            PermissionKind::Tool => (permission.title.as_str(), None),
            PermissionKind::Plan => ("Claude has a plan", permission.input["plan"].as_str().map(str::to_owned)),
            PermissionKind::Question => ("Claude would like to know", None),
        };
        let mut lines = vec![Line::hanging(SIGN, "? ").and(BOLD, visible(&one_line(title)))];
        let mut left_out = 0;
        if permission.kind == PermissionKind::Tool {
            let mut details = details(permission, cwd);
            if !whole && details.len() > SHOWN + 1 {
                left_out = details.len() - SHOWN;
                details.truncate(SHOWN);
                details.push(Line::hanging(DIM, "  ").and(DIM, format!("… {left_out} more lines: d shows them")));
            }
            lines.append(&mut details);
        }
        Self { lines, text, left_out }
    }
}

/// A question, and what can be chosen, by number.
pub(super) fn of_question(question: &Question, number: usize, of: usize) -> Vec<Line> {
    let place = if of > 1 { format!("{number}/{of} ") } else { String::new() };
    let header = match one_line(&question.header) {
        header if header.is_empty() => place,
        header => format!("{place}{}: ", visible(&header)),
    };
    let mut lines = vec![Line::hanging(PLAIN, "  ").and(DIM, header).and(BOLD, visible(&one_line(&question.question)))];
    for (option, number) in question.options.iter().zip(1..) {
        let description = match one_line(&option.description) {
            description if description.is_empty() => String::new(),
            description => format!(" · {}", visible(&description)),
        };
        let line = Line::hanging(BOLD, &format!("  {number:>2}  "));
        lines.push(line.and(PLAIN, visible(&one_line(&option.label))).and(DIM, description));
    }
    lines
}

fn details(permission: &Permission, cwd: &Path) -> Vec<Line> {
    let input = &permission.input;
    let mut lines = match permission.tool_name.as_str() {
        "Bash" => command(input["command"].as_str().unwrap_or_default()),
        name => match Change::of(name, input, cwd) {
            Some(change) => {
                let mut lines = vec![path(&change.path, cwd)];
                lines.extend(change.lines());
                lines
            }
            None => fields(input),
        },
    };
    let said = permission.description.as_deref().map(one_line).unwrap_or_default();
    let is_news = !said.is_empty() && !permission.title.contains(&said) && permission.tool_name != "Edit";
    if is_news {
        lines.push(Line::hanging(PLAIN, "  ").and(DIM, visible(&said)));
    }
    lines
}

fn command(command: &str) -> Vec<Line> {
    let lines = command.trim_end().split('\n').enumerate();
    let line = |(at, line): (usize, &str)| {
        Line::verbatim(DIM, if at == 0 { "  $ " } else { "    " }).and(PLAIN, visible(line))
    };
    lines.map(line).collect()
}

fn path(path: &Path, cwd: &Path) -> Line {
    let shown = |path: &Path| visible(&path.to_string_lossy());
    let climbs = path.components().any(|part| part == std::path::Component::ParentDir);
    match path.strip_prefix(cwd).ok().filter(|_| !climbs) {
        Some(inside) => Line::verbatim(PLAIN, format!("  {}", shown(inside))),
        None if path.is_relative() && !climbs => Line::verbatim(PLAIN, format!("  {}", shown(path))),
        None => Line::verbatim(PLAIN, format!("  {}", shown(path))).and(CARE, " (outside of this folder)"),
    }
}

/// The arguments of a tool of which nothing is known, one by one.
fn fields(input: &Value) -> Vec<Line> {
    let Value::Object(fields) = input else { return Vec::new() };
    let mut lines = Vec::new();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut texts = value.trim_end().split('\n').map(visible);
        let first = texts.next().unwrap_or_default();
        lines.push(Line::verbatim(DIM, format!("  {}: ", visible(name))).and(PLAIN, first));
        lines.extend(texts.map(|text| Line::verbatim(PLAIN, format!("    {text}"))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{asking, permission};
    use super::*;

    fn shown(tool: &str, title: &str, input: Value, whole: bool) -> Vec<String> {
        let permission = Permission { tool_name: tool.into(), title: title.into(), input, ..permission("tool") };
        Picture::of(&permission, Path::new("/w"), whole).lines.iter().map(Line::text).collect()
    }

    #[test]
    fn a_command_is_shown_whole_and_as_it_is() {
        let lines = shown("Bash", "Run make", json!({"command": "make \u{1b}[8m\n  all"}), false);
        assert_eq!(lines, ["? Run make", r"  $ make \u{1b}[8m", "      all"]);
    }

    #[test]
    fn a_path_outside_of_the_folder_is_told_so() {
        for (file, told) in [
            ("/w/a/b", "  a/b"),
            ("/x/b", "  /x/b (outside of this folder)"),
            ("/w/../b", "  /w/../b (outside of this folder)"),
            ("b", "  b"),
        ] {
            assert_eq!(shown("Write", "Write", json!({"file_path": file, "content": "x"}), false)[1], told);
        }
    }

    #[test]
    fn of_a_tool_that_is_not_known_each_argument_is_shown() {
        let lines = shown("mcp__a__b", "a: b", json!({"text": "one\ntwo", "count": 3}), false);
        assert_eq!(lines, ["? a: b", "  text: one", "    two", "  count: 3"]);
    }

    #[test]
    fn what_is_long_is_cut_until_the_person_wants_all_of_it() {
        let command = vec!["x"; 100].join("\n");
        let lines = shown("Bash", "Run x", json!({"command": command}), false);
        assert_eq!((lines.len(), lines[SHOWN + 1].as_str()), (SHOWN + 2, "  … 70 more lines: d shows them"));
        assert_eq!(shown("Bash", "Run x", json!({"command": command}), true).len(), 101);
    }

    #[test]
    fn a_question_has_its_place_and_its_options_numbers() {
        let asking = asking("question");
        let lines: Vec<String> = of_question(&asking.permission.questions[0], 1, 2).iter().map(Line::text).collect();
        assert_eq!(lines, ["  1/2 Colour: Which colour?", "   1  Red · warm", "   2  Blue"]);
    }
}
