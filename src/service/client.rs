//! The client that a request comes from, as far as a session needs it later: whom to ask, and whose tools to call.

use std::sync::Arc;

use super::asking::Asker;
use super::tools::Toolbox;

/// The client that a request comes from.
#[derive(Clone, Default)]
pub struct Client {
    /// Who is asked for permissions, where it can be.
    pub asker: Option<Arc<dyn Asker>>,
    /// Its tools, where it has any.
    pub toolbox: Option<Arc<dyn Toolbox>>,
}
