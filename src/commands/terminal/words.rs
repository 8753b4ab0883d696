//! Texts from elsewhere, made fit for a terminal.

/// A text in one line, with nothing in it that a terminal would act on.
pub(in crate::commands) fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

/// A text with nothing in it that a terminal would act on, line ends and tabs apart.
pub(in crate::commands) fn harmless(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

/// A text in which everything can be seen that it has: what would move the cursor, hide what follows or turn it round
/// stands there by its number. What a person is to decide about must be what is there.
pub(in crate::commands) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        match character {
            '\t' => shown.push_str("    "),
            c if c.is_control() || is_hidden(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a character is shown as nothing at all, or changes the direction of others.
fn is_hidden(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_moves_the_cursor() {
        assert_eq!(one_line("a\u{1b}[2J\r\n\tb"), "a [2J b");
        assert_eq!(harmless("a\u{1b}[2J\u{9b}\r\n\tb"), "a[2J\n\tb");
    }

    #[test]
    fn nothing_hides_in_what_a_person_decides_about() {
        assert_eq!(visible("rm\t-r \u{1b}[8mx\r\u{202e}y\u{200b}"), "rm    -r \\u{1b}[8mx\\r\\u{202e}y\\u{200b}");
        assert_eq!(visible("grüße 日本"), "grüße 日本");
    }
}
