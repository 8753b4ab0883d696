//! What a person is told about something in a line.

use std::path::Path;

use serde_json::Value;

/// How long such a line may be, in characters.
const LIMIT: usize = 80;

/// What a tool call does: "Read src/main.rs", "Run cargo test". Paths below the folder that Claude works in are told from
/// there.
#[must_use]
pub fn of_tool_call(name: &str, input: &Value, cwd: &Path) -> String {
    let field = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default();
    let path = |key: &str| Path::new(field(key)).strip_prefix(cwd).unwrap_or(Path::new(field(key))).display();
    let title = match name {
        "Read" | "Edit" | "Write" => format!("{name} {}", path("file_path")),
        "NotebookEdit" => format!("Edit {}", path("notebook_path")),
        "Bash" => format!("Run {}", field("command")),
        "Grep" => format!("Search for {}", field("pattern")),
        "Glob" => format!("Find {}", field("pattern")),
        "WebFetch" => format!("Fetch {}", field("url")),
        "WebSearch" => format!("Search the web for {}", field("query")),
        // The CLI offers it as the first and lets the model call it by the second.
        "Task" | "Agent" => format!("Task: {}", field("description")),
        "TodoWrite" => "Update the to-do list".to_owned(),
        "AskUserQuestion" => "Ask a question".to_owned(),
        "ExitPlanMode" => "Present a plan".to_owned(),
        _ => mcp_title(name).unwrap_or_else(|| name.to_owned()),
    };
    clip(&title)
}

/// `mcp__server__tool` as "server: tool".
fn mcp_title(name: &str) -> Option<String> {
    let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
    Some(format!("{server}: {tool}"))
}

/// The first line that says something, cut to fit.
pub(super) fn clip(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(LIMIT) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tool_call_is_told_in_a_few_words() {
        let told = |name: &str, input: &Value| of_tool_call(name, input, Path::new("/work/app"));
        assert_eq!(told("Read", &json!({"file_path": "/work/app/src/main.rs"})), "Read src/main.rs");
        assert_eq!(told("Edit", &json!({"file_path": "/work/apple"})), "Edit /work/apple");
        assert_eq!(told("Bash", &json!({"command": "cargo test\nrm x"})), "Run cargo test");
        assert_eq!(told("mcp__calc__add_two", &json!({})), "calc: add_two");
        assert_eq!(told("Agent", &json!({"description": "count files"})), "Task: count files");
        assert_eq!(told("Unheard", &json!(null)), "Unheard");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let clipped = clip(&"ü".repeat(100));
        assert_eq!(clipped, format!("{}…", "ü".repeat(80)));
    }
}
