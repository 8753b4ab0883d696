//! Escaped halves of UTF-16 pairs.
//!
//! JavaScript cuts strings between code units, so a tool's output that was shortened in the middle of an emoji comes as
//! a lone `\ud83d`, which no Rust string can hold. Losing the whole frame for that could lose the end of a turn.

use std::borrow::Cow;

/// The line with every lone half replaced by U+FFFD; borrowed if there is none.
pub(super) fn mend(line: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(backslash) = memchr::memchr(b'\\', &line.as_bytes()[at..]) {
        at += backslash;
        match (escaped_unit(line, at), escaped_unit(line, at + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => at += 12,
            (Some(0xD800..0xE000), _) => {
                mended.push_str(&line[copied..at]);
                mended.push_str("\\ufffd");
                at += 6;
                copied = at;
            }
            // Past whatever is escaped: it may be a backslash itself.
            _ => at = (at + 2).min(line.len()),
        }
    }
    if copied == 0 {
        return Cow::Borrowed(line);
    }
    mended.push_str(&line[copied..]);
    Cow::Owned(mended)
}

/// The code unit that is escaped at `at`, if one is.
fn escaped_unit(line: &str, at: usize) -> Option<u16> {
    let digits = line.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_halves_are_replaced_and_pairs_stay() {
        assert_eq!(mend(r#""cut \ud83d""#), r#""cut \ufffd""#);
        assert_eq!(mend(r#""\ude00 \ud83d\ud83d\ude00 \ud83dx""#), r#""\ufffd \ufffd\ud83d\ude00 \ufffdx""#);
    }

    #[test]
    fn what_only_looks_like_a_half_stays() {
        for line in [r#""\\ud83d""#, r#""\ud83d\ude00 \n é""#, r#""\u00e9""#, "\"\\", r#""\ud8"#] {
            assert!(matches!(mend(line), Cow::Borrowed(same) if same == line), "{line}");
        }
    }
}
