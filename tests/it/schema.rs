//! The published schemas: that they are those of the code.
//!
//! There is no release yet. From the first one on, its `schemas/` are kept beside the golden frames, and a test here
//! compares: a method, parameter or field that went away, one that became required of a client, a kind that has another
//! code. It names what breaks, so that it is done knowingly or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use claude_bridge::commands::schema::documents;
use claude_bridge::rpc::table;
use serde_json::json;

use crate::support::bridge::Bridge;

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    let generated = documents(table::descriptions()).unwrap();
    let committed = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas"));
    let names = generated.keys().chain(committed.keys().filter(|name| !generated.contains_key(*name)));
    let different: Vec<_> = names.filter(|name| generated.get(*name) != committed.get(*name)).collect();
    assert!(different.is_empty(), "run `claude-bridge schema --out schemas`; not as in the code: {different:?}");
}

#[test]
fn the_methods_that_the_server_names_are_those_that_are_published() {
    let bridge = Bridge::without_cli().start();
    let openrpc = crate::support::schema::committed_document("openrpc");
    let published: Vec<_> = openrpc["methods"].as_array().unwrap().iter().map(|method| &method["name"]).collect();
    assert_eq!(bridge.initialized()["capabilities"]["experimental"]["claudeBridge"]["methods"], json!(published));
}

/// The files of a folder by name, with their text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())).collect()
}
