use serde_json::json;

use schemars::SchemaGenerator;

use super::*;
use crate::error::ErrorKind;
use crate::protocol::message::{MessageSendParams, MessageSendResult};
use crate::protocol::session::{SessionListParams, SessionListResult};

const METHODS: &[Description] = &[
    Description {
        name: "message/send",
        summary: "Says something.",
        params: SchemaGenerator::subschema_for::<MessageSendParams>,
        result: SchemaGenerator::subschema_for::<MessageSendResult>,
        errors: &[ErrorKind::SessionBusy],
    },
    Description {
        name: "session/list",
        summary: "Lists sessions.",
        params: SchemaGenerator::subschema_for::<SessionListParams>,
        result: SchemaGenerator::subschema_for::<SessionListResult>,
        errors: &[],
    },
];

fn parsed(name: &str) -> Value {
    serde_json::from_str(&documents(METHODS).unwrap()[name]).unwrap()
}

/// Every `$ref` in the document.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn there_is_a_document_for_each_resource_and_one_for_the_methods() {
    let names: Vec<_> = documents(METHODS).unwrap().into_keys().collect();
    let resources = [
        "archive",
        "capabilities",
        "config",
        "error",
        "event",
        "health",
        "lifecycle",
        "mcp",
        "message",
        "openrpc",
        "permission",
        "session",
        "study",
        "tool",
        "turn",
        "usage",
    ];
    assert_eq!(names, resources.map(|name| format!("{name}.json")));
}

#[test]
fn the_same_types_give_the_same_bytes_with_a_newline_at_the_end() {
    let documents = documents(METHODS).unwrap();
    assert_eq!(documents, super::documents(METHODS).unwrap());
    assert!(documents.values().all(|text| text.ends_with("}\n")));
}

#[test]
fn every_reference_leads_somewhere_in_its_own_document() {
    for (name, text) in documents(METHODS).unwrap() {
        let document: Value = serde_json::from_str(&text).unwrap();
        let references = references(&document);
        assert!(!references.is_empty(), "{name}");
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{name}: {reference}");
        }
    }
}

#[test]
fn every_document_is_a_valid_schema_and_tells_right_from_wrong() {
    for (name, text) in documents(METHODS).unwrap() {
        if name != "openrpc.json" {
            jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
        }
    }
    let config = jsonschema::validator_for(&parsed("config.json")).unwrap();
    let good = json!({"cli": {"max_line_bytes": 5}, "mcp": {"timeout": "5s"}, "mcp_servers": {"a": {"command": "b"}}});
    assert!(config.is_valid(&good));
    for bad in [json!({"cly": {}}), json!({"cli": {"maxLineBytes": 5}}), json!({"mcp": {"timeout": true}})] {
        assert!(!config.is_valid(&bad), "{bad}");
    }
}

#[test]
fn what_is_always_sent_is_required_and_what_may_be_left_out_is_not_null() {
    let usage = parsed("usage.json");
    assert_eq!(usage["$defs"]["Usage"]["required"].as_array().unwrap().len(), 4);
    let session = parsed("session.json");
    assert_eq!(session["$defs"]["Session"]["properties"]["model"]["type"], "string");
    assert_eq!(session["$defs"]["Session"]["properties"]["process"]["$ref"], "#/$defs/ProcessInfo");
    assert_eq!(session["$defs"]["SessionInterruptParams"]["required"], json!(["sessionId"]));
}

#[test]
fn the_documents_have_no_null_and_no_line_breaks_of_our_sources() {
    for (name, text) in documents(METHODS).unwrap() {
        assert!(!text.contains("null,") && !text.contains("\"null\"") && !text.contains(": null"), "{name}");
        assert!(!text.contains(r"\n"), "{name}");
    }
}

#[test]
fn a_method_is_listed_with_its_parameters_by_name_the_required_ones_first() {
    let openrpc = parsed("openrpc.json");
    let send = &openrpc["methods"][0];
    let params: Vec<_> = send["params"].as_array().unwrap().iter().map(|p| (&p["name"], &p["required"])).collect();
    assert_eq!(
        json!(params),
        json!([["sessionId", true], ["content", true], ["workDoneToken", false], ["partialResultToken", false]])
    );
    assert_eq!(send["params"][0]["description"], "The session to speak in.");
    assert_eq!(send["result"], json!({"name": "result", "schema": {"$ref": "#/components/schemas/Turn"}}));
    assert_eq!(
        send["errors"],
        json!([{"code": 1010, "message": "sessionBusy", "data": {"kind": "sessionBusy", "retryable": true}}])
    );
    assert_eq!(openrpc["x-notifications"][0]["schema"]["$ref"], "#/components/schemas/EventProgress");
}

#[test]
fn a_check_names_what_is_missing_what_differs_and_what_is_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new");
    let documents = documents(METHODS).unwrap();
    assert_eq!(differences(&out, &documents).unwrap().len(), documents.len());

    write(&out, &documents).unwrap();
    assert_eq!(differences(&out, &documents).unwrap(), [""; 0]);

    fs::write(out.join("turn.json"), "{}\n").unwrap();
    fs::remove_file(out.join("usage.json")).unwrap();
    fs::write(out.join("old.json"), "{}\n").unwrap();
    let named = |name: &str, what: &str| format!("{} {what}", out.join(name).display());
    assert_eq!(
        differences(&out, &documents).unwrap(),
        [
            named("turn.json", "differs from the code"),
            named("usage.json", "is missing"),
            named("old.json", "describes nothing any more")
        ]
    );
}
