//! What the targets share.

/// Cuts `bytes` into chunks whose sizes follow from `seed`: tiny ones, so that every boundary is met, with a large one
/// now and then.
pub fn chunks(seed: u8, mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed);
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = (state >> 16) as usize;
        let size = if random % 8 == 0 { random % 4096 } else { random % 24 };
        let (chunk, rest) = bytes.split_at((size + 1).min(bytes.len()));
        bytes = rest;
        Some(chunk)
    })
}
