//! Which MCP servers the process has, and how one that runs is brought to those that the session is to have.
//!
//! A server is told in its environment what the session is; where that changes, the server is replaced and the process
//! stays. The CLI lets a call that runs end at the old server.

use serde_json::Value;

use super::controls::Purpose;
use super::{Effects, Phase, State};
use crate::claude::Control;
use crate::error::{ErrorKind, Result};
use crate::service::servers::ServerSet;
use crate::service::tools;
use crate::time::Timestamp;

impl State {
    /// The MCP servers that the process which comes up, or is there, was told to have.
    pub(in crate::service) fn started_servers(&self) -> &ServerSet {
        &self.started_with.servers
    }

    /// Has a process that is up replace the servers that are no longer as the session wants them.
    pub(super) fn enforce_servers(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.phase != Phase::Up || self.outdated {
            return;
        }
        // Once it is there, ours stays: it shows whatever tools there are.
        let has_ours = self.started_with.servers.contains_key(tools::SERVER) || self.has_tools();
        let servers = self.plan.servers(&self.record, has_ours);
        if servers == self.started_with.servers {
            return;
        }
        self.started_with.servers.clone_from(&servers);
        self.servers.start_anew(!servers.is_empty(), now);
        self.request(Control::SetServers { servers }, Purpose::Replacement, now, effects);
        self.look_at_servers(now, effects);
    }

    /// The CLI has replaced its servers; how those are that it could not start, it is asked as ever.
    pub(super) fn servers_replaced(&mut self, answer: Result<Value>, now: Timestamp, effects: &mut Effects) {
        match answer {
            Ok(_) => self.look_at_servers(now, effects),
            // One that does not know how is started anew, with the servers that are wanted.
            Err(error) if error.kind() == ErrorKind::CliProtocol => {
                tracing::warn!(session = %self.record.id, %error, "the Claude CLI is started anew for its MCP servers");
                self.outdated = true;
                self.replace_outdated(effects);
            }
            Err(error) => tracing::warn!(session = %self.record.id, %error, "it is not known how the MCP servers are"),
        }
    }
}
