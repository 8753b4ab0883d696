//! What can go wrong, as the person, the program and the protocol see it: one type, one map to codes.
//!
//! `kind` is the contract with programs; the message is for people and may change; `hint` says what to do.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every kind of error that can reach a client, with its JSON-RPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes were not JSON.
    ParseError,
    /// JSON, but no JSON-RPC request, or one that may not come now.
    InvalidRequest,
    /// No method of that name.
    MethodNotFound,
    /// The parameters are missing, of the wrong type, or make no sense together.
    InvalidParams,
    /// A fault of ours.
    InternalError,
    /// A request came before `initialize`.
    ServerNotInitialized,
    /// The client cancelled the request.
    RequestCancelled,
    /// No session has that id.
    SessionNotFound,
    /// No study has that id.
    StudyNotFound,
    /// No permission that waits for an answer has that id.
    PermissionNotFound,
    /// A search that cannot be read.
    InvalidQuery,
    /// The session's queue of messages is full.
    SessionBusy,
    /// Power mode was asked for where the configuration does not enable it.
    ModeNotAllowed,
    /// Another live bridge runs the session.
    SessionHeld,
    /// The session was closed or deleted while the message waited.
    SessionClosed,
    /// A session of that id is there already, and not the same.
    SessionExists,
    /// The Claude CLI is not where it was looked for.
    CliNotFound,
    /// The Claude CLI that was found is too old.
    CliUnsupported,
    /// The Claude CLI ended when it should not have.
    CliExited,
    /// The Claude CLI did not answer in time.
    CliTimeout,
    /// The Claude CLI said something that cannot be followed.
    CliProtocol,
    /// The API did not accept the credential.
    Authentication,
    /// The API refused or failed the request.
    ApiError,
    /// The API is overloaded.
    OverloadedApi,
    /// The session's budget is spent.
    BudgetExceeded,
    /// The history cannot be opened, read or written.
    StoreUnavailable,
    /// The history's file is damaged.
    StoreCorrupt,
    /// The history was written by a newer version.
    StoreNewer,
    /// Too many sessions or requests at once.
    Overloaded,
    /// The server is going down and takes nothing new.
    ShuttingDown,
    /// A message is longer than the limit.
    PayloadTooLarge,
}

impl ErrorKind {
    /// The code of the JSON-RPC error: the standard's where it has one, else a positive one of our own.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::ParseError => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::InternalError => -32603,
            Self::ServerNotInitialized => -32002,
            Self::RequestCancelled => -32800,
            Self::SessionNotFound => 1001,
            Self::StudyNotFound => 1002,
            Self::PermissionNotFound => 1003,
            Self::InvalidQuery => 1004,
            Self::SessionBusy => 1010,
            Self::ModeNotAllowed => 1011,
            Self::SessionHeld => 1012,
            Self::SessionClosed => 1013,
            Self::SessionExists => 1014,
            Self::CliNotFound => 1020,
            Self::CliUnsupported => 1021,
            Self::CliExited => 1022,
            Self::CliTimeout => 1023,
            Self::CliProtocol => 1024,
            Self::Authentication => 1030,
            Self::ApiError => 1031,
            Self::OverloadedApi => 1032,
            Self::BudgetExceeded => 1033,
            Self::StoreUnavailable => 1040,
            Self::StoreCorrupt => 1041,
            Self::StoreNewer => 1042,
            Self::Overloaded => 1050,
            Self::ShuttingDown => 1051,
            Self::PayloadTooLarge => 1052,
        }
    }

    /// Whether the same request may succeed later, with nothing changed by the client.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::SessionBusy
                | Self::SessionHeld
                | Self::CliExited
                | Self::CliTimeout
                | Self::OverloadedApi
                | Self::StoreUnavailable
                | Self::Overloaded
        )
    }
}

/// An error on its way to whoever has to deal with it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    // Boxed: errors are rare, and a small `Result` is passed everywhere.
    more: Box<More>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct More {
    hint: Option<String>,
    details: Map<String, Value>,
}

/// The result of what can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` names what went wrong and where, for a person.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), more: Box::default() }
    }

    /// Parameters that are wrong; `message` names which and why.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidParams, message)
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InternalError, message)
    }

    /// Adds what the person can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.more.hint = Some(hint.into());
        self
    }

    /// Adds a fact for programs, under a camelCase name.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.details.insert(name.to_owned(), value.into());
        self
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong, for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The form that goes over the wire, as `data` of a JSON-RPC error and inside of events.
    #[must_use]
    pub fn to_data(&self) -> ErrorData {
        ErrorData {
            kind: self.kind,
            message: self.message.clone(),
            retryable: self.kind.retryable(),
            hint: self.more.hint.clone(),
            details: self.more.details.clone(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.more.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// What every error carries as `data`, and what a failed turn or session carries as `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorData {
    /// The stable name of what went wrong: the contract with programs.
    pub kind: ErrorKind,
    /// What went wrong, for people.
    pub message: String,
    /// Whether the same request may succeed later, with nothing changed.
    pub retryable: bool,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Facts that belong to the kind: paths that were searched, a limit, an exit code.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reaches_the_wire_with_its_facts_beside_its_kind() {
        let error = Error::new(ErrorKind::CliNotFound, "no claude").hint("install it").detail("searched", vec!["/a"]);
        let wire = serde_json::to_value(error.to_data()).unwrap();
        assert_eq!(
            wire,
            serde_json::json!({
                "kind": "cliNotFound", "message": "no claude", "retryable": false,
                "hint": "install it", "searched": ["/a"]
            })
        );
    }
}
