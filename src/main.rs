//! The `claude-bridge` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    claude_bridge::commands::run()
}
