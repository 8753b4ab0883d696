//! MCP, as far as a server needs it that has tools and nothing else: what the CLI says, and the answers.
//!
//! The official SDK's types are not used: these few messages are less than what it would bring along.

use serde_json::{Map, Value, json};

use super::{DeclaredTools, SERVER};
use crate::protocol::tool::{ToolCallResult, ToolContent};

/// The version of MCP that is spoken where the other side names none.
const VERSION: &str = "2025-11-25";
/// JSON-RPC's code for a method that there is none of.
const METHOD_NOT_FOUND: i64 = -32601;

/// A message of the client side.
#[derive(Debug, PartialEq)]
pub(in crate::service) enum Message {
    /// It says hello.
    Initialize { id: Value, version: Option<String> },
    /// It wants to know that somebody is there.
    Ping { id: Value },
    /// It wants to know which tools there are.
    ListTools { id: Value },
    /// A tool is to be called.
    CallTool(ToolCall),
    /// A request of its is of no interest any more.
    Cancelled { id: Value },
    /// It tells something that needs no attention.
    Notification,
    /// It wants something that is not offered.
    Other { id: Value, method: String },
}

/// A tool is to be called.
#[derive(Debug, PartialEq)]
pub(in crate::service) struct ToolCall {
    /// The name to answer under.
    pub(in crate::service) id: Value,
    pub(in crate::service) name: String,
    pub(in crate::service) arguments: Map<String, Value>,
    /// The model's id of the call.
    pub(in crate::service) tool_use_id: Option<String>,
}

impl Message {
    /// Reads a message, leniently.
    pub(in crate::service) fn read(message: &Value) -> Self {
        let (method, params) = (text(&message["method"]).unwrap_or_default(), &message["params"]);
        let id = message.get("id").filter(|id| !id.is_null()).cloned();
        match (method.as_str(), id) {
            ("notifications/cancelled", None) => Self::Cancelled { id: params["requestId"].clone() },
            (_, None) => Self::Notification,
            ("initialize", Some(id)) => Self::Initialize { id, version: text(&params["protocolVersion"]) },
            ("ping", Some(id)) => Self::Ping { id },
            ("tools/list", Some(id)) => Self::ListTools { id },
            ("tools/call", Some(id)) => Self::CallTool(ToolCall {
                id,
                name: text(&params["name"]).unwrap_or_default(),
                arguments: params["arguments"].as_object().cloned().unwrap_or_default(),
                tool_use_id: text(&params["_meta"]["claudecode/toolUseId"]),
            }),
            (_, Some(id)) => Self::Other { id, method },
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The answer to a greeting.
pub(in crate::service) fn initialized(id: &Value, version: Option<&str>) -> Value {
    let server = json!({"name": SERVER, "version": env!("CARGO_PKG_VERSION")});
    result(
        id,
        &json!({
            "protocolVersion": version.unwrap_or(VERSION), "capabilities": {"tools": {"listChanged": true}},
            "serverInfo": server,
        }),
    )
}

/// The answer to one who wants to know that somebody is there.
pub(in crate::service) fn pong(id: &Value) -> Value {
    result(id, &json!({}))
}

/// Which tools there are.
pub(in crate::service) fn tools(id: &Value, tools: &DeclaredTools) -> Value {
    let listed = tools.definitions().map(|tool| {
        let mut listed = json!({
            "name": tool.name, "description": tool.description, "inputSchema": tool.input_schema,
            // Otherwise Claude would have to look for it first: the few that an editor has are worth their place.
            "_meta": {"anthropic/alwaysLoad": true},
        });
        if !tool.annotations.is_empty() {
            listed["annotations"] = Value::Object(tool.annotations.clone());
        }
        listed
    });
    result(id, &json!({ "tools": listed.collect::<Vec<Value>>() }))
}

/// What a tool answered.
pub(in crate::service) fn called(id: &Value, answer: ToolCallResult) -> Value {
    let content: Vec<Value> = answer.content.into_iter().map(content).collect();
    result(id, &json!({"content": content, "isError": answer.is_error}))
}

/// A tool did not do what was wanted, and why, for the model.
pub(in crate::service) fn failed(id: &Value, why: String) -> Value {
    called(id, ToolCallResult { content: vec![ToolContent::Text { text: why }], is_error: true })
}

/// There is nothing of that kind here.
pub(in crate::service) fn unknown(id: &Value, method: &str) -> Value {
    let error = json!({"code": METHOD_NOT_FOUND, "message": format!("there is no method {method}")});
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

/// There are other tools than before.
pub(in crate::service) fn tools_changed() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
}

fn result(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn content(content: ToolContent) -> Value {
    match content {
        ToolContent::Text { text } => json!({"type": "text", "text": text}),
        ToolContent::Image { media_type, data } => json!({"type": "image", "mimeType": media_type, "data": data}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_lacks_is_left_out_and_what_is_none_harms_nobody() {
        let bare = Message::read(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": 7}));
        let expected = ToolCall { id: json!(2), name: String::new(), arguments: Map::new(), tool_use_id: None };
        assert_eq!(bare, Message::CallTool(expected));
        for none in [json!(null), json!([]), json!({"id": null}), json!({"method": "notifications/initialized"})] {
            assert_eq!(Message::read(&none), Message::Notification, "{none}");
        }
        let other = Message::read(&json!({"id": "x", "method": "resources/list"}));
        assert_eq!(other, Message::Other { id: json!("x"), method: "resources/list".to_owned() });
    }

    #[test]
    fn a_picture_goes_in_mcps_own_form() {
        let picture = ToolContent::Image { media_type: "image/png".into(), data: "aGk=".into() };
        let answer = called(&json!(1), ToolCallResult { content: vec![picture], is_error: false });
        assert_eq!(answer["result"]["content"][0], json!({"type": "image", "mimeType": "image/png", "data": "aGk="}));
    }
}
