//! What is stored of a session, in the form that lasts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::protocol::archive::{
    ARCHIVE_VERSION, ArchiveFormat, ArchivedContext, ArchivedEvent, ArchivedGrant, ArchivedPermission,
    ArchivedResolution, ArchivedSession, ArchivedTurn, ArchivedUsage, SessionArchive, TranscriptPart,
};
use crate::protocol::session::McpServer;
use crate::protocol::usage::Usage;
use crate::service::history::{from_json, from_name, message_of, record_of, turn_record};
use crate::service::record::{Record, Rest};
use crate::service::state::TurnRecord;
use crate::store::{
    EventPayload, EventRow, GrantRow, PermissionRow, Resolution, SessionSnapshot, TranscriptRow, TurnRow,
};
use crate::time::Timestamp;

/// The archive that holds a session.
///
/// # Errors
/// `storeCorrupt` where something that is stored cannot be read.
pub(in crate::service) fn archive_of(snapshot: SessionSnapshot) -> Result<SessionArchive> {
    let last_seq = snapshot.session.reserved_seq;
    Ok(SessionArchive {
        format: ArchiveFormat::Session,
        version: ARCHIVE_VERSION,
        exported_at: Timestamp::now(),
        exported_by: concat!("claude-bridge ", env!("CARGO_PKG_VERSION")).to_owned(),
        session: session(record_of(snapshot.session)?, last_seq),
        context: snapshot.context.map(|row| ArchivedContext { hash: row.hash, text: row.text }),
        turns: snapshot.turns.into_iter().map(turn).collect::<Result<_>>()?,
        messages: snapshot.messages.into_iter().map(message_of).collect::<Result<_>>()?,
        events: snapshot.events.into_iter().map(event).collect::<Result<_>>()?,
        permissions: snapshot.permissions.into_iter().map(permission).collect::<Result<_>>()?,
        grants: snapshot.grants.iter().map(grant).collect::<Result<_>>()?,
        transcript: parts(snapshot.transcript),
        transcript_gaps: snapshot.transcript_gaps.into_iter().map(|gap| gap.provider_session_id).collect(),
    })
}

fn session(record: Record, last_seq: u64) -> ArchivedSession {
    ArchivedSession {
        id: record.id,
        title: record.title,
        mode: record.mode,
        told_mode: record.told_mode,
        told_study_id: record.study.told().map(str::to_owned),
        study_id: record.study.id,
        context_study_id: record.study.in_context,
        cwd: record.cwd.to_string_lossy().into_owned(),
        model: record.model,
        effort: record.effort,
        max_turns: record.max_turns,
        max_budget_usd: record.max_budget_usd,
        mcp_servers: record.mcp_servers.into_iter().map(|(name, server)| (name, without_secrets(server))).collect(),
        closed: record.rest == Rest::Closed,
        error: match record.rest {
            Rest::Failed(error) => Some(error),
            Rest::Parked | Rest::Closed => None,
        },
        created_at: record.created_at,
        last_active_at: record.last_active_at,
        message_count: record.message_count,
        last_seq,
        provider_session_id: record.provider_session_id,
        provider_started: record.provider_started,
        context_hash: record.context.map(|context| context.hash),
        credential: record.credential,
        usage: record.usage,
        cost_usd: record.cost_usd,
    }
}

/// People hand archives on: what only this machine may know stays here.
fn without_secrets(server: McpServer) -> McpServer {
    let emptied = |values: BTreeMap<String, String>| values.into_keys().map(|name| (name, String::new())).collect();
    match server {
        McpServer::Stdio { command, args, env } => McpServer::Stdio { command, args, env: emptied(env) },
        McpServer::Remote { transport, url, headers } => {
            McpServer::Remote { transport, url, headers: emptied(headers) }
        }
    }
}

fn turn(row: TurnRow) -> Result<ArchivedTurn> {
    let TurnRecord { turn, message_id, origin, started_at, ended_at, usage_by_model } = turn_record(row)?;
    let usage_by_model = usage_by_model.into_iter().map(|(model, used)| {
        let usage = Usage {
            input_tokens: used.tokens.input,
            output_tokens: used.tokens.output,
            cache_read_tokens: used.tokens.cache_read,
            cache_write_tokens: used.tokens.cache_write,
        };
        (model, ArchivedUsage { usage, cost_usd: used.cost_usd })
    });
    Ok(ArchivedTurn { turn, message_id, origin, started_at, ended_at, usage_by_model: usage_by_model.collect() })
}

fn event(row: EventRow) -> Result<ArchivedEvent> {
    let (body, message_id) = match row.payload {
        EventPayload::Json { body, .. } => (Some(from_json::<Map<String, Value>>("events.body", &body)?), None),
        EventPayload::Message(message) => (None, Some(message.id)),
    };
    Ok(ArchivedEvent {
        seq: row.seq,
        first_seq: row.first_seq,
        turn_id: row.turn_id,
        at: row.at,
        parent_tool_use_id: row.parent_tool_use_id,
        body,
        message_id,
    })
}

fn permission((row, resolution): (PermissionRow, Option<Resolution>)) -> Result<ArchivedPermission> {
    let resolution = resolution.map(|resolution| {
        Ok(ArchivedResolution {
            at: resolution.at,
            behavior: from_name("permissions.outcome", &resolution.outcome)?,
            by: from_name("permissions.resolved_by", &resolution.by)?,
        })
    });
    Ok(ArchivedPermission {
        permission: from_json("permissions.body", &row.body)?,
        resolution: resolution.transpose()?,
    })
}

fn grant(row: &GrantRow) -> Result<ArchivedGrant> {
    Ok(ArchivedGrant { grant: from_json("grants.body", &row.body)?, created_at: row.created_at })
}

/// Lines that follow each other in one file become one part.
fn parts(rows: Vec<TranscriptRow>) -> Vec<TranscriptPart> {
    let mut parts: Vec<TranscriptPart> = Vec::new();
    for row in rows {
        match parts.last_mut() {
            Some(last) if last.file == row.file && last.provider_session_id == row.provider_session_id => {
                last.lines.push_str(&row.lines);
            }
            _ => parts.push(TranscriptPart {
                provider_session_id: row.provider_session_id,
                file: row.file,
                lines: row.lines,
            }),
        }
    }
    parts
}
