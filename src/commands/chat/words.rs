//! Figures and outcomes in few words.

use serde_json::Value;

use super::wrap::cut;
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

/// `340`, `1.2k`, `12k`, `1.2M`.
fn count(number: u64) -> String {
    let tenths = |unit: u64, name: &str| format!("{}.{}{name}", number / unit, number % unit * 10 / unit);
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => tenths(1_000, "k"),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => tenths(1_000_000, "M"),
    }
}

/// Small sums to a hundredth of a cent.
fn cost(usd: f64) -> String {
    if usd < 1.0 { format!("${usd:.4}") } else { format!("${usd:.2}") }
}

/// `2.1 s`, `23 s`, `1 min 5 s`.
fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0..10 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
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

/// A text in one line, with nothing in it that a terminal would act on.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// A text with nothing in it that a terminal would act on, line ends and tabs apart.
pub(super) fn harmless(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_short() {
        let counts = [0, 999, 1_000, 1_290, 9_999, 12_900, 999_999, 2_450_000].map(count);
        assert_eq!(counts, ["0", "999", "1.0k", "1.2k", "9.9k", "12k", "999k", "2.4M"]);
        assert_eq!([0.012_34, 1.5].map(cost), ["$0.0123", "$1.50"]);
        assert_eq!([40, 2_190, 23_900, 65_000].map(duration), ["0.0 s", "2.1 s", "23 s", "1 min 5 s"]);
    }

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

    #[test]
    fn nothing_in_a_text_moves_the_cursor() {
        assert_eq!(one_line("a\u{1b}[2J\r\n\tb"), "a [2J b");
        assert_eq!(harmless("a\u{1b}[2J\u{9b}\r\n\tb"), "a[2J\n\tb");
    }
}
