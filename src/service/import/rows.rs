//! The rows that an archive becomes.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::claude;
use crate::error::{Error, Result};
use crate::ids::{MessageId, SessionId};
use crate::protocol::archive::{
    ArchivedEvent, ArchivedGrant, ArchivedPermission, ArchivedSession, ArchivedTurn, SessionArchive,
};
use crate::protocol::session::ContextInfo;
use crate::service::history::{message_row, permission_row, session_row, to_json, to_name, turn_row};
use crate::service::record::{Bound, Record, Rest};
use crate::service::state::TurnRecord;
use crate::store::{
    ContextRow, EventPayload, EventRow, GrantRow, GrantScope, MessageRow, PermissionRow, Resolution, SessionSnapshot,
    TranscriptGap, TranscriptRow, TurnRow,
};

/// The rows of an archive that was checked.
///
/// # Errors
/// `internalError` where something cannot be encoded.
pub(super) fn snapshot_of(archive: SessionArchive) -> Result<SessionSnapshot> {
    let (id, last_seq) = (archive.session.id, archive.session.last_seq);
    let context = archive.context.map(|context| ContextRow { hash: context.hash, text: context.text });
    let bytes = context.as_ref().map_or(0, |context| context.text.len() as u64);
    let messages: Vec<MessageRow> = archive.messages.iter().map(message_row).collect::<Result<_>>()?;
    let by_id: HashMap<MessageId, &MessageRow> = messages.iter().map(|message| (message.id, message)).collect();
    let events = archive.events.into_iter().map(|event| event_row(id, event, &by_id)).collect::<Result<_>>()?;
    let transcript = archive.transcript.into_iter().map(|part| TranscriptRow {
        session_id: id,
        provider_session_id: part.provider_session_id,
        file: part.file,
        lines: part.lines,
    });
    let gap = |provider_session_id| TranscriptGap { session_id: id, provider_session_id };
    Ok(SessionSnapshot {
        session: session_row(&record(archive.session, bytes), last_seq)?,
        context,
        turns: archive.turns.into_iter().map(turn).collect::<Result<_>>()?,
        events,
        messages,
        permissions: archive.permissions.iter().map(permission).collect::<Result<_>>()?,
        grants: archive.grants.iter().map(|granted| grant(id, granted)).collect::<Result<_>>()?,
        transcript: transcript.collect(),
        transcript_gaps: archive.transcript_gaps.into_iter().map(gap).collect(),
        fingerprint: None,
    })
}

fn record(session: ArchivedSession, context_bytes: u64) -> Record {
    let rest = match session.error {
        Some(error) => Rest::Failed(error),
        None if session.closed => Rest::Closed,
        None => Rest::Parked,
    };
    // One whose text is missing would be looked for in vain.
    let context = session.context_hash.filter(|_| context_bytes > 0);
    Record {
        id: session.id,
        title: session.title,
        mode: session.mode,
        told_mode: session.told_mode,
        study: Bound::new(session.study_id, session.context_study_id, session.told_study_id),
        cwd: PathBuf::from(session.cwd),
        model: session.model,
        effort: session.effort,
        max_turns: session.max_turns,
        max_budget_usd: session.max_budget_usd,
        mcp_servers: session.mcp_servers,
        rest,
        created_at: session.created_at,
        last_active_at: session.last_active_at,
        message_count: session.message_count,
        provider_session_id: session.provider_session_id,
        provider_started: session.provider_started,
        // What it came from need not be here: its own messages tell it.
        fork: None,
        context: context.map(|hash| ContextInfo { hash, bytes: context_bytes }),
        credential: session.credential,
        usage: session.usage,
        cost_usd: session.cost_usd,
    }
}

fn turn(archived: ArchivedTurn) -> Result<TurnRow> {
    let ArchivedTurn { turn, message_id, origin, started_at, ended_at, usage_by_model } = archived;
    let usage_by_model = usage_by_model.into_iter().map(|(model, used)| {
        let tokens = claude::Tokens {
            input: used.usage.input_tokens,
            output: used.usage.output_tokens,
            cache_read: used.usage.cache_read_tokens,
            cache_write: used.usage.cache_write_tokens,
        };
        (model, claude::ModelUsage { tokens, cost_usd: used.cost_usd })
    });
    let usage_by_model = usage_by_model.collect();
    turn_row(&TurnRecord { turn, message_id, origin, started_at, ended_at, usage_by_model })
}

fn event_row(
    session_id: SessionId,
    event: ArchivedEvent,
    messages: &HashMap<MessageId, &MessageRow>,
) -> Result<EventRow> {
    let payload = match (event.body, event.message_id.and_then(|id| messages.get(&id))) {
        (Some(body), _) => {
            let kind = body.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            EventPayload::Json { kind, body: to_json(&body)? }
        }
        (None, Some(message)) => EventPayload::Message((*message).clone()),
        (None, None) => return Err(Error::internal("an event that says nothing was not found when it was checked")),
    };
    Ok(EventRow {
        session_id,
        seq: event.seq,
        first_seq: event.first_seq,
        turn_id: event.turn_id,
        at: event.at,
        parent_tool_use_id: event.parent_tool_use_id,
        // How merged deltas were cut is no part of what they say: they are given as a whole.
        pieces: None,
        payload,
    })
}

fn permission(archived: &ArchivedPermission) -> Result<(PermissionRow, Option<Resolution>)> {
    let resolution = archived.resolution.map(|resolution| {
        let (outcome, by) = (to_name(&resolution.behavior)?, to_name(&resolution.by)?);
        Ok(Resolution { at: resolution.at, outcome, by })
    });
    Ok((permission_row(&archived.permission)?, resolution.transpose()?))
}

fn grant(id: SessionId, archived: &ArchivedGrant) -> Result<GrantRow> {
    let body = to_json(&archived.grant)?;
    Ok(GrantRow { scope: GrantScope::Session(id), body, created_at: archived.created_at })
}
