//! The language of searches: words, `"phrases"`, `prefix*`, `-not`, `one OR other`.
//!
//! What a person types never reaches FTS5: it is cut into words of our own, and those alone are put together to an
//! expression.

use super::words::{Unit, Words};
use crate::error::{Error, ErrorKind, Result};

/// How many words a search may have.
const MAX_WORDS: usize = 256;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Of each of these, one has to occur.
    pub(super) must: Vec<Vec<Term>>,
    /// None of these may occur.
    pub(super) must_not: Vec<Term>,
}

/// A word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// The ways in which it may be written: `parseConfig` is found as `parse_config` too.
    pub(super) ways: Vec<Phrase>,
}

/// Words that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) words: Vec<Word>,
    /// Whether the last one may go on.
    pub(super) is_prefix: bool,
}

/// A word, or a character of a script that is cut into characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) folded: String,
    pub(super) is_character: bool,
    pub(super) is_glued: bool,
}

/// A piece of what was typed.
struct Piece<'a> {
    text: &'a str,
    /// Where it is, in bytes.
    at: usize,
    is_not: bool,
    is_quoted: bool,
    is_prefix: bool,
}

impl Terms {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// `invalidQuery`, with the `position` in UTF-16 code units: a quote that is not closed, an `OR` with nothing on
    /// one side, nothing to look for, too many words.
    pub fn parse(query: &str) -> Result<Self> {
        let mut terms = Self { must: Vec::new(), must_not: Vec::new() };
        // Where an OR is that has nothing behind it yet.
        let mut or = None;
        let mut words = 0;
        let mut rest = Pieces { query, at: 0 };
        while let Some(piece) = rest.next()? {
            if piece.is_or() {
                if or.is_some() || terms.must.is_empty() {
                    return Err(lonely_or(query, piece.at));
                }
                or = Some(piece.at);
                continue;
            }
            let Some(term) = Term::of(&piece) else { continue };
            words += term.ways.iter().map(|way| way.words.len()).sum::<usize>();
            if words > MAX_WORDS {
                let message = format!("the search has more than {MAX_WORDS} words");
                return Err(invalid(query, piece.at, &message, "look for fewer words"));
            }
            match (or.take(), piece.is_not, terms.must.last_mut()) {
                (Some(at), true, _) => return Err(or_not(query, at)),
                (Some(_), false, Some(alternatives)) => alternatives.push(term),
                (_, true, _) => terms.must_not.push(term),
                (_, false, _) => terms.must.push(vec![term]),
            }
        }
        match or {
            Some(at) => Err(lonely_or(query, at)),
            None if terms.must.is_empty() => Err(nothing(query, &terms)),
            None => Ok(terms),
        }
    }

    /// The expression for FTS5, to be looked for in these columns.
    pub(super) fn expression(&self, columns: &str) -> String {
        let must: Vec<String> = self.must.iter().map(|terms| any(terms.iter().map(Term::expression))).collect();
        let must = must.join(" AND ");
        let not = match self.must_not.as_slice() {
            [] => String::new(),
            terms => format!(" NOT {}", any(terms.iter().map(Term::expression))),
        };
        format!("{{{columns}}} : ({must}{not})")
    }

    /// All phrases that may be found, those of one term together.
    pub(super) fn sought(&self) -> impl Iterator<Item = &Term> {
        self.must.iter().flatten()
    }
}

impl Term {
    /// What a piece looks for; nothing where it has no letter, digit or picture.
    fn of(piece: &Piece<'_>) -> Option<Self> {
        let words = Words::of(piece.text);
        let first = Phrase::of(&words, words.units(), piece.is_prefix)?;
        let is_one_name = first.words.len() == 1;
        let parts = if is_one_name { Phrase::of(&words, words.parts(), piece.is_prefix) } else { None };
        Some(Self { ways: [first].into_iter().chain(parts).collect() })
    }

    /// The expression for FTS5.
    pub(super) fn expression(&self) -> String {
        any(self.ways.iter().map(Phrase::expression))
    }
}

impl Phrase {
    fn of(words: &Words, units: &[Unit], is_prefix: bool) -> Option<Self> {
        let word = |unit: &Unit| Word {
            folded: words.folded(unit).to_owned(),
            is_character: unit.is_character,
            is_glued: unit.is_glued,
        };
        let words: Vec<Word> = units.iter().map(word).collect();
        (!words.is_empty()).then_some(Self { words, is_prefix })
    }

    /// The expression for FTS5. Characters are looked for as the pairs that [`Words::index_text`] makes; the last one
    /// is in the pair before it, or, where it is alone, the beginning of a pair.
    fn expression(&self) -> String {
        let mut tokens = Vec::new();
        let mut is_prefix = false;
        for (position, word) in self.words.iter().enumerate() {
            let next = self.words.get(position + 1);
            match next {
                Some(next) if next.is_glued => tokens.push(format!("{}{}", word.folded, next.folded)),
                Some(_) => tokens.push(word.folded.clone()),
                None if word.is_glued => {}
                None => {
                    tokens.push(word.folded.clone());
                    is_prefix = self.is_prefix || word.is_character;
                }
            }
        }
        format!("\"{}\"{}", tokens.join(" "), if is_prefix { " *" } else { "" })
    }
}

/// One of these expressions.
fn any(expressions: impl Iterator<Item = String>) -> String {
    let expressions: Vec<String> = expressions.collect();
    match expressions.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(" OR ")),
    }
}

impl Piece<'_> {
    fn is_or(&self) -> bool {
        self.text == "OR" && !self.is_quoted && !self.is_not && !self.is_prefix
    }
}

