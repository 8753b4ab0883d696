//! A session's decisions: `step(input) → effects`, pure, so that every order of events can be tested without a process.
//!
//! The session's task carries the effects out, in order, and feeds back what came of them. Nothing here waits, reads a
//! clock or touches a file.

mod controls;
mod effects;
mod environment;
mod frames;
mod items;
mod ladder;
mod lifecycle;
mod mode;
mod model;
mod permissions;
mod recovery;
mod rest;
mod server_set;
mod servers;
mod study;
#[cfg(test)]
mod tests;
mod tools;
mod totals;
mod turns;
mod watchdog;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::claude;
use crate::error::{Error, Result};
use crate::ids::{PermissionId, TurnId};
use crate::protocol::event::NoticeLevel;
use crate::protocol::permission::PermissionResolver;
use crate::protocol::session::{Mode, SessionState};
use crate::protocol::tool::ToolCallResult;
use crate::time::Timestamp;

use super::content::Prompt;
use super::permission::Verdict;
use super::record::{Record, Rest};
use super::servers::{ServerPlan, ServerSet};
use super::settings::Limits;
use super::tools::Toolset;
use controls::{Controls, Purpose};
use mode::StartedWith;
use permissions::Open;
use servers::Servers;
use tools::Tools;
use totals::Totals;
use turns::ActiveTurn;

pub(super) use controls::{AskId, Told};
pub(super) use effects::{Effect, Effects, Emission, NewMessage, TurnRecord, What};
pub(super) use ladder::{Known, Rung};
pub(super) use recovery::{CutPermission, CutShort, CutTurn, Fragment};
pub(super) use tools::CallId;

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
    /// A client's message, and the turn that it is to lead to; with the client's tools, where it has any.
    Send { turn: TurnId, prompt: Prompt, tools: Option<Toolset> },
    /// The client no longer wants that message, or its turn.
    Cancel { turn: TurnId },
    /// End the turn; with it, if wanted, those that wait.
    Interrupt { include_queued: bool },
    /// The person gives it another title.
    Rename(String),
    /// What Claude may do from now on.
    SetMode(AskId, Mode),
    /// Which study the session is about from now on, and what Claude is to be told of it.
    SetStudy(AskId, Option<String>, Option<String>),
    /// How far the study has come, to be told with the next message.
    Progress(String),
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
    /// Something that the process may have been granted is taken back.
    Revoked,
    /// No client is left that could answer this permission.
    Unanswered(PermissionId),
    /// A client is there that has tools.
    Tools(Toolset),
    /// A client's tool answered, or why it did not.
    ToolAnswered(CallId, Result<ToolCallResult, String>),
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
    /// The answer of a client's tool.
    Tool,
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
    /// The tools of the client that sent it.
    tools: Option<Toolset>,
    /// It was interrupted before it could begin: it begins, and is interrupted as soon as the CLI listens.
    interrupted: bool,
}

impl Waiting {
    fn new(turn: TurnId, prompt: Prompt, tools: Option<Toolset>) -> Self {
        Self { turn, prompt, tools, interrupted: false }
    }
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
    /// What it has to tell of a study that the session has come to be about.
    study_note: Option<String>,
    /// What it has to tell of how far the study has come.
    progress: Option<String>,
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
    /// Whether it has to be replaced for the session's mode to hold, or for what the person allows.
    outdated: bool,
    /// What is never done in user mode, as permission rules.
    disallowed: Vec<String>,
    /// Which MCP servers the session is to have.
    plan: Arc<ServerPlan>,
    /// The tools of its clients.
    tools: Tools,
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
            study_note: None,
            progress: None,
            totals: Totals::default(),
            last_turn: None,
            after_interrupt: false,
            rung: Rung::Own,
            started_with: StartedWith::default(),
            outdated: false,
            disallowed: Vec::new(),
            plan: Arc::default(),
            tools: Tools::default(),
            controls: Controls::default(),
            capabilities: None,
            draining: false,
        }
    }

    /// With these rules for what is never done in user mode.
    pub(super) fn with_disallowed(self, disallowed: Vec<String>) -> Self {
        Self { disallowed, ..self }
    }

    /// With the MCP servers that this says.
    pub(super) fn with_servers(self, plan: Arc<ServerPlan>) -> Self {
        Self { plan, ..self }
    }

    /// Takes in what happened and says what follows.
    pub(super) fn step(&mut self, input: Input, now: Timestamp, effects: &mut Effects) {
        let parkable = self.is_parkable();
        match input {
            Input::Warm => self.warm(effects),
            Input::Send { turn, prompt, tools } => self.send(Waiting::new(turn, prompt, tools), now, effects),
            Input::Cancel { turn } => self.cancel(turn, effects),
            Input::Interrupt { include_queued } => self.interrupt_all(include_queued, effects),
            Input::Rename(title) => {
                self.record.title = title;
                effects.session_changed();
            }
            Input::SetMode(asker, mode) => self.set_mode(asker, mode, now, effects),
            Input::SetStudy(asker, study, note) => self.set_study(asker, study, note, now, effects),
            Input::Progress(news) => self.progress = Some(news),
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
            Input::Revoked => self.revoked(effects),
            Input::Unanswered(id) => self.left_unanswered(id, now, effects),
            Input::Tools(toolset) => self.tools_are_there(toolset, now, effects),
            Input::ToolAnswered(id, outcome) => self.tool_answered(id, outcome, now, effects),
            Input::Spawned(known) => self.spawned(known, now, effects),
            Input::SpawnFailed(error) => self.spawn_failed(&error, effects),
            Input::Frame(frame) => self.frame(frame, now, effects),
            Input::Exited(exit) => self.exited(&exit, now, effects),
            Input::Timer(timer) => self.time_is_up(timer, now, effects),
            Input::Notice(level, text) => effects.notice(self.current_turn(), level, text),
        }
        if self.phase != Phase::Up {
            self.withdraw_all(effects);
            self.withdraw_all_calls(effects);
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

    /// Whether a message's turn waits or runs.
    pub(super) fn has_turn(&self, turn: TurnId) -> bool {
        self.current_turn() == Some(turn) || self.queue.iter().any(|waiting| waiting.turn == turn)
    }

    /// The turn that runs.
    pub(super) fn current_turn(&self) -> Option<TurnId> {
        self.turn.as_ref().map(|turn| turn.id)
    }
}
