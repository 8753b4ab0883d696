//! Where in a text it was found, and the part of the text around it.

use std::ops::Range;

use super::query::{Phrase, Terms};
use super::text::Text;
use super::words::{Unit, Words};

/// How long a snippet is, in bytes, about.
const LENGTH: usize = 240;
/// How much of it comes before what was found.
const BEFORE: usize = 40;

/// A part of a message, in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// Its text. White space is one space, and what was left out at an end is `…`.
    pub text: String,
    /// Where in it something was found, in UTF-16 code units: in order, none touching another.
    pub ranges: Vec<Range<usize>>,
}

/// Finds terms in texts.
pub(super) struct Matcher<'a> {
    /// The ways in which each term may be written.
    terms: Vec<&'a [Phrase]>,
}

/// Where a term was found, in bytes.
struct Match {
    term: usize,
    at: Range<usize>,
}

/// The part of a message's text in which most of the terms are.
pub(super) fn snippet(terms: &Terms, text: &Text, tools: bool) -> Snippet {
    let matcher = Matcher::of(terms);
    let matches = matcher.matches(&Words::of(&text.said));
    if matches.is_empty() && tools {
        return cut(&text.tools, &matcher.matches(&Words::of(&text.tools)));
    }
    cut(&text.said, &matches)
}

