//! A session's decisions: `step(input) → effects`, pure, so that every order of events can be tested without a process.
//!
//! The session's task carries the effects out, in order, and feeds back what came of them. Nothing here waits, reads a
//! clock or touches a file.

mod controls;
mod frames;
mod items;
mod ladder;
mod lifecycle;
mod mode;
mod model;
mod permissions;
mod recovery;
mod rest;
mod servers;
#[cfg(test)]
mod tests;
mod totals;
mod turns;
mod watchdog;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::claude;
use crate::error::{Error, Result};
use crate::ids::{MessageId, PermissionId, TurnId};
use crate::protocol::event::{EventBody, NoticeLevel, Status, TurnOrigin};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::permission::{Permission, PermissionResolver};
use crate::protocol::session::{Mode, SessionState};
use crate::protocol::turn::Turn;
use crate::time::Timestamp;

use super::content::Prompt;
use super::permission::{GrantedFor, Verdict};
use super::record::{Record, Rest};
use super::settings::Limits;
use controls::{Controls, Purpose};
use mode::StartedWith;
use permissions::Open;
use servers::Servers;
use totals::Totals;
use turns::ActiveTurn;

pub(super) use controls::{AskId, Told};
pub(super) use ladder::{Known, Rung};
pub(super) use recovery::{CutPermission, CutShort, CutTurn, Fragment};

/// How long a CLI may take from its start to the answer to `initialize`; MCP servers may be starting.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How long an interrupt may be ignored before the process is ended.
const INTERRUPT_DEADLINE: Duration = Duration::from_secs(5);
/// How long a turn gets to end in good order while this program goes down.
const DRAIN_DEADLINE: Duration = Duration::from_millis(300);
/// The id of the one `initialize` request each process gets.
const INITIALIZE_ID: &str = "initialize";

/// What happens to a session.
#[derive(Debug)]
pub(super) enum Input {
    /// Bring a process up, so that the first message need not wait for it.
    Warm,
    /// A client's message, and the turn that it is to lead to.
    Send { turn: TurnId, prompt: Prompt },
    /// The client no longer wants that message, or its turn.
    Cancel { turn: TurnId },
    /// End the turn; with it, if wanted, those that wait.
    Interrupt { include_queued: bool },
    /// The person gives it another title.
    Rename(String),
    /// What Claude may do from now on.
    SetMode(AskId, Mode),
    /// Which model answers from now on.
    SetModel(AskId, String),
    /// A client wants to know how the MCP servers are.
    AskServers(AskId),
    /// A client wants to know what fills the context.
    AskContext(AskId),
    /// End the process, keep the history.
    Close,
    /// This program goes down.
    ShutDown,
    /// Other sessions have as many processes as there may be: the start waits for one of them.
    NoRoom,
    /// There is room for a process now, and it is being started.
    Room,
    /// Another session needs the room: end the process if there is nothing to do.
    Park,
    /// What was going on when a bridge died.
    CutShort(CutShort),
    /// A client is there that can answer permissions.
    Askable,
    /// The person answered a permission; see [`State::check_answer`].
    Decided {
        /// Which.
        id: PermissionId,
        /// What the answer comes to.
        verdict: Verdict,
    },
    /// No client is left that could answer this permission.
    Unanswered(PermissionId),
    /// A process is there, which knows this much of the conversation.
    Spawned(Known),
    /// No process could be started.
    SpawnFailed(Error),
    /// The process said something.
    Frame(claude::Frame),
    /// The process is gone.
    Exited(claude::Exit),
    /// Time is up.
    Timer(Timer),
    /// The person is to be told something.
    Notice(NoticeLevel, String),
}

/// What a session waits for with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// The process to come up.
    Start,
    /// The turn to end after an interrupt.
    Interrupt,
    /// The turn to end while this program goes down.
    Drain,
    /// Room for a process.
    Room,
    /// Something to do.
    Idle,
    /// A word from the process.
    Silence,
    /// The answer to a question.
    Answer,
    /// MCP servers that are still starting.
    Servers,
    /// The person's answer.
    Permission,
}

/// What the session's task has to do, in order. Whatever is emitted or saved is stored before anything is done that
/// others notice: a process started, ended or written to, a request answered.
#[derive(Debug, PartialEq)]
pub(super) enum Effect {
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
    pub(super) fn is_noticed_outside(&self) -> bool {
        match self {
            Self::Start { .. }
            | Self::Write(_)
            | Self::Stop
            | Self::Kill
            | Self::Answer { .. }
            | Self::Ask(_)
            | Self::Reply { .. } => true,
            Self::Emit(_)
            | Self::SaveTurn(_)
            | Self::StopAsking(_)
            | Self::Grant(..)
            | Self::KeepTranscript(_)
            | Self::SetTimer(..)
            | Self::ClearTimer(_) => false,
        }
    }
}

