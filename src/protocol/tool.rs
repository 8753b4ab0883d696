//! Tools of the client's own, which Claude can call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::SessionId;

/// A tool that a client has. Claude knows it as `mcp__editor__NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolDefinition {
    /// Its name: 1 to 50 letters, digits, `_` and `-`.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// The JSON Schema of its arguments: of an object, with neither `oneOf`, `anyOf` nor `allOf` at the top, which the
    /// API does not take there. What Claude calls it with is checked against it.
    pub input_schema: Map<String, Value>,
    /// Whether the person is asked before it is called.
    #[serde(default)]
    pub requires_approval: bool,
    /// What MCP calls annotations, passed on as they are. With `readOnlyHint` Claude may call it beside other tools, and
    /// while it plans.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String, Value>,
}

/// Parameters of `tool/call`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCallParams {
    /// The session in which Claude calls it.
    pub session_id: SessionId,
    /// The tool's name, as it was declared.
    pub name: String,
    /// The arguments, which are as the tool's schema wants them.
    pub arguments: Map<String, Value>,
    /// The model's id of the call, under which events speak of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
}

/// Result of `tool/call`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCallResult {
    /// What the model is told.
    pub content: Vec<ToolContent>,
    /// Whether it failed; `content` then says why.
    #[serde(default)]
    pub is_error: bool,
}

/// A part of what a tool answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ToolContent {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, …
        media_type: String,
        /// The picture, in base64.
        data: String,
    },
}