/// The beginning of a text.
pub(super) fn seen(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

impl<'a> Matcher<'a> {
    pub(super) fn of(terms: &'a Terms) -> Self {
        Self { terms: terms.sought().map(|term| term.ways.as_slice()).collect() }
    }

    /// How often each term is there.
    pub(super) fn counts(&self, words: &Words) -> Vec<usize> {
        let mut counts = vec![0; self.terms.len()];
        self.each(words, |found| counts[found.term] += 1);
        counts
    }

    /// Where the terms are, from the first to the last.
    fn matches(&self, words: &Words) -> Vec<Match> {
        let mut matches = Vec::new();
        self.each(words, |found| matches.push(found));
        matches.sort_by_key(|found| found.at.start);
        matches
    }

    fn each(&self, words: &Words, mut found: impl FnMut(Match)) {
        for units in [words.units(), words.parts()] {
            for start in 0..units.len() {
                for (term, ways) in self.terms.iter().enumerate() {
                    if let Some(at) = ways.iter().find_map(|way| way.found(words, &units[start..])) {
                        found(Match { term, at });
                    }
                }
            }
        }
    }
}

impl Phrase {
    /// Where it is, if these begin with it.
    fn found(&self, words: &Words, units: &[Unit]) -> Option<Range<usize>> {
        let (first, rest) = units.split_first()?;
        let last = self.words.len() - 1;
        let mut end = first.at.end;
        for (position, word) in self.words.iter().enumerate() {
            let unit = if position == 0 { first } else { rest.get(position - 1)? };
            let text = words.folded(unit);
            let goes_on = self.is_prefix && position == last && !word.is_character;
            let is_equal = if goes_on { text.starts_with(&word.folded) } else { text == word.folded };
            let follows = position == 0 || (unit.is_glued == word.is_glued && unit.group == first.group);
            if !(is_equal && follows) {
                return None;
            }
            end = unit.at.end;
        }
        Some(first.at.start..end)
    }
}

/// The part of `text` in which most of the terms are.
fn cut(text: &str, matches: &[Match]) -> Snippet {
    let found = best_place(matches).unwrap_or(0);
    let start = if found <= BEFORE { 0 } else { beginning(text, text.floor_char_boundary(found - BEFORE), found) };
    let end =
        if text.len() - start <= LENGTH { text.len() } else { ending(text, text.floor_char_boundary(start + LENGTH)) };
    let mut line = Line::default();
    if start > 0 {
        line.push('…');
    }
    let mut marks = marked(matches).into_iter().peekable();
    for (at, c) in text[start..end].char_indices() {
        let at = start + at;
        while marks.next_if(|mark| mark.end <= at).is_some() {}
        line.is_marked(marks.peek().is_some_and(|mark| mark.contains(&at)));
        line.push(c);
    }
    line.is_marked(false);
    if end < text.len() {
        line.push('…');
    }
    line.snippet
}

/// Where the part begins in which most different terms are.
fn best_place(matches: &[Match]) -> Option<usize> {
    let terms_from = |first: &Match| {
        let near =
            matches.iter().filter(|other| (first.at.start..first.at.start + LENGTH - BEFORE).contains(&other.at.start));
        let mut terms: Vec<usize> = near.map(|found| found.term).collect();
        terms.sort_unstable();
        terms.dedup();
        terms.len()
    };
    // The first of the best; a hundred places are enough to choose from.
    let places = matches.iter().take(100).rev().max_by_key(|place| terms_from(place));
    places.map(|place| place.at.start)
}

/// Where a word begins between the two places; the first of them if none does.
fn beginning(text: &str, from: usize, to: usize) -> usize {
    let space = text[from..to].char_indices().find(|(_, c)| c.is_whitespace());
    space.map_or(from, |(at, c)| from + at + c.len_utf8())
}

/// The end of the last whole word before a place; the place itself where the word is long.
fn ending(text: &str, at: usize) -> usize {
    let from = text.floor_char_boundary(at.saturating_sub(BEFORE));
    text[from..at].rfind(char::is_whitespace).map_or(at, |space| from + space)
}

/// What is to be marked: matches that overlap or touch are one.
fn marked(matches: &[Match]) -> Vec<Range<usize>> {
    let mut marked: Vec<Range<usize>> = Vec::new();
    for found in matches {
        match marked.last_mut() {
            Some(last) if found.at.start <= last.end => last.end = last.end.max(found.at.end),
            _ => marked.push(found.at.clone()),
        }
    }
    marked
}

/// A snippet that is being written.
#[derive(Default)]
struct Line {
    snippet: Snippet,
    length: usize,
    /// Where the mark that is not closed began.
    mark: Option<usize>,
}

impl Line {
    /// Adds a character; white space as one space.
    fn push(&mut self, c: char) {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if c == ' ' && (self.snippet.text.is_empty() || self.snippet.text.ends_with(' ')) {
            return;
        }
        self.snippet.text.push(c);
        self.length += c.len_utf16();
    }

    /// Says whether what comes next is to be marked.
    fn is_marked(&mut self, is_marked: bool) {
        match (self.mark, is_marked) {
            (None, true) => self.mark = Some(self.length),
            (Some(start), false) => {
                self.snippet.ranges.push(start..self.length);
                self.mark = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(query: &str, said: &str) -> Snippet {
        let text = Text { said: said.to_owned(), tools: String::new() };
        snippet(&Terms::parse(query).unwrap(), &text, false)
    }

    /// The snippet with what was found in brackets.
    fn bracketed(query: &str, said: &str) -> String {
        let Snippet { text, ranges } = of(query, said);
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut out = String::new();
        let mut at = 0;
        for range in ranges {
            out += &String::from_utf16(&units[at..range.start]).unwrap();
            out += &format!("[{}]", String::from_utf16(&units[range.clone()]).unwrap());
            at = range.end;
        }
        out + &String::from_utf16(&units[at..]).unwrap()
    }

    #[test]
    fn what_was_found_is_marked() {
        assert_eq!(bracketed("größe", "🎉 Die GRÖSSE zählt"), "🎉 Die [GRÖSSE] zählt");
        assert_eq!(bracketed("\"fox jumps\"", "The fox. The fox\n\tjumps high"), "The fox. The [fox jumps] high");
        assert_eq!(
            bracketed("conf* fox", "Configure the confused foxes, fox"),
            "[Configure] the [confused] foxes, [fox]"
        );
        assert_eq!(bracketed("喜欢", "我喜欢Rust"), "我[喜欢]Rust");
        assert_eq!(bracketed("欢", "我喜欢Rust"), "我喜[欢]Rust");
        assert_eq!(bracketed("config", "call parseConfig()"), "call parse[Config]()");
        assert_eq!(bracketed("parse_config", "call parseConfig()"), "call [parseConfig]()");
        assert_eq!(bracketed("parseConfig", "parse_config, parseConfig"), "[parse_config], [parseConfig]");
        assert_eq!(bracketed("a -b", "a c"), "[a] c");
    }

    #[test]
    fn a_long_text_is_cut_around_where_most_was_found() {
        let said = format!("alpha {}alpha beta {}", "word ".repeat(200), "more ".repeat(200));
        let found = bracketed("alpha beta", &said);
        assert!(found.starts_with("…word word") && found.contains("word [alpha] [beta] more"), "{found}");
        assert!(found.ends_with("more…") && found.len() < 260, "{found}");
        let (start, end) = (of("alpha", &said).text, of("喜", &format!("{}喜", "我".repeat(500))).text);
        assert!(start.starts_with("alpha word") && end.starts_with('…') && end.ends_with('喜'), "{start} {end}");
    }

    proptest! {
        #[test]
        fn ranges_are_in_the_snippet_and_in_order(query in "[ab喜é* ]{1,8}", said in "[abé喜欢🎉A-C \\n]{0,400}") {
            let Ok(terms) = Terms::parse(&query) else { return Ok(()) };
            let Snippet { text, ranges } = snippet(&terms, &Text { said, tools: String::new() }, true);
            let length = text.encode_utf16().count();
            let mut end = 0;
            for range in ranges {
                prop_assert!(range.start >= end && range.start < range.end && range.end <= length);
                end = range.end;
            }
        }
    }
}
