//! Two tools that an editor has: what it declares of them.

use serde_json::{Value, json};

/// `open_file` and `get_diagnostics`.
pub(crate) fn declared() -> Value {
    json!([
        {
            "name": "open_file",
            "description": "Opens a file in the editor, and shows a line of it.",
            "inputSchema": {
                "type": "object",
                "properties": {
                    "path": {"type": "string", "description": "Relative to the workspace."},
                    "line": {"type": "integer", "minimum": 1},
                },
                "required": ["path"],
                "additionalProperties": false,
            },
        },
        {
            "name": "get_diagnostics",
            "description": "The errors and warnings that the editor shows, of a file or of all that are open.",
            "inputSchema": {"type": "object", "properties": {"path": {"type": "string"}}},
            "annotations": {"readOnlyHint": true},
        },
    ])
}

/// What a client says that has them, and these other capabilities of ours.
pub(crate) fn capabilities(mut ours: Value) -> Value {
    ours["tools"] = declared();
    json!({"experimental": {"claudeBridge": ours}})
}

/// An answer in one text.
pub(crate) fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}
