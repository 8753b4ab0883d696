//! What a handler has besides its parameters.

use std::sync::Arc;

use super::afterwards::Afterwards;
use super::in_flight::Cancellation;
use super::peer::Peer;
use crate::service::Service;

/// The surroundings of one request: the application, and the connection it came from.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The application.
    pub(super) service: Service,
    pub(super) peer: Arc<Peer>,
    pub(super) cancellation: Arc<Cancellation>,
    /// What is to be done right after the answer.
    pub(super) afterwards: Arc<Afterwards>,
}
