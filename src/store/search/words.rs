//! How text is cut into words: once, for the index, for queries and for highlighting alike.
//!
//! A word is a run of letters, digits and marks; all else separates. Case, accents, width and ligatures make no
//! difference. Scripts that put no spaces between words (Chinese, Japanese, Thai, …), and Korean, whose endings stick
//! to the words, are cut into single characters; the index holds pairs of neighbours, so that a search finds words of
//! any length inside of them, and those of one character as the beginning of a pair. A picture (`🎉`) is a word. A name
//! like `parseConfig` is a word, and its parts are words beside it.

use std::ops::Range;

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

/// Longer words are cut: nobody looks for the end of a hash.
const MAX_WORD: usize = 64;

/// Keeps words apart that do not follow each other in the text. No text has it as a word.
const BREAK: &str = "\u{e000}";

/// The words of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// All words, folded, end to end.
    folded: String,
    units: Vec<Unit>,
    /// The parts of names like `parseConfig`.
    parts: Vec<Unit>,
}

/// A word, or a character of a script that is cut into characters.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    folded: Range<usize>,
    /// Where it is in the text, in bytes.
    pub(super) at: Range<usize>,
    /// Whether it is such a character.
    pub(super) is_character: bool,
    /// Whether nothing is between it and such a character before it.
    pub(super) is_glued: bool,
    /// Of a part: the number of its name. What follows in another name does not follow.
    pub(super) group: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Letter,
    Mark,
    Character,
    Picture,
    /// Not there: a soft hyphen.
    Invisible,
    Nothing,
}

impl Words {
    /// The words of `text`.
    pub(super) fn of(text: &str) -> Self {
        let mut words = Self::default();
        words.read(text);
        words
    }

    /// Takes the words of `text` in place of what it held.
    pub(super) fn read(&mut self, text: &str) {
        self.folded.clear();
        self.units.clear();
        self.parts.clear();
        let mut rest = text.char_indices().peekable();
        while let Some(&(at, c)) = rest.peek() {
            let end = match class(c) {
                Class::Letter => self.word(text, at),
                Class::Character => self.character(text, at),
                Class::Picture => self.picture(at, c),
                Class::Mark | Class::Invisible | Class::Nothing => at + c.len_utf8(),
            };
            while rest.next_if(|&(next, _)| next < end).is_some() {}
        }
    }

    /// The words, in their order.
    pub(super) fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The parts of names, in their order.
    pub(super) fn parts(&self) -> &[Unit] {
        &self.parts
    }

    /// A word as it is compared.
    pub(super) fn folded(&self, unit: &Unit) -> &str {
        &self.folded[unit.folded.clone()]
    }

    /// The tokens that the index holds, with a space between each two.
    pub(super) fn index_text(&self) -> String {
        let mut tokens = String::with_capacity(self.folded.len() * 5 / 4);
        for (position, unit) in self.units.iter().enumerate() {
            tokens.push_str(self.folded(unit));
            if let Some(next) = self.units.get(position + 1).filter(|next| next.is_glued) {
                tokens.push_str(self.folded(next));
            }
            tokens.push(' ');
        }
        let mut group = None;
        for part in &self.parts {
            if group.replace(part.group) != Some(part.group) {
                tokens.push_str(BREAK);
                tokens.push(' ');
            }
            tokens.push_str(self.folded(part));
            tokens.push(' ');
        }
        tokens
    }

    /// Takes the word that begins at `start`; gives its end.
    fn word(&mut self, text: &str, start: usize) -> usize {
        let from = self.folded.len();
        let mut end = text.len();
        let mut is_name = false;
        let (mut before, mut last) = (' ', ' ');
        for (at, c) in text[start..].char_indices() {
            match class(c) {
                Class::Letter => fold(c, &mut self.folded),
                Class::Mark => mark(c, &mut self.folded),
                Class::Invisible => continue,
                Class::Character | Class::Picture | Class::Nothing => {
                    end = start + at;
                    break;
                }
            }
            is_name |= begins_part(before, last, c).is_some();
            (before, last) = (last, c);
        }
        self.clip(from);
        self.push(from, start..end, false, false);
        if is_name {
            self.take_parts(text, start..end);
        }
        end
    }

