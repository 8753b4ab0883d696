use serde_json::json;

use super::reply::Asking;
use crate::protocol::permission::Permission;

/// A permission of this kind, as the server would send it.
pub(super) fn permission(kind: &str) -> Permission {
    let id = "019b2c3d-0000-7000-8000-000000000001";
    let mut permission = json!({
        "id": id, "sessionId": id, "turnId": id, "toolUseId": "t", "toolName": "Bash", "title": "Run make",
        "input": {"command": "make"}, "kind": kind, "createdAt": "2026-01-01T00:00:00.000Z",
    });
    match kind {
        "tool" => {
            permission["suggestions"] = json!([
                {"id": "1", "label": "Allow Bash(make)", "scope": "project"},
                {"id": "2", "label": "Accept all edits", "scope": "session"},
            ]);
        }
        "question" => {
            permission["questions"] = json!([
                {"question": "Which colour?", "header": "Colour",
                 "options": [{"label": "Red", "description": "warm"}, {"label": "Blue"}]},
                {"question": "Which sizes?", "options": [{"label": "S"}, {"label": "L"}], "multiSelect": true},
            ]);
        }
        _ => {}
    }
    serde_json::from_value(permission).unwrap()
}

pub(super) fn asking(kind: &str) -> Asking {
    Asking::new(permission(kind))
}
