//! A session's task: it alone touches the session's process, journal and followers. What happens goes into
//! [`State::step`]; what follows from it is carried out here, in order.

mod asking;
mod at_rest;
mod clients;
mod progress;
mod requests;
mod runner;
mod storing;
mod timers;
mod tools;
mod words;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::Inner;
use super::command::{Command, tell};
use super::followers::Followers;
use super::history::{record_of, session_of};
use super::journal::Journal;
use super::launch::Launched;
use super::record::Record;
use super::state::{CutShort, Effect, Effects, Input, State, Timer};
use super::studies::NextStudy;
use super::{cut_turns, deletion, lease};
use crate::claude::Output;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{PermissionId, SessionId};
use crate::protocol::permission::PermissionAnswer;
use crate::protocol::session::{ContextInfo, ProcessInfo, Session};
use crate::redact::Content;
use crate::store::{Commit, ContextRow, SessionRow};
use crate::time::Timestamp;
use asking::{Asking, Heard};
use progress::Progress;
use requests::{Requester, Requesters};
use runner::{News, Runner};
use storing::outcome_of;
use timers::Timers;
use tools::{Called, Calling};

pub(super) use at_rest::run;

/// How long deltas may wait to be stored.
const WRITE_BEHIND: Duration = Duration::from_millis(100);

/// A session's task.
pub(super) struct Task {
    inner: Arc<Inner>,
    id: SessionId,
    commands: UnboundedReceiver<Command>,
    state: State,
    effects: Effects,
    journal: Journal,
    followers: Followers,
    asking: Asking,
    calling: Calling,
    progress: Progress,
    runner: Runner,
    timers: Timers,
    /// When what waits is to be stored.
    flush_at: Option<Instant>,
    /// The batch that is on its way into the history.
    committing: Option<Commit>,
    /// When to try again, where the last commit failed, so that history is not being kept.
    retry_at: Option<Instant>,
    /// Who waits for the process to be gone.
    closes: Vec<oneshot::Sender<Result<Session>>>,
    /// Who waits for the history to be gone.
    deletion: Option<oneshot::Sender<Result<()>>>,
    /// Who waits for an answer of the session's.
    requesters: Requesters,
    /// What is still to be taken in.
    pending: VecDeque<Input>,
    /// This program goes down.
    draining: bool,
}

/// What a task wakes up for.
enum Wake {
    Command(Option<Command>),
    News(News),
    Heard(Heard),
    Called(Called),
    Timer(Timer),
    Flush,
    Committed(Result<()>),
    Room,
}

/// What a task begins with.
struct Beginning {
    record: Record,
    last_seq: u64,
    /// The number of the last event there is.
    last_event: u64,
    /// What another bridge left without an end.
    cut_short: CutShort,
}

impl Beginning {
    fn new(row: SessionRow, last_event: u64, cut_short: CutShort) -> Result<Self> {
        Ok(Self { last_seq: row.reserved_seq, last_event, record: record_of(row)?, cut_short })
    }
}

/// Takes a session's lease and reads what is stored of it, which from then on is ours.
async fn begin(inner: &Inner, id: SessionId) -> Result<Beginning> {
    lease::take(&inner.store, &inner.holder, id).await?;
    // Only now, since its holder may have written until then.
    let (row, cut_short) = (load(inner, id).await?, cut_turns::read(&inner.store, id).await?);
    let standing = inner.store.standing(id).await?.ok_or_else(|| session_not_found(id))?;
    Beginning::new(row, standing.last_seq, cut_short)
}

async fn load(inner: &Inner, id: SessionId) -> Result<SessionRow> {
    inner.store.session(id).await?.ok_or_else(|| session_not_found(id))
}

/// The error for an id that no session has.
pub(super) fn session_not_found(id: SessionId) -> Error {
    Error::new(ErrorKind::SessionNotFound, format!("no session has the id {id}"))
        .hint("session/list names those there are")
}

