//! A study's files, read no further than needed, and never outside of the study's folder: a link in a cloned folder may
//! lead anywhere.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What was read of a text file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) text: String,
    /// The file's length in bytes.
    pub(super) bytes: u64,
    /// What is to be said about it, if anything.
    pub(super) remark: Option<&'static str>,
}

/// Why there is nothing to be read.
pub(super) type Reason = String;

/// The real path of a file of the study's.
pub(super) fn inside(folder: &Path, name: &str) -> Result<PathBuf, Reason> {
    let path = folder.join(name);
    let real = path.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there".to_owned(),
        _ => error.to_string(),
    })?;
    if !real.starts_with(folder) {
        return Err("it is a link that leads out of the study's folder, and is not read".to_owned());
    }
    if !real.is_file() {
        return Err("it is not a file".to_owned());
    }
    Ok(real)
}

/// The first `limit` bytes of a text file of the study's.
pub(super) fn head(folder: &Path, name: &str, limit: usize) -> Result<Head, Reason> {
    let path = inside(folder, name)?;
    let read = || -> std::io::Result<(Vec<u8>, u64)> {
        let file = File::open(&path)?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes)?;
        Ok((bytes, length))
    };
    let (bytes, length) = read().map_err(|error| error.to_string())?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is written in UTF-16, not in UTF-8".to_owned());
    }
    let (bytes, has_mark) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes.as_slice(), false),
    };
    if bytes.contains(&0) {
        return Err("it is not a text".to_owned());
    }
    // A character that was cut at the limit is no fault of the file's.
    let (text, is_whole) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(error) if error.error_len().is_none() && length > limit as u64 => {
            (String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned(), true)
        }
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), false),
    };
    let remark = match (is_whole, has_mark) {
        (false, _) => Some("parts of it are not UTF-8"),
        (true, true) => Some("it begins with a byte order mark"),
        (true, false) => None,
    };
    Ok(Head { text, bytes: length, remark })
}

/// Whether a file looks like a text: no zero byte among the first.
pub(super) fn is_text(path: &Path) -> bool {
    let mut first = [0; 512];
    let read = File::open(path).and_then(|mut file| file.read(&mut first));
    read.is_ok_and(|count| !first[..count].contains(&0))
}
