//! `bridge/…`

use crate::error::{ErrorKind, Result};
use crate::protocol::health::{HealthParams, HealthResult};
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `bridge/health`
#[derive(Debug)]
pub struct BridgeHealth;

impl Method for BridgeHealth {
    const NAME: &'static str = "bridge/health";
    const SUMMARY: &'static str =
        "Whether all is there that is needed; what is not is a check that failed, never an error.";
    const ERRORS: &'static [ErrorKind] = &[];
    type Params = HealthParams;
    type Result = HealthResult;
}

pub(in crate::rpc) async fn health(_: HealthParams, context: Context) -> Result<HealthResult> {
    Ok(context.service.health().await)
}
