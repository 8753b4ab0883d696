//! `session/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::session::{
    Done, SessionCreateParams, SessionExportParams, SessionExportResult, SessionForkParams, SessionImportParams,
    SessionImportResult, SessionInterruptParams, SessionInterruptResult, SessionListParams, SessionListResult,
    SessionParams, SessionRenameParams, SessionResult,
};
use crate::rpc::context::Context;
use crate::rpc::method::Method;

const STORED: &[ErrorKind] = &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];

/// `session/create`
#[derive(Debug)]
pub struct SessionCreate;

impl Method for SessionCreate {
    const NAME: &'static str = "session/create";
    const SUMMARY: &'static str = "Makes a session, or goes on with one. It is stored when this answers.";
    const ERRORS: &'static [ErrorKind] = &[
        ErrorKind::ModeNotAllowed,
        ErrorKind::StudyNotFound,
        ErrorKind::SessionNotFound,
        ErrorKind::Overloaded,
        ErrorKind::StoreUnavailable,
    ];
    type Params = SessionCreateParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn create(params: SessionCreateParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.create_session(params, context.peer.client()).await? })
}

/// `session/get`
#[derive(Debug)]
pub struct SessionGet;

impl Method for SessionGet {
    const NAME: &'static str = "session/get";
    const SUMMARY: &'static str = "A session as it is now.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn get(params: SessionParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.session(params.session_id).await? })
}

/// `session/list`
#[derive(Debug)]
pub struct SessionList;

impl Method for SessionList {
    const NAME: &'static str = "session/list";
    const SUMMARY: &'static str = "A page of the sessions, newest activity first.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::StoreUnavailable];
    type Params = SessionListParams;
    type Result = SessionListResult;
}

pub(in crate::rpc) async fn list(params: SessionListParams, context: Context) -> Result<SessionListResult> {
    context.service.sessions(params).await
}

/// `session/rename`
#[derive(Debug)]
pub struct SessionRename;

impl Method for SessionRename {
    const NAME: &'static str = "session/rename";
    const SUMMARY: &'static str = "Gives a session another title.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionRenameParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn rename(params: SessionRenameParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.rename_session(params.session_id, params.title).await? })
}

/// `session/fork`
#[derive(Debug)]
pub struct SessionFork;

impl Method for SessionFork {
    const NAME: &'static str = "session/fork";
    const SUMMARY: &'static str = "Makes a session that goes on from where another one is, which stays as it is.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionForkParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn fork(params: SessionForkParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.fork_session(params, context.peer.client()).await? })
}

/// `session/interrupt`
#[derive(Debug)]
pub struct SessionInterrupt;

impl Method for SessionInterrupt {
    const NAME: &'static str = "session/interrupt";
    const SUMMARY: &'static str = "Interrupts the running turn; its request then answers.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionInterruptParams;
    type Result = SessionInterruptResult;
}

pub(in crate::rpc) async fn interrupt(
    params: SessionInterruptParams,
    context: Context,
) -> Result<SessionInterruptResult> {
    let interrupted = context.service.interrupt_session(params.session_id, params.include_queued).await?;
    Ok(SessionInterruptResult { interrupted })
}

/// `session/close`
#[derive(Debug)]
pub struct SessionClose;

impl Method for SessionClose {
    const NAME: &'static str = "session/close";
    const SUMMARY: &'static str = "Ends a session's process and keeps its history; a message opens it again.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn close(params: SessionParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.close_session(params.session_id).await? })
}

/// `session/delete`
#[derive(Debug)]
pub struct SessionDelete;

impl Method for SessionDelete {
    const NAME: &'static str = "session/delete";
    const SUMMARY: &'static str = "Ends a session's process and removes all that is stored of it.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionParams;
    type Result = Done;
}

pub(in crate::rpc) async fn delete(params: SessionParams, context: Context) -> Result<Done> {
    context.service.delete_session(params.session_id).await?;
    Ok(Done {})
}

/// `session/export`
#[derive(Debug)]
pub struct SessionExport;

impl Method for SessionExport {
    const NAME: &'static str = "session/export";
    const SUMMARY: &'static str = "A session as a document: Markdown to be read, or JSON with all that is stored.";
    const ERRORS: &'static [ErrorKind] = STORED;
    type Params = SessionExportParams;
    type Result = SessionExportResult;
}

pub(in crate::rpc) async fn export(params: SessionExportParams, context: Context) -> Result<SessionExportResult> {
    context.service.export_session(params.session_id, params.format).await
}

/// `session/import`
#[derive(Debug)]
pub struct SessionImport;

impl Method for SessionImport {
    const NAME: &'static str = "session/import";
    const SUMMARY: &'static str = "Takes in a session that was exported as JSON, with the id that it had.";
    const ERRORS: &'static [ErrorKind] =
        &[ErrorKind::SessionExists, ErrorKind::SessionBusy, ErrorKind::SessionHeld, ErrorKind::StoreUnavailable];
    type Params = SessionImportParams;
    type Result = SessionImportResult;
}

pub(in crate::rpc) async fn import(params: SessionImportParams, context: Context) -> Result<SessionImportResult> {
    context.service.import_session(params).await
}
