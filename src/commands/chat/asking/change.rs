//! What an edit makes of a file, as lines that were taken out and put in.

use std::fs;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::commands::terminal::line::Line;
use crate::commands::terminal::words::visible;

/// How many lines that stay are shown around a change.
const AROUND: usize = 3;

/// The largest file that is read to show a change in its place, in bytes.
const LARGEST: u64 = 1024 * 1024;

const REMOVED: Style = AnsiColor::Red.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const KEPT: Style = Style::new().dimmed();

/// A file, before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    before: String,
    after: String,
    /// Whether that is all of the file, so that its lines have numbers.
    whole: bool,
}

impl Change {
    /// What a call of this tool, made in `cwd`, would change, if it is one that does.
    pub(super) fn of(tool: &str, input: &Value, cwd: &Path) -> Option<Self> {
        let text = |key: &str| input[key].as_str();
        match tool {
            "Write" => Some(Self::written(text("file_path")?, text("content")?, cwd)),
            "Edit" => Some(Self::edited(text("file_path")?, std::slice::from_ref(input), cwd)),
            "MultiEdit" => Some(Self::edited(text("file_path")?, input["edits"].as_array()?, cwd)),
            "NotebookEdit" => {
                let (path, after) = (text("notebook_path")?.into(), text("new_source")?.to_owned());
                Some(Self { path, before: String::new(), after, whole: false })
            }
            _ => None,
        }
    }

    fn written(path: &str, content: &str, cwd: &Path) -> Self {
        let before = current(&cwd.join(path)).unwrap_or_default();
        Self { path: path.into(), before, after: content.to_owned(), whole: true }
    }

    fn edited(path: &str, edits: &[Value], cwd: &Path) -> Self {
        let whole = current(&cwd.join(path)).and_then(|before| {
            let after = edits.iter().try_fold(before.clone(), |text, edit| applied(&text, edit))?;
            Some((before, after))
        });
        let path = path.into();
        match whole {
            Some((before, after)) => Self { path, before, after, whole: true },
            // The CLI will say what is wrong with it; here at least what was meant is seen.
            None => {
                let all = |key: &str| edits.iter().filter_map(|edit| edit[key].as_str()).collect::<Vec<_>>().join("\n");
                Self { path, before: all("old_string"), after: all("new_string"), whole: false }
            }
        }
    }

    /// The lines that change, with what stands around them.
    pub(super) fn lines(&self) -> Vec<Line> {
        let diff = TextDiff::from_lines(&self.before, &self.after);
        let last = self.before.lines().count().max(self.after.lines().count());
        let margin = |number: &str| match self.whole {
            true => format!("  {number:>width$} ", width = last.to_string().len()),
            false => "  ".to_owned(),
        };
        let mut lines = Vec::new();
        for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
            if at > 0 {
                lines.push(Line::verbatim(KEPT, margin("") + "⋯"));
            }
            for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
                let (style, sign, number) = match change.tag() {
                    ChangeTag::Delete => (REMOVED, '-', change.old_index()),
                    ChangeTag::Insert => (ADDED, '+', change.new_index()),
                    ChangeTag::Equal => (KEPT, ' ', change.new_index()),
                };
                let number = number.filter(|_| self.whole).map(|index| (index + 1).to_string()).unwrap_or_default();
                let text = visible(change.value().trim_end_matches('\n'));
                lines.push(Line::verbatim(KEPT, margin(&number)).and(style, format!("{sign} {text}")));
            }
        }
        lines
    }
}

/// What a file has now, where it is a text that can be read and is not too large.
fn current(path: &Path) -> Option<String> {
    let known = fs::metadata(path).ok()?;
    let is_small = known.is_file() && known.len() <= LARGEST;
    is_small.then(|| fs::read_to_string(path).ok()).flatten()
}

/// A text after an edit; `None` where the edit does not fit it.
fn applied(text: &str, edit: &Value) -> Option<String> {
    let (old, new) = (edit["old_string"].as_str()?, edit["new_string"].as_str()?);
    if old.is_empty() || !text.contains(old) {
        return None;
    }
    let times = if edit["replace_all"] == true { usize::MAX } else { 1 };
    Some(text.replacen(old, new, times))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(tool: &str, input: &Value) -> Vec<String> {
        Change::of(tool, input, Path::new("/")).unwrap().lines().iter().map(Line::text).collect()
    }

    #[test]
    fn an_edit_is_seen_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let text: String = (1..=20).map(|number| format!("line {number}\n")).collect();
        fs::write(&path, text).unwrap();
        let input = json!({"file_path": path, "old_string": "line 10\n", "new_string": "ten\nand a half\n"});
        let expected = [
            "   7   line 7",
            "   8   line 8",
            "   9   line 9",
            "  10 - line 10",
            "  10 + ten",
            "  11 + and a half",
            "  12   line 11",
            "  13   line 12",
            "  14   line 13",
        ];
        assert_eq!(shown("Edit", &input), expected);
        let edits =
            json!([{"old_string": "line 1\n", "new_string": ""}, {"old_string": "line 20", "new_string": "20"}]);
        let lines = shown("MultiEdit", &json!({"file_path": path, "edits": edits}));
        assert_eq!((lines[0].as_str(), lines[4].as_str()), ("   1 - line 1", "     ⋯"));
        assert_eq!(lines.last().unwrap(), "  19 + 20");
    }

    #[test]
    fn what_is_written_is_compared_with_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let input = json!({"file_path": path, "content": "one\ntwo\n"});
        assert_eq!(shown("Write", &input), ["  1 + one", "  2 + two"]);
        fs::write(&path, "one\n").unwrap();
        assert_eq!(shown("Write", &input), ["  1   one", "  2 + two"]);
    }

    #[test]
    fn an_edit_that_does_not_fit_and_a_notebook_are_shown_as_they_came() {
        let input = json!({"file_path": "/nowhere", "old_string": "a\nb", "new_string": "a\nc\u{1b}"});
        assert_eq!(shown("Edit", &input), ["    a", "  - b", r"  + c\u{1b}"]);
        assert_eq!(shown("NotebookEdit", &json!({"notebook_path": "/n", "new_source": "x"})), ["  + x"]);
        assert_eq!(Change::of("Bash", &json!({"command": "x"}), Path::new("/")), None);
    }
}
