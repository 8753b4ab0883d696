//! Markdown as it arrives, made readable in a terminal. What was shown is never taken back: a line is shown as far as
//! its meaning is settled, word by word, and blocks need no look ahead.

use anstyle::{AnsiColor, Color, Style};

use super::blocks::{Fence, Kind, classify, indent_of};
use super::inline::{self, Reader};
use crate::commands::terminal::wrap::Wrap;

/// The longest line that stands for a rule, in columns.
const RULE: usize = 40;

/// Renders Markdown that arrives bit by bit.
#[derive(Debug)]
pub(in crate::commands) struct Markdown {
    wrap: Wrap,
    width: usize,
    /// What of the current line is not shown yet.
    line: String,
    /// What was shown last of the current line.
    before: Option<char>,
    /// How the current line is shown, once that is known.
    showing: Option<Showing>,
    fence: Option<Fence>,
    /// Whether anything was shown.
    begun: bool,
    /// Whether blank lines were left out before the current line.
    gap: bool,
}

/// How a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Showing {
    /// As text in this style, broken where it does not fit.
    Text(Style),
    /// In this style and not broken.
    Verbatim(Style),
    /// It is complete.
    Done,
    /// Not at all.
    Nothing,
}

impl Markdown {
    /// For a terminal of `width` columns.
    pub(in crate::commands) fn new(width: usize) -> Self {
        Self {
            wrap: Wrap::new(width),
            width,
            line: String::new(),
            before: None,
            showing: None,
            fence: None,
            begun: false,
            gap: false,
        }
    }

    /// Takes more text and appends to `shown` what can be shown now.
    pub(in crate::commands) fn push(&mut self, text: &str, shown: &mut String) {
        for piece in text.split_inclusive('\n') {
            let complete = piece.strip_suffix('\n');
            self.line.push_str(complete.unwrap_or(piece));
            self.advance(complete.is_some(), shown);
            if complete.is_some() {
                self.end_line(shown);
            }
        }
    }

    /// Shows what was kept; the last line is complete.
    pub(in crate::commands) fn finish(&mut self, shown: &mut String) {
        if !self.line.is_empty() || self.showing.is_some() {
            self.advance(true, shown);
            self.end_line(shown);
        }
    }

    fn advance(&mut self, whole: bool, shown: &mut String) {
        if self.showing.is_none() {
            let Some(kind) = classify(&self.line, self.fence.as_ref(), whole) else { return };
            self.showing = Some(self.begin(kind, shown));
        }
        match self.showing {
            Some(Showing::Text(style)) => {
                let (spans, length) = Reader::new(&self.line, self.before, style, whole).read();
                for span in spans {
                    self.wrap.text(span.style, &span.text, shown);
                }
                self.take(length);
            }
            Some(Showing::Verbatim(style)) => {
                self.wrap.verbatim(style, &self.line, shown);
                self.line.clear();
            }
            Some(Showing::Done | Showing::Nothing) | None => {}
        }
    }

    fn end_line(&mut self, shown: &mut String) {
        if self.showing.take() != Some(Showing::Nothing) {
            self.wrap.newline(shown);
        }
        self.line.clear();
        self.before = None;
    }

    /// Takes off what is dealt with.
    fn take(&mut self, length: usize) {
        self.before = self.line[..length].chars().next_back().or(self.before);
        self.line.drain(..length);
    }

    /// Begins a line of this kind: shows what stands for its sign, and takes the sign off.
    fn begin(&mut self, kind: Kind, shown: &mut String) -> Showing {
        if kind == Kind::Blank {
            self.gap = self.begun;
            return Showing::Nothing;
        }
        if std::mem::take(&mut self.gap) {
            shown.push('\n');
        }
        self.begun = true;
        let (plain, dim) = (Style::new(), Style::new().dimmed());
        let indent = indent_of(&self.line);
        match kind {
            Kind::Heading(level) => {
                self.take(indent + level);
                self.line = self.line.trim_start().to_owned();
                Showing::Text(heading(level))
            }
            Kind::Item { sign, shown: bullet } => {
                self.take(indent + sign);
                self.wrap.begin(plain, &format!("{}{bullet} ", " ".repeat(indent)), None, shown);
                Showing::Text(plain)
            }
            Kind::Quote(sign) => {
                self.take(indent + sign);
                self.wrap.begin(dim, "│ ", Some("│ "), shown);
                Showing::Text(plain)
            }
            Kind::Rule => {
                self.wrap.verbatim(dim, &"─".repeat(RULE.min(self.width)), shown);
                Showing::Done
            }
            Kind::FenceBegin(fence, label) => self.begin_code(fence, &label, shown),
            Kind::FenceEnd => {
                self.fence = None;
                Showing::Nothing
            }
            Kind::Code => {
                let fence_indent = self.fence.as_ref().map_or(0, |fence| fence.indent);
                self.take(indent.min(fence_indent));
                self.wrap.verbatim(plain, &" ".repeat(fence_indent + 2), shown);
                Showing::Verbatim(inline::code(plain))
            }
            Kind::Row => Showing::Verbatim(plain),
            Kind::Paragraph | Kind::Blank => {
                self.take(indent);
                self.wrap.begin(plain, &" ".repeat(indent), None, shown);
                Showing::Text(plain)
            }
        }
    }

