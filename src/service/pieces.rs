//! How merged deltas were cut: the length in bytes of what each of them brought, so that whoever has some of them can
//! be given the rest. One byte each, as a rule: LEB128.

/// The lengths of the deltas that were merged, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces(Vec<u8>);

impl Pieces {
    /// As they are stored.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn push(&mut self, length: usize) {
        let mut rest = length;
        while rest > 0x7f {
            self.0.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }
}

/// The length of what the first `count` of them brought; nothing where there are not that many.
pub(super) fn length_of_first(count: u64, stored: &[u8]) -> Option<usize> {
    let mut bytes = stored.iter();
    let mut sum = 0_usize;
    for _ in 0..count {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = *bytes.next()?;
            length |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        sum = sum.checked_add(length)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_add_up_again() {
        let lengths = [1, 0, 127, 128, 300, 1 << 20, 5];
        let mut pieces = Pieces::default();
        lengths.iter().for_each(|length| pieces.push(*length));
        let stored = pieces.into_bytes();
        for count in 0..=lengths.len() {
            let sum = lengths[..count].iter().sum();
            assert_eq!(length_of_first(count as u64, &stored), Some(sum));
        }
        assert_eq!(length_of_first(lengths.len() as u64 + 1, &stored), None);
        assert_eq!(length_of_first(1, &[0x80; 20]), None, "what makes no sense says nothing");
    }
}
