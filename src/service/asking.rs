//! Who can be asked for a permission: the side of a connection that the service sees.

use std::pin::Pin;

use crate::protocol::permission::{Permission, PermissionAnswer};

/// The answer to come; `None` where the client does not want to give one, or is gone. Of a client that answers by
/// itself nothing comes until it is gone. Whoever drops it before wants no answer any more, and the client is told so.
pub type PendingAnswer = Pin<Box<dyn Future<Output = Option<PermissionAnswer>> + Send>>;

/// A client that can answer permissions.
pub trait Asker: Send + Sync {
    /// Asks it, at once, where it wants to be asked. Never blocks.
    fn ask(&self, permission: &Permission) -> PendingAnswer;

    /// Whether it can be asked no more.
    fn is_gone(&self) -> bool;
}
