//! Other people's text, made fit to stand in what Claude is told.

use std::fmt::Write as _;

/// A text fit to stand inside a line: nothing that ends it, steers a terminal or turns the direction of writing.
pub(super) fn one_line(text: &str) -> String {
    let unfit = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(unfit, " ").trim().to_owned()
}

/// The same, no longer than `limit` characters.
pub(super) fn clipped(text: &str, limit: usize) -> String {
    let line = one_line(text);
    match line.char_indices().nth(limit) {
        Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
        None => line,
    }
}

/// Lines that fit into `limit` bytes, and one that says what was left out.
pub(super) fn capped(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let kept = beginning(text, limit.saturating_sub(64));
    let left_out = text[kept.len()..].lines().count();
    format!("{}\n… ({left_out} more lines are left out here)", kept.trim_end())
}

/// The first lines that fit into `limit` bytes; of a first line that does not, as much as fits.
pub(super) fn beginning(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let end = text.floor_char_boundary(limit);
    match text[..end].rfind('\n') {
        Some(line_end) => &text[..=line_end],
        None => &text[..end],
    }
}

/// A text between fences that nothing in it can close.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(3) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// A number as people write it: six digits, and what is not finite as such.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return match value {
            _ if value.is_nan() => "NaN",
            _ if value > 0.0 => "infinity",
            _ => "-infinity",
        }
        .to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e9).contains(&magnitude) {
        let text = format!("{value:.5e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", without_zeros(digits));
    }
    let whole_digits = format!("{magnitude:.0}").len();
    without_zeros(&format!("{value:.*}", 6_usize.saturating_sub(whole_digits)))
}

fn without_zeros(digits: &str) -> String {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    }
}

/// A length in bytes as people write it.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Adds a line.
pub(super) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let written = text.write_fmt(format_args!("{line}\n"));
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_and_say_what_they_are_not() {
        let cases = [
            (0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (1.0 / 3.0, "0.33333"),
            (12.510_660_14, "12.5107"),
            (123_456.789, "123457"),
            (-2.5, "-2.5"),
            (1e9, "1e9"),
            (1.5e-7, "1.5e-7"),
            (f64::INFINITY, "infinity"),
            (f64::NEG_INFINITY, "-infinity"),
            (f64::NAN, "NaN"),
        ];
        for (value, wanted) in cases {
            assert_eq!(number(value), wanted);
        }
    }

    #[test]
    fn sizes_are_told_in_steps_of_a_thousand() {
        let told = [0, 999, 1000, 999_949, 999_951, 1_500_000, 2_000_000_000].map(size);
        assert_eq!(told, ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "1.5 MB", "2.0 GB"]);
    }

    #[test]
    fn nothing_inside_of_a_fence_can_close_it() {
        assert_eq!(fenced("a\n"), "````text\na\n````");
        assert_eq!(fenced("a\n`````\nb"), "``````text\na\n`````\nb\n``````");
    }

    #[test]
    fn what_is_too_long_is_cut_at_a_line_and_says_so() {
        assert_eq!(capped("a\nb", 100), "a\nb");
        let long: String = (0..100).map(|number| format!("line {number}\n")).collect();
        let cut = capped(&long, 200);
        assert!(cut.len() <= 200 && cut.ends_with("more lines are left out here)"), "{cut}");
        assert!(cut.starts_with("line 0\nline 1\n"));
        assert_eq!(beginning("üü", 3), "ü");
        assert_eq!(clipped("a\nü\u{202e}bc", 4), "a ü…");
    }
}
