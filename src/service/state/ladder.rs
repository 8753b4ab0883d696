//! How a process learns of the conversation: from the CLI's own transcript, from our copy of it, or from our messages.
//!
//! A session that we know never fails because the CLI has forgotten it.

use super::{Effects, State};
use crate::claude::Exit;
use crate::ids::ProviderSessionId;
use crate::protocol::event::NoticeLevel;

/// How a process is to learn of the conversation. The later ones are for when the earlier ones failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::service) enum Rung {
    /// From the CLI's own transcript; where that is gone, from our copy.
    Own,
    /// From our copy of the transcript, whatever the CLI has.
    Copy,
    /// From our messages, told again in a new conversation.
    Messages,
}

/// What a process that was started knows of the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct Known {
    /// The conversation's id, where it is a new one.
    pub(in crate::service) conversation: Option<ProviderSessionId>,
    /// What has to be told with the next message.
    pub(in crate::service) retelling: Option<String>,
    /// What has to be told of the study with the next message.
    pub(in crate::service) study_note: Option<String>,
    /// What the person should know of it.
    pub(in crate::service) notice: Option<String>,
    /// Whether it was started with MCP servers.
    pub(in crate::service) has_servers: bool,
}

impl State {
    /// Takes in what the process knows.
    pub(super) fn learn(&mut self, known: Known, effects: &mut Effects) {
        if let Some(id) = known.conversation {
            self.record.provider_session_id = id;
            self.record.provider_started = false;
        }
        self.retelling = known.retelling;
        self.learn_study(known.study_note);
        if let Some(text) = known.notice {
            effects.notice(None, NoticeLevel::Warning, text);
        }
    }

    /// Decides whether another way is left after a process ended before it took messages.
    pub(super) fn take_next_rung(&mut self, exit: &Exit) -> bool {
        let next = match self.rung {
            // A crash came between the making of the conversation and our note that it was made.
            Rung::Own if !self.record.provider_started && says(exit, "is already in use") => {
                self.record.provider_started = true;
                Rung::Own
            }
            Rung::Own if self.goes_on_from_one() && forgot(exit) => Rung::Copy,
            Rung::Copy if forgot(exit) => Rung::Messages,
            Rung::Own | Rung::Copy | Rung::Messages => return false,
        };
        self.rung = next;
        true
    }
}

impl State {
    /// Whether there is a conversation that the CLI is to know: this session's, or that of the one it was forked from.
    fn goes_on_from_one(&self) -> bool {
        self.record.provider_started || self.record.fork.is_some_and(|fork| fork.conversation.is_some())
    }
}

fn forgot(exit: &Exit) -> bool {
    says(exit, "No conversation found")
}

/// Whether the CLI's last words hold these.
fn says(exit: &Exit, words: &str) -> bool {
    exit.stderr_tail.iter().any(|line| line.contains(words))
}
