//! What the fuzz targets reach that nobody else does.

use super::lines::{Line, Lines};

/// Splits what comes in `chunks` into lines of at most `max` bytes; an oversize one is given as its length.
pub fn split_lines<'a>(max: usize, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Result<Vec<u8>, u64>> {
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
