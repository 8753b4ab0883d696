//! An MCP server as it is configured.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::fault::Fault;
use super::tree::{Node, joined};

/// The name of the server inside the bridge that Claude has the client's own tools from.
const OURS: &str = "editor";

/// An MCP server that every session has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ServerKeys")]
pub enum McpServer {
    /// One that the CLI starts as a child process.
    Stdio {
        /// The program, as the CLI would start it from the session's folder.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Variables added to its environment.
        env: BTreeMap<String, String>,
    },
    /// One that is reached over the network.
    Remote {
        /// How.
        transport: RemoteTransport,
        /// Where.
        url: String,
        /// Headers sent with each request.
        headers: BTreeMap<String, String>,
    },
}

/// How a remote MCP server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RemoteTransport {
    /// Streamable HTTP.
    Http,
    /// Server-sent events.
    Sse,
}

/// An MCP server: `command`, `args` and `env` of a program that is started, or `type`, `url` and `headers` of a server
/// on the network.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "McpServerConfig")]
struct ServerKeys {
    /// The program to start.
    command: Option<String>,
    /// Its arguments.
    args: Option<Vec<String>>,
    /// Variables added to its environment.
    env: Option<BTreeMap<String, String>>,
    /// How a server on the network is reached.
    r#type: Option<RemoteTransport>,
    /// The address of a server on the network.
    url: Option<String>,
    /// Headers sent to it with each request; secrets belong here, not into the address.
    headers: Option<BTreeMap<String, String>>,
}

/// Checks the names of the servers in the table `key` of a source.
pub(super) fn check_names(tree: &Node, key: &str) -> Result<(), Fault> {
    match tree.entry(key).and_then(|servers| servers.node.entry(OURS)) {
        Some(entry) => Err(Fault::taken_name().at(&joined(key, OURS), entry.line)),
        None => Ok(()),
    }
}

impl TryFrom<ServerKeys> for McpServer {
    type Error = &'static str;

    fn try_from(keys: ServerKeys) -> Result<Self, Self::Error> {
        match keys {
            ServerKeys { command: Some(command), args, env, r#type: None, url: None, headers: None } => {
                Ok(Self::Stdio { command, args: args.unwrap_or_default(), env: env.unwrap_or_default() })
            }
            ServerKeys { command: None, args: None, env: None, r#type: Some(transport), url: Some(url), headers } => {
                Ok(Self::Remote { transport, url, headers: headers.unwrap_or_default() })
            }
            _ => Err("must have either `command`, with `args` and `env` if need be, \
                 or `type` and `url`, with `headers` if need be"),
        }
    }
}

impl JsonSchema for McpServer {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        ServerKeys::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ServerKeys::json_schema(generator)
    }
}
