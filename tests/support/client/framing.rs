//! LSP's base framing, strictly: what stdout carries is frames and nothing else.

use std::io::{self, BufRead};

/// Puts a body into a frame.
pub(crate) fn frame(body: &[u8]) -> Vec<u8> {
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body);
    framed
}

/// Reads the body of the next frame; none at the end of the stream.
pub(crate) fn read_frame(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return if length.is_none() { Ok(None) } else { Err(bad("the stream ends within a frame")) };
        }
        let header = line.strip_suffix("\r\n").ok_or_else(|| bad(&format!("no header: {line:?}")))?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ").ok_or_else(|| bad(&format!("no header: {line:?}")))?;
        match name {
            "Content-Length" => length = value.parse::<usize>().ok(),
            "Content-Type" => {}
            _ => return Err(bad(&format!("an unknown header: {line:?}"))),
        }
    }
    let mut body = vec![0; length.ok_or_else(|| bad("a frame without a length"))?];
    reader.read_exact(&mut body)?;
    Ok(Some(body))
}

fn bad(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
mod tests {
    use super::{frame, read_frame};

    fn read_all(mut bytes: &[u8]) -> std::io::Result<Vec<String>> {
        let mut bodies = Vec::new();
        while let Some(body) = read_frame(&mut bytes)? {
            bodies.push(String::from_utf8(body).unwrap());
        }
        Ok(bodies)
    }

    #[test]
    fn what_is_framed_is_read_again() {
        let stream = [frame("{\"ü\":1}".as_bytes()), frame(b"{}")].concat();
        assert_eq!(read_all(&stream).unwrap(), ["{\"ü\":1}", "{}"]);
    }

    #[test]
    fn anything_between_frames_is_an_error() {
        for between in ["a stray print\r\n", "\n", "content-length: 2\r\n\r\n{}"] {
            let stream = [frame(b"{}"), between.as_bytes().to_vec(), frame(b"{}")].concat();
            assert!(read_all(&stream).is_err(), "{between:?} was taken");
        }
    }

    #[test]
    fn a_stream_that_ends_within_a_frame_is_an_error() {
        let whole = frame(b"{\"a\":1}");
        for end in 1..whole.len() {
            assert!(read_all(&whole[..end]).is_err(), "{end} bytes were taken for a whole");
        }
    }
}