/// An event that is not numbered yet.
#[derive(Debug, PartialEq)]
pub(super) struct Emission {
    pub(super) turn: Option<TurnId>,
    pub(super) parent: Option<String>,
    pub(super) what: What,
}

/// What an event is about.
#[derive(Debug, PartialEq)]
pub(super) enum What {
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
pub(super) struct NewMessage {
    pub(super) id: MessageId,
    pub(super) role: Role,
    pub(super) content: Vec<ContentBlock>,
}

/// A turn as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TurnRecord {
    pub(super) turn: Turn,
    pub(super) message_id: Option<MessageId>,
    pub(super) origin: TurnOrigin,
    pub(super) started_at: Timestamp,
    /// Absent while it runs.
    pub(super) ended_at: Option<Timestamp>,
    pub(super) usage_by_model: BTreeMap<String, claude::ModelUsage>,
}

/// What a process does for the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is none.
    Down,
    /// It was asked for and has not answered `initialize` yet.
    Starting,
    /// It takes messages.
    Up,
    /// It was told to end.
    Stopping,
}

/// A message that waits for its turn.
#[derive(Debug)]
struct Waiting {
    turn: TurnId,
    prompt: Prompt,
    /// It was interrupted before it could begin: it begins, and is interrupted as soon as the CLI listens.
    interrupted: bool,
}

/// A session's state: what lasts, and what it is doing.
#[derive(Debug)]
pub(super) struct State {
    /// What lasts.
    pub(super) record: Record,
    phase: Phase,
    turn: Option<ActiveTurn>,
    /// The questions of the process's that wait for the person, oldest first.
    permissions: Vec<Open>,
    /// Whether anybody has been there who can be asked.
    askable: bool,
    queue: VecDeque<Waiting>,
    limits: Limits,
    /// How many tasks of the CLI's go on beside the turns.
    background_tasks: usize,
    /// When the CLI last said something in this turn.
    heard_at: Timestamp,
    /// Whether the start waits for room.
    crowded: bool,
    /// What the next message has to tell the CLI of the conversation.
    retelling: Option<String>,
    /// The CLI's running totals at the end of the turn before, which its next totals are measured from.
    totals: Totals,
    /// The turn before, which a straggling frame belongs to.
    last_turn: Option<TurnId>,
    /// Whether the turn before was interrupted.
    after_interrupt: bool,
    /// How the process that is there, or coming up, learns of the conversation.
    rung: Rung,
    /// What that process was started with.
    started_with: StartedWith,
    /// Whether it has to be replaced for the session's mode to hold.
    outdated: bool,
    /// What is never done in user mode, as permission rules.
    disallowed: Vec<String>,
    /// What it was asked beside messages.
    controls: Controls,
    /// How its MCP servers are.
    servers: Servers,
    /// What it can do, as it said; of one that has gone, what it could.
    capabilities: Option<claude::Capabilities>,
    /// This program goes down.
    draining: bool,
}

impl State {
    /// A session with no process.
    pub(super) fn new(record: Record, limits: Limits) -> Self {
        Self {
            heard_at: record.last_active_at,
            servers: Servers::none(record.last_active_at),
            record,
            phase: Phase::Down,
            turn: None,
            permissions: Vec::new(),
            askable: false,
            queue: VecDeque::new(),
            limits,
            background_tasks: 0,
            crowded: false,
            retelling: None,
            totals: Totals::default(),
            last_turn: None,
            after_interrupt: false,
            rung: Rung::Own,
            started_with: StartedWith::default(),
            outdated: false,
            disallowed: Vec::new(),
            controls: Controls::default(),
            capabilities: None,
            draining: false,
        }
    }

    /// With these rules for what is never done in user mode.
    pub(super) fn with_disallowed(self, disallowed: Vec<String>) -> Self {
        Self { disallowed, ..self }
    }

