//! `session/…`: what changes how a session goes on, and what there is to choose from.

use super::message;
use crate::error::{ErrorKind, Result};
use crate::protocol::capabilities::{ContextUsageResult, SessionCapabilitiesResult};
use crate::protocol::message::{Content, MessageSendParams};
use crate::protocol::session::{
    SessionCompactParams, SessionParams, SessionResult, SessionSetModeParams, SessionSetModelParams,
};
use crate::protocol::turn::Turn;
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// What can go wrong where the CLI is asked.
const ASKED: &[ErrorKind] = &[
    ErrorKind::SessionNotFound,
    ErrorKind::SessionHeld,
    ErrorKind::CliExited,
    ErrorKind::CliTimeout,
    ErrorKind::CliProtocol,
    ErrorKind::StoreUnavailable,
];

/// `session/setMode`
#[derive(Debug)]
pub struct SessionSetMode;

impl Method for SessionSetMode {
    const NAME: &'static str = "session/setMode";
    const SUMMARY: &'static str = "Changes what Claude may do in a session, from now on.";
    const ERRORS: &'static [ErrorKind] =
        &[ErrorKind::ModeNotAllowed, ErrorKind::SessionNotFound, ErrorKind::SessionHeld, ErrorKind::StoreUnavailable];
    type Params = SessionSetModeParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn set_mode(params: SessionSetModeParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.set_mode(params.session_id, params.mode).await? })
}

/// `session/setModel`
#[derive(Debug)]
pub struct SessionSetModel;

impl Method for SessionSetModel {
    const NAME: &'static str = "session/setModel";
    const SUMMARY: &'static str = "Has another model answer in a session, from the next request to it on.";
    const ERRORS: &'static [ErrorKind] = ASKED;
    type Params = SessionSetModelParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn set_model(params: SessionSetModelParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.set_model(params.session_id, params.model).await? })
}

/// `session/capabilities`
#[derive(Debug)]
pub struct SessionCapabilities;

impl Method for SessionCapabilities {
    const NAME: &'static str = "session/capabilities";
    const SUMMARY: &'static str = "The models, slash commands and agents of a session, as its CLI named them.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];
    type Params = SessionParams;
    type Result = SessionCapabilitiesResult;
}

pub(in crate::rpc) async fn capabilities(params: SessionParams, context: Context) -> Result<SessionCapabilitiesResult> {
    context.service.capabilities(params.session_id).await
}

/// `session/contextUsage`
#[derive(Debug)]
pub struct SessionContextUsage;

impl Method for SessionContextUsage {
    const NAME: &'static str = "session/contextUsage";
    const SUMMARY: &'static str = "What fills the model's context in a session that a process serves.";
    const ERRORS: &'static [ErrorKind] = ASKED;
    type Params = SessionParams;
    type Result = ContextUsageResult;
}

pub(in crate::rpc) async fn context_usage(params: SessionParams, context: Context) -> Result<ContextUsageResult> {
    context.service.context_usage(params.session_id).await
}

/// `session/compact`
#[derive(Debug)]
pub struct SessionCompact;

impl Method for SessionCompact {
    const NAME: &'static str = "session/compact";
    const SUMMARY: &'static str = "Summarises the conversation to make room in the model's context: a turn.";
    const ERRORS: &'static [ErrorKind] = message::MessageSend::ERRORS;
    type Params = SessionCompactParams;
    type Result = Turn;
}

pub(in crate::rpc) async fn compact(params: SessionCompactParams, context: Context) -> Result<Turn> {
    let SessionCompactParams { session_id, work_done_token, partial_result_token } = params;
    let content = Content::Text("/compact".to_owned());
    message::send(MessageSendParams { session_id, content, work_done_token, partial_result_token }, context).await
}
