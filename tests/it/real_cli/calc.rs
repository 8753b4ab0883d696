//! The MCP server of `tests/fixtures/mcp`.

use std::path::Path;

use serde_json::{Value, json};

/// What it is told in its environment and nobody else may see.
pub(crate) const TOKEN: &str = "s3cret-of-calc";

/// How it is started.
pub(crate) fn server() -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mcp/calc.py");
    json!({"command": "python3", "args": [script], "env": {"CALC_TOKEN": TOKEN}})
}

/// A configuration that has it under the name `calc`.
pub(crate) fn config() -> String {
    let server = server();
    format!(
        "[mcp_servers.calc]\ncommand = {}\nargs = {}\nenv = {{ CALC_TOKEN = {} }}\n",
        server["command"], server["args"], server["env"]["CALC_TOKEN"]
    )
}