impl Task {
    fn new(
        inner: Arc<Inner>,
        id: SessionId,
        commands: UnboundedReceiver<Command>,
        followers: Followers,
        beginning: Beginning,
    ) -> Self {
        let Beginning { record, last_seq, last_event, cut_short } = beginning;
        let settings = inner.launcher.settings();
        let state = State::new(record, settings.limits)
            .with_disallowed(settings.disallowed_tools.clone())
            .with_servers(Arc::clone(inner.launcher.plan()));
        let cut_short = (cut_short != CutShort::default()).then_some(Input::CutShort(cut_short));
        let runner = Runner::new(Arc::clone(&inner.launcher), inner.seats.clone());
        Self {
            inner,
            id,
            commands,
            state,
            effects: Effects::default(),
            journal: Journal::new(id, last_seq, last_event),
            followers,
            asking: Asking::default(),
            calling: Calling::default(),
            progress: Progress::default(),
            runner,
            timers: Timers::default(),
            flush_at: None,
            committing: None,
            retry_at: None,
            closes: Vec::new(),
            deletion: None,
            requesters: Requesters::default(),
            pending: cut_short.into_iter().collect(),
            draining: false,
        }
    }

    /// Serves the session, with that command first, until it is at rest; gives back what goes on without this task.
    async fn run(mut self, first: Option<Command>) -> (UnboundedReceiver<Command>, Followers) {
        self.settle().await;
        self.show();
        self.welcome_subscribers().await;
        let mut next = first.map(|command| Wake::Command(Some(command)));
        loop {
            let wake = match next.take() {
                Some(wake) => wake,
                None => self.wake().await,
            };
            match wake {
                Wake::Command(Some(command)) => self.obey(command).await,
                Wake::Command(None) => {}
                Wake::News(news) => self.hear(news).await,
                Wake::Heard(heard) => self.take_answer(heard).await,
                Wake::Called((id, outcome)) => self.feed(Input::ToolAnswered(id, outcome)).await,
                Wake::Timer(timer) => self.feed(Input::Timer(timer)).await,
                Wake::Flush => self.begin_commit(),
                Wake::Committed(outcome) => self.committed(outcome),
                Wake::Room => self.catch_up().await,
            }
            self.settle().await;
            self.answer_closes();
            if self.state.is_down() && self.rest().await {
                return (self.commands, self.followers);
            }
        }
    }

    /// Brings out all that has followed from what happened.
    async fn settle(&mut self) {
        self.flush().await;
        while let Some(input) = self.pending.pop_front() {
            self.feed(input).await;
            self.flush().await;
        }
        // One that is ending does give way.
        self.runner.set_idle(self.state.is_parkable() || self.state.is_stopping());
    }

    /// Waits for whatever comes next.
    async fn wake(&mut self) -> Wake {
        let flush_at = self.flush_at;
        tokio::select! {
            command = self.commands.recv(), if !self.draining => Wake::Command(command),
            news = self.runner.news() => Wake::News(news),
            heard = self.asking.heard() => Wake::Heard(heard),
            called = self.calling.called() => Wake::Called(called),
            timer = self.timers.next() => Wake::Timer(timer),
            () = sleep_to(flush_at) => Wake::Flush,
            outcome = outcome_of(self.committing.as_mut()) => Wake::Committed(outcome),
            () = self.followers.room() => Wake::Room,
        }
    }

