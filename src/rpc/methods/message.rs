//! `message/…`

use crate::error::{Error, ErrorKind, Result};
use crate::protocol::message::{MessageListParams, MessageListResult, MessageSendParams};
use crate::protocol::turn::Turn;
use crate::rpc::context::Context;
use crate::rpc::method::Method;
use crate::rpc::progress::Progress;
use crate::service::PendingTurn;

/// `message/send`
#[derive(Debug)]
pub struct MessageSend;

impl Method for MessageSend {
    const NAME: &'static str = "message/send";
    const SUMMARY: &'static str = "Says something in a session, streams what happens, and answers with the turn.";
    const ERRORS: &'static [ErrorKind] = &[
        ErrorKind::SessionNotFound,
        ErrorKind::SessionBusy,
        ErrorKind::SessionHeld,
        ErrorKind::SessionClosed,
        ErrorKind::ModeNotAllowed,
        ErrorKind::CliNotFound,
        ErrorKind::CliUnsupported,
        ErrorKind::CliExited,
        ErrorKind::CliTimeout,
        ErrorKind::CliProtocol,
        ErrorKind::StoreUnavailable,
        ErrorKind::Overloaded,
        ErrorKind::ShuttingDown,
    ];
    type Params = MessageSendParams;
    type Result = Turn;
}

pub(in crate::rpc) async fn send(params: MessageSendParams, context: Context) -> Result<Turn> {
    // A turn that is cancelled has an end of its own, which the answer tells.
    context.cancellation.ask();
    let mut progress = Progress::begin(&context.peer, params.work_done_token, params.partial_result_token)?;
    let mut turn = {
        let (follower, client) = (progress.follower(), context.peer.client());
        context.service.send(params.session_id, params.content, follower, client)?
    };
    progress.offer_window();
    let (outcome, cancelled) = wait(&mut turn, &mut progress, &context).await;
    // Ends the work-done progress and frees the tokens, both before the answer.
    drop(progress);
    if cancelled { Err(cancellation(outcome)) } else { outcome }
}

/// Waits for the turn's end; also says whether the client cancelled the request before.
async fn wait(turn: &mut PendingTurn, progress: &mut Progress, context: &Context) -> (Result<Turn>, bool) {
    let mut cancelled = false;
    loop {
        tokio::select! {
            biased;
            outcome = turn.outcome() => return (outcome, cancelled),
            () = context.cancellation.cancelled() => {
                cancelled = true;
                turn.cancel();
            }
            () = progress.cancelled() => turn.cancel(),
        }
    }
}

/// The answer to a request that the client cancelled: with the turn, if one began.
fn cancellation(outcome: Result<Turn>) -> Error {
    let error = Error::new(ErrorKind::RequestCancelled, "the message was cancelled");
    match outcome.map(serde_json::to_value) {
        Ok(Ok(turn)) => error.detail("turn", turn),
        Ok(Err(unwritable)) => Error::internal(format!("the turn cannot be written as JSON: {unwritable}")),
        Err(_) => error,
    }
}

/// `message/list`
#[derive(Debug)]
pub struct MessageList;

impl Method for MessageList {
    const NAME: &'static str = "message/list";
    const SUMMARY: &'static str = "A page of a session's messages.";
    const ERRORS: &'static [ErrorKind] = &[ErrorKind::SessionNotFound, ErrorKind::StoreUnavailable];
    type Params = MessageListParams;
    type Result = MessageListResult;
}

pub(in crate::rpc) async fn list(params: MessageListParams, context: Context) -> Result<MessageListResult> {
    context.service.messages(params).await
}
