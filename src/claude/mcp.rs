//! MCP servers within the host: to the CLI they are servers of type `sdk`, and MCP's messages to and from them go over
//! the control channel.

use serde_json::{Value, json};

/// The configuration of a server that is ours.
#[must_use]
pub fn our_server(name: &str) -> Value {
    json!({"type": "sdk", "name": name})
}

/// The answer to a message of MCP's to a server of ours, with what the server says to it.
#[must_use]
pub fn mcp_answer(message: Value) -> Value {
    let mut answer = json!({});
    answer["mcp_response"] = message;
    answer
}

/// What a server of ours says to a notification. MCP wants nothing; the CLI waits for an answer all the same.
#[must_use]
pub fn mcp_taken() -> Value {
    json!({"jsonrpc": "2.0", "result": {}})
}
