//! The committed JSON Schemas, against which every message of every test is checked.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The checks that `schemas/openrpc.json` asks for.
#[derive(Default)]
pub(crate) struct Schemas {
    params: HashMap<String, Validator>,
    results: HashMap<String, Validator>,
    notifications: HashMap<String, Validator>,
    server_requests: HashMap<String, Validator>,
    error_data: Option<Validator>,
}

/// The schemas as they are committed.
pub(crate) fn committed() -> &'static Schemas {
    static COMMITTED: OnceLock<Schemas> = OnceLock::new();
    COMMITTED.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openrpc.json");
        match std::fs::read_to_string(&path) {
            Ok(text) => Schemas::new(&serde_json::from_str(&text).expect("schemas/openrpc.json is JSON")),
            Err(_) => Schemas::default(),
        }
    })
}

impl Schemas {
    /// Reads an OpenRPC document.
    pub(crate) fn new(openrpc: &Value) -> Self {
        let components = &openrpc["components"];
        let compile = |schema: &Value| compile(schema, components);
        let mut schemas = Self::default();
        for method in list(&openrpc["methods"]) {
            let name = name_of(method);
            schemas.params.insert(name.clone(), compile(&params_schema(&method["params"])));
            schemas.results.insert(name, compile(&method["result"]["schema"]));
        }
        for notification in list(&openrpc["x-notifications"]) {
            if let Some(schema) = notification.get("schema") {
                schemas.notifications.insert(name_of(notification), compile(schema));
            }
        }
        for request in list(&openrpc["x-serverRequests"]) {
            schemas.server_requests.insert(name_of(request), compile(&params_schema(&request["params"])));
        }
        schemas.error_data = components["schemas"].get("ErrorData").map(compile);
        schemas
    }

    /// Checks the parameters of a request that the server accepted.
    pub(crate) fn check_params(&self, method: &str, params: &Value) -> Result<(), String> {
        check(self.params.get(method), params, &format!("the parameters of {method}"))
    }

    /// Checks a result.
    pub(crate) fn check_result(&self, method: &str, result: &Value) -> Result<(), String> {
        check(self.results.get(method), result, &format!("the result of {method}"))
    }

    /// Checks the parameters of a request of the server's.
    pub(crate) fn check_server_request(&self, method: &str, params: &Value) -> Result<(), String> {
        check(self.server_requests.get(method), params, &format!("the parameters of {method}"))
    }

    /// Checks the parameters of a `$/progress` that carries an event.
    pub(crate) fn check_event(&self, params: &Value) -> Result<(), String> {
        check(self.notifications.get("$/progress"), params, "an event")
    }

    /// Checks an error of JSON-RPC: every one says its kind.
    pub(crate) fn check_error(&self, error: &Value) -> Result<(), String> {
        check(self.error_data.as_ref(), &error["data"], &format!("the data of the error {}", error["code"]))
    }
}

fn check(validator: Option<&Validator>, instance: &Value, what: &str) -> Result<(), String> {
    let problems: Vec<String> = validator
        .into_iter()
        .flat_map(|validator| validator.iter_errors(instance))
        .map(|problem| format!("{problem} at {}", problem.instance_path()))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(format!("{what} break the schema: {}", problems.join("; "))) }
}

/// A schema that finds what it refers to under `#/components`.
fn compile(schema: &Value, components: &Value) -> Validator {
    let document = json!({"components": components, "allOf": [schema]});
    jsonschema::validator_for(&document).unwrap_or_else(|error| panic!("a schema does not compile: {error}"))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Schemas;

    fn schemas() -> Schemas {
        let id = json!({"type": "string"});
        let session = json!({"type": "object", "properties": {"id": id}, "required": ["id"]});
        let reference = json!({"$ref": "#/components/schemas/Session"});
        let event = json!({"type": "object", "required": ["token", "value"]});
        let error = json!({"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]});
        Schemas::new(&json!({
            "methods": [{
                "name": "session/get",
                "params": [{"name": "sessionId", "required": true, "schema": {"type": "string"}}],
                "result": {"name": "result", "schema": reference},
            }],
            "components": {"schemas": {"Session": session, "ErrorData": error}},
            "x-notifications": [{"name": "$/progress", "schema": event}, {"name": "window/logMessage"}],
            "x-serverRequests": [{"name": "ask", "params": [{"name": "what", "required": true, "schema": true}]}],
        }))
    }

    #[test]
    fn parameters_and_results_are_held_against_their_method() {
        let schemas = schemas();
        assert!(schemas.check_params("session/get", &json!({"sessionId": "a"})).is_ok());
        assert!(schemas.check_params("session/get", &json!({})).is_err());
        assert!(schemas.check_result("session/get", &json!({"id": "a"})).is_ok());
        let problem = schemas.check_result("session/get", &json!({"id": 1})).unwrap_err();
        assert!(problem.contains("the result of session/get") && problem.contains("/id"), "{problem}");
    }

    #[test]
    fn events_and_errors_are_held_against_theirs() {
        let schemas = schemas();
        assert!(schemas.check_event(&json!({"token": 1, "value": {}})).is_ok());
        assert!(schemas.check_event(&json!({"token": 1})).is_err());
        assert!(schemas.check_error(&json!({"code": 1001, "data": {"kind": "sessionNotFound"}})).is_ok());
        assert!(schemas.check_error(&json!({"code": 1001})).is_err());
    }

    #[test]
    fn requests_of_the_server_are_held_against_theirs() {
        assert!(schemas().check_server_request("ask", &json!({"what": 1})).is_ok());
        assert!(schemas().check_server_request("ask", &json!({})).is_err());
    }

    #[test]
    fn methods_of_others_pass() {
        assert!(schemas().check_result("initialize", &json!({})).is_ok());
    }
}
