//! The OpenRPC document: every method with its parameters, its result and its errors.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::Description;
use super::generate::Types;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::event::EventProgress;
use crate::protocol::message::ProgressToken;
use crate::protocol::permission::{Permission, PermissionAnswer};
use crate::protocol::subscription::EndProgress;
use crate::protocol::tool::{ToolCallParams, ToolCallResult};

const SCHEMAS: &str = "/components/schemas";

const ABOUT: &str = "JSON-RPC 2.0 in the Language Server Protocol's base framing, on the process's stdin and stdout. \
    The life cycle is LSP's: initialize, initialized, shutdown, exit, and $/cancelRequest. Unknown fields are ignored \
    on input; enums may grow, so a client takes an unknown value as \"other\". Every error carries data.kind, which is \
    the contract; the message is for people.";

/// The whole document.
pub(super) fn document(methods: &[Description]) -> Result<Value> {
    let mut types = Types::new(SCHEMAS);
    let described: Vec<_> = methods.iter().map(|method| Described::new(method, &mut types)).collect();
    let notifications = notifications(&mut types);
    let mut requests = server_requests(&mut types);
    let tool_call = ToolCall::new(&mut types);
    let schemas = types.definitions()?;
    requests.push(tool_call.into_json(&schemas)?);
    let methods = described.into_iter().map(|method| method.into_json(&schemas)).collect::<Result<Vec<_>>>()?;
    Ok(json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "claude-bridge",
            "version": format!("{PROTOCOL_VERSION}.0.0"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "methods": methods,
        "x-notifications": notifications,
        "x-serverRequests": requests,
        "components": { "schemas": schemas },
    }))
}

/// A method whose types are collected; its parameters can be listed once all are.
struct Described<'a> {
    method: &'a Description,
    params: Value,
    result: Value,
}

impl<'a> Described<'a> {
    fn new(method: &'a Description, types: &mut Types) -> Self {
        Self { method, params: types.received(method.params), result: types.sent(method.result) }
    }

    fn into_json(self, schemas: &Map<String, Value>) -> Result<Value> {
        let name = self.method.name;
        let params = resolved(&self.params, schemas)
            .ok_or_else(|| Error::internal(format!("the parameters of {name} have no schema of their own")))?;
        let errors: Vec<_> = self.method.errors.iter().map(|kind| error(*kind)).collect::<Result<_>>()?;
        Ok(json!({
            "name": name,
            "summary": self.method.summary,
            "paramStructure": "by-name",
            "params": content_descriptors(params),
            "result": { "name": "result", "schema": self.result },
            "errors": errors,
        }))
    }
}

/// What a reference leads to; a schema that is none is its own end.
fn resolved<'a>(schema: &'a Value, schemas: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let end = match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => schemas.get(reference.rsplit('/').next()?)?,
        None => schema,
    };
    end.as_object()
}

/// A content descriptor for each field of a parameter object. OpenRPC wants the required ones first.
fn content_descriptors(params: &Map<String, Value>) -> Vec<Value> {
    let required = |name: &str| {
        params.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|other| other == name))
    };
    let fields = params.get("properties").and_then(Value::as_object).into_iter().flatten();
    let (mut first, then): (Vec<_>, Vec<_>) = fields.partition(|(name, _)| required(name));
    first.extend(then);
    first.into_iter().map(|(name, schema)| content_descriptor(name, schema, required(name))).collect()
}

fn content_descriptor(name: &str, schema: &Value, required: bool) -> Value {
    let mut schema = schema.clone();
    let summary = schema.as_object_mut().and_then(|fields| fields.remove("description"));
    let mut descriptor = json!({ "name": name, "required": required, "schema": schema });
    if let Some(summary) = summary {
        descriptor["description"] = summary;
    }
    descriptor
}

fn error(kind: ErrorKind) -> Result<Value> {
    let name = serde_json::to_value(kind).map_err(|error| Error::internal(format!("{kind:?} has no name: {error}")))?;
    Ok(json!({ "code": kind.code(), "message": name, "data": { "kind": name, "retryable": kind.retryable() } }))
}

fn notifications(types: &mut Types) -> Value {
    let event = types.sent(SchemaGenerator::subschema_for::<EventProgress>);
    let end = types.sent(SchemaGenerator::subschema_for::<EndProgress>);
    json!([
        {
            "name": "$/progress",
            "summary": "Under a partialResultToken: an event of the session. Under a subscriptionToken: the same, and \
                        `x-end` where the subscription ends by itself. Under a workDoneToken: LSP's work-done progress, in \
                        short human text.",
            "schema": event,
            "x-end": end,
        },
        { "name": "window/logMessage", "summary": "LSP's: a line for the log." },
        { "name": "window/showMessage", "summary": "LSP's: a line for the person." },
    ])
}

/// `tool/call`, whose parameters can be listed once all types are collected.
struct ToolCall {
    params: Value,
    result: Value,
}

impl ToolCall {
    fn new(types: &mut Types) -> Self {
        let params = types.sent(SchemaGenerator::subschema_for::<ToolCallParams>);
        Self { params, result: types.received(SchemaGenerator::subschema_for::<ToolCallResult>) }
    }

    fn into_json(self, schemas: &Map<String, Value>) -> Result<Value> {
        let params = resolved(&self.params, schemas)
            .ok_or_else(|| Error::internal("the parameters of tool/call have no schema of their own"))?;
        Ok(json!({
            "name": "tool/call",
            "summary": "Calls a tool that the client declared. An error is told to the model.",
            "paramStructure": "by-name",
            "params": content_descriptors(params),
            "result": { "name": "result", "schema": self.result },
        }))
    }
}

fn server_requests(types: &mut Types) -> Vec<Value> {
    let token = types.sent(SchemaGenerator::subschema_for::<ProgressToken>);
    let permission = types.sent(SchemaGenerator::subschema_for::<Permission>);
    let answer = types.received(SchemaGenerator::subschema_for::<PermissionAnswer>);
    vec![
        json!({
            "name": "permission/request",
            "summary": "Asks for a permission, of clients with the capability permissions: \"request\". The first answer \
                        counts; an error is none.",
            "params": [{ "name": "permission", "required": true, "schema": permission }],
            "result": { "name": "answer", "schema": answer },
        }),
        json!({
            "name": "window/workDoneProgress/create",
            "summary": "LSP's: asked where the client can show progress and gave no token of its own.",
            "params": [{ "name": "token", "required": true, "schema": token }],
        }),
    ]
}
