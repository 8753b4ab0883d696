//! Words, laid out in lines that fit the terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a tab counts for, in columns.
const TAB: usize = 4;

/// Lays out text that arrives bit by bit. The last word is kept until it is known to be whole.
#[derive(Debug)]
pub(in crate::commands) struct Wrap {
    /// The last column there is.
    width: usize,
    column: usize,
    /// What the further lines of a line that does not fit begin with, styles included.
    hanging: String,
    hanging_width: usize,
    /// Spaces that wait for the word behind them.
    spaces: usize,
    /// The style of what stands before them.
    before: Style,
    word: String,
    word_width: usize,
    /// The style that the word begins with, and the one that it ends with.
    word_styles: Option<(Style, Style)>,
}

impl Wrap {
    /// Lines of up to `width` columns.
    pub(in crate::commands) fn new(width: usize) -> Self {
        Self {
            width,
            column: 0,
            hanging: String::new(),
            hanging_width: 0,
            spaces: 0,
            before: Style::new(),
            word: String::new(),
            word_width: 0,
            word_styles: None,
        }
    }

    /// Begins a line with `first`; if it does not fit, its further lines begin with as much space, or with `hanging`.
    pub(in crate::commands) fn begin(&mut self, style: Style, first: &str, hanging: Option<&str>, shown: &mut String) {
        let width = first.width();
        push(shown, style, first);
        self.column = width;
        self.hanging.clear();
        match hanging {
            Some(hanging) => push(&mut self.hanging, style, hanging),
            None => self.hanging.extend(std::iter::repeat_n(' ', width)),
        }
        self.hanging_width = width;
    }

    /// Goes on with the line.
    pub(in crate::commands) fn text(&mut self, style: Style, text: &str, shown: &mut String) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if matches!(first, ' ' | '\t') {
                self.end_word(shown);
                self.spaces += if first == '\t' { TAB } else { 1 };
                rest = &rest[1..];
                continue;
            }
            let (word, behind) = rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len()));
            push(&mut self.word, style, word);
            self.word_width += word.width();
            self.word_styles = Some((self.word_styles.map_or(style, |(first, _)| first), style));
            rest = behind;
        }
    }

    /// Goes on with the line, which is not to be broken.
    pub(in crate::commands) fn verbatim(&mut self, style: Style, text: &str, shown: &mut String) {
        let text = text.replace('\t', "    ");
        push(shown, style, &text);
        self.column += text.width();
    }

    /// Ends the line.
    pub(in crate::commands) fn newline(&mut self, shown: &mut String) {
        self.end_word(shown);
        shown.push('\n');
        (self.column, self.spaces, self.hanging_width) = (0, 0, 0);
        self.before = Style::new();
        self.hanging.clear();
    }

    /// Shows the word that was kept: it is whole.
    pub(in crate::commands) fn end_word(&mut self, shown: &mut String) {
        let Some((first, last)) = self.word_styles.take() else { return };
        let fits = self.column + self.spaces + self.word_width <= self.width;
        if fits || self.column <= self.hanging_width {
            self.go_on(first, shown);
            self.column += self.spaces;
        } else {
            shown.push('\n');
            shown.push_str(&self.hanging);
            self.column = self.hanging_width;
            shown.push_str(&self.word);
        }
        self.column += self.word_width;
        self.before = last;
        (self.spaces, self.word_width) = (0, 0);
        self.word.clear();
    }

    /// Shows the spaces and the word. What is underlined, say, is so between its words too: where the style stays the
    /// same it is not ended before them.
    fn go_on(&mut self, style: Style, shown: &mut String) {
        let spaces = " ".repeat(self.spaces);
        let (begin, end) = (style.to_string(), format!("{style:#}"));
        let goes_on = style == self.before && !begin.is_empty();
        match self.word.strip_prefix(&begin) {
            Some(word) if goes_on && shown.ends_with(&end) => {
                shown.truncate(shown.len() - end.len());
                shown.push_str(&spaces);
                shown.push_str(word);
            }
            _ => {
                push(shown, if goes_on { style } else { Style::new() }, &spaces);
                shown.push_str(&self.word);
            }
        }
    }
}

fn push(to: &mut String, style: Style, text: &str) {
    if !text.is_empty() {
        to.push_str(&format!("{style}{text}{style:#}"));
    }
}

/// A text with spaces behind it, up to `width` columns.
pub(in crate::commands) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// As much of `text` as fits `width` columns, with `…` where something is left out.
pub(in crate::commands) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut columns = 1;
    let fits = |character: &char| {
        columns += character.width().unwrap_or(0);
        columns <= width
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(width: usize, parts: &[&str]) -> String {
        let (mut wrap, mut shown) = (Wrap::new(width), String::new());
        wrap.begin(Style::new(), "- ", None, &mut shown);
        for part in parts {
            wrap.text(Style::new(), part, &mut shown);
        }
        wrap.newline(&mut shown);
        shown
    }

    #[test]
    fn a_line_is_broken_between_words_and_goes_on_below_its_text() {
        assert_eq!(wrapped(11, &["one two three"]), "- one two\n  three\n");
        assert_eq!(wrapped(11, &["one tw", "o th", "ree"]), "- one two\n  three\n");
    }

    #[test]
    fn a_word_that_fits_no_line_is_left_whole() {
        assert_eq!(wrapped(6, &["https://x.y/z a"]), "- https://x.y/z\n  a\n");
    }

    #[test]
    fn the_space_between_words_of_one_style_has_it_too() {
        let (mut wrap, mut shown) = (Wrap::new(20), String::new());
        let dim = Style::new().dimmed();
        wrap.text(dim, "a b", &mut shown);
        wrap.text(Style::new(), " c", &mut shown);
        wrap.newline(&mut shown);
        let (on, off) = ("\u{1b}[2m", "\u{1b}[0m");
        assert_eq!(shown, format!("{on}a b{off} c\n"));
    }

    #[test]
    fn wide_characters_count_for_two_columns() {
        assert_eq!(wrapped(8, &["日本 語語"]), "- 日本\n  語語\n");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!((cut("abc", 3), cut("abcd", 3), cut("日本語", 4)), ("abc".into(), "ab…".into(), "日…".into()));
    }
}
