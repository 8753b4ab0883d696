//! What the person has allowed for longer than once: shown, and taken back.

use super::Service;
use super::command::Command;
use super::history::grant_of;
use super::launch::project_of;
use crate::context;
use crate::error::Result;
use crate::ids::SessionId;
use crate::protocol::permission::{PermissionGrant, PermissionScope};
use crate::store::{GrantRow, GrantScope};

/// How much of a digest makes an id, in hexadecimal digits.
const ID_LENGTH: usize = 16;

impl Service {
    /// What is allowed, the oldest first; of one session, also what is in its folder.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn grants(&self, session: Option<SessionId>) -> Result<Vec<PermissionGrant>> {
        let mut rows = self.inner.store.all_grants().await?;
        if let Some(id) = session {
            let project = project_of(self.session(id).await?.cwd.as_ref()).await;
            rows.retain(|row| match &row.scope {
                GrantScope::Session(of) => *of == id,
                GrantScope::Project(folder) => *folder == project,
            });
        }
        rows.iter().map(shown).collect()
    }

    /// Takes back what was allowed. A session that has it in its process gets another process before its next turn.
    /// Says whether it was there.
    ///
    /// # Errors
    /// A store error.
    pub async fn revoke(&self, id: &str) -> Result<bool> {
        let rows = self.inner.store.all_grants().await?;
        let Some(row) = rows.into_iter().find(|row| id_of(row) == id) else { return Ok(false) };
        let revoked = self.inner.store.revoke(row.clone()).await?;
        match row.scope {
            GrantScope::Session(id) => self.inner.registry.tell(id, Command::Revoked { project: None }),
            GrantScope::Project(folder) => {
                self.inner.registry.tell_all(|| Command::Revoked { project: Some(folder.clone()) });
            }
        }
        Ok(revoked)
    }
}

fn shown(row: &GrantRow) -> Result<PermissionGrant> {
    let (scope, session_id, project) = match &row.scope {
        GrantScope::Session(id) => (PermissionScope::Session, Some(*id), None),
        GrantScope::Project(folder) => (PermissionScope::Project, None, Some(folder.clone())),
    };
    let label = grant_of(&row.body)?.label();
    Ok(PermissionGrant { id: id_of(row), label, scope, session_id, project, created_at: row.created_at })
}

/// The same grant always has the same id, and no other ever gets it.
fn id_of(row: &GrantRow) -> String {
    let place = match &row.scope {
        GrantScope::Session(id) => id.to_string(),
        GrantScope::Project(folder) => folder.clone(),
    };
    context::hash_of(&format!("{place}\0{}", row.body)).chars().take(ID_LENGTH).collect()
}
