//! What Claude may do when the CLI asks.
//!
//! Asking the person comes with the permission methods; until then everything that the rules do not allow is denied,
//! in words that the model understands.

use serde_json::{Value, json};

use crate::claude::CanUseTool;
use crate::protocol::session::Mode;

/// The answer to a `can_use_tool` request, in the CLI's own form.
pub(super) fn decide(mode: Mode, request: &CanUseTool) -> Value {
    match mode {
        Mode::Power if !request.requires_user_interaction => allow(&request.input),
        Mode::Power | Mode::User => deny(&request.tool_name),
    }
}

/// The CLI takes an allowance only with the input in it.
fn allow(input: &Value) -> Value {
    json!({ "behavior": "allow", "updatedInput": input })
}

fn deny(tool: &str) -> Value {
    let message = format!(
        "{tool} needs the person's permission, and this client has no way to ask for it yet. \
         Do not try again; go on without it, or tell the person what you would have done."
    );
    json!({ "behavior": "deny", "message": message })
}
