//! The store's rows and the protocol's types, each made of the other. Nothing else knows both.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::record::{Bound, Fork, Record, Rest};
use super::state::TurnRecord;
use crate::claude;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::event::EventBody;
use crate::protocol::message::Message;
use crate::protocol::permission::Permission;
use crate::protocol::session::{ContextInfo, Session, SessionState};
use crate::protocol::turn::{StopReason, Turn};
use crate::protocol::usage::Usage;
use crate::store::{
    GrantRow, GrantScope, MessageRow, ModelUsage, PermissionChange, PermissionRow, SessionRow, TurnRow,
};
use crate::time::Timestamp;

/// How a session at rest is stored.
const OPEN: &str = "open";
const CLOSED: &str = "closed";
const FAILED: &str = "failed";

/// The session that a row holds.
pub(super) fn record_of(row: SessionRow) -> Result<Record> {
    let rest = match (row.state.as_str(), &row.error) {
        (CLOSED, _) => Rest::Closed,
        (FAILED, Some(error)) => Rest::Failed(from_json("sessions.error", error)?),
        _ => Rest::Parked,
    };
    let mcp_servers = match &row.mcp_servers {
        Some(servers) => from_json("sessions.mcp_servers", servers)?,
        None => Default::default(),
    };
    let context = row.context_hash.map(|hash| ContextInfo { hash, bytes: row.context_bytes });
    Ok(Record {
        id: row.id,
        title: row.title,
        mode: from_name("sessions.mode", &row.mode)?,
        told_mode: from_name("sessions.told_mode", row.told_mode.as_ref().unwrap_or(&row.mode))?,
        study: Bound::new(row.study_id, row.context_study_id, row.told_study_id),
        cwd: PathBuf::from(row.cwd),
        model: row.model,
        effort: row.effort,
        max_turns: row.max_turns,
        max_budget_usd: row.max_budget_usd,
        mcp_servers,
        rest,
        created_at: row.created_at,
        last_active_at: row.last_active_at,
        message_count: row.message_count,
        provider_session_id: row.provider_session_id.unwrap_or_default(),
        provider_started: row.provider_started,
        fork: row.forked_from.map(|of| Fork { of, conversation: row.forked_conversation }),
        context,
        credential: row.credential,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cache_read_tokens: row.cache_read_tokens,
            cache_write_tokens: row.cache_write_tokens,
        },
        cost_usd: row.cost_usd,
    })
}

/// The row that holds a session; `reserved_seq` is the highest event number that may have been given out.
pub(super) fn session_row(record: &Record, reserved_seq: u64) -> Result<SessionRow> {
    let (state, error) = match &record.rest {
        Rest::Parked => (OPEN, None),
        Rest::Closed => (CLOSED, None),
        Rest::Failed(error) => (FAILED, Some(to_json(error)?)),
    };
    let servers = if record.mcp_servers.is_empty() { None } else { Some(to_json(&record.mcp_servers)?) };
    Ok(SessionRow {
        id: record.id,
        title: record.title.clone(),
        mode: to_name(&record.mode)?,
        told_mode: Some(to_name(&record.told_mode)?),
        study_id: record.study.id.clone(),
        context_study_id: record.study.in_context.clone(),
        told_study_id: record.study.told().map(str::to_owned),
        cwd: record.cwd.to_string_lossy().into_owned(),
        model: record.model.clone(),
        effort: record.effort.clone(),
        max_turns: record.max_turns,
        max_budget_usd: record.max_budget_usd,
        mcp_servers: servers,
        state: state.to_owned(),
        error,
        created_at: record.created_at,
        last_active_at: record.last_active_at,
        message_count: record.message_count,
        reserved_seq,
        provider_session_id: Some(record.provider_session_id),
        provider_started: record.provider_started,
        context_hash: record.context.as_ref().map(|context| context.hash.clone()),
        context_bytes: record.context.as_ref().map_or(0, |context| context.bytes),
        forked_from: record.fork.map(|fork| fork.of),
        forked_conversation: record.fork.and_then(|fork| fork.conversation),
        credential: record.credential.clone(),
        input_tokens: record.usage.input_tokens,
        output_tokens: record.usage.output_tokens,
        cache_read_tokens: record.usage.cache_read_tokens,
        cache_write_tokens: record.usage.cache_write_tokens,
        cost_usd: record.cost_usd,
    })
}

