//! What the two sides tell each other at `initialize`, inside of LSP's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::Mode;

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
