//! What the session's task does with effects, without a process: it keeps count of what is there, and fails on every
//! effect that the task could not carry out or that a client could not make sense of.

use std::collections::{HashMap, HashSet};

use super::calls::Calls;
use super::questions::{self, Questions};
use super::{Driver, killed, tools};
use crate::claude::{self, Exit, Frame};
use crate::error::{Error, Result};
use crate::ids::{MessageId, TurnId};
use crate::protocol::event::EventBody;
use crate::protocol::permission::PermissionBehavior;
use crate::protocol::turn::{StopReason, Turn};
use crate::service::state::{AskId, Effect, Emission, Input, Known, Timer, TurnRecord, What};

/// What there is of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    Absent,
    /// It waits for room among the other sessions.
    Waiting {
        called_off: bool,
    },
    /// It was asked for; `called_off` before it was there.
    Starting {
        called_off: bool,
    },
    /// It is there; `told` to end.
    Running {
        told: bool,
    },
}

/// What has become of a turn.
#[derive(Debug, Default)]
struct Story {
    /// A client sent a message for it.
    sent: bool,
    /// Somebody, or some timer, could have wanted its end.
    unwanted: bool,
    started: bool,
    completed: bool,
    /// As it was stored last.
    saved: Option<TurnRecord>,
    answered: bool,
}

/// A session in a world that behaves as processes and clients can.
pub(super) struct Environment {
    session: Driver,
    process: Process,
    timers: Vec<Timer>,
    turns: HashMap<TurnId, Story>,
    sent: Vec<TurnId>,
    open: Option<TurnId>,
    last: Option<TurnId>,
    /// What clients asked, and whether it is answered.
    asked: HashMap<AskId, bool>,
    /// The names of what the process was asked, in order.
    controls: Vec<String>,
    /// The length of each text that is being written.
    texts: HashMap<MessageId, u64>,
    messages: HashSet<MessageId>,
    /// What the process asked.
    questions: Questions,
    /// What the process called.
    calls: Calls,
    going_down: bool,
    /// Whether other sessions have all the room there is.
    crowded: bool,
    /// Whether the session is still to hear of that.
    no_room: bool,
}

impl Environment {
    pub(super) fn new() -> Self {
        Self {
            session: Driver::new(),
            process: Process::Absent,
            timers: Vec::new(),
            turns: HashMap::new(),
            sent: Vec::new(),
            open: None,
            last: None,
            asked: HashMap::new(),
            controls: Vec::new(),
            texts: HashMap::new(),
            messages: HashSet::new(),
            questions: Questions::default(),
            calls: Calls::default(),
            going_down: false,
            crowded: false,
            no_room: false,
        }
    }

    /// A client's command. Once the program goes down no more of them are read.
    pub(super) fn command(&mut self, input: Input) {
        if self.going_down {
            return;
        }
        match &input {
            Input::Cancel { turn } => self.turns.entry(*turn).or_default().unwanted = true,
            Input::Interrupt { .. } | Input::Close | Input::ShutDown => self.all_unwanted(),
            _ => {}
        }
        self.going_down = matches!(input, Input::ShutDown);
        self.step(input);
    }

    /// Something else happens, at any time.
    pub(super) fn notice(&mut self, input: Input) {
        self.step(input);
    }

    pub(super) fn send(&mut self, text: &str) {
        if self.going_down {
            return;
        }
        let turn = TurnId::new();
        self.turns.insert(turn, Story { sent: true, ..Story::default() });
        self.sent.push(turn);
        self.command(super::message(turn, text));
    }

    /// A client asks something else than a turn.
    pub(super) fn ask(&mut self, input: impl FnOnce(AskId) -> Input) {
        if self.going_down {
            return;
        }
        let id = AskId(self.asked.len() as u64);
        self.asked.insert(id, false);
        self.command(input(id));
    }

    /// The names of the questions that the process was asked.
    pub(super) fn controls(&self) -> &[String] {
        &self.controls
    }

    /// One of the turns that were asked for.
    pub(super) fn sent(&self) -> &[TurnId] {
        &self.sent
    }

