//! What the two sides tell each other at `initialize`, inside of LSP's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::Mode;
use super::tool::ToolDefinition;

/// `capabilities.experimental.claudeBridge` in `initialize`: what of the client's is not LSP's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCapabilities {
    /// How the client answers permissions; absent: it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionSupport>,
    /// Tools of the client's own that Claude can call by `tool/call`. One that is no good is an error of `initialize`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolDefinition>,
}

/// How a client answers permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionSupport {
    /// It is asked by `permission/request`.
    Request,
    /// It sees the event `permissionRequested`, or `permission/list`, and uses `permission/answer`.
    Poll,
}

/// `capabilities.experimental.claudeBridge` in the answer to `initialize`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerCapabilities {
    /// Rises when a client would have to change.
    pub protocol_version: u32,
    /// The methods this server has.
    pub methods: Vec<String>,
    /// The modes a session can be in here; `power` only where the configuration enables it.
    pub modes: Vec<Mode>,
    /// The kinds of event this server sends.
    pub events: Vec<String>,
}
