//! Bytes from the CLI → whole lines, whatever the sizes of the reads.

/// How much of a read buffer is kept once a long line has gone.
const KEPT_CAPACITY: usize = 1024 * 1024;
/// How much room a read is offered.
const READ_SIZE: usize = 64 * 1024;

/// A piece of what the CLI printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line, without its newline.
    Whole(&'a [u8]),
    /// A line that was too long and is gone.
    Oversize {
        /// Its length.
        bytes: u64,
    },
}

/// Splits a stream at newlines. A line longer than the cap is not kept, only counted.
#[derive(Debug)]
pub(super) struct Lines {
    max: usize,
    buffer: Vec<u8>,
    /// So much of the buffer is known to hold no newline.
    scanned: usize,
    /// Bytes of the line that is being skipped, which have gone.
    skipped: Option<u64>,
}

impl Lines {
    /// Lines of up to `max` bytes.
    pub(super) fn new(max: usize) -> Self {
        Self { max, buffer: Vec::new(), scanned: 0, skipped: None }
    }

    /// Where the next read goes: append to it, then call [`Self::drain`].
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.reserve(READ_SIZE);
        &mut self.buffer
    }

    /// Hands over every line that is complete by now.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Line<'_>)) {
        let mut start = 0;
        while let Some(newline) = memchr::memchr(b'\n', &self.buffer[self.scanned..]) {
            let end = self.scanned + newline;
            each(self.line(start, end));
            self.skipped = None;
            start = end + 1;
            self.scanned = start;
        }
        self.keep_from(start);
    }

    /// Hands over the last line, which had no newline: the stream has ended.
    pub(super) fn finish(&mut self, mut each: impl FnMut(Line<'_>)) {
        if !self.buffer.is_empty() || self.skipped.is_some() {
            each(self.line(0, self.buffer.len()));
        }
        self.buffer.clear();
        self.scanned = 0;
        self.skipped = None;
    }

    fn line(&self, start: usize, end: usize) -> Line<'_> {
        let length = end - start;
        match self.skipped {
            Some(before) => Line::Oversize { bytes: before + length as u64 },
            None if length > self.max => Line::Oversize { bytes: length as u64 },
            None => Line::Whole(&self.buffer[start..end]),
        }
    }

    /// Drops what has been handed over, and what of a line is already too long.
    fn keep_from(&mut self, start: usize) {
        let rest = self.buffer.len() - start;
        if rest > self.max || self.skipped.is_some() {
            self.skipped = Some(self.skipped.unwrap_or(0) + rest as u64);
            self.buffer.clear();
        } else {
            self.buffer.drain(..start);
        }
        self.scanned = self.buffer.len();
        if self.buffer.len() < KEPT_CAPACITY && self.buffer.capacity() > 2 * KEPT_CAPACITY {
            self.buffer.shrink_to(KEPT_CAPACITY);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The lines of `chunks`, fed one after another; an oversize one as its length.
    fn split<'a>(max: usize, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Vec<u8>, u64>> {
        let mut lines = Lines::new(max);
        let mut seen = Vec::new();
        let mut each = |line: Line<'_>| {
            seen.push(match line {
                Line::Whole(bytes) => Ok(bytes.to_vec()),
                Line::Oversize { bytes } => Err(bytes),
            });
        };
        for chunk in chunks {
            lines.buffer().extend_from_slice(chunk);
            lines.drain(&mut each);
        }
        lines.finish(&mut each);
        seen
    }

    #[test]
    fn a_line_past_the_cap_is_skipped_and_the_next_one_is_read() {
        let chunks: [&[u8]; 4] = [b"short\n12345", b"678", b"90\nnext\n", b"last"];
        let expected = vec![Ok(b"short".to_vec()), Err(10), Ok(b"next".to_vec()), Ok(b"last".to_vec())];
        assert_eq!(split(5, chunks), expected);
    }

    #[test]
    fn a_line_past_the_cap_is_not_kept_in_memory() {
        let mut lines = Lines::new(1000);
        for _ in 0..10_000 {
            lines.buffer().extend_from_slice(&[b'x'; 1000]);
            lines.drain(|line| panic!("{line:?}"));
        }
        assert!(lines.buffer.capacity() <= 2 * READ_SIZE, "{}", lines.buffer.capacity());
        lines.finish(|line| assert_eq!(line, Line::Oversize { bytes: 10_000_000 }));
    }

    #[test]
    fn the_memory_of_a_long_line_is_given_back() {
        let mut lines = Lines::new(usize::MAX);
        lines.buffer().extend_from_slice(&vec![b'x'; 16 * KEPT_CAPACITY]);
        lines.drain(|_| {});
        lines.buffer().push(b'\n');
        lines.drain(|line| assert!(matches!(line, Line::Whole(bytes) if bytes.len() == 16 * KEPT_CAPACITY)));
        assert!(lines.buffer.capacity() <= 2 * KEPT_CAPACITY);
    }

    #[test]
    fn a_character_that_is_split_between_reads_arrives_whole() {
        let bytes = "日本語 ✓\n".as_bytes();
        for at in 0..bytes.len() {
            assert_eq!(split(100, [&bytes[..at], &bytes[at..]]), [Ok("日本語 ✓".as_bytes().to_vec())]);
        }
    }

    proptest! {
        #[test]
        fn the_sizes_of_the_reads_change_nothing(
            bytes in proptest::collection::vec(prop_oneof![3 => any::<u8>(), 1 => Just(b'\n')], 0..200),
            sizes in proptest::collection::vec(1usize..20, 1..50),
            max in 0usize..30,
        ) {
            let mut chunks = Vec::new();
            let mut rest = bytes.as_slice();
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (chunk, left) = rest.split_at((*size).min(rest.len()));
                chunks.push(chunk);
                rest = left;
            }
            let mut expected: Vec<_> = bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            expected.pop_if(|last| last.is_empty());
            let expected: Vec<_> = expected
                .into_iter()
                .map(|line| if line.len() > max { Err(line.len() as u64) } else { Ok(line) })
                .collect();
            prop_assert_eq!(split(max, chunks), expected);
        }
    }
}