    /// A start that is under way ends. One that was called off may have succeeded just before.
    pub(super) fn launched(&mut self, outcome: Result<()>) {
        let Process::Starting { .. } = self.process else { return };
        let (process, input) = match outcome {
            Ok(()) => {
                (Process::Running { told: false }, Input::Spawned(Known { has_servers: true, ..Known::default() }))
            }
            Err(error) => (Process::Absent, Input::SpawnFailed(error)),
        };
        self.process = process;
        self.step(input);
    }

    /// From now on other sessions have all the room there is, or some of it is free again.
    pub(super) fn crowd(&mut self, crowded: bool) {
        self.crowded = crowded;
        if let (Process::Waiting { called_off: false }, false) = (&self.process, crowded) {
            self.process = Process::Starting { called_off: false };
            self.step(Input::Room);
        }
    }

    /// A start that was given up is over.
    pub(super) fn called_off(&mut self) {
        if let Process::Waiting { called_off: true } | Process::Starting { called_off: true } = self.process {
            self.process = Process::Absent;
            self.step(Input::SpawnFailed(Error::internal("called off")));
        }
    }

    /// A process that is there asks whether it may use a tool.
    pub(super) fn asks(&mut self, by_agent: bool) {
        if let Process::Running { told } = self.process {
            let frame = self.questions.ask(by_agent, !told);
            self.step(Input::Frame(frame));
        }
    }

    /// It takes one of its questions back, whatever became of it.
    pub(super) fn takes_back(&mut self, choose: impl FnOnce(usize) -> usize) {
        if let (Process::Running { .. }, Some(request_id)) = (self.process, self.questions.one(choose)) {
            self.step(Input::Frame(Frame::ControlCancel { request_id }));
        }
    }

    /// The person answers one of the permissions that they were ever asked.
    pub(super) fn answers(&mut self, behavior: PermissionBehavior, choose: impl FnOnce(usize) -> usize) {
        let Some(id) = self.questions.permission(choose) else { return };
        let verdict = self.session.state.check_answer(id, questions::answer(behavior));
        assert_eq!(verdict.is_ok(), self.questions.is_open(id), "what is open can be answered, and nothing else");
        if let Ok(verdict) = verdict {
            self.step(Input::Decided { id, verdict });
        }
    }

    /// A client is there that has a tool, or another client that has it too.
    pub(super) fn tools_are_there(&mut self, toolbox: u64) {
        if !self.going_down {
            self.step(Input::Tools(tools::toolset(toolbox, &["open"])));
        }
    }

    /// A process that is there calls the client's tool.
    pub(super) fn calls_tool(&mut self) {
        if let Process::Running { .. } = self.process {
            let frame = self.calls.call();
            self.step(Input::Frame(frame));
        }
    }

    /// It takes one of its calls back, whatever became of it.
    pub(super) fn takes_call_back(&mut self, choose: impl FnOnce(usize) -> usize) {
        if let (Process::Running { .. }, Some(frame)) = (self.process, self.calls.take_back(choose)) {
            self.step(Input::Frame(frame));
        }
    }

    /// The client answers one of the calls that it ever got.
    pub(super) fn tool_answers(&mut self, outcome: std::result::Result<(), ()>, choose: impl FnOnce(usize) -> usize) {
        let Some(id) = self.calls.answer(choose) else { return };
        let outcome = outcome.map(|()| tools::text("done")).map_err(|()| "it failed".to_owned());
        self.step(Input::ToolAnswered(id, outcome));
    }

    /// Nobody is left who could answer one of them.
    pub(super) fn nobody_answers(&mut self, choose: impl FnOnce(usize) -> usize) {
        if let Some(id) = self.questions.permission(choose) {
            self.step(Input::Unanswered(id));
        }
    }

    /// A process that is there says something, also if it was told to end.
    pub(super) fn frame(&mut self, frame: Frame) {
        if let Process::Running { .. } = self.process {
            self.step(Input::Frame(frame));
        }
    }

    /// A process that is there ends, whether it was told to or not.
    pub(super) fn exit(&mut self, exit: Exit) {
        if let Process::Running { .. } = self.process {
            self.process = Process::Absent;
            self.step(Input::Exited(exit));
        }
    }

    /// One of the timers that are set runs out.
    pub(super) fn time_is_up(&mut self, choose: impl FnOnce(usize) -> usize) {
        if self.timers.is_empty() {
            return;
        }
        let timer = self.timers.remove(choose(self.timers.len()));
        if matches!(timer, Timer::Start | Timer::Drain) {
            self.all_unwanted();
        }
        self.step(Input::Timer(timer));
    }