    /// Takes in what happened and says what follows.
    pub(super) fn step(&mut self, input: Input, now: Timestamp, effects: &mut Effects) {
        let parkable = self.is_parkable();
        match input {
            Input::Warm => self.warm(effects),
            Input::Send { turn, prompt } => self.send(turn, prompt, now, effects),
            Input::Cancel { turn } => self.cancel(turn, effects),
            Input::Interrupt { include_queued } => self.interrupt_all(include_queued, effects),
            Input::Rename(title) => {
                self.record.title = title;
                effects.session_changed();
            }
            Input::SetMode(asker, mode) => self.set_mode(asker, mode, now, effects),
            Input::SetModel(asker, model) => self.set_model(asker, model, now, effects),
            Input::AskServers(asker) => {
                self.ask(claude::Control::McpStatus, Purpose::Servers(asker), now, effects);
            }
            Input::AskContext(asker) => {
                self.ask(claude::Control::ContextUsage, Purpose::Context(asker), now, effects);
            }
            Input::Close => self.close(now, effects),
            Input::ShutDown => self.shut_down(effects),
            Input::NoRoom => self.no_room(effects),
            Input::Room => self.room(effects),
            Input::Park => self.park(effects),
            Input::CutShort(cut) => self.close_cut_short(cut, now, effects),
            Input::Askable => self.askable = true,
            Input::Decided { id, verdict } => self.decide(id, verdict, PermissionResolver::Client, now, effects),
            Input::Unanswered(id) => self.left_unanswered(id, now, effects),
            Input::Spawned(known) => self.spawned(known, now, effects),
            Input::SpawnFailed(error) => self.spawn_failed(&error, effects),
            Input::Frame(frame) => self.frame(frame, now, effects),
            Input::Exited(exit) => self.exited(&exit, now, effects),
            Input::Timer(timer) => self.time_is_up(timer, now, effects),
            Input::Notice(level, text) => effects.notice(self.current_turn(), level, text),
        }
        if self.phase != Phase::Up {
            self.withdraw_all(effects);
        }
        self.watch_idleness(parkable, effects);
    }

    /// What the session is doing, as clients see it.
    pub(super) fn state(&self) -> SessionState {
        match (&self.turn, self.phase, &self.record.rest) {
            _ if self.waits_for_permission() => SessionState::Waiting,
            (Some(_), ..) => SessionState::Running,
            (None, Phase::Starting | Phase::Up, _) => SessionState::Idle,
            (None, _, Rest::Parked) => SessionState::Parked,
            (None, _, Rest::Closed) => SessionState::Closed,
            (None, _, Rest::Failed(_)) => SessionState::Failed,
        }
    }

    /// Whether there is anything that an interrupt could end.
    pub(super) fn is_busy(&self) -> bool {
        self.turn.is_some() || !self.queue.is_empty()
    }

    /// Whether no process serves the session and none is coming.
    pub(super) fn is_down(&self) -> bool {
        self.phase == Phase::Down
    }

    /// Whether the process was told to end and has not yet.
    pub(super) fn is_stopping(&self) -> bool {
        self.phase == Phase::Stopping
    }

    /// What the process can do, as it said.
    pub(super) fn capabilities(&self) -> Option<&claude::Capabilities> {
        self.capabilities.as_ref()
    }

    /// The turn that runs.
    pub(super) fn current_turn(&self) -> Option<TurnId> {
        self.turn.as_ref().map(|turn| turn.id)
    }
}

/// The effects of one step, in order, with short words for the common ones.
#[derive(Debug, Default)]
pub(super) struct Effects(Vec<Effect>);

impl Effects {
    /// Takes them out, in order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Effect> + '_ {
        self.0.drain(..)
    }

    fn push(&mut self, effect: Effect) {
        self.0.push(effect);
    }

    fn write(&mut self, input: claude::Input) {
        self.push(Effect::Write(input));
    }

    fn emit(&mut self, turn: Option<TurnId>, what: What) {
        self.push(Effect::Emit(Emission { turn, parent: None, what }));
    }

    fn event(&mut self, turn: Option<TurnId>, body: EventBody) {
        self.emit(turn, What::Event(body));
    }

    fn status(&mut self, turn: Option<TurnId>, status: Status, detail: Option<String>) {
        self.event(turn, EventBody::Status { status, detail });
    }

    fn notice(&mut self, turn: Option<TurnId>, level: NoticeLevel, text: impl Into<String>) {
        self.event(turn, EventBody::Notice { level, text: text.into() });
    }

    fn session_changed(&mut self) {
        self.emit(None, What::SessionChanged);
    }

    fn answer(&mut self, turn: TurnId, outcome: Result<Turn>) {
        self.push(Effect::Answer { turn, outcome });
    }

    fn reply(&mut self, to: AskId, outcome: Result<Told>) {
        self.push(Effect::Reply { to, outcome });
    }
}
