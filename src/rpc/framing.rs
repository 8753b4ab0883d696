//! LSP's base framing: headers, an empty line, and a body of as many bytes as `Content-Length` says.
//!
//! A pure function of the bytes: how they are cut into chunks makes no difference. Where the stream is not what it
//! should be, the parser says so once, and goes on with the next thing that looks like a `Content-Length` header.

use std::mem;

/// The longest body that is taken, in bytes, unless the embedder says otherwise.
pub const DEFAULT_LIMIT: u64 = 64 << 20;

/// How long a header may be, in bytes. A longer line is none, and only its end is looked at.
const LINE_LIMIT: usize = 4096;

/// A buffer that grew beyond this for one long message is given back.
const BUFFER_KEPT: usize = 1 << 20;

const LENGTH: &[u8] = b"content-length";

/// What was found in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// The body of a message.
    Message(&'a [u8]),
    /// A body over the limit was promised; it is skipped as it comes.
    TooLarge {
        /// The length that was promised, in bytes.
        length: u64,
        /// The longest one that is taken.
        limit: u64,
    },
    /// Bytes that are no frame; what follows them up to the next `Content-Length` is dropped.
    Garbage(&'static str),
}

/// An incremental parser of a stream of frames.
#[derive(Debug)]
pub struct Parser {
    limit: u64,
    state: State,
    /// The header line that has begun.
    line: Vec<u8>,
    length: Length,
    /// Whether garbage was reported and no frame has been found since.
    lost: bool,
    /// The part of a body that came in earlier chunks.
    body: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Headers,
    Body { missing: usize },
    Skipping { left: u64 },
}

/// What the headers before a body said about its length.
#[derive(Debug, PartialEq)]
enum Length {
    /// There was no header at all.
    Nothing,
    /// There were headers, but not this one.
    Missing,
    Known(u64),
    Wrong(&'static str),
}

/// What one line among the headers is.
enum Line {
    End,
    Length(Length),
    OtherHeader,
    /// No header; it may end with the beginning of the next frame.
    Garbage(Option<Length>),
}

impl Default for Parser {
    fn default() -> Self {
        Self::new(DEFAULT_LIMIT)
    }
}

impl Parser {
    /// A parser that takes bodies of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        let state = State::Headers;
        Self { limit, state, line: Vec::new(), length: Length::Nothing, lost: false, body: Vec::new() }
    }

    /// Takes the next bytes of the stream and hands over, in order, what is complete with them.
    pub fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(Framed<'_>)) {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Headers => self.headers(bytes, &mut found),
                State::Body { missing } => self.body(bytes, missing, &mut found),
                State::Skipping { left } => self.skip(bytes, left),
            };
        }
    }

    /// Whether the stream may end here without a message being cut.
    #[must_use]
    pub fn is_between_frames(&self) -> bool {
        matches!(self.state, State::Headers) && self.line.is_empty() && self.length == Length::Nothing
    }

    fn headers<'a>(&mut self, bytes: &'a [u8], found: &mut impl FnMut(Framed<'_>)) -> &'a [u8] {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            self.line.extend_from_slice(bytes);
            keep_end(&mut self.line);
            return &[];
        };
        let (part, rest) = (&bytes[..end], &bytes[end + 1..]);
        let line = if self.line.is_empty() {
            read_line(part)
        } else {
            self.line.extend_from_slice(part);
            read_line(&mem::take(&mut self.line))
        };
        self.take_line(line, found);
        rest
    }

    fn take_line(&mut self, line: Line, found: &mut impl FnMut(Framed<'_>)) {
        match line {
            Line::End => self.end_headers(found),
            Line::Length(length) if matches!(self.length, Length::Nothing | Length::Missing) => self.length = length,
            Line::Length(_) => self.length = Length::Wrong("a second Content-Length header"),
            Line::OtherHeader if self.length == Length::Nothing => self.length = Length::Missing,
            Line::OtherHeader => {}
            Line::Garbage(next) => {
                self.garbage("a line that is no header", found);
                self.length = next.unwrap_or(Length::Nothing);
            }
        }
    }

    fn end_headers(&mut self, found: &mut impl FnMut(Framed<'_>)) {
        match mem::replace(&mut self.length, Length::Nothing) {
            // An empty line between two frames does no harm.
            Length::Nothing => {}
            Length::Missing => self.garbage("headers without Content-Length", found),
            Length::Wrong(why) => self.garbage(why, found),
            Length::Known(length) => self.begin_body(length, found),
        }
    }

    fn begin_body(&mut self, length: u64, found: &mut impl FnMut(Framed<'_>)) {
        self.lost = false;
        match usize::try_from(length) {
            Ok(0) => found(Framed::Message(&[])),
            Ok(missing) if length <= self.limit => self.state = State::Body { missing },
            _ => {
                found(Framed::TooLarge { length, limit: self.limit });
                self.state = State::Skipping { left: length };
            }
        }
    }

    fn garbage(&mut self, what: &'static str, found: &mut impl FnMut(Framed<'_>)) {
        if !mem::replace(&mut self.lost, true) {
            found(Framed::Garbage(what));
        }
    }

    fn body<'a>(&mut self, bytes: &'a [u8], missing: usize, found: &mut impl FnMut(Framed<'_>)) -> &'a [u8] {
        if bytes.len() < missing {
            self.body.extend_from_slice(bytes);
            self.state = State::Body { missing: missing - bytes.len() };
            return &[];
        }
        let (part, rest) = bytes.split_at(missing);
        self.state = State::Headers;
        if self.body.is_empty() {
            found(Framed::Message(part));
        } else {
            self.body.extend_from_slice(part);
            found(Framed::Message(&self.body));
            self.body.clear();
            self.body.shrink_to(BUFFER_KEPT);
        }
        rest
    }

    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - here as u64;
        self.state = if left == 0 { State::Headers } else { State::Skipping { left } };
        &bytes[here..]
    }
}

/// Drops the beginning of a line that is too long to be a header. The end is kept: a frame may begin in it.
fn keep_end(line: &mut Vec<u8>) {
    if line.len() > 2 * LINE_LIMIT {
        line.drain(..line.len() - LINE_LIMIT - 1);
    }
}

fn read_line(line: &[u8]) -> Line {
    if let Some(cut @ 1..) = line.len().checked_sub(LINE_LIMIT) {
        return Line::Garbage(length_at_the_end(&line[cut..]));
    }
    let line = line.trim_ascii();
    if line.is_empty() {
        return Line::End;
    }
    let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
    let name = line[..colon].trim_ascii_end();
    if colon == line.len() || !name.iter().all(|byte| is_name(*byte)) {
        return Line::Garbage(length_at_the_end(line));
    }
    if name.eq_ignore_ascii_case(LENGTH) { Line::Length(read_length(&line[colon + 1..])) } else { Line::OtherHeader }
}

/// Whether the byte may be part of a header's name.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A frame that begins in the middle of a line, as it does after a body that was not recognised as one.
fn length_at_the_end(line: &[u8]) -> Option<Length> {
    let start = line.windows(LENGTH.len()).rposition(|part| part.eq_ignore_ascii_case(LENGTH))?;
    let value = line[start + LENGTH.len()..].trim_ascii_start().strip_prefix(b":")?;
    Some(read_length(value))
}

fn read_length(value: &[u8]) -> Length {
    let value = value.trim_ascii();
    let digits = str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|text| text.parse().ok());
    length.map_or(Length::Wrong("a Content-Length that is no number of bytes"), Length::Known)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Strategy, any, proptest};
    use proptest::sample::Index;
    use proptest::{prop_assert_eq, prop_oneof};

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Seen {
        Message(Vec<u8>),
        TooLarge(u64),
        Garbage,
    }

    fn message(text: &str) -> Seen {
        Seen::Message(text.as_bytes().to_vec())
    }

    fn feed(parser: &mut Parser, bytes: &[u8]) -> Vec<Seen> {
        let mut seen = Vec::new();
        parser.feed(bytes, |framed| {
            seen.push(match framed {
                Framed::Message(body) => Seen::Message(body.to_vec()),
                Framed::TooLarge { length, .. } => Seen::TooLarge(length),
                Framed::Garbage(_) => Seen::Garbage,
            });
        });
        seen
    }

    fn parse(text: &str) -> Vec<Seen> {
        feed(&mut Parser::new(100), text.as_bytes())
    }

    #[test]
    fn headers_come_in_any_case_any_number_and_with_any_line_end() {
        let stream = "content-LENGTH:2\r\nContent-Type: x; charset=utf-8\r\n\r\n{}X-A: b\nContent-Length : 3 \n\n[1]";
        assert_eq!(parse(stream), [message("{}"), message("[1]")]);
    }

    #[test]
    fn an_empty_line_between_two_frames_is_nothing() {
        assert_eq!(
            parse("\r\nContent-Length: 2\r\n\r\n{}\n\nContent-Length: 0\r\n\r\n\n"),
            [message("{}"), message("")]
        );
    }

    #[test]
    fn the_stream_goes_on_after_lines_that_are_no_headers() {
        let stream = "hello\nworld {\"a\": 1}\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(stream), [Seen::Garbage, message("{}")]);
    }

    #[test]
    fn the_stream_goes_on_after_a_content_length_that_is_missing_wrong_or_there_twice() {
        let bad = ["X-A: b", "Content-Length: x", "Content-Length: -2", "Content-Length: 2\r\nContent-Length: 2"];
        for headers in bad {
            let stream =
                format!("{headers}\r\n\r\n{{\"method\":\"a\"}}Content-Length: 2\r\n\r\n{{}}Content-Length: 1\n\n1");
            assert_eq!(parse(&stream), [Seen::Garbage, message("{}"), message("1")], "{headers}");
        }
    }

    #[test]
    fn a_length_beyond_all_numbers_is_garbage() {
        assert_eq!(
            parse("Content-Length: 99999999999999999999\n\nContent-Length: 1\n\n1"),
            [Seen::Garbage, message("1")]
        );
    }

    #[test]
    fn an_oversize_body_is_skipped_without_being_kept() {
        let mut parser = Parser::new(100);
        assert_eq!(feed(&mut parser, b"Content-Length: 1000000000000\r\n\r\n"), [Seen::TooLarge(1_000_000_000_000)]);
        for _ in 0..100 {
            assert_eq!(feed(&mut parser, &[b'x'; 1000]), []);
        }
        assert_eq!(parser.body.capacity() + parser.line.capacity(), 0);
    }

    #[test]
    fn the_frame_after_an_oversize_body_is_read() {
        let stream = format!("Content-Length: 101\r\n\r\n{}Content-Length: 2\r\n\r\n{{}}", "x".repeat(101));
        assert_eq!(parse(&stream), [Seen::TooLarge(101), message("{}")]);
    }

    #[test]
    fn a_promised_body_takes_no_memory_before_it_comes() {
        let mut parser = Parser::default();
        feed(&mut parser, b"Content-Length: 60000000\r\n\r\nabc");
        assert!(parser.body.capacity() < 1000);
        assert!(!parser.is_between_frames());
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut parser = Parser::default();
        for _ in 0..1000 {
            feed(&mut parser, &[b'x'; 1000]);
        }
        assert!(parser.line.capacity() < 10 * LINE_LIMIT);
        assert_eq!(feed(&mut parser, b"Content-Length: 2\r\n\r\n{}"), [Seen::Garbage, message("{}")]);
    }

    fn frame() -> impl Strategy<Value = (Vec<u8>, Vec<Seen>)> {
        vec(any::<u8>(), 0..200).prop_map(|body| {
            let mut bytes = format!("content-length: {}\r\n\r\n", body.len()).into_bytes();
            bytes.extend_from_slice(&body);
            let seen = if body.len() > 100 { Seen::TooLarge(body.len() as u64) } else { Seen::Message(body) };
            (bytes, vec![seen])
        })
    }

    fn garbage() -> impl Strategy<Value = (Vec<u8>, Vec<Seen>)> {
        // Bytes that cannot be taken for a header or for an empty line.
        vec(b'{'..=b'\xff', 1..9000).prop_map(|mut bytes| {
            bytes.retain(|byte| !is_name(*byte));
            bytes.extend_from_slice(b"{\n");
            (bytes, vec![Seen::Garbage])
        })
    }

    proptest! {
        #[test]
        fn frames_are_found_among_garbage_however_the_stream_is_cut(
            parts in vec(prop_oneof![4 => frame(), 1 => garbage()], 0..8),
            cuts in vec(any::<Index>(), 0..40),
        ) {
            let stream: Vec<u8> = parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
            let mut expected: Vec<Seen> = parts.into_iter().flat_map(|(_, seen)| seen).collect();
            expected.dedup_by(|a, b| *a == Seen::Garbage && *b == Seen::Garbage);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            cuts.push(stream.len());
            cuts.sort_unstable();
            let mut parser = Parser::new(100);
            let (mut seen, mut from) = (Vec::new(), 0);
            for cut in cuts {
                seen.extend(feed(&mut parser, &stream[from..cut]));
                from = cut;
            }
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn any_bytes_read_the_same_however_they_are_cut(
            bytes in vec(prop_oneof![
                vec(any::<u8>(), 0..20), "[ :\r\n]{1,3}".prop_map(String::into_bytes),
                "(?i:content-length): ?[0-9x]{0,3}(\r\n){0,2}".prop_map(String::into_bytes)
            ], 0..30),
            cut in any::<Index>(),
        ) {
            let stream = bytes.concat();
            let whole = feed(&mut Parser::new(100), &stream);
            let (first, second) = stream.split_at(cut.index(stream.len() + 1));
            let mut parser = Parser::new(100);
            let mut seen = feed(&mut parser, first);
            seen.extend(feed(&mut parser, second));
            prop_assert_eq!(seen, whole);
        }
    }
}
