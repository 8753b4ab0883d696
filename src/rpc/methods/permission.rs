//! `permission/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::permission::{
    PermissionAnswerParams, PermissionGrantsParams, PermissionGrantsResult, PermissionListParams, PermissionListResult,
    PermissionRevokeParams, PermissionRevokeResult,
};
use crate::protocol::session::Done;
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `permission/list`
#[derive(Debug)]
pub struct PermissionList;

impl Method for PermissionList {
    const NAME: &'static str = "permission/list";
    const SUMMARY: &'static str = "The permissions that wait for an answer.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];
    type Params = PermissionListParams;
    type Result = PermissionListResult;
}

pub(in crate::rpc) async fn list(params: PermissionListParams, context: Context) -> Result<PermissionListResult> {
    Ok(PermissionListResult { permissions: context.service.permissions(params.session_id).await? })
}

/// `permission/answer`
#[derive(Debug)]
pub struct PermissionAnswer;

impl Method for PermissionAnswer {
    const NAME: &'static str = "permission/answer";
    const SUMMARY: &'static str =
        "Answers a permission, for a client that was not asked by request. The first answer counts.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::PermissionNotFound, ErrorKind::ShuttingDown];
    type Params = PermissionAnswerParams;
    type Result = Done;
}

pub(in crate::rpc) async fn answer(params: PermissionAnswerParams, context: Context) -> Result<Done> {
    // The CLI may have been told by the time a cancellation comes.
    context.cancellation.ignore();
    context.service.answer_permission(params.permission_id, params.answer).await?;
    Ok(Done {})
}

/// `permission/grants`
#[derive(Debug)]
pub struct PermissionGrants;

impl Method for PermissionGrants {
    const NAME: &'static str = "permission/grants";
    const SUMMARY: &'static str = "What the person has allowed for longer than once.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];
    type Params = PermissionGrantsParams;
    type Result = PermissionGrantsResult;
}

pub(in crate::rpc) async fn grants(params: PermissionGrantsParams, context: Context) -> Result<PermissionGrantsResult> {
    Ok(PermissionGrantsResult { grants: context.service.grants(params.session_id).await? })
}

/// `permission/revoke`
#[derive(Debug)]
pub struct PermissionRevoke;

impl Method for PermissionRevoke {
    const NAME: &'static str = "permission/revoke";
    const SUMMARY: &'static str = "Takes back what was allowed for longer than once: from the next turn on Claude asks \
         again. A session that another bridge runs goes on with it until its process ends.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::StoreUnavailable];
    type Params = PermissionRevokeParams;
    type Result = PermissionRevokeResult;
}

pub(in crate::rpc) async fn revoke(params: PermissionRevokeParams, context: Context) -> Result<PermissionRevokeResult> {
    Ok(PermissionRevokeResult { revoked: context.service.revoke(&params.grant_id).await? })
}