    async fn obey(&mut self, command: Command) {
        if self.deletion.is_some() && !matches!(command, Command::ShutDown) {
            return command.refuse(session_not_found(self.id));
        }
        match command {
            // The task has done it when it began.
            Command::Recover => {}
            Command::Warm { client } => self.warm(client).await,
            Command::Subscribe { after_seq, subscriber, asker, reply } => {
                let subscribed = self.subscribe(after_seq, subscriber, asker).await;
                tell(reply, subscribed);
            }
            Command::Unsubscribed => self.unsubscribed(),
            Command::ServerSaid { server, words } => self.tell_words(&server, &words).await,
            Command::Revoked { project } => self.revoked(project).await,
            Command::Answer { permission, answer, reply } => tell(reply, self.decide(permission, answer).await),
            Command::Send { turn, prompt, sink, client, reply } => {
                let tools = self.meet_sender(turn, client).await;
                self.followers.add(turn, sink, reply, self.journal.last_seq());
                self.feed(Input::Send { turn, prompt, tools }).await;
            }
            Command::Cancel { turn } => self.feed(Input::Cancel { turn }).await,
            Command::Interrupt { include_queued, reply } => {
                let busy = self.state.is_busy();
                self.feed(Input::Interrupt { include_queued }).await;
                tell(reply, Ok(busy));
            }
            Command::Rename { title, reply } => tell(reply, Ok(self.rename(title).await)),
            Command::SetMode { mode, reply } => {
                let asker = self.requesters.add(Requester::Session(reply));
                self.feed(Input::SetMode(asker, mode)).await;
            }
            Command::SetStudy { study, reply } => self.set_study(study, reply).await,
            Command::SetModel { model, reply } => {
                let asker = self.requesters.add(Requester::Session(reply));
                self.feed(Input::SetModel(asker, model)).await;
            }
            Command::AskServers { reply } => {
                let asker = self.requesters.add(Requester::Told(reply));
                self.feed(Input::AskServers(asker)).await;
            }
            Command::AskContext { reply } => {
                let asker = self.requesters.add(Requester::Told(reply));
                self.feed(Input::AskContext(asker)).await;
            }
            Command::Capabilities { reply } => tell(reply, Ok(self.capabilities())),
            Command::Close { reply } => {
                self.feed(Input::Close).await;
                self.closes.push(reply);
            }
            Command::Delete { reply } => {
                self.feed(Input::Close).await;
                self.deletion = Some(reply);
            }
            Command::Expire { before, reply } if self.has_been_used_since(before) => {
                let message = format!("session {} is in use", self.id);
                tell(reply, Err(Error::new(ErrorKind::SessionBusy, message)));
            }
            Command::Expire { reply, .. } => {
                self.feed(Input::Close).await;
                self.deletion = Some(reply);
            }
            Command::ShutDown => {
                self.draining = true;
                self.feed(Input::ShutDown).await;
            }
        }
    }

    async fn rename(&mut self, title: String) -> Session {
        self.feed(Input::Rename(title)).await;
        self.flush().await;
        self.session(self.journal.last_seq())
    }

    async fn set_study(&mut self, study: NextStudy, reply: oneshot::Sender<Result<Session>>) {
        let NextStudy { id, note, signature } = study;
        self.progress.is_told(id.as_deref(), signature);
        let asker = self.requesters.add(Requester::Session(reply));
        self.feed(Input::SetStudy(asker, id, note)).await;
    }

    fn has_been_used_since(&self, time: Timestamp) -> bool {
        self.state.is_busy() || self.state.record.last_active_at >= time || self.runner.is_starting()
    }

    /// Takes in what came of asking. An answer that makes no sense is none.
    async fn take_answer(&mut self, heard: Heard) {
        match heard {
            Heard::Answer(id, answer) => {
                if let Err(error) = self.decide(id, answer).await {
                    tracing::warn!(permission = %id, "a client's answer does not count: {}", Content(error));
                }
            }
            Heard::Nobody(id) => self.feed(Input::Unanswered(id)).await,
        }
    }

    /// Passes the person's answer on, if it makes sense.
    async fn decide(&mut self, id: PermissionId, answer: PermissionAnswer) -> Result<()> {
        let verdict = self.state.check_answer(id, answer)?;
        self.feed(Input::Decided { id, verdict }).await;
        Ok(())
    }

    /// Takes in what became of the process, or what it said.
    async fn hear(&mut self, news: News) {
        match news {
            News::Output(Output::Frames(frames)) => {
                for frame in frames {
                    self.feed(Input::Frame(frame)).await;
                }
            }
            News::Output(Output::Exited(exit)) => self.feed(Input::Exited(exit)).await,
            News::Room(rung) => {
                self.feed(Input::Room).await;
                self.runner.launch(&self.state, rung);
            }
            News::Launched(Ok(launched)) => self.take_process(*launched).await,
            News::Launched(Err(error)) => self.feed(Input::SpawnFailed(error)).await,
            News::SeatWanted => self.feed(Input::Park).await,
        }
    }

