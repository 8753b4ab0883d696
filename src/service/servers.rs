//! The MCP servers that a session is to have: the configured ones, its own, and ours for the tools of its client.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::launch::mode_of;
use super::record::Record;
use super::tools;
use crate::claude;
use crate::context::{self, Profile, ProfileServer};
use crate::error::{Error, Result};
use crate::protocol::session::{McpServer, McpTransport};

/// MCP servers by name, each as the CLI's configuration has it.
pub(super) type ServerSet = Map<String, Value>;

/// What decides which MCP servers a session is to have.
#[derive(Debug)]
pub(super) struct ServerPlan {
    profile: Profile,
    configured: BTreeMap<String, McpServer>,
}

impl ServerPlan {
    pub(super) fn new(profile: Profile, configured: BTreeMap<String, McpServer>) -> Self {
        Self { profile, configured }
    }

    /// The profile of all sessions.
    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Those that a session is to have as it is now: the profile's, the configured ones and its own, of which the later
    /// ones take the place of earlier ones of the same name; and ours, where a client has tools.
    pub(super) fn servers(&self, record: &Record, has_tools: bool) -> ServerSet {
        let theirs = self.theirs(&record.mcp_servers, mode_of(record), record.study.id.as_deref());
        let mut servers: ServerSet = theirs.iter().map(|(name, server)| (name.clone(), in_cli_form(server))).collect();
        if has_tools {
            servers.insert(tools::SERVER.to_owned(), claude::our_server(tools::SERVER));
        }
        servers
    }

    /// Those that every session has in this mode, whatever it brings itself.
    pub(super) fn of_every_session(&self, mode: context::Mode) -> BTreeMap<String, McpServer> {
        self.theirs(&BTreeMap::new(), mode, None)
    }

    fn theirs(
        &self,
        brought: &BTreeMap<String, McpServer>,
        mode: context::Mode,
        study: Option<&str>,
    ) -> BTreeMap<String, McpServer> {
        let own = self.profile.server();
        let name = own.as_ref().map(|server| server.name);
        let own = own.map(|ProfileServer { name, command, args }| {
            (name.to_owned(), McpServer::Stdio { command, args, env: BTreeMap::new() })
        });
        let configured = self.configured.clone().into_iter().chain(brought.clone());
        let mut servers: BTreeMap<_, _> = own.into_iter().chain(configured).collect();
        // Also where another program stands in for the profile's.
        if let Some(McpServer::Stdio { env, .. }) = name.and_then(|name| servers.get_mut(name)) {
            env.extend(self.profile.environment(mode, study));
        }
        servers
    }
}

impl Default for ServerPlan {
    fn default() -> Self {
        Self::new(Profile::General, BTreeMap::new())
    }
}

/// Checks the servers that a client brings for a session.
///
/// # Errors
/// `invalidParams` where one has the name of ours.
pub(super) fn check_names(servers: &BTreeMap<String, McpServer>) -> Result<()> {
    if !servers.contains_key(tools::SERVER) {
        return Ok(());
    }
    let message = format!("mcpServers.{0}: {0} is the server of the client's own tools", tools::SERVER);
    Err(Error::invalid_params(message).hint("give it another name"))
}

/// As the CLI's configuration has it, without what says nothing.
pub(super) fn in_cli_form(server: &McpServer) -> Value {
    let mut form = match server {
        McpServer::Stdio { command, args, env } => json!({"command": command, "args": args, "env": env}),
        McpServer::Remote { transport, url, headers } => {
            let transport = match transport {
                McpTransport::Http => "http",
                McpTransport::Sse => "sse",
            };
            json!({"type": transport, "url": url, "headers": headers})
        }
    };
    if let Some(fields) = form.as_object_mut() {
        fields.retain(|_, field| *field != json!([]) && *field != json!({}));
    }
    form
}
