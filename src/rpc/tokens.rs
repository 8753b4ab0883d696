//! The progress tokens that are in use on a connection.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::lock;
use crate::error::{Error, Result};
use crate::protocol::message::ProgressToken;

/// The tokens in use, and whom it concerns when the person cancels one.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    in_use: Mutex<HashMap<ProgressToken, Arc<Notify>>>,
}

impl Tokens {
    /// Takes a token into use until the lease is dropped. `cancelled` is notified when the person cancels it.
    ///
    /// # Errors
    /// `invalidParams` if it is in use.
    pub(super) fn take(self: &Arc<Self>, token: ProgressToken, cancelled: Arc<Notify>) -> Result<Lease> {
        match lock(&self.in_use).entry(token.clone()) {
            Entry::Vacant(entry) => entry.insert(cancelled),
            Entry::Occupied(_) => {
                return Err(Error::invalid_params(format!("the progress token {} is in use", Json(&token)))
                    .hint("give every request tokens of its own"));
            }
        };
        Ok(Lease { tokens: Arc::clone(self), token })
    }

    /// Tells the token's user that the person cancelled it.
    pub(super) fn cancel(&self, token: &ProgressToken) {
        match lock(&self.in_use).get(token) {
            Some(cancelled) => cancelled.notify_one(),
            None => tracing::debug!("the progress token {} was cancelled, which is not in use", Json(token)),
        }
    }
}

/// A token in use.
#[derive(Debug)]
pub(super) struct Lease {
    tokens: Arc<Tokens>,
    token: ProgressToken,
}

impl Lease {
    /// The token as JSON.
    pub(super) fn json(&self) -> String {
        Json(&self.token).to_string()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.tokens.in_use).remove(&self.token);
    }
}

/// A token as JSON.
pub(super) struct Json<'a>(pub(super) &'a ProgressToken);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ProgressToken::Number(number) => number.fmt(f),
            ProgressToken::String(text) => serde_json::Value::from(text.as_str()).fmt(f),
        }
    }
}
