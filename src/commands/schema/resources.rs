//! One JSON Schema per resource: its main type at the top, and in `$defs` all that belongs to it.

use serde_json::{Map, Value, json};

use super::generate::Types;
use crate::config;
use crate::error::{ErrorData, Result};
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::archive::SessionArchive;
use crate::protocol::capabilities::{ContextUsageResult, SessionCapabilitiesResult};
use crate::protocol::event::{EventProgress, SessionEvent};
use crate::protocol::health::{HealthParams, HealthResult};
use crate::protocol::lifecycle::{ClientCapabilities, ServerCapabilities};
use crate::protocol::mcp::McpStatusResult;
use crate::protocol::message::{Message, MessageListParams, MessageListResult, MessageSendParams};
use crate::protocol::permission::{
    Permission, PermissionAnswer, PermissionAnswerParams, PermissionListParams, PermissionListResult,
    PermissionRequestParams,
};
use crate::protocol::search::{MessageSearchParams, MessageSearchResult};
use crate::protocol::session::{
    Done, Session, SessionCompactParams, SessionCreateParams, SessionExportParams, SessionExportResult,
    SessionForkParams, SessionImportParams, SessionImportResult, SessionInterruptParams, SessionInterruptResult,
    SessionListParams, SessionListResult, SessionParams, SessionRenameParams, SessionResult, SessionSetModeParams,
    SessionSetModelParams, SessionSetStudyParams,
};
use crate::protocol::study::{Study, StudyGetParams, StudyGetResult, StudyListParams, StudyListResult};
use crate::protocol::subscription::{
    EndProgress, SessionSubscribeParams, SessionSubscribeResult, SessionUnsubscribeParams,
};
use crate::protocol::tool::{ToolCallParams, ToolCallResult};
use crate::protocol::turn::Turn;
use crate::protocol::usage::{Usage, UsageSummaryParams, UsageSummaryResult};

/// Every resource's document, by name.
pub(super) fn documents() -> Result<Vec<(&'static str, Value)>> {
    [
        document("archive", "SessionArchive", Types::sends::<SessionArchive>),
        document("capabilities", "SessionCapabilitiesResult", |types| {
            types.sends::<SessionCapabilitiesResult>().sends::<ContextUsageResult>()
        }),
        document("config", "Config", Types::receives::<config::Keys>),
        document("error", "ErrorData", Types::sends::<ErrorData>),
        document("event", "SessionEvent", |types| {
            types.sends::<SessionEvent>().sends::<EventProgress>().sends::<EndProgress>()
        }),
        document("health", "HealthResult", |types| types.sends::<HealthResult>().receives::<HealthParams>()),
        document("lifecycle", "ServerCapabilities", |types| {
            types.sends::<ServerCapabilities>().receives::<ClientCapabilities>()
        }),
        document("mcp", "McpStatusResult", Types::sends::<McpStatusResult>),
        document("message", "Message", message),
        document("permission", "Permission", permission),
        document("session", "Session", session),
        document("study", "Study", study),
        document("tool", "ToolCallParams", |types| types.sends::<ToolCallParams>().receives::<ToolCallResult>()),
        document("turn", "Turn", Types::sends::<Turn>),
        document("usage", "Usage", usage),
    ]
    .into_iter()
    .collect()
}

fn message(types: &mut Types) -> &mut Types {
    types.sends::<Message>().receives::<MessageSendParams>();
    types.receives::<MessageListParams>().sends::<MessageListResult>();
    types.receives::<MessageSearchParams>().sends::<MessageSearchResult>()
}

fn study(types: &mut Types) -> &mut Types {
    types.sends::<Study>().receives::<StudyListParams>().sends::<StudyListResult>();
    types.receives::<StudyGetParams>().sends::<StudyGetResult>()
}

fn usage(types: &mut Types) -> &mut Types {
    types.sends::<Usage>().receives::<UsageSummaryParams>().sends::<UsageSummaryResult>()
}

fn permission(types: &mut Types) -> &mut Types {
    types.sends::<Permission>().sends::<PermissionRequestParams>().receives::<PermissionAnswer>();
    types.receives::<PermissionListParams>().sends::<PermissionListResult>().receives::<PermissionAnswerParams>()
}

fn session(types: &mut Types) -> &mut Types {
    types.sends::<Session>().sends::<SessionResult>().sends::<Done>();
    types.receives::<SessionCreateParams>().receives::<SessionParams>().receives::<SessionRenameParams>();
    types
        .receives::<SessionSetStudyParams>()
        .receives::<SessionSetModeParams>()
        .receives::<SessionSetModelParams>()
        .receives::<SessionCompactParams>();
    types.receives::<SessionForkParams>().receives::<SessionListParams>().sends::<SessionListResult>();
    types.receives::<SessionInterruptParams>().sends::<SessionInterruptResult>();
    types.receives::<SessionSubscribeParams>().sends::<SessionSubscribeResult>().receives::<SessionUnsubscribeParams>();
    types.receives::<SessionExportParams>().sends::<SessionExportResult>();
    types.receives::<SessionImportParams>().sends::<SessionImportResult>()
}

/// The document of the resource `name`, whose main type is `main`.
fn document(
    name: &'static str,
    main: &str,
    add: impl FnOnce(&mut Types) -> &mut Types,
) -> Result<(&'static str, Value)> {
    let mut types = Types::new("/$defs");
    add(&mut types);
    let definitions: Map<String, Value> = types.definitions()?;
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:claude-bridge:{PROTOCOL_VERSION}:{name}"),
        "title": format!("claude-bridge: {name}"),
        "x-protocolVersion": PROTOCOL_VERSION,
        "$ref": format!("#/$defs/{main}"),
        "$defs": definitions,
    });
    Ok((name, document))
}
