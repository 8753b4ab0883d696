//! The client, as the server's side sees it: what can be sent to it and asked of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use tower_lsp::ls_types::{LogMessageParams, MessageType, ShowMessageParams};

use super::calls::{Call, Calls};
use super::envelope::Id;
use super::outbox::Outbox;
use super::reply::to_json;
use super::subscription::Subscriptions;
use super::tokens::Tokens;
use crate::protocol::lifecycle::PermissionSupport;
use crate::protocol::message::ProgressToken;
use crate::service::asking::Asker;
use crate::service::client::Client;
use crate::service::tools::{DeclaredTools, Toolbox};

/// The client at the other end of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) outbox: Arc<Outbox>,
    pub(super) calls: Arc<Calls>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) subscriptions: Arc<Subscriptions>,
    /// Whether it shows work-done progress that we begin; known once it is initialized.
    pub(super) shows_progress: OnceLock<bool>,
    /// How it answers permissions, if it can; known once it is initialized.
    pub(super) permissions: OnceLock<Option<PermissionSupport>>,
    /// The tools it declared; known once it is initialized.
    pub(super) tools: OnceLock<Arc<DeclaredTools>>,
    last_token: AtomicU64,
}

impl Peer {
    /// A client that reads what is put into `outbox`.
    pub(super) fn new(outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self {
            outbox,
            calls: Calls::new(|number| Id::String(format!("bridge-{number}"))),
            tokens: Arc::default(),
            subscriptions: Arc::default(),
            shows_progress: OnceLock::new(),
            permissions: OnceLock::new(),
            tools: OnceLock::new(),
            last_token: AtomicU64::new(0),
        })
    }

    /// The client as a session sees it that it sends something to.
    pub(super) fn client(self: &Arc<Self>) -> Client {
        let (can_answer, has_tools) = (self.permissions.get().copied().flatten().is_some(), !self.tools().is_empty());
        Client {
            asker: can_answer.then(|| Arc::<Self>::clone(self) as Arc<dyn Asker>),
            toolbox: has_tools.then(|| Arc::<Self>::clone(self) as Arc<dyn Toolbox>),
        }
    }

    /// Sends a notification.
    pub(super) fn notify(&self, method: &str, params: &impl Serialize) {
        let params = to_json(params);
        self.outbox.push(&[r#"{"jsonrpc":"2.0","method":""#, method, r#"","params":"#, &params, "}"]);
    }

    /// Sends a request.
    pub(super) fn request(&self, method: &str, params: &impl Serialize) -> Call {
        let call = self.calls.open();
        let (id, params) = (call.id().to_string(), to_json(params));
        let head = r#"{"jsonrpc":"2.0","id":"#;
        self.outbox.push(&[head, &id, r#","method":""#, method, r#"","params":"#, &params, "}"]);
        call
    }

    /// Shows a warning in the client's log.
    pub(super) fn warn(&self, message: String) {
        self.notify("window/logMessage", &LogMessageParams { typ: MessageType::WARNING, message });
    }

    /// Shows a warning to the person.
    pub(super) fn show_warning(&self, message: String) {
        self.notify("window/showMessage", &ShowMessageParams { typ: MessageType::WARNING, message });
    }

    /// A token of our own, which no client would choose.
    pub(super) fn new_token(&self) -> ProgressToken {
        let number = self.last_token.fetch_add(1, Ordering::Relaxed) + 1;
        ProgressToken::String(format!("claude-bridge/{number}"))
    }
}