    async fn take_process(&mut self, launched: Launched) {
        let Launched { process, cli_version, new_context, signature, known } = launched;
        self.runner.take(process, cli_version);
        if let Some(context) = new_context {
            let info = ContextInfo { hash: context.hash.clone(), bytes: context.text.len() as u64 };
            self.state.record.context = Some(info);
            self.state.context_is_built();
            self.progress.is_told(self.state.record.study.told(), signature);
            self.journal.save_context(ContextRow { hash: context.hash, text: context.text });
        }
        self.feed(Input::Spawned(known)).await;
    }

    async fn feed(&mut self, input: Input) {
        let now = Timestamp::now();
        self.state.step(input, now, &mut self.effects);
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain() {
            self.carry_out(effect, now).await;
        }
        self.effects = effects;
    }

    async fn carry_out(&mut self, effect: Effect, now: Timestamp) {
        if effect.is_noticed_outside() {
            self.flush().await;
        }
        match effect {
            Effect::Emit(emission) => {
                let Self { journal, state, runner, .. } = self;
                let recorded = journal.emit(emission, now, |seq| view(state, runner.info(), seq));
                self.check_recorded(recorded);
            }
            Effect::SaveTurn(turn) => {
                let recorded = self.journal.save_turn(&turn);
                self.check_recorded(recorded);
            }
            Effect::Ask(permission) => self.ask(*permission),
            Effect::StopAsking(id) => self.asking.stop(id),
            Effect::CallTool { id, toolbox, call } => self.calling.call(id, toolbox, &call),
            Effect::StopCalling(id) => self.calling.stop(id),
            Effect::LookForWords(server) => self.look_for_words(server),
            Effect::Grant(granted_for, grant) => self.keep_grant(granted_for, &grant, now).await,
            Effect::KeepTranscript(transcript) => self.keep_transcript(transcript),
            Effect::SetTimer(timer, after) => self.timers.set(timer, after),
            Effect::ClearTimer(timer) => self.timers.clear(timer),
            Effect::Start { rung, urgent } => {
                if !self.runner.start(&self.state, rung, urgent) {
                    self.pending.push_back(Input::NoRoom);
                }
            }
            Effect::Write(input) => self.runner.write(input),
            Effect::Stop => self.runner.stop(),
            Effect::Kill => self.runner.kill(),
            Effect::Answer { turn, outcome } => self.followers.answer(turn, outcome),
            Effect::Reply { to, outcome } => {
                let session = self.session(self.journal.last_seq());
                self.requesters.answer(to, outcome, session);
            }
        }
    }

    fn check_recorded(&self, recorded: Result<()>) {
        if let Err(error) = recorded {
            tracing::error!(session = %self.id, %error, "an event was lost");
        }
    }

    /// The process is gone: says so to those who closed the session, also if a message has opened it again.
    fn answer_closes(&mut self) {
        if self.state.is_stopping() {
            return;
        }
        for reply in std::mem::take(&mut self.closes) {
            tell(reply, Ok(self.session(self.journal.last_seq())));
        }
    }

    /// The session is at rest: removes it if that is wanted, and says whether this task is over.
    async fn rest(&mut self) -> bool {
        if let Some(reply) = self.deletion.take() {
            let outcome = deletion::delete(&self.inner, self.id).await;
            if outcome.is_ok() {
                self.followers.end_subscriptions(&session_not_found(self.id));
            }
            tell(reply, outcome);
        } else if self.runner.is_starting() || self.followers.wait_for_turns() || !self.commands.is_empty() {
            return false;
        } else if self.draining {
            self.commit_the_rest().await;
        } else if self.has_unstored() {
            return false;
        }
        // The next task of this session takes the lease after it was given back.
        lease::give_back(&self.inner.store, &self.inner.holder, self.id);
        true
    }

    /// Shows the session to others as it is now.
    fn show(&self) {
        let permissions = self.state.permissions().cloned().collect();
        self.inner.registry.show(self.session(self.journal.last_seq()), permissions);
    }

    fn session(&self, last_seq: u64) -> Session {
        view(&self.state, self.runner.info(), last_seq)
    }
}

fn view(state: &State, process: Option<&ProcessInfo>, last_seq: u64) -> Session {
    let mut session = session_of(&state.record, state.state(), last_seq);
    session.process = process.cloned();
    session
}

async fn sleep_to(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
