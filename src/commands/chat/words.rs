//! What a turn came to, and what it waits for, in few words.

use serde_json::Value;

use crate::commands::terminal::figures::{cost, count, duration};
use crate::commands::terminal::words::one_line;
use crate::commands::terminal::wrap::cut;
use crate::protocol::turn::Turn;

/// What a turn came to: `1.2k in (1.1k cached) · 340 out · $0.0123 · 2.1 s`.
pub(super) fn summary(turn: &Turn) -> String {
    let usage = &turn.usage;
    let input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
    let cached = match usage.cache_read_tokens {
        0 => String::new(),
        cached => format!(" ({} cached)", count(cached)),
    };
    let mut parts = vec![format!("{} in{cached}", count(input)), format!("{} out", count(usage.output_tokens))];
    if turn.cost_usd > 0.0 {
        parts.push(cost(turn.cost_usd));
    }
    parts.push(duration(turn.duration_ms));
    parts.join(" · ")
}

/// What a tool answered, in `width` columns: what it says if that is a line or it failed, else how many lines.
pub(super) fn outcome(content: &Value, is_error: bool, is_cut: bool, width: usize) -> String {
    let text = text_of(content);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, others) = (lines.next().unwrap_or_default(), lines.count());
    match (is_error, others) {
        (true, _) | (false, 0) => cut(&one_line(first), width),
        (false, _) if is_cut => format!("over {} lines", text.lines().count()),
        (false, _) => format!("{} lines", text.lines().count()),
    }
}

/// The text of what a tool answered: a string, or blocks of which some have text.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}

/// What a session waits for. A status that this version does not know is told in its own words.
pub(super) fn waiting_for(status: &str, detail: Option<&str>) -> String {
    let words = match status {
        "starting" => "starting Claude".to_owned(),
        "requesting" => "waiting for Claude".to_owned(),
        "retrying" => "asking the API again".to_owned(),
        "compacting" => "summarising the conversation".to_owned(),
        "queued" => "waiting for the turns before".to_owned(),
        other => apart(other),
    };
    match detail {
        Some(detail) => format!("{words}: {}", one_line(detail)),
        None => words,
    }
}

/// `waitingForPermission` as `waiting for permission`.
fn apart(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars().filter(|character| !character.is_control()) {
        if character.is_uppercase() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_outcome_is_a_line_or_a_number_of_lines() {
        let of = |content: Value, is_error| outcome(&content, is_error, false, 12);
        assert_eq!(of(json!("done\n"), false), "done");
        assert_eq!(of(json!([{"type": "text", "text": "a\nb"}, {"type": "image"}]), false), "2 lines");
        assert_eq!(of(json!("\nno such file: x\nmore"), true), "no such fil…");
        assert_eq!(of(json!(null), false), "");
        assert_eq!(outcome(&json!("a\nb"), false, true, 12), "over 2 lines");
    }

    #[test]
    fn an_unknown_status_is_told_in_its_own_words() {
        assert_eq!(waiting_for("waitingForPermission", Some("Bash\n")), "waiting for permission: Bash");
    }
}
