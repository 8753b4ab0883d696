//! Frames written by hand, from the protocol's page and not from the code: a name that changes in the code fails here,
//! also where everything generated from the code has changed with it.

use std::collections::BTreeSet;

use claude_bridge::error::{ErrorData, ErrorKind};
use claude_bridge::protocol::event::{EventBody, EventProgress, SessionEvent};
use claude_bridge::protocol::lifecycle::{ClientCapabilities, ServerCapabilities};
use claude_bridge::protocol::subscription::EndProgress;
use claude_bridge::rpc::method::Method;
use claude_bridge::rpc::methods::control::{
    SessionCapabilities, SessionCompact, SessionContextUsage, SessionSetMode, SessionSetModel,
};
use claude_bridge::rpc::methods::health::BridgeHealth;
use claude_bridge::rpc::methods::mcp::McpStatus;
use claude_bridge::rpc::methods::message::{MessageList, MessageSend};
use claude_bridge::rpc::methods::permission::{PermissionAnswer, PermissionGrants, PermissionList, PermissionRevoke};
use claude_bridge::rpc::methods::search::MessageSearch;
use claude_bridge::rpc::methods::session::{
    SessionClose, SessionCreate, SessionDelete, SessionExport, SessionFork, SessionGet, SessionImport,
    SessionInterrupt, SessionList, SessionRename,
};
use claude_bridge::rpc::methods::study::{SessionSetStudy, StudyGet, StudyList};
use claude_bridge::rpc::methods::subscription::{SessionSubscribe, SessionUnsubscribe};
use claude_bridge::rpc::methods::usage::UsageSummary;
use claude_bridge::rpc::table;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::support::bridge::Bridge;
use crate::support::schema;

fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn initialize() -> Value {
    golden(&include_str!("golden/initialize.json").replace("$VERSION", env!("CARGO_PKG_VERSION")))
}

fn methods() -> Value {
    golden(include_str!("golden/methods.json"))
}

fn events() -> Vec<Value> {
    golden(include_str!("golden/events.json")).as_array().unwrap().clone()
}

fn errors() -> Value {
    golden(include_str!("golden/errors.json"))
}

/// Reads the frame into its type and writes it again: nothing may be lost, added or renamed on the way.
fn keeps<T: Serialize + DeserializeOwned>(frame: &Value) {
    let read: T = serde_json::from_value(frame.clone()).unwrap_or_else(|error| panic!("{error}: {frame:#}"));
    assert_eq!(serde_json::to_value(read).unwrap(), *frame);
}

/// Holds the hand-written frames of a method against its types and its schemas.
fn keeps_method<M: Method>() -> &'static str {
    let Value::Object(frames) = methods()[M::NAME].take() else { panic!("golden/methods.json lacks {}", M::NAME) };
    keeps::<M::Params>(&frames["params"]);
    keeps::<M::Result>(&frames["result"]);
    schema::committed().check_params(M::NAME, &frames["params"]).unwrap();
    schema::committed().check_result(M::NAME, &frames["result"]).unwrap();
    M::NAME
}

#[test]
fn the_parameters_and_the_result_of_every_method_are_as_written() {
    let held = [
        keeps_method::<SessionCreate>(),
        keeps_method::<SessionGet>(),
        keeps_method::<SessionList>(),
        keeps_method::<SessionSetMode>(),
        keeps_method::<SessionSetModel>(),
        keeps_method::<SessionSetStudy>(),
        keeps_method::<SessionRename>(),
        keeps_method::<SessionFork>(),
        keeps_method::<SessionInterrupt>(),
        keeps_method::<SessionCompact>(),
        keeps_method::<SessionCapabilities>(),
        keeps_method::<SessionContextUsage>(),
        keeps_method::<SessionClose>(),
        keeps_method::<SessionDelete>(),
        keeps_method::<SessionSubscribe>(),
        keeps_method::<SessionUnsubscribe>(),
        keeps_method::<SessionExport>(),
        keeps_method::<SessionImport>(),
        keeps_method::<MessageSend>(),
        keeps_method::<MessageList>(),
        keeps_method::<MessageSearch>(),
        keeps_method::<UsageSummary>(),
        keeps_method::<StudyList>(),
        keeps_method::<StudyGet>(),
        keeps_method::<PermissionList>(),
        keeps_method::<PermissionAnswer>(),
        keeps_method::<PermissionGrants>(),
        keeps_method::<PermissionRevoke>(),
        keeps_method::<McpStatus>(),
        keeps_method::<BridgeHealth>(),
    ];
    let served: Vec<_> = table::descriptions().iter().map(|method| method.name).collect();
    assert_eq!(held.as_slice(), served, "a method of the table is not held against a frame here");
}

