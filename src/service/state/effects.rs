//! What follows from a step: what the session's task has to do.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{AskId, CallId, Rung, Timer, Told};
use crate::claude;
use crate::error::Result;
use crate::ids::{MessageId, PermissionId, TurnId};
use crate::protocol::event::{EventBody, NoticeLevel, Status, TurnOrigin};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::permission::Permission;
use crate::protocol::tool::ToolCallParams;
use crate::protocol::turn::Turn;
use crate::service::permission::GrantedFor;
use crate::service::tools::ToolboxId;
use crate::time::Timestamp;

/// What the session's task has to do, in order. Whatever is emitted or saved is stored before anything is done that
/// others notice: a process started, ended or written to, a request answered.
#[derive(Debug, PartialEq)]
pub(in crate::service) enum Effect {
    /// Number an event, store it and send it.
    Emit(Emission),
    /// Store how the turn stands.
    SaveTurn(TurnRecord),
    /// Start a process. Unless it is urgent, only where there is room.
    Start {
        /// How it is to learn of the conversation.
        rung: Rung,
        /// Whether a message waits for it.
        urgent: bool,
    },
    /// Ask those who can answer for a permission.
    Ask(Box<Permission>),
    /// It needs no answer any more.
    StopAsking(PermissionId),
    /// Call a client's tool.
    CallTool { id: CallId, toolbox: ToolboxId, call: Box<ToolCallParams> },
    /// Its answer is not wanted any more.
    StopCalling(CallId),
    /// Find out what this MCP server said before it failed.
    LookForWords(String),
    /// Keep what was granted, for the processes to come.
    Grant(GrantedFor, claude::Grant),
    /// Keep a copy of what the CLI added to its transcript.
    KeepTranscript(claude::Transcript),
    /// Write to the process.
    Write(claude::Input),
    /// End the process in good order.
    Stop,
    /// End the process now.
    Kill,
    /// Wake up with [`Input::Timer`] after this long.
    SetTimer(Timer, Duration),
    /// Forget the timer.
    ClearTimer(Timer),
    /// Answer the `message/send` that led, or was to lead, to a turn.
    Answer { turn: TurnId, outcome: Result<Turn> },
    /// Answer another request of a client's.
    Reply { to: AskId, outcome: Result<Told> },
}

impl Effect {
    /// Whether others notice it: a process, or who waits for an answer. What was to be stored is stored before that.
    pub(in crate::service) fn is_noticed_outside(&self) -> bool {
        match self {
            Self::Start { .. }
            | Self::Write(_)
            | Self::Stop
            | Self::Kill
            | Self::Answer { .. }
            | Self::Ask(_)
            | Self::CallTool { .. }
            | Self::Reply { .. } => true,
            Self::Emit(_)
            | Self::SaveTurn(_)
            | Self::StopAsking(_)
            | Self::StopCalling(_)
            | Self::LookForWords(_)
            | Self::Grant(..)
            | Self::KeepTranscript(_)
            | Self::SetTimer(..)
            | Self::ClearTimer(_) => false,
        }
    }
}

/// An event that is not numbered yet.
#[derive(Debug, PartialEq)]
pub(in crate::service) struct Emission {
    pub(in crate::service) turn: Option<TurnId>,
    pub(in crate::service) parent: Option<String>,
    pub(in crate::service) what: What,
}

/// What an event is about.
#[derive(Debug, PartialEq)]
pub(in crate::service) enum What {
    /// Complete as it is.
    Event(EventBody),
    /// A message that is to be stored.
    Message(NewMessage),
    /// A tool call: the message that holds it, and what a person is told about it.
    ToolCall { message: NewMessage, title: String },
    /// A tool's answer: the message that holds it, and its structured form.
    ToolResult { message: NewMessage, structured: Option<serde_json::Value> },
    /// The session as it is when the event is numbered.
    SessionChanged,
}

/// A message that has no number yet.
#[derive(Debug, PartialEq)]
pub(in crate::service) struct NewMessage {
    pub(in crate::service) id: MessageId,
    pub(in crate::service) role: Role,
    pub(in crate::service) content: Vec<ContentBlock>,
}

/// A turn as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) struct TurnRecord {
    pub(in crate::service) turn: Turn,
    pub(in crate::service) message_id: Option<MessageId>,
    pub(in crate::service) origin: TurnOrigin,
    pub(in crate::service) started_at: Timestamp,
    /// Absent while it runs.
    pub(in crate::service) ended_at: Option<Timestamp>,
    pub(in crate::service) usage_by_model: BTreeMap<String, claude::ModelUsage>,
}

/// The effects of one step, in order, with short words for the common ones.
#[derive(Debug, Default)]
pub(in crate::service) struct Effects(Vec<Effect>);

impl Effects {
    /// Takes them out, in order.
    pub(in crate::service) fn drain(&mut self) -> impl Iterator<Item = Effect> + '_ {
        self.0.drain(..)
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    pub(super) fn write(&mut self, input: claude::Input) {
        self.push(Effect::Write(input));
    }

    pub(super) fn emit(&mut self, turn: Option<TurnId>, what: What) {
        self.push(Effect::Emit(Emission { turn, parent: None, what }));
    }

    pub(super) fn event(&mut self, turn: Option<TurnId>, body: EventBody) {
        self.emit(turn, What::Event(body));
    }

    pub(super) fn status(&mut self, turn: Option<TurnId>, status: Status, detail: Option<String>) {
        self.event(turn, EventBody::Status { status, detail });
    }

    pub(super) fn notice(&mut self, turn: Option<TurnId>, level: NoticeLevel, text: impl Into<String>) {
        self.event(turn, EventBody::Notice { level, text: text.into() });
    }

    pub(super) fn session_changed(&mut self) {
        self.emit(None, What::SessionChanged);
    }

    pub(super) fn answer(&mut self, turn: TurnId, outcome: Result<Turn>) {
        self.push(Effect::Answer { turn, outcome });
    }

    pub(super) fn reply(&mut self, to: AskId, outcome: Result<Told>) {
        self.push(Effect::Reply { to, outcome });
    }
}
