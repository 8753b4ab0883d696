//! What Markdown has by the line: headings, lists, code. A line's kind is told as soon as its beginning settles it.

/// The beginning of a code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    sign: char,
    length: usize,
    /// How far it is from the left.
    pub(super) indent: usize,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    /// With its level.
    Heading(usize),
    /// With the length of its sign, and what is shown for it.
    Item {
        sign: usize,
        shown: String,
    },
    /// With the length of its sign.
    Quote(usize),
    Rule,
    /// With what stands behind it: mostly a language.
    FenceBegin(Fence, String),
    FenceEnd,
    Code,
    /// A row of a table, which would be hard to read if it were broken.
    Row,
    Paragraph,
}

/// What a line is, if what has come of it tells; a whole one always does.
pub(super) fn classify(line: &str, fence: Option<&Fence>, whole: bool) -> Option<Kind> {
    let text = line.trim_start_matches([' ', '\t']);
    if let Some(fence) = fence {
        return classify_code(text.trim_end(), fence, whole);
    }
    let Some(first) = text.chars().next() else { return whole.then_some(Kind::Blank) };
    let kind = match first {
        '#' => classify_heading(text, whole),
        '-' | '*' | '+' | '_' => classify_sign(text, first),
        '0'..='9' => classify_number(text),
        '>' => (whole || text.len() > 1).then(|| Kind::Quote(if text.starts_with("> ") { 2 } else { 1 })),
        '`' | '~' => return classify_fence(line, text, first, whole),
        '|' => Some(Kind::Row),
        _ => Some(Kind::Paragraph),
    };
    match kind {
        Some(Kind::Rule) if !whole => None,
        Some(kind) => Some(kind),
        None => whole.then_some(Kind::Paragraph),
    }
}

fn classify_code(text: &str, fence: &Fence, whole: bool) -> Option<Kind> {
    let only_signs = text.chars().all(|c| c == fence.sign);
    match (only_signs, whole) {
        (false, _) => Some(Kind::Code),
        (true, false) => None,
        (true, true) if text.len() >= fence.length => Some(Kind::FenceEnd),
        (true, true) => Some(Kind::Code),
    }
}

/// Settled with the first character of its words, since the blanks before them are not shown.
fn classify_heading(text: &str, whole: bool) -> Option<Kind> {
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    match text.as_bytes().get(level) {
        None => None,
        Some(b' ') if level <= 6 => {
            let begun = !text[level..].trim_start().is_empty();
            (begun || whole).then_some(Kind::Heading(level))
        }
        Some(_) => Some(Kind::Paragraph),
    }
}

/// A list's item, a rule or an emphasis.
fn classify_sign(text: &str, sign: char) -> Option<Kind> {
    if text.chars().all(|c| c == sign || c == ' ') {
        let is_rule = sign != '+' && text.matches(sign).count() >= 3;
        return is_rule.then_some(Kind::Rule);
    }
    let is_item = sign != '_' && text.as_bytes().get(1) == Some(&b' ');
    Some(if is_item { Kind::Item { sign: 2, shown: "•".to_owned() } } else { Kind::Paragraph })
}

fn classify_number(text: &str) -> Option<Kind> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes()[digits..] {
        [] | [b'.' | b')'] if digits <= 9 => None,
        [b'.' | b')', b' ', ..] => Some(Kind::Item { sign: digits + 2, shown: text[..=digits].to_owned() }),
        _ => Some(Kind::Paragraph),
    }
}

fn classify_fence(line: &str, text: &str, sign: char, whole: bool) -> Option<Kind> {
    let length = text.chars().take_while(|c| *c == sign).count();
    let label = text[length..].trim();
    if length < 3 || label.contains('`') {
        return (whole || length < text.len()).then_some(Kind::Paragraph);
    }
    let fence = Fence { sign, length, indent: indent_of(line) };
    whole.then(|| Kind::FenceBegin(fence, label.to_owned()))
}

/// How many spaces and tabs a line begins with.
pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