/// The session as clients see it, when it does what `state` says and has given out numbers up to `last_seq`.
pub(super) fn session_of(record: &Record, state: SessionState, last_seq: u64) -> Session {
    let error = match &record.rest {
        Rest::Failed(error) if state == SessionState::Failed => Some(error.clone()),
        _ => None,
    };
    Session {
        id: record.id,
        title: record.title.clone(),
        mode: record.mode,
        study_id: record.study.id.clone(),
        cwd: record.cwd.to_string_lossy().into_owned(),
        model: record.model.clone(),
        state,
        error,
        created_at: record.created_at,
        last_active_at: record.last_active_at,
        message_count: record.message_count,
        last_seq,
        forked_from: record.fork.map(|fork| fork.of),
        context: record.context.clone(),
        usage: record.usage,
        cost_usd: record.cost_usd,
        process: None,
        held_by: None,
        credential: record.credential.clone(),
        provider_session_id: record.provider_started.then_some(record.provider_session_id),
    }
}

/// The session that a row holds, as clients see it while no process of ours serves it.
pub(super) fn resting_session(row: SessionRow) -> Result<Session> {
    let last_seq = row.reserved_seq;
    let record = record_of(row)?;
    let state = match record.rest {
        Rest::Parked => SessionState::Parked,
        Rest::Closed => SessionState::Closed,
        Rest::Failed(_) => SessionState::Failed,
    };
    Ok(session_of(&record, state, last_seq))
}

/// How a list is narrowed to sessions that, at rest, are in `state`; none where no session at rest is.
pub(super) fn stored_state(state: SessionState) -> Option<&'static str> {
    match state {
        SessionState::Parked => Some(OPEN),
        SessionState::Closed => Some(CLOSED),
        SessionState::Failed => Some(FAILED),
        SessionState::Idle | SessionState::Running | SessionState::Waiting => None,
    }
}

pub(super) fn message_row(message: &Message) -> Result<MessageRow> {
    Ok(MessageRow {
        id: message.id,
        session_id: message.session_id,
        turn_id: message.turn_id,
        seq: message.seq,
        role: to_name(&message.role)?,
        content: to_json(&message.content)?,
        created_at: message.created_at,
        parent_tool_use_id: message.parent_tool_use_id.clone(),
    })
}

pub(super) fn message_of(row: MessageRow) -> Result<Message> {
    Ok(Message {
        id: row.id,
        session_id: row.session_id,
        turn_id: row.turn_id,
        seq: row.seq,
        role: from_name("messages.role", &row.role)?,
        content: from_json("messages.content", &row.content)?,
        created_at: row.created_at,
        parent_tool_use_id: row.parent_tool_use_id,
    })
}

pub(super) fn turn_row(record: &TurnRecord) -> Result<TurnRow> {
    let turn = &record.turn;
    let ended = record.ended_at.is_some();
    Ok(TurnRow {
        id: turn.id,
        session_id: turn.session_id,
        message_id: record.message_id,
        origin: to_name(&record.origin)?,
        started_at: record.started_at,
        ended_at: record.ended_at,
        stop_reason: if ended { Some(to_name(&turn.stop_reason)?) } else { None },
        text: turn.text.clone(),
        tool_calls: to_json(&turn.tool_calls)?,
        input_tokens: turn.usage.input_tokens,
        output_tokens: turn.usage.output_tokens,
        cache_read_tokens: turn.usage.cache_read_tokens,
        cache_write_tokens: turn.usage.cache_write_tokens,
        cost_usd: turn.cost_usd,
        duration_ms: turn.duration_ms,
        first_text_ms: turn.first_text_ms,
        error: turn.error.as_ref().map(to_json).transpose()?,
        usage_by_model: record.usage_by_model.iter().map(|(model, usage)| model_usage(model, usage)).collect(),
    })
}

/// The turn that a row holds, also one that has not ended.
pub(super) fn turn_record(row: TurnRow) -> Result<TurnRecord> {
    let stop_reason = match &row.stop_reason {
        Some(reason) => from_name("turns.stop_reason", reason)?,
        None => StopReason::Interrupted,
    };
    let turn = Turn {
        id: row.id,
        session_id: row.session_id,
        stop_reason,
        text: row.text,
        tool_calls: from_json("turns.tool_calls", &row.tool_calls)?,
        usage: Usage {
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cache_read_tokens: row.cache_read_tokens,
            cache_write_tokens: row.cache_write_tokens,
        },
        cost_usd: row.cost_usd,
        duration_ms: row.duration_ms,
        first_text_ms: row.first_text_ms,
        error: row.error.as_deref().map(|error| from_json("turns.error", error)).transpose()?,
    };
    Ok(TurnRecord {
        turn,
        message_id: row.message_id,
        origin: from_name("turns.origin", &row.origin)?,
        started_at: row.started_at,
        ended_at: row.ended_at,
        usage_by_model: row.usage_by_model.into_iter().map(usage_of_model).collect(),
    })
}

