//! The answer to a request, and how it is written.

use jsonrpsee::MethodResponse;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::envelope::Id;
use super::outbox::Outbox;
use crate::error::{Error, ErrorData};

/// The answer to a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// What a method of the table answered.
    Table(MethodResponse),
    /// A result, as JSON.
    Result(String),
    /// An error.
    Error(Error),
}

impl Reply {
    /// Puts the answer to the request `id` into the outbox; without an id, to a message that was none.
    pub(super) fn write(&self, id: Option<&Id>, outbox: &Outbox) {
        match self {
            Self::Result(json) => write(outbox, id, "result", json),
            Self::Error(error) => write(outbox, id, "error", &to_json(&error_object(error))),
            Self::Table(response) => write_table(outbox, id, response),
        }
    }

    pub(super) fn is_ok(&self) -> bool {
        match self {
            Self::Result(_) => true,
            Self::Error(_) => false,
            Self::Table(response) => response.is_success(),
        }
    }
}

/// A JSON-RPC error as it goes over the wire.
#[derive(Debug, Serialize)]
pub(super) struct ErrorObject {
    pub(super) code: i32,
    pub(super) message: String,
    pub(super) data: ErrorData,
}

pub(super) fn error_object(error: &Error) -> ErrorObject {
    ErrorObject { code: error.kind().code(), message: error.message().to_owned(), data: error.to_data() }
}

/// jsonrpsee's ids know no negative numbers, so that its envelope is exchanged for ours.
#[derive(Deserialize)]
struct TableResponse<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

fn write_table(outbox: &Outbox, id: Option<&Id>, response: &MethodResponse) {
    match serde_json::from_str(response.as_json().get()) {
        Ok(TableResponse { error: Some(error), .. }) => write(outbox, id, "error", error.get()),
        Ok(TableResponse { result, .. }) => write(outbox, id, "result", result.map_or("null", RawValue::get)),
        Err(error) => {
            let error = Error::internal(format!("the method's answer cannot be read: {error}"));
            Reply::Error(error).write(id, outbox);
        }
    }
}

fn write(outbox: &Outbox, id: Option<&Id>, field: &str, json: &str) {
    let id = id.map_or_else(|| "null".to_owned(), Id::to_string);
    outbox.push(&[r#"{"jsonrpc":"2.0","id":"#, &id, r#",""#, field, r#"":"#, json, "}"]);
}

/// The value as JSON. None of our wire types can fail at that; `null` stands for one that does.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!("a message cannot be written as JSON: {error}");
        "null".to_owned()
    })
}