    /// Takes the parts of a name.
    fn take_parts(&mut self, text: &str, name: Range<usize>) {
        let mut begins = vec![name.start];
        let (mut before, mut last) = ((0, ' '), (0, ' '));
        for (at, c) in text[name.clone()].char_indices() {
            match begins_part(before.1, last.1, c) {
                Some(Begin::Here) => begins.push(name.start + at),
                Some(Begin::Before) => begins.push(name.start + last.0),
                None => {}
            }
            (before, last) = (last, (at, c));
        }
        let group = self.parts.last().map_or(0, |part| part.group + 1);
        let ends: Vec<usize> = begins.iter().copied().skip(1).chain([name.end]).collect();
        for (start, end) in begins.into_iter().zip(ends) {
            let from = self.folded.len();
            text[start..end].chars().for_each(|c| match class(c) {
                Class::Letter => fold(c, &mut self.folded),
                Class::Mark => mark(c, &mut self.folded),
                _ => {}
            });
            self.clip(from);
            let folded = from..self.folded.len();
            if !folded.is_empty() {
                self.parts.push(Unit { folded, at: start..end, is_character: false, is_glued: false, group });
            }
        }
    }

    /// Takes the character that begins at `start`, with the marks on it; gives its end.
    fn character(&mut self, text: &str, start: usize) -> usize {
        let from = self.folded.len();
        let mut end = start;
        let mut last = None;
        for c in text[start..].chars() {
            let plain = without_width(c);
            match last.map(|last| compose(last, plain)) {
                None => self.folded.push(plain),
                Some(Some(both)) => {
                    self.folded.pop();
                    self.folded.push(both);
                }
                Some(None) if class(c) == Class::Mark => self.folded.push(plain),
                Some(None) => break,
            }
            last = self.folded.chars().next_back();
            end += c.len_utf8();
        }
        let is_glued = self.units.last().is_some_and(|before| before.is_character && before.at.end == start);
        self.clip(from);
        self.push(from, start..end, true, is_glued);
        end
    }

    fn picture(&mut self, at: usize, c: char) -> usize {
        let from = self.folded.len();
        self.folded.push(c);
        let end = at + c.len_utf8();
        self.push(from, at..end, false, false);
        end
    }

    fn clip(&mut self, from: usize) {
        let most = self.folded.floor_char_boundary(from + MAX_WORD);
        self.folded.truncate(most);
    }

    fn push(&mut self, from: usize, at: Range<usize>, is_character: bool, is_glued: bool) {
        let folded = from..self.folded.len();
        if !folded.is_empty() {
            self.units.push(Unit { folded, at, is_character, is_glued, group: 0 });
        }
    }
}

/// Where a part of a name begins.
enum Begin {
    /// At the character that was looked at.
    Here,
    /// At the one before.
    Before,
}

/// Whether a part of a name begins here: `parse|Config`, `HTTP|Server`.
fn begins_part(before: char, last: char, c: char) -> Option<Begin> {
    if c.is_uppercase() && last.is_lowercase() {
        Some(Begin::Here)
    } else if c.is_lowercase() && last.is_uppercase() && before.is_uppercase() {
        Some(Begin::Before)
    } else {
        None
    }
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Letter,
        '\0'..='\x7f' => Class::Nothing,
        // Soft hyphen, zero-width (non-)joiner, variation selectors.
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => Class::Invisible,
        _ if is_combining_mark(c) => Class::Mark,
        _ if is_character(c) => Class::Character,
        _ if is_picture(c) => Class::Picture,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Nothing,
    }
}

/// Whether the script puts no spaces between its words, or sticks endings to them.
fn is_character(c: char) -> bool {
    matches!(c,
        // Thai and Lao, without their digits; Myanmar; Khmer.
        '\u{e01}'..='\u{e4e}' | '\u{e81}'..='\u{ecf}' | '\u{edc}'..='\u{edf}'
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{1780}'..='\u{17d3}'
        // Korean: letters and syllables.
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{ffa0}'..='\u{ffdc}'
        // Japanese and Bopomofo.
        | '\u{3041}'..='\u{3096}' | '\u{309b}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{312f}'
        | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}'
        // Chinese characters.
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}'
    )
}

fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{231a}'..='\u{231b}' | '\u{23e9}'..='\u{23fa}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}'
    )
}

/// Marks that change no word: accents of European scripts, points of Hebrew and Arabic.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

