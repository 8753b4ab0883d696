//! A new session that goes on from where another one is, with all that was said there until now. The other one stays as
//! it is, whoever runs it.

use super::client::Client;
use super::command::Command;
use super::history::resting_session;
use super::session::session_not_found;
use super::{Service, checked_title};
use crate::error::Result;
use crate::ids::{ProviderSessionId, SessionId};
use crate::protocol::session::{Session, SessionForkParams};
use crate::store::ForkRow;
use crate::time::Timestamp;

impl Service {
    /// Makes a session that goes on from another one. It is stored when this returns; its process starts behind it.
    /// `client` is who is with it from then on.
    ///
    /// # Errors
    /// `invalidParams`, `sessionNotFound`, a store error.
    pub async fn fork_session(&self, params: SessionForkParams, client: Client) -> Result<Session> {
        let title = params.title.as_deref().map(checked_title).transpose()?;
        self.inner.holder.come_alive().await?;
        let id = SessionId::new();
        let fork = ForkRow {
            id,
            of: params.session_id,
            title,
            provider_session_id: ProviderSessionId::new(),
            at: Timestamp::now(),
            lease: self.inner.holder.lease(id),
        };
        if !self.inner.store.fork_session(fork).await? {
            return Err(session_not_found(params.session_id));
        }
        let row = self.inner.store.session(id).await?.ok_or_else(|| session_not_found(id))?;
        self.command_with(id, Command::Warm { client }, Some(row.clone()))?;
        match self.inner.registry.view(id) {
            Some(session) => Ok(session),
            None => resting_session(row),
        }
    }
}
