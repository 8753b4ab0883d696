//! What can be changed and asked of a session beside its messages.

use tokio::sync::oneshot;

use super::command::Command;
use super::history::record_of;
use super::session::session_not_found;
use super::state::Told;
use super::{Service, reports};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::capabilities::{ContextUsageResult, SessionCapabilitiesResult};
use crate::protocol::mcp::{McpServerInfo, McpStatusResult};
use crate::protocol::session::{Mode, Session};

/// The longest name of a model, in bytes.
const MODEL_LIMIT: usize = 200;

impl Service {
    /// Brings a session into another mode: one with a process at once, one at rest at its next start.
    ///
    /// # Errors
    /// `modeNotAllowed`, `sessionNotFound`, `sessionHeld`, a store error.
    pub async fn set_mode(&self, id: SessionId, mode: Mode) -> Result<Session> {
        self.inner.launcher.check_mode(mode)?;
        self.ask(id, |reply| Command::SetMode { mode, reply }).await
    }

    /// Has another model answer from now on; in a session at rest from its next start on.
    ///
    /// # Errors
    /// `invalidParams` that names the models there are, `sessionNotFound`, `sessionHeld`, an error of the CLI's, a store
    /// error.
    pub async fn set_model(&self, id: SessionId, model: String) -> Result<Session> {
        if model.trim().is_empty() || model.len() > MODEL_LIMIT || model.contains(char::is_control) {
            let message = format!("model: it must be a name of 1 to {MODEL_LIMIT} bytes");
            return Err(Error::invalid_params(message).hint("session/capabilities names those there are"));
        }
        self.ask(id, |reply| Command::SetModel { model, reply }).await
    }

    /// How a session's MCP servers are. No process is started to find out.
    ///
    /// # Errors
    /// `sessionNotFound`, an error of the CLI's, a store error.
    pub async fn mcp_status(&self, id: SessionId) -> Result<McpStatusResult> {
        let servers = match self.ask_live(id, |reply| Command::AskServers { reply }).await? {
            Some(Told::Servers(servers)) => servers.iter().map(reports::server_info).collect(),
            _ => self.stopped_servers(id).await?,
        };
        Ok(McpStatusResult { servers })
    }

    /// What fills the model's context. No process is started to find out.
    ///
    /// # Errors
    /// `sessionNotFound`, an error of the CLI's, a store error.
    pub async fn context_usage(&self, id: SessionId) -> Result<ContextUsageResult> {
        let context = match self.ask_live(id, |reply| Command::AskContext { reply }).await? {
            Some(Told::Context(report)) => Some(reports::context_usage(report)),
            _ => None,
        };
        Ok(ContextUsageResult { context })
    }

    /// What the CLI of a session offers. No process is started to find out.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn capabilities(&self, id: SessionId) -> Result<SessionCapabilitiesResult> {
        let told = self.ask_live(id, |reply| Command::Capabilities { reply }).await?;
        Ok(told.unwrap_or_default())
    }

    /// Asks a session's task, where there is one; a session without one has no process either.
    async fn ask_live<T>(
        &self,
        id: SessionId,
        command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command,
    ) -> Result<Option<T>> {
        if self.inner.registry.view(id).is_some() {
            return self.ask(id, command).await.map(Some);
        }
        self.session(id).await?;
        Ok(None)
    }

    async fn stopped_servers(&self, id: SessionId) -> Result<Vec<McpServerInfo>> {
        let row = self.inner.store.session(id).await?.ok_or_else(|| session_not_found(id))?;
        let record = record_of(row)?;
        Ok(self
            .inner
            .launcher
            .plan()
            .servers(&record, false)
            .keys()
            .map(|name| reports::stopped_server(name))
            .collect())
    }
}
