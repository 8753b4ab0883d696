//! The tools of a client's own: declared when it initializes the server, shown to Claude as an MCP server of ours, and
//! called at the client that sent the message.

mod declared;
pub(super) mod mcp;

use std::pin::Pin;
use std::sync::Arc;

use crate::protocol::tool::{ToolCallParams, ToolCallResult};

pub use declared::DeclaredTools;
pub(super) use declared::Tool;

/// The name of the MCP server that Claude has the tools from.
pub(super) const SERVER: &str = "editor";

/// What comes before a tool's name where the CLI speaks of it.
const PREFIX: &str = "mcp__editor__";

/// A tool's answer to come, or why there is none, in words for the model. Whoever drops it before wants no answer any
/// more, and the client is told so.
pub type PendingToolResult = Pin<Box<dyn Future<Output = Result<ToolCallResult, String>> + Send>>;

/// A client that has tools: the side of a connection that the service sees.
pub trait Toolbox: Send + Sync {
    /// What it declared.
    fn tools(&self) -> &Arc<DeclaredTools>;

    /// Calls one of them, at once. Never blocks.
    fn call(&self, call: &ToolCallParams) -> PendingToolResult;

    /// Whether it can be called no more.
    fn is_gone(&self) -> bool;
}

/// A toolbox among those that a session has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ToolboxId(pub(super) u64);

/// What a session's state knows of a toolbox.
#[derive(Clone, Debug)]
pub(super) struct Toolset {
    pub(super) toolbox: ToolboxId,
    pub(super) tools: Arc<DeclaredTools>,
}

/// The name of a client's tool, of one that the CLI speaks of.
pub(super) fn name_of(tool_name: &str) -> Option<&str> {
    tool_name.strip_prefix(PREFIX)
}
