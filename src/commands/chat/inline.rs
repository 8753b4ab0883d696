//! What Markdown has within a line: emphasis, code, links. Reads as far as the meaning of the text is settled.

use anstyle::{AnsiColor, Color, Style};

/// How far the end of an emphasis, a code or a link may be from its beginning, in bytes. Past that its signs stand
/// for themselves, so that a stray one does not hold the text back.
const REACH: usize = 500;

/// A piece of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) style: Style,
    pub(super) text: String,
}

/// How code looks.
pub(super) fn code(style: Style) -> Style {
    style.fg_color(Some(Color::Ansi(AnsiColor::Cyan)))
}

/// Reads the rest of a line.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    /// What was read before it.
    before: Option<char>,
    style: Style,
    /// Whether nothing more of the line will come.
    whole: bool,
}

/// What stands at a place.
enum Found {
    /// Text, as long as said.
    Plain(usize),
    /// Something that ends after so many bytes.
    Spans(usize, Vec<Span>),
    /// What comes next decides.
    Open,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, before: Option<char>, style: Style, whole: bool) -> Self {
        Self { text, before, style, whole }
    }

    /// The spans that are settled, and the length of the text that they stand for.
    pub(super) fn read(&self) -> (Vec<Span>, usize) {
        let (mut spans, mut at): (Vec<Span>, usize) = (Vec::new(), 0);
        while at < self.text.len() {
            match self.find(at) {
                Found::Plain(length) => {
                    let text = &self.text[at..at + length];
                    match spans.last_mut().filter(|last| last.style == self.style) {
                        Some(last) => last.text.push_str(text),
                        None => spans.push(Span { style: self.style, text: text.to_owned() }),
                    }
                    at += length;
                }
                Found::Spans(length, found) => {
                    spans.extend(found);
                    at += length;
                }
                Found::Open => break,
            }
        }
        (spans, at)
    }

    fn find(&self, at: usize) -> Found {
        let rest = &self.text[at..];
        match rest.as_bytes()[0] {
            b'\\' => self.escaped(rest),
            b'`' => self.code(rest),
            b'*' | b'_' | b'~' => self.emphasis(at),
            b'[' => self.link(rest),
            _ => Found::Plain(rest.find(['\\', '`', '*', '_', '~', '[']).unwrap_or(rest.len())),
        }
    }

    /// What it is if its end was not found: perhaps it is still to come.
    fn unclosed(&self, rest: &str, signs: usize) -> Found {
        if self.whole || rest.len() > REACH { Found::Plain(signs) } else { Found::Open }
    }

    fn escaped(&self, rest: &str) -> Found {
        match rest.as_bytes().get(1) {
            Some(sign) if sign.is_ascii_punctuation() => span(2, self.style, &rest[1..2]),
            None => self.unclosed(rest, 1),
            Some(_) => Found::Plain(1),
        }
    }

    fn code(&self, rest: &str) -> Found {
        let ticks = run(rest, '`');
        let mut at = ticks;
        while let Some(next) = rest[at..].find('`').map(|found| at + found).filter(|next| *next <= REACH) {
            let length = run(&rest[next..], '`');
            at = next + length;
            if at == rest.len() && !self.whole {
                return Found::Open;
            }
            if length == ticks {
                let text = rest[ticks..next].trim_matches(' ');
                return span(at, code(self.style), text);
            }
        }
        self.unclosed(rest, ticks)
    }

    fn emphasis(&self, at: usize) -> Found {
        let rest = &self.text[at..];
        let sign = char::from(rest.as_bytes()[0]);
        let signs = run(rest, sign);
        let Some(next) = rest[signs..].chars().next() else { return self.unclosed(rest, signs) };
        let before = self.text[..at].chars().next_back().or(self.before);
        let in_word = sign == '_' && before.is_some_and(char::is_alphanumeric);
        let Some(style) = emphasised(self.style, sign, signs) else { return Found::Plain(signs) };
        if next.is_whitespace() || in_word {
            return Found::Plain(signs);
        }
        match self.closing(rest, sign, signs) {
            Closing::At(end) => {
                let inner = Reader::new(&rest[signs..end], Some(sign), style, true);
                Found::Spans(end + signs, inner.read().0)
            }
            Closing::Undecided => Found::Open,
            Closing::None => self.unclosed(rest, signs),
        }
    }

    /// Where the emphasis ends that `rest` begins with.
    fn closing(&self, rest: &str, sign: char, signs: usize) -> Closing {
        let mut at = signs;
        while let Some(next) = rest[at..].find(sign).map(|found| at + found).filter(|next| *next <= REACH) {
            let length = run(&rest[next..], sign);
            at = next + length;
            let follows = rest[at..].chars().next();
            if follows.is_none() && !self.whole {
                return Closing::Undecided;
            }
            let before = rest[..next].chars().next_back();
            let in_word = sign == '_' && follows.is_some_and(char::is_alphanumeric);
            if length == signs && !in_word && before.is_some_and(|c| !c.is_whitespace() && c != '\\') {
                return Closing::At(next);
            }
        }
        Closing::None
    }

    fn link(&self, rest: &str) -> Found {
        let Some(label_end) = rest.find(']').filter(|end| *end <= REACH) else { return self.unclosed(rest, 1) };
        match rest.as_bytes().get(label_end + 1) {
            Some(b'(') => {}
            None => return self.unclosed(rest, 1),
            Some(_) => return Found::Plain(1),
        }
        let address = &rest[label_end + 2..];
        let Some(length) = address.find(')').filter(|length| *length <= REACH) else { return self.unclosed(rest, 1) };
        let (label, address) = (&rest[1..label_end], &address[..length]);
        let mut spans = Reader::new(label, None, self.style.underline(), true).read().0;
        if label != address {
            spans.push(Span { style: self.style.dimmed(), text: format!(" ({address})") });
        }
        Found::Spans(label_end + length + 3, spans)
    }
}

