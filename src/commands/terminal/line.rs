//! Lines as they are laid out for people: pieces of text in styles of their own.

use anstyle::Style;

use super::output::{Looks, Output, Place};
use super::wrap::Wrap;

/// A line, or a paragraph of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::commands) struct Line {
    spans: Vec<(Style, String)>,
    /// Whether it is shown as it is, however long: nothing of it is moved to where it could be taken for something else.
    verbatim: bool,
}

impl Line {
    /// A line that is broken between words where it is too long, and goes on below what stands behind `first`.
    pub(in crate::commands) fn hanging(style: Style, first: &str) -> Self {
        Self { spans: vec![(style, first.to_owned())], verbatim: false }
    }

    /// A line that is shown as it is.
    pub(in crate::commands) fn verbatim(style: Style, text: impl Into<String>) -> Self {
        Self { spans: vec![(style, text.into())], verbatim: true }
    }

    /// The line with more text in it.
    pub(in crate::commands) fn and(mut self, style: Style, text: impl Into<String>) -> Self {
        self.spans.push((style, text.into()));
        self
    }

    /// The line without its styles.
    #[cfg(test)]
    pub(in crate::commands) fn text(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The line as it is written there, with its end.
    pub(in crate::commands) fn laid_out(&self, looks: Looks) -> String {
        let of = |style: Style| if looks.styled { style } else { Style::new() };
        let mut shown = String::new();
        if self.verbatim {
            for (style, text) in self.spans.iter().filter(|(_, text)| !text.is_empty()) {
                let style = of(*style);
                shown += &format!("{style}{text}{style:#}");
            }
            shown.push('\n');
            return shown;
        }
        let mut wrap = Wrap::new(looks.terminal.unwrap_or(usize::MAX));
        let mut spans = self.spans.iter();
        if let Some((style, first)) = spans.next() {
            wrap.begin(of(*style), first, None, &mut shown);
        }
        for (style, text) in spans {
            wrap.text(of(*style), text, &mut shown);
        }
        wrap.newline(&mut shown);
        shown
    }
}

impl Output {
    /// Writes lines.
    pub(in crate::commands) fn lines(&mut self, place: Place, lines: &[Line]) -> std::io::Result<()> {
        let looks = self.looks(place);
        let text: String = lines.iter().map(|line| line.laid_out(looks)).collect();
        self.write(place, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Looks = Looks { terminal: Some(12), styled: false, erasable: false };

    #[test]
    fn a_long_line_goes_on_below_its_text_and_a_verbatim_one_is_left_to_the_terminal() {
        let plain = Style::new();
        let line = Line::hanging(plain, " y  ").and(plain, "yes, only once");
        assert_eq!(line.laid_out(NARROW), " y  yes,\n    only\n    once\n");
        assert_eq!(Line::verbatim(plain, "a b c d e f g h").laid_out(NARROW), "a b c d e f g h\n");
    }
}
