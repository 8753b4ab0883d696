//! `study/…`, and which study a session is about.

use crate::error::{ErrorKind, Result};
use crate::protocol::session::{SessionResult, SessionSetStudyParams};
use crate::protocol::study::{StudyGetParams, StudyGetResult, StudyListParams, StudyListResult};
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `study/list`
#[derive(Debug)]
pub struct StudyList;

impl Method for StudyList {
    const NAME: &'static str = "study/list";
    const SUMMARY: &'static str = "The studies of the profile, sorted by id.";
    const ERRORS: &'static [ErrorKind] = &[];
    type Params = StudyListParams;
    type Result = StudyListResult;
}

pub(in crate::rpc) async fn list(_: StudyListParams, context: Context) -> Result<StudyListResult> {
    Ok(StudyListResult { studies: context.service.studies().await? })
}

/// `study/get`
#[derive(Debug)]
pub struct StudyGet;

impl Method for StudyGet {
    const NAME: &'static str = "study/get";
    const SUMMARY: &'static str = "A study, and what Claude would be told of it now.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::StudyNotFound];
    type Params = StudyGetParams;
    type Result = StudyGetResult;
}

pub(in crate::rpc) async fn get(params: StudyGetParams, context: Context) -> Result<StudyGetResult> {
    context.service.study(&params.study_id).await
}

/// `session/setStudy`
#[derive(Debug)]
pub struct SessionSetStudy;

impl Method for SessionSetStudy {
    const NAME: &'static str = "session/setStudy";
    const SUMMARY: &'static str = "Has a session be about another study, or about none, from its next turn on.";
    const ERRORS: &'static [ErrorKind] =
        &[ErrorKind::StudyNotFound, ErrorKind::SessionNotFound, ErrorKind::SessionHeld, ErrorKind::StoreUnavailable];
    type Params = SessionSetStudyParams;
    type Result = SessionResult;
}

pub(in crate::rpc) async fn set_study(params: SessionSetStudyParams, context: Context) -> Result<SessionResult> {
    Ok(SessionResult { session: context.service.set_study(params.session_id, params.study_id).await? })
}
