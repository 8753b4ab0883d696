//! The rule that would have allowed something, for whoever wants to allow it beforehand.

use crate::protocol::permission::{Permission, PermissionKind};

/// The rule that `--allow` takes for a call like this one, in the CLI's notation; of what only a person can answer there
/// is none.
pub(super) fn rule_for(permission: &Permission) -> Option<String> {
    if permission.kind != PermissionKind::Tool {
        return None;
    }
    let field = |key: &str| permission.input[key].as_str().filter(|text| !text.contains('\n'));
    Some(match permission.tool_name.as_str() {
        "Bash" => field("command").map_or_else(|| "Bash".to_owned(), |command| format!("Bash({command})")),
        // Whatever writes files is matched by rules for Edit, but only by those that have a path.
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => "Edit(**)".to_owned(),
        name => name.to_owned(),
    })
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_allows_the_call_that_was_denied() {
        let of = |tool: &str, kind: &str, input: serde_json::Value| {
            let id = "019b2c3d-0000-7000-8000-000000000001";
            let permission = json!({
                "id": id, "sessionId": id, "turnId": id, "toolUseId": "t", "toolName": tool, "title": "x",
                "input": input, "kind": kind, "createdAt": "2026-01-01T00:00:00.000Z",
            });
            rule_for(&serde_json::from_value(permission).unwrap())
        };
        assert_eq!(of("Bash", "tool", json!({"command": "echo 'a'"})).unwrap(), "Bash(echo 'a')");
        assert_eq!(of("Bash", "tool", json!({"command": "a\nb"})).unwrap(), "Bash");
        assert_eq!(of("Write", "tool", json!({"file_path": "/a"})).unwrap(), "Edit(**)");
        assert_eq!(of("mcp__a__b", "tool", json!({})).unwrap(), "mcp__a__b");
        assert_eq!(of("AskUserQuestion", "question", json!({})), None);
        assert_eq!(quoted("echo 'a'"), r"'echo '\''a'\'''");
    }
}
