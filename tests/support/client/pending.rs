//! Requests under way, in both directions.

use serde_json::{Value, json};

use super::Client;

/// A request that was sent. Its answer has to be looked at if it is an error.
pub(crate) struct Pending {
    id: u64,
    client: Client,
}

/// A JSON-RPC error.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Value,
}

/// A request of the server's. It has to be answered.
pub(crate) struct ServerRequest {
    /// Its parameters.
    pub(crate) params: Value,
    id: Value,
    client: Client,
}

impl Pending {
    pub(super) fn new(id: u64, client: Client) -> Self {
        Self { id, client }
    }

    /// Waits for the answer.
    pub(crate) fn outcome(&self) -> Result<Value, RpcError> {
        let mut response = self
            .client
            .shared
            .inbox
            .wait(&format!("the response to request {}", self.id), |state| state.responses.remove(&self.id));
        match response.get_mut("error") {
            Some(error) => Err(RpcError::from_wire(error)),
            None => Ok(response["result"].take()),
        }
    }

    /// Waits for a result.
    pub(crate) fn result(&self) -> Value {
        self.outcome().unwrap_or_else(|error| panic!("request {} failed: {error:?}", self.id))
    }

    /// Waits for an error.
    pub(crate) fn error(&self) -> RpcError {
        self.outcome().expect_err("an error, not a result")
    }

    /// Whether the answer is there.
    pub(crate) fn is_answered(&self) -> bool {
        self.client.shared.inbox.take(|state| state.responses.contains_key(&self.id))
    }

    /// Asks the server to give the request up.
    pub(crate) fn cancel(&self) {
        self.client.notify("$/cancelRequest", &json!({"id": self.id}));
    }
}

impl RpcError {
    /// The stable name of what went wrong.
    pub(crate) fn kind(&self) -> &str {
        self.data["kind"].as_str().unwrap_or_default()
    }

    fn from_wire(error: &mut Value) -> Self {
        Self {
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
            data: error["data"].take(),
        }
    }
}

impl ServerRequest {
    pub(super) fn new(mut request: Value, client: Client) -> Self {
        Self { params: request["params"].take(), id: request["id"].take(), client }
    }

    /// Answers with a result.
    pub(crate) fn answer(self, result: &Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": self.id, "result": result}));
    }

    /// Answers with an error.
    pub(crate) fn refuse(self, code: i64, message: &str) {
        let error = json!({"code": code, "message": message});
        self.send(&json!({"jsonrpc": "2.0", "id": self.id, "error": error}));
    }

    fn send(&self, response: &Value) {
        self.client.shared.inbox.answered(&self.id);
        self.client.send(response);
    }
}
