//! One message and the turn it leads to.

use std::io;

use tokio::signal::unix::Signal;
use tokio::time::MissedTickBehavior;

use super::Failure;
use super::connection::{Connection, Heard};
use super::show::Show;
use super::spinner::STEP;
use crate::error::Error;
use crate::ids::SessionId;
use crate::protocol::message::{Content, MessageSendParams, ProgressToken};
use crate::protocol::session::SessionInterruptParams;
use crate::protocol::turn::{StopReason, Turn};
use crate::rpc::client::Pending;
use crate::rpc::methods::message::MessageSend;
use crate::rpc::methods::session::SessionInterrupt;

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Claude had said what it had to say.
    Completed,
    /// It failed, or was cut short; the person was told why.
    Failed,
    /// The person interrupted it.
    Interrupted,
    /// The person would not wait for its end.
    Left,
}

/// Says something in a session and shows what comes of it. `interrupts` are the person's Ctrl-Cs: the first interrupts
/// the turn, the second leaves it.
///
/// # Errors
/// If it cannot be shown.
pub(super) async fn run(
    connection: &mut Connection,
    show: &mut dyn Show,
    interrupts: &mut Signal,
    session_id: SessionId,
    text: String,
) -> Result<Ended, Failure> {
    show.begin()?;
    let params = MessageSendParams {
        session_id,
        content: Content::Text(text),
        work_done_token: None,
        partial_result_token: Some(ProgressToken::String("chat".to_owned())),
    };
    let answer = connection.send::<MessageSend>(&params).answer::<Turn>();
    tokio::pin!(answer);
    let mut steps = tokio::time::interval(STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // The request is kept until its answer came.
    let mut interruption: Option<Pending> = None;
    let outcome = loop {
        tokio::select! {
            // The answer comes behind the events.
            biased;
            Some(heard) = connection.hear() => tell(show, heard)?,
            outcome = &mut answer => break outcome,
            _ = interrupts.recv() => {
                if interruption.is_some() {
                    return Ok(Ended::Left);
                }
                show.interrupting()?;
                let params = SessionInterruptParams { session_id, include_queued: true };
                interruption = Some(connection.send::<SessionInterrupt>(&params));
            }
            _ = steps.tick() => show.tick()?,
        }
    };
    for heard in connection.heard() {
        tell(show, heard)?;
    }
    Ok(end(show, outcome.map_err(|error| connection.told(&error)))?)
}

/// Shows what the server sent.
pub(super) fn tell(show: &mut dyn Show, heard: Heard) -> io::Result<()> {
    match heard {
        Heard::Event(event) => show.event(&event),
        Heard::Notice(level, text) => show.notice(level, &text),
    }
}

fn end(show: &mut dyn Show, outcome: Result<Turn, Error>) -> io::Result<Ended> {
    let turn = match outcome {
        Ok(turn) => turn,
        Err(error) => {
            show.fail(&error)?;
            return Ok(Ended::Failed);
        }
    };
    show.end(&turn)?;
    Ok(match turn.stop_reason {
        StopReason::Completed => Ended::Completed,
        StopReason::Interrupted => Ended::Interrupted,
        StopReason::MaxTurns | StopReason::Refused | StopReason::Failed => Ended::Failed,
    })
}
