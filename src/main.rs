//! The `claude-bridge` program.
fn main() {}
