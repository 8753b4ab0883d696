//! Text inside of Markdown that nothing in it can break out of.

/// The shortest run of signs that makes a fence.
const FENCE: usize = 3;

/// A block of code: the fence is longer than any in the text.
pub(super) fn code(language: &str, text: &str) -> String {
    let fence = "`".repeat(FENCE.max(longest_run(text, '`') + 1));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

/// Code within a line.
pub(super) fn inline(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Text of a line, with no meaning in Markdown or HTML.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => plain.extend(['\\', character]),
            _ => plain.push(character),
        }
    }
    plain
}

/// Text of a line inside of HTML, where Markdown means nothing.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['\r', '\n'], " ")
}

/// A quotation: whatever it begins ends with it.
pub(super) fn quote(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { ">\n".to_owned() } else { format!("> {line}\n") };
    text.trim_end().lines().map(line).collect()
}

/// Markdown of somebody else's, in the middle of ours: its headings stand below ours, no HTML of it has an effect, and
/// a block of code that it does not close is closed.
pub(super) fn guard(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len() + 16);
    let mut open: Option<Fence> = None;
    for line in text.trim_end().lines() {
        let fence = Fence::of(line);
        match (&open, fence) {
            (Some(begun), Some(fence)) if fence.closes(begun) => open = None,
            (None, Some(fence)) if fence.may_begin => open = Some(fence),
            (None, _) => {
                guarded.push_str(&lowered(&without_html(line)));
                guarded.push('\n');
                continue;
            }
            _ => {}
        }
        guarded.push_str(line);
        guarded.push('\n');
    }
    if let Some(fence) = open {
        guarded.push_str(&fence.indent);
        guarded.extend(std::iter::repeat_n(fence.sign, fence.length));
        guarded.push('\n');
    }
    guarded
}

/// A line that begins or ends a block of code.
#[derive(Debug)]
struct Fence {
    indent: String,
    sign: char,
    length: usize,
    /// Nothing follows on the line.
    bare: bool,
    may_begin: bool,
}

impl Fence {
    /// Also one that stands inside of a list or a quotation.
    fn of(line: &str) -> Option<Self> {
        let body = line.trim_start_matches([' ', '\t', '>']);
        let sign = body.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
        let length = body.chars().take_while(|character| *character == sign).count();
        let rest = body[length..].trim();
        let indent = line[..line.len() - body.len()].to_owned();
        let may_begin = sign == '~' || !rest.contains('`');
        (length >= FENCE).then_some(Self { indent, sign, length, bare: rest.is_empty(), may_begin })
    }

    fn closes(&self, begun: &Self) -> bool {
        self.bare && self.sign == begun.sign && self.length >= begun.length
    }
}

/// Two levels deeper, where it is a heading.
fn lowered(line: &str) -> String {
    let level = longest_prefix(line, '#');
    let is_heading = (1..=6).contains(&level) && line[level..].starts_with([' ', '\t']);
    if is_heading { format!("{}{}", "#".repeat((level + 2).min(6)), &line[level..]) } else { line.to_owned() }
}

/// The line with each `<` escaped that begins a tag or a comment outside of code; links in `<…>` stay.
fn without_html(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['`', '<', '\\']) {
        escaped.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match rest.as_bytes()[0] {
            b'`' => span(rest),
            b'\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => {
                if begins_html(rest) {
                    escaped.push('\\');
                }
                1
            }
        };
        escaped.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    escaped + rest
}

/// The length of the code that the text begins with; of its signs alone where nothing closes it.
fn span(text: &str) -> usize {
    let fence = longest_prefix(text, '`');
    let mut at = fence;
    while let Some(next) = text[at..].find('`') {
        let run = longest_prefix(&text[at + next..], '`');
        at += next + run;
        if run == fence {
            return at;
        }
    }
    fence
}

fn begins_html(text: &str) -> bool {
    let is_link = text[1..].split(['>', ' ']).next().is_some_and(|link| link.contains(':') || link.contains('@'));
    let begins = text[1..].starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'));
    begins && !is_link
}

fn longest_prefix(text: &str, sign: char) -> usize {
    text.chars().take_while(|character| *character == sign).count()
}

fn longest_run(text: &str, sign: char) -> usize {
    text.split(|character| character != sign).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_block_of_code_ends_it() {
        assert_eq!(code("rust", "fn f() {}"), "```rust\nfn f() {}\n```\n");
        assert_eq!(code("", "```\nx\n````\n"), "`````\n```\nx\n````\n`````\n");
        assert_eq!(code("text", ""), "```text\n```\n");
        assert_eq!((inline("a"), inline("a`b"), inline("`")), ("`a`".into(), "``a`b``".into(), "`` ` ``".into()));
    }

    #[test]
    fn what_a_line_says_has_no_meaning_of_its_own() {
        assert_eq!(plain("a_b <b>\n[c](d)"), "a\\_b &lt;b&gt; \\[c\\](d)");
        assert_eq!(html("a_b <b> &\nc"), "a_b &lt;b&gt; &amp; c");
    }

    #[test]
    fn a_quotation_holds_whatever_it_begins() {
        assert_eq!(quote("a\n\n```\n# b\n"), "> a\n>\n> ```\n> # b\n");
    }

    #[test]
    fn markdown_of_others_stays_below_ours_and_closes_what_it_opens() {
        for (text, guarded) in [
            ("# A\n###### B\n#c", "### A\n###### B\n#c\n"),
            ("```rust\n# not a heading <b>", "```rust\n# not a heading <b>\n```\n"),
            ("~~~~\n~~~\n```\n~~~~\n# A", "~~~~\n~~~\n```\n~~~~\n### A\n"),
            ("- a\n  ```\n  x", "- a\n  ```\n  x\n  ```\n"),
            ("```not code``` <b>", "```not code``` \\<b>\n"),
            ("</details> `<b>` ``a`<b>`` <https://a.b> a < b", "\\</details> `<b>` ``a`<b>`` <https://a.b> a < b\n"),
            ("<!-- gone\nx", "\\<!-- gone\nx\n"),
            ("`open <b>", "`open \\<b>\n"),
            ("\\<b> \\`<b>`", "\\<b> \\`\\<b>`\n"),
        ] {
            assert_eq!(guard(text), guarded, "{text}");
        }
    }
}
