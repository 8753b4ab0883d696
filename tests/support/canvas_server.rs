//! A dashboard's MCP server on the official SDK: `tests/mcp-server`.

use std::path::Path;

use serde_json::{Value, json};

/// How it is started; `tests/run` installs what it needs.
pub(crate) fn server() -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp-server");
    let sdk = folder.join("node_modules/@modelcontextprotocol/sdk");
    assert!(sdk.is_dir(), "no MCP SDK at {}: run tests/run, which installs it", sdk.display());
    json!({"command": "node", "args": [folder.join("server.js")]})
}
