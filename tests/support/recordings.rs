//! What the real CLI was seen to write: `tests/fixtures`, a frame a line, long strings and lists cut.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Every recorded frame.
pub(crate) fn all() -> Vec<Value> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let folders = ["frames", "demo"].map(|name| fs::read_dir(fixtures.join(name)).expect("recordings"));
    let files = folders.into_iter().flatten().map(|entry| entry.expect("a recording").path());
    files.flat_map(|path| frames(&path)).collect()
}

fn frames(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a recording");
    text.lines().map(|line| serde_json::from_str(line).expect("a frame")).collect()
}
