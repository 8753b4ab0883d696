//! Text in little space.

use std::io;

use zstd::bulk::Compressor;

/// Past this, text of this kind shrinks little further and takes many times as long.
const LEVEL: i32 = 3;

/// The text, compressed, with a checksum.
pub(super) fn compress(text: &str) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    compressor.compress(text.as_bytes())
}

/// The text that [`compress`] was given.
///
/// # Errors
/// The bytes are damaged.
pub(super) fn decompress(bytes: &[u8]) -> io::Result<String> {
    let text = zstd::decode_all(bytes)?;
    String::from_utf8(text).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_takes_less_space_and_comes_back() {
        let text = r#"{"type":"user","text":"Grüße"}"#.repeat(1_000);
        let bytes = compress(&text).unwrap();
        assert!(bytes.len() < text.len() / 100, "{} of {}", bytes.len(), text.len());
        assert_eq!(decompress(&bytes).unwrap(), text);
        assert_eq!(decompress(&compress("").unwrap()).unwrap(), "");
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let bytes = compress(r#"{"type":"user","text":"Grüße an alle"}"#).unwrap();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x40;
            assert!(decompress(&damaged).is_err(), "byte {place} of {bytes:?}");
            assert!(place == 0 || decompress(&bytes[..place]).is_err(), "cut at {place}");
        }
    }
}