    /// The program goes down and the CLI says no more: everything must come to its end by itself.
    pub(super) fn end(mut self) {
        self.command(Input::ShutDown);
        for _ in 0..10 {
            match self.process {
                Process::Waiting { .. } | Process::Starting { called_off: true } => self.called_off(),
                Process::Starting { called_off: false } => self.launched(Ok(())),
                Process::Running { told: true } => self.exit(killed()),
                Process::Running { told: false } => self.time_is_up(|_| 0),
                Process::Absent => break,
            }
        }
        assert_eq!(self.process, Process::Absent, "the process is left behind");
        assert!(self.session.state.is_down(), "the session does not end");
        assert_eq!(self.open, None, "a turn is left open");
        assert!(self.asked.values().all(|answered| *answered), "a client waits for an answer: {:?}", self.asked);
        for (turn, story) in self.turns {
            assert!(story.answered || !story.sent, "{turn} is never answered: {story:?}");
            let ended = story.saved.as_ref().is_some_and(|saved| saved.ended_at.is_some());
            assert_eq!(story.started, ended, "what is stored of {turn} is not its end: {story:?}");
        }
    }

    fn all_unwanted(&mut self) {
        self.turns.values_mut().for_each(|story| story.unwanted = true);
    }

    fn step(&mut self, input: Input) {
        self.session.step(input);
        for effect in self.session.take() {
            self.carry_out(effect);
        }
        if std::mem::take(&mut self.no_room) {
            return self.step(Input::NoRoom);
        }
        let serves = matches!(self.process, Process::Running { told: false });
        self.questions.check(&self.session.state, serves);
        self.calls.check(&self.session.state, serves);
        let alone = self.process == Process::Absent;
        assert!(alone || !self.session.state.is_down(), "the session forgets its {:?} process", self.process);
        assert!(
            !alone || self.session.state.is_down() || !self.timers.is_empty(),
            "the session waits for a process that never comes"
        );
        assert_eq!(self.session.state.current_turn(), self.open);
        assert!(!(alone && self.open.is_some()), "a turn runs without a process");
        let waiting = self.turns.values().any(|story| story.sent && !story.started && !story.answered);
        assert!(!waiting || !self.session.state.is_down(), "a message waits for nothing");
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Start { urgent, .. } => {
                assert_eq!(self.process, Process::Absent, "a second process is started");
                self.no_room = self.crowded;
                self.process = match (self.crowded, urgent) {
                    (false, _) => Process::Starting { called_off: false },
                    (true, true) => Process::Waiting { called_off: false },
                    (true, false) => Process::Absent,
                };
            }
            Effect::Write(input) => self.write(&input),
            Effect::Stop | Effect::Kill => {
                self.process = match self.process {
                    Process::Absent => panic!("there is no process to end"),
                    Process::Starting { .. } => Process::Starting { called_off: true },
                    Process::Waiting { .. } => Process::Waiting { called_off: true },
                    Process::Running { .. } => Process::Running { told: true },
                }
            }
            Effect::SetTimer(timer, _) => {
                self.timers.retain(|set| *set != timer);
                self.timers.push(timer);
            }
            Effect::ClearTimer(timer) => self.timers.retain(|set| *set != timer),
            Effect::KeepTranscript(_) | Effect::Grant(..) | Effect::LookForWords(_) => {}
            Effect::Ask(permission) => self.questions.asked(permission.id),
            Effect::StopAsking(id) => self.questions.stopped(id),
            Effect::CallTool { id, .. } => self.calls.called(id),
            Effect::StopCalling(id) => self.calls.stopped(id),
            Effect::SaveTurn(record) => self.save(record),
            Effect::Emit(emission) => self.emit(emission),
            Effect::Answer { turn, outcome } => self.answer(turn, &outcome),
            Effect::Reply { to, outcome } => {
                let before = self.asked.insert(to, true);
                assert_eq!(before, Some(false), "an answer to nobody, or a second one: {outcome:?}");
            }
        }
    }

    fn write(&mut self, input: &claude::Input) {
        assert_eq!(self.process, Process::Running { told: false }, "nobody reads {input:?}");
        if let claude::Input::User { .. } = input {
            assert!(self.open.is_some(), "a message is written before its turn has begun");
        }
        if let claude::Input::Control { request_id, .. } = input {
            assert!(!self.controls.contains(request_id), "two controls have the name {request_id}");
            self.controls.push(request_id.clone());
        }
        if let claude::Input::Answer { request_id, .. } = input {
            self.questions.answered(request_id);
            self.calls.answered(request_id);
        }
    }

    fn save(&mut self, record: TurnRecord) {
        let story = self.turns.entry(record.turn.id).or_default();
        match &story.saved {
            None => assert!(record.ended_at.is_none() && !story.started, "{record:?}"),
            Some(before) => assert!(before.ended_at.is_none() && !story.completed, "{before:?}, then {record:?}"),
        }
        story.saved = Some(record);
    }

    fn emit(&mut self, emission: Emission) {
        let Emission { turn, what, .. } = emission;
        if let What::Event(body) = &what {
            self.questions.event(body);
        }
        match (&what, turn) {
            (What::Event(EventBody::TurnStarted { .. }), Some(turn)) => return self.turn_started(turn),
            (What::Event(EventBody::TurnCompleted { turn: ended }), Some(turn)) => {
                return self.turn_completed(turn, ended);
            }
            (_, Some(turn)) => self.check_turn(turn, &what),
            (_, None) => {}
        }
        match what {
            What::Event(
                EventBody::TextDelta { item_id, offset, text } | EventBody::ThinkingDelta { item_id, offset, text },
            ) => {
                assert!(!self.messages.contains(&item_id), "a delta comes after its message");
                let length = self.texts.entry(item_id).or_default();
                assert_eq!(offset, *length, "a part of the text is missing, or there twice");
                *length += text.len() as u64;
            }
            What::Message(message) | What::ToolCall { message, .. } | What::ToolResult { message, .. } => {
                assert!(turn.is_some(), "a message without a turn: {message:?}");
                assert!(self.messages.insert(message.id), "a message is stored twice: {message:?}");
                self.texts.remove(&message.id);
            }
            What::Event(_) | What::SessionChanged => {}
        }
    }

    fn turn_started(&mut self, turn: TurnId) {
        assert_eq!(self.open, None, "two turns run at once");
        let story = self.turns.entry(turn).or_default();
        assert!(!story.started && !story.answered, "a turn begins that was over: {story:?}");
        assert!(story.saved.is_some(), "a turn begins that is not stored");
        story.started = true;
        (self.open, self.last) = (Some(turn), Some(turn));
    }

    fn turn_completed(&mut self, turn: TurnId, ended: &Turn) {
        assert_eq!(self.open.take(), Some(turn), "a turn ends that does not run");
        assert!(self.texts.is_empty(), "a text that was begun never became a message");
        let story = self.turns.entry(turn).or_default();
        assert_eq!(story.saved.as_ref().map(|saved| &saved.turn), Some(ended), "what is stored is something else");
        assert!(story.unwanted || ended.stop_reason != StopReason::Interrupted, "nobody interrupted it: {story:?}");
        story.completed = true;
    }

    /// An event of a turn's comes while it runs. Before, it can be said what the turn waits for; after it, only what
    /// agents still said is kept, until the next turn begins.
    fn check_turn(&self, turn: TurnId, what: &What) {
        let Some(story) = self.turns.get(&turn) else { panic!("an event of a turn that is unknown: {what:?}") };
        if self.open == Some(turn) {
            return;
        }
        match what {
            What::Event(EventBody::Status { .. }) => assert!(!story.started && !story.answered, "{what:?}: {story:?}"),
            What::Event(_) | What::SessionChanged => panic!("out of its turn: {what:?}"),
            What::Message(_) | What::ToolCall { .. } | What::ToolResult { .. } => {
                assert!(self.open.is_none() && self.last == Some(turn), "out of its turn: {what:?}");
            }
        }
    }

    fn answer(&mut self, turn: TurnId, outcome: &Result<Turn>) {
        let story = self.turns.entry(turn).or_default();
        assert!(story.sent, "an answer to nobody: {outcome:?}");
        assert!(!story.answered, "a second answer: {outcome:?}");
        assert_eq!(story.completed, outcome.is_ok(), "{outcome:?} does not fit to {story:?}");
        assert_eq!(story.started, story.completed, "an answer before the end of its turn");
        story.answered = true;
    }
}
