//! MCP servers, as a session has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An MCP server of a session's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct McpServerInfo {
    /// Its name.
    pub name: String,
    /// How it is.
    pub status: McpServerState,
    /// The names of the tools that Claude has from it; none while it is not connected.
    pub tools: Vec<String>,
    /// What went wrong, in the CLI's words; the CLI does not pass on what the server wrote to its stderr.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How an MCP server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum McpServerState {
    /// It is starting.
    Pending,
    /// Claude has its tools.
    Connected,
    /// It did not start, did not answer in time, or has ended.
    Failed,
    /// The person has to log in to it.
    NeedsAuth,
    /// It was switched off.
    Disabled,
    /// The session has no process, and so no servers; the next message starts them.
    Stopped,
    /// Something that the CLI says and this version does not know.
    Other,
}

/// Result of `mcp/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct McpStatusResult {
    /// The servers, as the CLI orders them.
    pub servers: Vec<McpServerInfo>,
}
