//! What the CLI is asked or told beside messages.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Something the CLI is asked or told.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// How its MCP servers are.
    McpStatus,
    /// What fills the model's context.
    ContextUsage,
    /// To use this model from the next request to the API on.
    SetModel {
        /// The model, as the CLI names it.
        model: String,
    },
    /// What must never be done, in place of what it was told so before; rules from its arguments stay as they are.
    Deny {
        /// Permission rules.
        rules: Vec<String>,
    },
    /// To set these variables in its environment, for the commands and MCP servers that it starts from then on.
    SetEnvironment {
        /// By name.
        variables: BTreeMap<String, String>,
    },
    /// To have these MCP servers and no others; those that are as they were stay connected.
    SetServers {
        /// The servers by name, each as the configuration file has it.
        servers: Map<String, Value>,
    },
    /// A message of MCP's from a server that is ours.
    McpMessage {
        /// The server.
        server: String,
        /// The message, in JSON-RPC.
        message: Value,
    },
}

impl Control {
    /// The CLI's name for it.
    #[must_use]
    pub fn subtype(&self) -> &'static str {
        match self {
            Self::McpStatus => "mcp_status",
            Self::ContextUsage => "get_context_usage",
            Self::SetModel { .. } => "set_model",
            Self::Deny { .. } | Self::SetEnvironment { .. } => "apply_flag_settings",
            Self::SetServers { .. } => "mcp_set_servers",
            Self::McpMessage { .. } => "mcp_message",
        }
    }

    pub(super) fn into_request(self) -> Value {
        let subtype = self.subtype();
        match self {
            Self::McpStatus | Self::ContextUsage => json!({ "subtype": subtype }),
            Self::SetModel { model } => json!({ "subtype": subtype, "model": model }),
            Self::Deny { rules } => {
                json!({ "subtype": subtype, "settings": { "permissions": { "deny": rules } } })
            }
            // What it is told at different times is put together, field by field.
            Self::SetEnvironment { variables } => json!({ "subtype": subtype, "settings": { "env": variables } }),
            Self::SetServers { servers } => json!({ "subtype": subtype, "servers": servers }),
            Self::McpMessage { server, message } => {
                json!({ "subtype": subtype, "server_name": server, "message": message })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_in_the_clis_own_form() {
        let request = |control: Control| control.into_request().to_string();
        assert_eq!(request(Control::McpStatus), r#"{"subtype":"mcp_status"}"#);
        assert_eq!(request(Control::ContextUsage), r#"{"subtype":"get_context_usage"}"#);
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B".to_owned(), String::new())]);
        let expected = r#"{"subtype":"apply_flag_settings","settings":{"env":{"A":"1","B":""}}}"#;
        assert_eq!(request(Control::SetEnvironment { variables }), expected);
        let model = Control::SetModel { model: "opus".into() };
        assert_eq!(request(model), r#"{"subtype":"set_model","model":"opus"}"#);
        let deny = Control::Deny { rules: vec!["WebFetch".into()] };
        let expected = r#"{"subtype":"apply_flag_settings","settings":{"permissions":{"deny":["WebFetch"]}}}"#;
        assert_eq!(request(deny), expected);
    }
}