fn fold(c: char, into: &mut String) {
    match c {
        _ if c.is_ascii() => into.push(c.to_ascii_lowercase()),
        // A letter of its own, not an accent on another.
        'й' | 'Й' => into.push('й'),
        _ => decompose_compatible(c, |plain| {
            let lower =
                plain.to_lowercase().filter(|c| !is_accent(*c) && (c.is_alphanumeric() || is_combining_mark(*c)));
            lower.for_each(|c| match c {
                'ß' => into.push_str("ss"),
                'æ' => into.push_str("ae"),
                'œ' => into.push_str("oe"),
                'ø' => into.push('o'),
                'ł' => into.push('l'),
                'đ' => into.push('d'),
                'ı' => into.push('i'),
                _ => into.push(c),
            });
        }),
    }
}

fn mark(c: char, into: &mut String) {
    if c == '\u{306}' && into.ends_with('и') {
        into.pop();
        into.push('й');
    } else if !is_accent(c) {
        into.push(c);
    }
}

/// The usual form of a character that is narrower or wider than usual, or there twice for an old encoding's sake.
fn without_width(c: char) -> char {
    let mut plain = None;
    if matches!(c, '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}' | '\u{2f800}'..='\u{2fa1f}') {
        decompose_compatible(c, |part| _ = plain.get_or_insert(part));
    }
    plain.unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        Words::of(text).index_text().split(' ').filter(|token| !token.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn case_accents_width_and_ligatures_make_no_difference() {
        assert_eq!(tokens("Größe ÉTÉ naïve Łódź"), ["grosse", "ete", "naive", "lodz"]);
        assert_eq!(tokens("Straße STRASSE STRAẞE"), ["strasse"; 3]);
        assert_eq!(tokens("Ｒｕｓｔ ﬁle x²"), ["rust", "file", "x2"]);
        assert_eq!(tokens("e\u{301}te\u{301} soft\u{ad}hyphen"), ["ete", "softhyphen"]);
        assert_eq!(tokens("Ёлка мой мои\u{306} МОИ"), ["елка", "мой", "мой", "мои"]);
        assert_eq!(tokens("İstanbul ısı"), ["istanbul", "isi"]);
        assert_eq!(tokens("أحمد مُحَمَّد שָׁלוֹם"), ["احمد", "محمد", "שלום"]);
    }

    #[test]
    fn marks_that_make_the_word_stay() {
        assert_eq!(tokens("हिन्दी में"), ["हिन्दी", "में"]);
    }

    #[test]
    fn code_is_cut_where_people_look_for_its_parts() {
        assert_eq!(tokens("foo::bar src/lib.rs a_b-c"), ["foo", "bar", "src", "lib", "rs", "a", "b", "c"]);
        let names = ["parseconfig", "httpserver", BREAK, "parse", "config", BREAK, "http", "server"];
        assert_eq!(tokens("parseConfig HTTPServer"), names);
        assert_eq!(tokens("Config CONFIG config2"), ["config", "config", "config2"]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_pairs() {
        assert_eq!(tokens("我喜欢Rust。"), ["我喜", "喜欢", "欢", "rust"]);
        assert_eq!(tokens("検索する"), ["検索", "索す", "する", "る"]);
        assert_eq!(tokens("한국어를 배워요"), ["한국", "국어", "어를", "를", "배워", "워요", "요"]);
        assert_eq!(tokens("ｶﾞｲﾄﾞ"), tokens("カ\u{3099}イト\u{3099}"));
        assert_eq!(tokens("ガイド"), tokens("ｶﾞｲﾄﾞ"));
        assert_eq!(tokens("\u{1112}\u{1161}\u{11ab}글"), tokens("한글"));
        // A vowel above belongs to its consonant.
        assert_eq!(tokens("ที่รัก"), ["ที่รั", "รัก", "ก"]);
    }

    #[test]
    fn pictures_are_words() {
        assert_eq!(tokens("done🎉🎉 👍🏽 👩‍💻 ☀️"), ["done", "🎉", "🎉", "👍", "🏽", "👩", "💻", "☀"]);
    }

    #[test]
    fn a_word_knows_where_it_is() {
        let text = "«Größe» 喜欢 parseConfig";
        let words = Words::of(text);
        let of = |units: &[Unit]| units.iter().map(|unit| text[unit.at.clone()].to_owned()).collect::<Vec<_>>();
        assert_eq!(of(words.units()), ["Größe", "喜", "欢", "parseConfig"]);
        assert_eq!(of(words.parts()), ["parse", "Config"]);
        assert_eq!(words.units().iter().map(|unit| unit.is_glued).collect::<Vec<_>>(), [false, false, true, false]);
    }

    #[test]
    fn a_long_word_is_cut() {
        assert_eq!(tokens(&"é".repeat(100)), ["e".repeat(64)]);
    }
}
