//! `session/subscribe` and its end

use crate::error::{ErrorKind, Result};
use crate::protocol::session::Done;
use crate::protocol::subscription::{SessionSubscribeParams, SessionSubscribeResult, SessionUnsubscribeParams};
use crate::rpc::context::Context;
use crate::rpc::method::Method;
use crate::rpc::subscription::Subscriptions;
use crate::service::Subscribed;

/// `session/subscribe`
#[derive(Debug)]
pub struct SessionSubscribe;

impl Method for SessionSubscribe {
    const NAME: &'static str = "session/subscribe";
    const SUMMARY: &'static str =
        "Follows a session: answers, replays what is stored after `afterSeq`, and goes on live.";
    const ERRORS: &'static [ErrorKind] =
        &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable, ErrorKind::ShuttingDown];
    type Params = SessionSubscribeParams;
    type Result = SessionSubscribeResult;
}

pub(in crate::rpc) async fn subscribe(
    params: SessionSubscribeParams,
    context: Context,
) -> Result<SessionSubscribeResult> {
    // It is short, and one that is cancelled would free its token a moment after its answer.
    context.cancellation.ignore();
    let SessionSubscribeParams { session_id, after_seq, subscription_token } = params;
    let opening = Subscriptions::begin(&context.peer, &context.service, session_id, subscription_token)?;
    let (subscriber, asker) = (opening.subscriber(), context.peer.client().asker);
    let subscribed = context.service.subscribe(session_id, after_seq.unwrap_or(0), subscriber, asker).await?;
    context.afterwards.set(|| opening.open());
    let Subscribed { last_seq, held_by } = subscribed;
    Ok(SessionSubscribeResult { last_seq, held_by })
}

/// `session/unsubscribe`
#[derive(Debug)]
pub struct SessionUnsubscribe;

impl Method for SessionUnsubscribe {
    const NAME: &'static str = "session/unsubscribe";
    const SUMMARY: &'static str = "Ends a subscription: nothing comes under its token after the answer.";
    const ERRORS: &'static [ErrorKind] = &[];
    type Params = SessionUnsubscribeParams;
    type Result = Done;
}

pub(in crate::rpc) async fn unsubscribe(params: SessionUnsubscribeParams, context: Context) -> Result<Done> {
    context.peer.subscriptions.end(&context.service, &params.subscription_token)?;
    Ok(Done {})
}
