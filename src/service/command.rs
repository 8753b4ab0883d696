//! What a session's task is asked, and how it answers.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::asking::Asker;
use super::client::Client;
use super::content::Prompt;
use super::followers::Reply;
use super::sink::{EventSink, Subscriber};
use super::state::Told;
use super::studies::NextStudy;
use super::subscription::Subscribed;
use crate::error::{Error, Result};
use crate::ids::{PermissionId, TurnId};
use crate::protocol::capabilities::SessionCapabilitiesResult;
use crate::protocol::permission::PermissionAnswer;
use crate::protocol::session::{Mode, Session};
use crate::time::Timestamp;

/// What a session's task is asked.
pub(super) enum Command {
    /// Write down how the turns ended that a dead bridge had left running.
    Recover,
    /// A client is with the session: bring a process up.
    Warm { client: Client },
    /// Take a message.
    Send { turn: TurnId, prompt: Prompt, sink: Option<Arc<dyn EventSink>>, client: Client, reply: Reply },
    /// Take in who wants to follow from that event on.
    Subscribe {
        after_seq: u64,
        subscriber: Arc<dyn Subscriber>,
        asker: Option<Arc<dyn Asker>>,
        reply: oneshot::Sender<Result<Subscribed>>,
    },
    /// Somebody who followed does so no more.
    Unsubscribed,
    /// An MCP server that failed had said this.
    ServerSaid { server: String, words: String },
    /// Something that was allowed is so no more: in the session, or in all that work in this folder.
    Revoked { project: Option<String> },
    /// Answer a permission.
    Answer { permission: PermissionId, answer: PermissionAnswer, reply: oneshot::Sender<Result<()>> },
    /// Drop a message, or end its turn.
    Cancel { turn: TurnId },
    /// End the turn; answers whether there was anything to end.
    Interrupt { include_queued: bool, reply: oneshot::Sender<Result<bool>> },
    /// Take another title.
    Rename { title: String, reply: oneshot::Sender<Result<Session>> },
    /// Go on in another mode.
    SetMode { mode: Mode, reply: oneshot::Sender<Result<Session>> },
    /// Be about another study.
    SetStudy { study: NextStudy, reply: oneshot::Sender<Result<Session>> },
    /// Go on with another model.
    SetModel { model: String, reply: oneshot::Sender<Result<Session>> },
    /// Say how the MCP servers are.
    AskServers { reply: oneshot::Sender<Result<Told>> },
    /// Say what fills the context.
    AskContext { reply: oneshot::Sender<Result<Told>> },
    /// Say what the process can do.
    Capabilities { reply: oneshot::Sender<Result<SessionCapabilitiesResult>> },
    /// End the process; answers when it is gone.
    Close { reply: oneshot::Sender<Result<Session>> },
    /// End the process and remove the history; answers when both are gone.
    Delete { reply: oneshot::Sender<Result<()>> },
    /// The same, if nothing has happened in the session since then and nothing happens now; else `sessionBusy`.
    Expire { before: Timestamp, reply: oneshot::Sender<Result<()>> },
    /// End everything: this program goes down.
    ShutDown,
}

impl Command {
    /// Answers with an error.
    pub(super) fn refuse(self, error: Error) {
        match self {
            Self::Send { reply, .. } => tell(reply, Err(error)),
            Self::Interrupt { reply, .. } => tell(reply, Err(error)),
            Self::Rename { reply, .. }
            | Self::SetMode { reply, .. }
            | Self::SetStudy { reply, .. }
            | Self::SetModel { reply, .. }
            | Self::Close { reply } => tell(reply, Err(error)),
            Self::AskServers { reply } | Self::AskContext { reply } => tell(reply, Err(error)),
            Self::Capabilities { reply } => tell(reply, Err(error)),
            Self::Delete { reply } | Self::Expire { reply, .. } | Self::Answer { reply, .. } => tell(reply, Err(error)),
            Self::Subscribe { reply, .. } => tell(reply, Err(error)),
            Self::Recover
            | Self::Unsubscribed
            | Self::ServerSaid { .. }
            | Self::Revoked { .. }
            | Self::Warm { .. }
            | Self::Cancel { .. }
            | Self::ShutDown => {}
        }
    }
}

/// Answers a request, whose client may be gone by now.
pub(super) fn tell<T>(reply: oneshot::Sender<T>, answer: T) {
    if reply.send(answer).is_err() {
        tracing::debug!("nobody waits for this answer any more");
    }
}
