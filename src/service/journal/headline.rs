//! What is worth a line to a person.

use crate::protocol::event::{EventBody, Status};
use crate::service::title;

/// What a person is told about an event in a line, where it is worth one.
pub(in crate::service) fn headline(body: &EventBody) -> Option<String> {
    match body {
        EventBody::ToolCall { title, .. } => Some(title.clone()),
        EventBody::Notice { text, .. } => Some(title::clip(text)),
        EventBody::Status { status, detail } => Some(status_headline(*status, detail.as_deref())),
        _ => None,
    }
}

fn status_headline(status: Status, detail: Option<&str>) -> String {
    let what = match status {
        Status::Starting => "Starting Claude",
        Status::Requesting => "Thinking",
        Status::Retrying => "Trying again",
        Status::Compacting => "Summarising the conversation",
        Status::WaitingForPermission => "Waiting for permission",
        Status::Queued => "Waiting",
        Status::WaitingForServers => "Waiting for MCP servers",
        Status::Stalled => "Nothing is heard",
    };
    detail.map_or_else(|| what.to_owned(), |detail| format!("{what}: {detail}"))
}
