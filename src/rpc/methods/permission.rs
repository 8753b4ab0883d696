//! `permission/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::permission::{PermissionAnswerParams, PermissionListParams, PermissionListResult};
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