#[test]
fn every_kind_of_event_is_as_written() {
    for event in events() {
        keeps::<SessionEvent>(&event);
        let progress = json!({"token": "t", "value": {"event": event}});
        keeps::<EventProgress>(&progress);
        schema::committed().check_notification("$/progress", &progress).unwrap();
    }
    let written: BTreeSet<String> = events().iter().map(|event| text(&event["kind"])).collect();
    assert_eq!(written, EventBody::KINDS.map(str::to_owned).into());
}

#[test]
fn the_end_of_a_subscription_is_as_written() {
    let progress = json!({"token": 7, "value": {"ended": {
        "kind": "sessionNotFound",
        "message": "no session has the id 019b2c3d-0000-7000-8000-000000000001",
        "retryable": false,
        "hint": "session/list names those there are",
    }}});
    keeps::<EndProgress>(&progress);
    schema::committed().check_notification("$/progress", &progress).unwrap();
}

#[test]
fn the_values_of_every_enumeration_are_as_written() {
    let Value::Object(written) = golden(include_str!("golden/values.json")) else { panic!("no object") };
    let schemas = schema::committed_document("openrpc")["components"]["schemas"].take();
    let of_constants = |schema: &Value| {
        let values = schema["oneOf"].as_array()?.iter().map(|value| value.get("const").cloned());
        values.collect::<Option<Vec<_>>>()
    };
    let published = schemas.as_object().unwrap().iter();
    let published: Map<_, _> =
        published.filter_map(|(name, schema)| Some((name.clone(), of_constants(schema)?.into()))).collect();
    assert_eq!(published.into_iter().filter(|(name, _)| name != "ErrorKind").collect::<Map<_, _>>(), written);
}

#[test]
fn every_kind_of_error_has_the_code_that_is_written() {
    let Value::Object(kinds) = errors()["kinds"].take() else { panic!("no kinds in golden/errors.json") };
    for (name, facts) in &kinds {
        let kind: ErrorKind = serde_json::from_value(json!(name)).unwrap();
        assert_eq!(json!({"code": kind.code(), "retryable": kind.retryable()}), *facts, "{name}");
    }
    let published = schema::committed_document("error")["$defs"]["ErrorKind"]["oneOf"].take();
    let published: BTreeSet<_> = published.as_array().unwrap().iter().map(|kind| text(&kind["const"])).collect();
    assert_eq!(kinds.keys().cloned().collect::<BTreeSet<_>>(), published);
}

#[test]
fn the_data_of_an_error_keeps_its_facts_beside_its_kind() {
    let data = errors()["data"].take();
    keeps::<ErrorData>(&data);
    schema::committed().check_error(&json!({"code": 1022, "message": data["message"], "data": data})).unwrap();
}

#[test]
fn the_server_answers_initialize_with_exactly_what_is_written() {
    let bridge = Bridge::without_cli().start();
    assert_eq!(*bridge.initialized(), initialize());
    for permissions in ["request", "poll"] {
        keeps::<ClientCapabilities>(&json!({ "permissions": permissions }));
    }
    keeps::<ServerCapabilities>(&initialize()["capabilities"]["experimental"]["claudeBridge"]);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