    /// The language of the code stands over it, if it is told.
    fn begin_code(&mut self, fence: Fence, label: &str, shown: &mut String) -> Showing {
        let indent = fence.indent + 2;
        self.fence = Some(fence);
        if label.is_empty() {
            return Showing::Nothing;
        }
        self.wrap.verbatim(Style::new().dimmed(), &format!("{}{label}", " ".repeat(indent)), shown);
        Showing::Done
    }
}

fn heading(level: usize) -> Style {
    let style = Style::new().bold();
    if level == 1 { style.fg_color(Some(Color::Ansi(AnsiColor::Magenta))) } else { style }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(width: usize, pieces: &[&str]) -> String {
        let (mut markdown, mut shown) = (Markdown::new(width), String::new());
        for piece in pieces {
            markdown.push(piece, &mut shown);
        }
        markdown.finish(&mut shown);
        shown
    }

    /// The rendering without its escape codes.
    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(&render(40, &[text])).to_string()
    }

    #[test]
    fn blocks_are_made_readable() {
        for (source, shown) in [
            ("# Title\n\n\n\ntext", "Title\n\ntext\n"),
            ("- a\n  - b\n* c\n+ d", "• a\n  • b\n• c\n• d\n"),
            ("1. one\n12) two", "1. one\n12) two\n"),
            ("> said\n>\n> on", "│ said\n│ \n│ on\n"),
            (
                "a\n\n---\n***\n",
                "a\n\n────────────────────────────────────────\n────────────────────────────────────────\n",
            ),
            ("```rust\nfn f() {}\n\n``\n```\nend", "  rust\n  fn f() {}\n  \n  ``\nend\n"),
            ("1. x\n   ~~~~\n   ~~~\n     y\n   ~~~~", "1. x\n     ~~~\n       y\n"),
            ("| a | b |\n|---|---|", "| a | b |\n|---|---|\n"),
            ("#hash\n-5\n2025 was\n**b** x\n`c` x", "#hash\n-5\n2025 was\nb x\nc x\n"),
            ("a\nb", "a\nb\n"),
        ] {
            assert_eq!(plain(source), shown, "{source}");
        }
    }

    #[test]
    fn styles_are_closed_where_they_end() {
        assert_eq!(
            render(40, &["## Big `c`\n**b c**."]),
            "\u{1b}[1mBig\u{1b}[0m \u{1b}[1m\u{1b}[36mc\u{1b}[0m\n\u{1b}[1mb c\u{1b}[0m.\n"
        );
    }

    #[test]
    fn long_lines_of_text_are_broken_and_code_is_not() {
        assert_eq!(render(12, &["> one two three"]), "\u{1b}[2m│ \u{1b}[0mone two\n\u{1b}[2m│ \u{1b}[0mthree\n");
        assert_eq!(
            anstream::adapter::strip_str(&render(8, &["```\none two three\n```"])).to_string(),
            "  one two three\n"
        );
    }

    #[test]
    fn text_is_shown_word_by_word_as_it_arrives() {
        let (mut markdown, mut shown) = (Markdown::new(40), String::new());
        for (piece, so_far) in [
            ("- It wo", "• It"),
            ("rks **v", "• It works"),
            ("ery** well", "• It works \u{1b}[1mvery\u{1b}[0m"),
            ("\n", "• It works \u{1b}[1mvery\u{1b}[0m well\n"),
        ] {
            markdown.push(piece, &mut shown);
            assert_eq!(shown, so_far);
        }
    }

    #[test]
    fn a_block_of_code_that_is_not_closed_is_shown() {
        assert_eq!(plain("```\nx"), "  x\n");
        assert_eq!(plain("```"), "");
    }

    #[test]
    fn a_headings_words_begin_at_the_left_however_they_arrive() {
        let whole = render(20, &["#  Ü"]);
        assert_eq!(render(20, &["# ", " ", "Ü"]), whole);
        assert!(!whole.contains(' '), "{whole:?}");
    }

    /// Each character with its style: where escape codes stand does not matter.
    fn styled(text: &str) -> Vec<(char, String)> {
        let (mut characters, mut style) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(code) = rest.strip_prefix("\u{1b}[").and_then(|code| code.split('m').next()) {
                style = if code == "0" { String::new() } else { style + code + ";" };
                rest = &rest[code.len() + 3..];
                continue;
            }
            characters.push((first, style.clone()));
            rest = &rest[first.len_utf8()..];
        }
        characters
    }

    proptest! {
        #[test]
        fn how_the_text_is_cut_up_changes_nothing(text in "[-#*_`~>|\\[\\]()a1. \n\\\\é]{0,60}", cut in 0usize..60) {
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            let letters: Vec<String> = text.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            let whole = styled(&render(20, &[&text]));
            prop_assert_eq!(&whole, &styled(&render(20, &[&text[..at], &text[at..]])));
            prop_assert_eq!(&whole, &styled(&render(20, &letters)));
        }
    }
}
