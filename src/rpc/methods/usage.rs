//! `usage/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::usage::{UsageSummaryParams, UsageSummaryResult};
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `usage/summary`
#[derive(Debug)]
pub struct UsageSummary;

impl Method for UsageSummary {
    const NAME: &'static str = "usage/summary";
    const SUMMARY: &'static str = "Tokens and cost by session, study, model or day.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::StoreUnavailable];
    type Params = UsageSummaryParams;
    type Result = UsageSummaryResult;
}

pub(in crate::rpc) async fn summary(params: UsageSummaryParams, context: Context) -> Result<UsageSummaryResult> {
    context.service.usage(params).await
}
