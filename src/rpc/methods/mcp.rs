//! `mcp/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::mcp::McpStatusResult;
use crate::protocol::session::SessionParams;
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `mcp/status`
#[derive(Debug)]
pub struct McpStatus;

impl Method for McpStatus {
    const NAME: &'static str = "mcp/status";
    const SUMMARY: &'static str = "How a session's MCP servers are; `stopped` where no process serves it.";
    const ERRORS: &'static [ErrorKind] = &[
        ErrorKind::SessionNotFound,
        ErrorKind::CliExited,
        ErrorKind::CliTimeout,
        ErrorKind::CliProtocol,
        ErrorKind::StoreUnavailable,
    ];
    type Params = SessionParams;
    type Result = McpStatusResult;
}

pub(in crate::rpc) async fn status(params: SessionParams, context: Context) -> Result<McpStatusResult> {
    context.service.mcp_status(params.session_id).await
}