fn span(length: usize, style: Style, text: &str) -> Found {
    Found::Spans(length, vec![Span { style, text: text.to_owned() }])
}

/// Where an emphasis ends.
enum Closing {
    At(usize),
    Undecided,
    None,
}

/// How many of `sign` the text begins with.
fn run(text: &str, sign: char) -> usize {
    text.bytes().take_while(|byte| char::from(*byte) == sign).count()
}

fn emphasised(style: Style, sign: char, signs: usize) -> Option<Style> {
    match (sign, signs) {
        ('~', 2) => Some(style.strikethrough()),
        ('~', _) => None,
        (_, 1) => Some(style.italic()),
        (_, 2) => Some(style.bold()),
        (_, 3) => Some(style.bold().italic()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spans as text: `<b>`, `<i>`, `<c>`, `<u>`, `<d>`, `<s>` for what is styled.
    fn read(text: &str, whole: bool) -> (String, &str) {
        let (spans, length) = Reader::new(text, None, Style::new(), whole).read();
        let shown = spans.iter().map(|span| {
            let named = [
                (Style::new(), ""),
                (Style::new().bold(), "b"),
                (Style::new().italic(), "i"),
                (Style::new().bold().italic(), "bi"),
                (code(Style::new()), "c"),
                (Style::new().underline(), "u"),
                (Style::new().dimmed(), "d"),
                (Style::new().strikethrough(), "s"),
            ];
            match named.iter().find(|(style, _)| *style == span.style).unwrap().1 {
                "" => span.text.clone(),
                name => format!("<{name}>{}</>", span.text),
            }
        });
        (shown.collect(), &text[length..])
    }

    #[test]
    fn emphasis_code_and_links_are_read() {
        for (text, shown) in [
            ("a **b** *c* _d_ __e__ ***f***.", "a <b>b</> <i>c</> <i>d</> <b>e</> <bi>f</>."),
            ("**a *b* c**", "<b>a </><bi>b</><b> c</>"),
            ("`a*b*` and ``x`y``", "<c>a*b*</> and <c>x`y</>"),
            ("see [the docs](https://x.y), [u](u)", "see <u>the docs</><d> (https://x.y)</>, <u>u</>"),
            ("~~no~~ yes", "<s>no</> yes"),
            (r"\*not\* \`this\`", "*not* `this`"),
        ] {
            assert_eq!(read(text, true), (shown.to_owned(), ""), "{text}");
        }
    }

    #[test]
    fn signs_that_mean_nothing_stand_for_themselves() {
        for text in
            ["2 * 3 * 4", "snake_case_name", "a `b", "**b", "f(*args, **kwargs)", "[x] done", "~5", "a_", "[a](b"]
        {
            assert_eq!(read(text, true), (text.to_owned(), ""), "{text}");
        }
    }

    #[test]
    fn what_is_not_settled_yet_is_left() {
        for (text, shown, left) in [
            ("a **b", "a ", "**b"),
            ("a **b*", "a ", "**b*"),
            ("a **b** c", "a <b>b</> c", ""),
            ("a `b`", "a ", "`b`"),
            ("see [x]", "see ", "[x]"),
            ("see [x](y", "see ", "[x](y"),
            ("\\", "", "\\"),
        ] {
            assert_eq!(read(text, false), (shown.to_owned(), left), "{text}");
        }
    }

    #[test]
    fn a_stray_sign_holds_nothing_back_for_ever() {
        let text = format!("*{}", "word ".repeat(REACH));
        assert_eq!(read(&text, false), (text.clone(), ""));
    }
}
