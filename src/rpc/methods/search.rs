//! `message/search`

use crate::error::{ErrorKind, Result};
use crate::protocol::search::{MessageSearchParams, MessageSearchResult};
use crate::rpc::context::Context;
use crate::rpc::method::Method;

/// `message/search`
#[derive(Debug)]
pub struct MessageSearch;

impl Method for MessageSearch {
    const NAME: &'static str = "message/search";
    const SUMMARY: &'static str = "A page of the messages that say something, newest or best first.";
    const ERRORS: &'static [ErrorKind] =
        &[ErrorKind::InvalidQuery, ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];
    type Params = MessageSearchParams;
    type Result = MessageSearchResult;
}

pub(in crate::rpc) async fn search(params: MessageSearchParams, context: Context) -> Result<MessageSearchResult> {
    context.service.search(params).await
}