/// The pieces of what was typed, one after another.
struct Pieces<'a> {
    query: &'a str,
    at: usize,
}

impl<'a> Pieces<'a> {
    /// The next piece.
    ///
    /// # Errors
    /// A quote is not closed.
    fn next(&mut self) -> Result<Option<Piece<'a>>> {
        let rest = &self.query[self.at..];
        let begin = self.at + rest.len() - rest.trim_start().len();
        let rest = &self.query[begin..];
        if rest.is_empty() {
            return Ok(None);
        }
        let bare = rest.strip_prefix('-').unwrap_or(rest);
        let is_not = bare.len() < rest.len();
        let (text, after, is_quoted) = match bare.strip_prefix('"') {
            Some(quoted) => {
                let Some(end) = quoted.find('"') else {
                    return Err(unclosed(self.query, self.query.len() - bare.len()));
                };
                (&quoted[..end], &quoted[end + 1..], true)
            }
            None => {
                let end = bare.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(bare.len());
                (&bare[..end], &bare[end..], false)
            }
        };
        let (text, after, is_prefix) = without_star(text, after, is_quoted);
        self.at = self.query.len() - after.len();
        Ok(Some(Piece { text, at: begin, is_not, is_quoted, is_prefix }))
    }
}

/// Takes the star off the end, which is behind the quote of a phrase.
fn without_star<'a>(text: &'a str, after: &'a str, is_quoted: bool) -> (&'a str, &'a str, bool) {
    if is_quoted {
        return after.strip_prefix('*').map_or((text, after, false), |after| (text, after, true));
    }
    text.strip_suffix('*').map_or((text, after, false), |text| {
        // In `int *`, say, there is nothing that could go on.
        (text, after, text.ends_with(char::is_alphanumeric))
    })
}

fn unclosed(query: &str, at: usize) -> Error {
    invalid(query, at, "a quote is not closed", "close it, or leave it out")
}

fn lonely_or(query: &str, at: usize) -> Error {
    let hint = "write it between two words, or in small letters to look for the word";
    invalid(query, at, "there is nothing on one side of OR", hint)
}

fn or_not(query: &str, at: usize) -> Error {
    invalid(query, at, "what must not occur is no alternative", "write OR between words that may occur")
}

fn nothing(query: &str, terms: &Terms) -> Error {
    let message = if terms.must_not.is_empty() {
        "there is no word to look for"
    } else {
        "there are only words that must not occur"
    };
    invalid(query, 0, message, "name a word that has to occur")
}

/// The error for what is wrong with a query at a place, in bytes.
fn invalid(query: &str, at: usize, message: &str, hint: &str) -> Error {
    let position = query[..at].encode_utf16().count();
    let message = format!("query: {message} (at {position})");
    Error::new(ErrorKind::InvalidQuery, message).hint(hint).detail("position", position)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn expression(query: &str) -> String {
        Terms::parse(query).unwrap().expression("said")
    }

    fn fault(query: &str) -> (String, u64) {
        let error = Terms::parse(query).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        let data = error.to_data();
        assert!(data.hint.is_some());
        (error.message().to_owned(), data.details["position"].as_u64().unwrap())
    }

    #[test]
    fn every_part_of_the_language_has_its_expression() {
        for (query, expected) in [
            ("Foo bar", r#""foo" AND "bar""#),
            ("\"foo bar\" baz", r#""foo bar" AND "baz""#),
            ("foo* \"a b\"*", r#""foo" * AND "a b" *"#),
            ("a -b -\"c d\"", r#""a" NOT ("b" OR "c d")"#),
            ("-b a", r#""a" NOT "b""#),
            ("a OR b c OR \"d e\"", r#"("a" OR "b") AND ("c" OR "d e")"#),
            ("well-known src/lib.rs", r#""well known" AND "src lib rs""#),
            ("parseConfig", r#"("parseconfig" OR "parse config")"#),
            ("a.parseConfig", r#""a parseconfig""#),
            ("喜欢编程 喜 \"我 b\"", r#""喜欢 欢编 编程" AND "喜" * AND "我 b""#),
            ("Rust喜", r#""rust 喜" *"#),
            ("or and NOT near", r#""or" AND "and" AND "not" AND "near""#),
            ("int * p - -- *q", r#""int" AND "p" AND "q""#),
            ("a\"b\"", r#""a" AND "b""#),
            ("said:a ^b (c)", r#""said a" AND "b" AND "c""#),
        ] {
            assert_eq!(expression(query), format!("{{said}} : ({expected})"), "{query}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        assert_eq!(fault("über \"foo"), ("query: a quote is not closed (at 5)".into(), 5));
        assert_eq!(fault("🎉 -\"foo").1, 4);
        assert_eq!(fault("OR b").1, 0);
        assert_eq!(fault("a OR").1, 2);
        assert_eq!(fault("a OR OR b").1, 5);
        assert_eq!(fault("a OR -b"), ("query: what must not occur is no alternative (at 2)".into(), 2));
        assert_eq!(fault("").0, "query: there is no word to look for (at 0)");
        assert_eq!(fault(" :: \"\" * ").0, "query: there is no word to look for (at 0)");
        assert_eq!(fault("-a").0, "query: there are only words that must not occur (at 0)");
        assert_eq!(fault(&"a ".repeat(257)), ("query: the search has more than 256 words (at 512)".into(), 512));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fail_otherwise(query in "\\PC*|[\"*\\-OR ab喜é()^+:{}]*") {
            if let Err(error) = Terms::parse(&query) {
                prop_assert_eq!(error.kind(), ErrorKind::InvalidQuery);
            }
        }
    }
}