/// What an event changes in the list of permissions.
pub(super) fn permission_change(body: &EventBody, now: Timestamp) -> Result<Option<PermissionChange>> {
    Ok(match body {
        EventBody::PermissionRequested { permission } => Some(PermissionChange::Asked(permission_row(permission)?)),
        EventBody::PermissionResolved { permission_id, behavior, by } => {
            let (outcome, by) = (to_name(behavior)?, to_name(by)?);
            Some(PermissionChange::Resolved { id: *permission_id, at: now, outcome, by })
        }
        _ => None,
    })
}

/// The row of a permission that is asked for.
pub(super) fn permission_row(permission: &Permission) -> Result<PermissionRow> {
    Ok(PermissionRow {
        id: permission.id,
        session_id: permission.session_id,
        turn_id: permission.turn_id,
        body: to_json(permission)?,
        created_at: permission.created_at,
    })
}

pub(super) fn grant_row(scope: GrantScope, grant: &claude::Grant, now: Timestamp) -> Result<GrantRow> {
    Ok(GrantRow { scope, body: to_json(grant)?, created_at: now })
}

/// What was granted, by its row.
pub(super) fn grant_of(body: &str) -> Result<claude::Grant> {
    from_json("grants.body", body)
}

/// What a stored event says.
pub(super) fn event_body(json: &str) -> Result<EventBody> {
    from_json("events.body", json)
}

fn usage_of_model(row: ModelUsage) -> (String, claude::ModelUsage) {
    let tokens = claude::Tokens {
        input: row.input_tokens,
        output: row.output_tokens,
        cache_read: row.cache_read_tokens,
        cache_write: row.cache_write_tokens,
    };
    (row.model, claude::ModelUsage { tokens, cost_usd: row.cost_usd })
}

fn model_usage(model: &str, usage: &claude::ModelUsage) -> ModelUsage {
    ModelUsage {
        model: model.to_owned(),
        input_tokens: usage.tokens.input,
        output_tokens: usage.tokens.output,
        cache_read_tokens: usage.tokens.cache_read,
        cache_write_tokens: usage.tokens.cache_write,
        cost_usd: usage.cost_usd,
    }
}

/// The name that a plain enum has on the wire, which is the one it is stored under.
pub(super) fn to_name<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        other => Err(Error::internal(format!("{other:?} has no name to be stored under"))),
    }
}

pub(super) fn from_name<T: DeserializeOwned>(column: &str, name: &str) -> Result<T> {
    serde_json::from_value(Value::String(name.to_owned())).map_err(|problem| unreadable(column, &problem))
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|problem| Error::internal(format!("cannot be stored: {problem}")))
}

pub(super) fn from_json<T: DeserializeOwned>(column: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|problem| unreadable(column, &problem))
}

/// The error for a column that holds what makes no sense.
pub(super) fn unreadable(column: &str, problem: &serde_json::Error) -> Error {
    Error::new(ErrorKind::StoreCorrupt, format!("the history holds something unreadable in {column}: {problem}"))
        .hint("another version may have written it; export what can be read and start a new data folder")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ids::{ProviderSessionId, SessionId};
    use crate::protocol::session::Mode;

    fn record(id: SessionId) -> Record {
        Record {
            id,
            title: "Title".into(),
            mode: Mode::User,
            told_mode: Mode::Power,
            study: Bound::new(Some("a/b".into()), Some("a/c".into()), Some("a/d".into())),
            cwd: "/work".into(),
            model: Some("opus".into()),
            effort: Some("high".into()),
            max_turns: Some(3),
            max_budget_usd: Some(1.5),
            mcp_servers: serde_json::from_str(r#"{"calc":{"command":"node","args":["calc.js"]}}"#).unwrap(),
            rest: Rest::Failed(Error::internal("because").to_data()),
            created_at: Timestamp::from_millis(1),
            last_active_at: Timestamp::from_millis(2),
            message_count: 4,
            provider_session_id: ProviderSessionId::new(),
            provider_started: true,
            fork: Some(Fork { of: SessionId::new(), conversation: Some(ProviderSessionId::new()) }),
            context: None,
            credential: Some("ANTHROPIC_API_KEY".into()),
            usage: Usage { input_tokens: 1, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 4 },
            cost_usd: 0.25,
        }
    }

    /// A session to be stored.
    pub(in crate::service) fn row(id: SessionId) -> SessionRow {
        session_row(&record(id), 7).unwrap()
    }

    #[test]
    fn a_session_comes_back_from_its_row_as_it_went_in() {
        let record = record(SessionId::new());
        assert_eq!(record_of(session_row(&record, 7).unwrap()).unwrap(), record);
    }

    #[test]
    fn a_row_that_makes_no_sense_names_its_column() {
        let broken = SessionRow { mode: "root".into(), ..row(SessionId::new()) };
        let error = record_of(broken).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreCorrupt);
        assert!(error.message().contains("sessions.mode"), "{error}");
    }
}
