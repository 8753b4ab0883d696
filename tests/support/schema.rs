//! The committed JSON Schemas, against which every message of every test is checked.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// LSP's own methods that a client calls. The schemas leave them to LSP, but for what `initialize` tells of ours.
const LSP_METHODS: [&str; 2] = ["initialize", "shutdown"];

/// Where `initialize` tells of ours.
const CAPABILITIES: &str = "/capabilities/experimental/claudeBridge";

/// The checks that `schemas/openrpc.json` and `schemas/lifecycle.json` ask for.
pub(crate) struct Schemas {
    params: HashMap<String, Validator>,
    results: HashMap<String, Validator>,
    server_requests: HashMap<String, Validator>,
    notifications: HashMap<String, Validator>,
    work_done: Validator,
    subscription_end: Validator,
    error_data: Validator,
    capabilities: Validator,
}

/// The schemas as they are committed.
pub(crate) fn committed() -> &'static Schemas {
    static COMMITTED: OnceLock<Schemas> = OnceLock::new();
    COMMITTED.get_or_init(|| Schemas::new(&committed_document("openrpc"), &committed_document("lifecycle")))
}

/// A document of `schemas/`, by its name there.
pub(crate) fn committed_document(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; `claude-bridge schema` writes it", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()))
}

impl Schemas {
    /// Reads an OpenRPC document, and the schema of what `initialize` tells of ours.
    pub(crate) fn new(openrpc: &Value, capabilities: &Value) -> Self {
        let components = &openrpc["components"];
        let compile = |schema: &Value| within(components, schema);
        let params = |described: &Value| (name_of(described), compile(&params_schema(&described["params"])));
        let result = |method: &Value| (name_of(method), compile(&method["result"]["schema"]));
        // What is LSP's has no schema there, but a name.
        let notification = |known: &Value| {
            let schema = known.get("schema").cloned().unwrap_or_else(message_schema);
            (name_of(known), compile(&schema))
        };
        let (methods, server_requests) = (list(&openrpc["methods"]), list(&openrpc["x-serverRequests"]));
        Self {
            params: methods.iter().map(params).collect(),
            results: methods.iter().map(result).collect(),
            server_requests: server_requests.iter().map(params).collect(),
            notifications: list(&openrpc["x-notifications"]).iter().map(notification).collect(),
            work_done: validator(&work_done_schema()),
            subscription_end: compile(&json!({"$ref": "#/components/schemas/EndProgress"})),
            error_data: compile(&json!({"$ref": "#/components/schemas/ErrorData"})),
            capabilities: validator(capabilities),
        }
    }

    /// Checks an instance against a document of `schemas/`.
    pub(crate) fn check_document(name: &str, instance: &Value) -> Result<(), String> {
        check(&validator(&committed_document(name)), instance, name)
    }

    /// Checks the parameters of a request that the server accepted.
    pub(crate) fn check_params(&self, method: &str, params: &Value) -> Result<(), String> {
        if LSP_METHODS.contains(&method) {
            return Ok(());
        }
        check(known(&self.params, method)?, params, &format!("the parameters of {method}"))
    }

    /// Checks a result.
    pub(crate) fn check_result(&self, method: &str, result: &Value) -> Result<(), String> {
        match method {
            "initialize" => {
                let ours = result.pointer(CAPABILITIES).unwrap_or(&Value::Null);
                check(&self.capabilities, ours, &format!("{CAPABILITIES} in the answer to initialize"))
            }
            "shutdown" if result.is_null() => Ok(()),
            _ => check(known(&self.results, method)?, result, &format!("the result of {method}")),
        }
    }

    /// Checks the parameters of a request of the server's.
    pub(crate) fn check_server_request(&self, method: &str, params: &Value) -> Result<(), String> {
        check(known(&self.server_requests, method)?, params, &format!("the parameters of {method}"))
    }

    /// Checks the parameters of a notification; those of a `$/progress` are an event of ours, the end of a
    /// subscription, or LSP's work-done progress.
    pub(crate) fn check_notification(&self, method: &str, params: &Value) -> Result<(), String> {
        let known = known(&self.notifications, method)?;
        let value = &params["value"];
        if method == "$/progress" && value.get("ended").is_some() {
            return check(&self.subscription_end, params, "the end of a subscription");
        }
        if method == "$/progress" && value.get("event").is_none() {
            return check(&self.work_done, params, "work-done progress");
        }
        check(known, params, &format!("the parameters of {method}"))
    }

    /// Checks an error of JSON-RPC: every one says its kind, and to programs the same as to people.
    pub(crate) fn check_error(&self, error: &Value) -> Result<(), String> {
        check(&self.error_data, &error["data"], &format!("the data of the error {}", error["code"]))?;
        let (message, again) = (&error["message"], &error["data"]["message"]);
        let whole = error["code"].is_i64() && message.as_str().is_some_and(|text| !text.is_empty());
        if whole && message == again { Ok(()) } else { Err(format!("not a whole error: {error}")) }
    }
}

/// What there is to know of a method: one that nobody described is a fault in itself.
fn known<'a>(validators: &'a HashMap<String, Validator>, method: &str) -> Result<&'a Validator, String> {
    validators.get(method).ok_or_else(|| format!("schemas/openrpc.json does not describe {method}"))
}

fn check(validator: &Validator, instance: &Value, what: &str) -> Result<(), String> {
    let problems: Vec<String> = validator
        .iter_errors(instance)
        .map(|problem| format!("{problem} at {:?}", problem.instance_path().as_str()))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(format!("{what} break the schema: {}", problems.join("; "))) }
}

/// A schema that finds what it refers to under `#/components`.
fn within(components: &Value, schema: &Value) -> Validator {
    validator(&json!({"components": components, "allOf": [schema]}))
}

/// The check that a schema asks for, the formats of its strings included.
pub(crate) fn validator(schema: &Value) -> Validator {
    let built = jsonschema::options().should_validate_formats(true).build(schema);
    built.unwrap_or_else(|error| panic!("a schema does not compile: {error}"))
}

/// LSP's `window/logMessage` and `window/showMessage`.
fn message_schema() -> Value {
    let properties = json!({"type": {"enum": [1, 2, 3, 4]}, "message": {"type": "string", "minLength": 1}});
    json!({"properties": properties, "required": ["type", "message"], "additionalProperties": false})
}

/// LSP's work-done progress, as far as we use it.
fn work_done_schema() -> Value {
    let text = || json!({"type": "string", "minLength": 1});
    let kind = |kind: &str, required: &[&str], fields: Value| {
        let mut fields = fields;
        fields["kind"] = json!({"const": kind});
        json!({"properties": fields, "required": required, "additionalProperties": false})
    };
    json!({
        "required": ["token", "value"],
        "properties": {
            "token": {"type": ["string", "integer"]},
            "value": {"type": "object", "oneOf": [
                kind("begin", &["kind", "title", "cancellable"],
                    json!({"title": text(), "message": text(), "cancellable": {"const": true}})),
                kind("report", &["kind", "message"], json!({"message": text()})),
                kind("end", &["kind"], json!({"message": text()})),
            ]},
        },
    })
}

/// One schema for parameters by name, from OpenRPC's list of them.
fn params_schema(params: &Value) -> Value {
    let descriptors = list(params);
    let properties: Map<String, Value> =
        descriptors.iter().map(|descriptor| (name_of(descriptor), descriptor["schema"].clone())).collect();
    let required: Vec<String> =
        descriptors.iter().filter(|descriptor| descriptor["required"] == true).map(name_of).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn name_of(value: &Value) -> String {
    value["name"].as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
