//! A session's task: it alone touches the session's process, journal and followers. What happens goes into
//! [`State::step`]; what follows from it is carried out here, in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Inner;
use super::command::{Command, tell};
use super::followers::Followers;
use super::history::{record_of, session_of, session_row};
use super::journal::Journal;
use super::launch::Launched;
use super::state::{Effect, Effects, Input, State, Timer};
use crate::claude::{Output, Process};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::protocol::event::NoticeLevel;
use crate::protocol::session::{ContextInfo, ProcessInfo, Session};
use crate::store::{ContextRow, SessionRow};
use crate::time::Timestamp;

/// How long deltas may wait to be stored.
const WRITE_BEHIND: Duration = Duration::from_millis(100);
/// How long a process gets to end by itself, and again after it was asked to.
const STOP_GRACE: Duration = Duration::from_millis(300);

/// A session's task.
pub(super) struct Task {
    inner: Arc<Inner>,
    id: SessionId,
    commands: UnboundedReceiver<Command>,
    state: State,
    effects: Effects,
    journal: Journal,
    followers: Followers,
    process: Option<Process>,
    process_info: Option<ProcessInfo>,
    starting: Option<JoinHandle<Result<Launched>>>,
    timers: Vec<(Timer, Instant)>,
    /// When the deltas that wait are to be stored.
    flush_at: Option<Instant>,
    /// Who waits for the process to be gone.
    closes: Vec<oneshot::Sender<Result<Session>>>,
    /// Who waits for the history to be gone.
    deletion: Option<oneshot::Sender<Result<()>>>,
    /// Whether the last commit failed, so that history is not being kept.
    store_fails: bool,
    /// What the person is still to be told about that.
    store_news: Option<(NoticeLevel, String)>,
    /// This program goes down.
    draining: bool,
}

/// What a task wakes up for.
enum Wake {
    Command(Option<Command>),
    Output(Option<Output>),
    Launched(Result<Launched>),
    Timer(Timer),
    Flush,
    Room,
}

/// Runs a session's task until the session is at rest and nobody asks for anything.
pub(super) async fn run(
    inner: Arc<Inner>,
    id: SessionId,
    row: Option<SessionRow>,
    commands: UnboundedReceiver<Command>,
) {
    let row = match row {
        Some(row) => Ok(row),
        None => load(&inner, id).await,
    };
    match row.and_then(|row| Ok((row.reserved_seq, record_of(row)?))) {
        Ok((last_seq, record)) => {
            let state = State::new(record, inner.launcher.settings().queue);
            Task::new(inner, id, commands, state, last_seq).run().await;
        }
        Err(error) => refuse_all(&inner, id, commands, &error).await,
    }
}

async fn load(inner: &Inner, id: SessionId) -> Result<SessionRow> {
    inner.store.session(id).await?.ok_or_else(|| session_not_found(id))
}

/// The error for an id that no session has.
pub(super) fn session_not_found(id: SessionId) -> Error {
    Error::new(ErrorKind::SessionNotFound, format!("no session has the id {id}"))
        .hint("session/list names those there are")
}

/// Answers everything with the same error, until nobody asks any more.
async fn refuse_all(inner: &Inner, id: SessionId, mut commands: UnboundedReceiver<Command>, error: &Error) {
    while !inner.registry.retire(id, &commands) {
        let Some(command) = commands.recv().await else { return };
        command.refuse(error.clone());
    }
}

impl Task {
    fn new(
        inner: Arc<Inner>,
        id: SessionId,
        commands: UnboundedReceiver<Command>,
        state: State,
        last_seq: u64,
    ) -> Self {
        Self {
            inner,
            id,
            commands,
            state,
            effects: Effects::default(),
            journal: Journal::new(id, last_seq),
            followers: Followers::default(),
            process: None,
            process_info: None,
            starting: None,
            timers: Vec::new(),
            flush_at: None,
            closes: Vec::new(),
            deletion: None,
            store_fails: false,
            store_news: None,
            draining: false,
        }
    }

    async fn run(mut self) {
        self.show();
        loop {
            match self.wake().await {
                Wake::Command(Some(command)) => self.obey(command).await,
                Wake::Command(None) => {}
                Wake::Output(output) => self.hear(output).await,
                Wake::Launched(launched) => self.take_process(launched).await,
                Wake::Timer(timer) => self.feed(Input::Timer(timer)).await,
                Wake::Flush => self.save_deltas(),
                Wake::Room => self.catch_up().await,
            }
            self.flush().await;
            if let Some((level, text)) = self.store_news.take() {
                self.feed(Input::Notice(level, text)).await;
                self.flush().await;
            }
            self.answer_closes();
            if self.state.is_down() && self.rest().await {
                return;
            }
        }
    }

    /// Waits for whatever comes next.
    async fn wake(&mut self) -> Wake {
        let timer = self.timers.iter().min_by_key(|(_, at)| *at).copied();
        let flush_at = self.flush_at;
        tokio::select! {
            command = self.commands.recv(), if !self.draining => Wake::Command(command),
            output = hear_from(self.process.as_mut()) => Wake::Output(output),
            launched = launched(self.starting.as_mut()) => { self.starting = None; Wake::Launched(launched) }
            () = sleep_to(timer.map(|(_, at)| at)) => {
                self.timers.retain(|entry| Some(*entry) != timer);
                timer.map_or(Wake::Flush, |(timer, _)| Wake::Timer(timer))
            }
            () = sleep_to(flush_at) => Wake::Flush,
            () = self.followers.room() => Wake::Room,
        }
    }

    async fn obey(&mut self, command: Command) {
        if self.deletion.is_some() && !matches!(command, Command::ShutDown) {
            return command.refuse(session_not_found(self.id));
        }
        match command {
            Command::Warm => self.feed(Input::Warm).await,
            Command::Send { turn, prompt, sink, reply } => {
                self.followers.add(turn, sink, reply, self.journal.last_seq());
                self.feed(Input::Send { turn, prompt }).await;
            }
            Command::Cancel { turn } => self.feed(Input::Cancel { turn }).await,
            Command::Interrupt { include_queued, reply } => {
                let busy = self.state.is_busy();
                self.feed(Input::Interrupt { include_queued }).await;
                tell(reply, Ok(busy));
            }
            Command::Rename { title, reply } => {
                self.feed(Input::Rename(title)).await;
                self.flush().await;
                tell(reply, Ok(self.session(self.journal.last_seq())));
            }
            Command::Close { reply } => {
                self.feed(Input::Close).await;
                self.closes.push(reply);
            }
            Command::Delete { reply } => {
                self.feed(Input::Close).await;
                self.deletion = Some(reply);
            }
            Command::ShutDown => {
                self.draining = true;
                self.feed(Input::ShutDown).await;
            }
        }
    }

    /// Takes in what the process said.
    async fn hear(&mut self, output: Option<Output>) {
        match output {
            Some(Output::Frames(frames)) => {
                for frame in frames {
                    self.feed(Input::Frame(frame)).await;
                }
            }
            Some(Output::Exited(exit)) => {
                self.process = None;
                self.process_info = None;
                self.feed(Input::Exited(exit)).await;
            }
            // The exit always comes before the end of the channel.
            None => self.process = None,
        }
    }

    async fn take_process(&mut self, launched: Result<Launched>) {
        match launched {
            Ok(Launched { process, cli_version, new_context }) => {
                self.process_info = Some(ProcessInfo { pid: process.pid, started_at: process.started_at, cli_version });
                self.process = Some(process);
                if let Some(context) = new_context {
                    let info = ContextInfo { hash: context.hash.clone(), bytes: context.text.len() as u64 };
                    self.state.record.context = Some(info);
                    self.journal.save_context(ContextRow { hash: context.hash, text: context.text });
                }
                self.feed(Input::Spawned).await;
            }
            Err(error) => self.feed(Input::SpawnFailed(error)).await,
        }
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
        let recorded = match effect {
            Effect::Emit(emission) => {
                let Self { journal, state, process_info, .. } = self;
                journal.emit(emission, now, |seq| view(state, process_info.as_ref(), seq))
            }
            Effect::SaveTurn(turn) => self.journal.save_turn(&turn),
            other => {
                self.flush().await;
                self.perform(other);
                Ok(())
            }
        };
        if let Err(error) = recorded {
            tracing::error!(session = %self.id, %error, "an event was lost");
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Start => {
                let launcher = Arc::clone(&self.inner.launcher);
                let record = self.state.record.clone();
                self.starting = Some(tokio::spawn(async move { launcher.launch(&record).await }));
            }
            Effect::Write(input) => self.write(input),
            Effect::Stop => self.stop(),
            Effect::Kill => self.kill(),
            Effect::SetTimer(timer, after) => {
                self.clear_timer(timer);
                self.timers.push((timer, Instant::now() + after));
            }
            Effect::ClearTimer(timer) => self.clear_timer(timer),
            Effect::Answer { turn, outcome } => self.followers.answer(turn, outcome),
            Effect::Emit(_) | Effect::SaveTurn(_) => {}
        }
    }

    fn write(&mut self, input: crate::claude::Input) {
        let Some(process) = &self.process else { return };
        if let Err(error) = process.send(input) {
            // It no longer reads. Its end, which follows, ends the turn with what it said last.
            tracing::warn!(session = %self.id, %error, "the Claude CLI is ended");
            process.kill();
        }
    }

    fn stop(&mut self) {
        match &self.process {
            Some(process) => process.stop(STOP_GRACE),
            None => self.call_off_start(),
        }
    }

    fn kill(&mut self) {
        match &self.process {
            Some(process) => process.kill(),
            None => self.call_off_start(),
        }
    }

    /// Gives up a start that is under way: the task's end drops the process, which ends it.
    fn call_off_start(&self) {
        if let Some(starting) = &self.starting {
            starting.abort();
        }
    }

    fn clear_timer(&mut self, timer: Timer) {
        self.timers.retain(|(set, _)| *set != timer);
    }

    /// Stores and sends all that is ready: deltas at once, the rest after its commit.
    async fn flush(&mut self) {
        if self.journal.is_clear() {
            self.schedule_deltas();
            return;
        }
        self.followers.deliver(self.journal.ahead(), self.store_fails).await;
        if self.journal.has_stored() {
            self.commit().await;
            self.followers.deliver(self.journal.behind(), self.store_fails).await;
            self.show();
        }
        self.journal.clear_ready();
        self.schedule_deltas();
    }

    /// Stores what is ready, the deltas before it included.
    async fn commit(&mut self) {
        let reserved = self.journal.reserve(self.state.is_down());
        let row = session_row(&self.state.record, reserved);
        let stored = match (self.journal.take_batch(), row) {
            (Ok(mut batch), Ok(row)) => {
                batch.session = Some(row);
                self.inner.store.commit(batch).await
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        self.flush_at = None;
        self.store_went(stored.err());
    }

    /// Says, once, that history is not being kept, and, once, that it is again.
    fn store_went(&mut self, problem: Option<Error>) {
        let fails = problem.is_some();
        if fails == self.store_fails {
            return;
        }
        self.store_fails = fails;
        let (level, text) = match problem {
            Some(error) => (NoticeLevel::Error, format!("history is not being kept: {}", error.message())),
            None => (NoticeLevel::Info, "history is being kept again".to_owned()),
        };
        tracing::warn!(session = %self.id, "{text}");
        self.store_news = Some((level, text));
    }

    fn schedule_deltas(&mut self) {
        if self.journal.has_unsaved() {
            self.flush_at.get_or_insert_with(|| Instant::now() + WRITE_BEHIND);
        }
    }

    /// Stores the deltas that wait, without waiting for it.
    fn save_deltas(&mut self) {
        self.flush_at = None;
        let batch = self.journal.take_batch();
        let row = self.journal.needs_reservation().then(|| {
            let reserved = self.journal.reserve(false);
            session_row(&self.state.record, reserved)
        });
        match (batch, row.transpose()) {
            (Ok(mut batch), Ok(row)) => {
                batch.session = row;
                self.inner.store.commit_later(batch);
            }
            (Err(error), _) | (_, Err(error)) => tracing::error!(session = %self.id, %error, "deltas were not stored"),
        }
    }

    /// Feeds those who lag from the store.
    async fn catch_up(&mut self) {
        self.commit().await;
        let caught_up = self.followers.catch_up(&self.inner.store, self.id, self.journal.last_seq()).await;
        if let Err(error) = caught_up {
            tracing::error!(session = %self.id, %error, "a client that lags cannot be fed from the history");
            self.followers.skip_missed();
            let text = format!("events are missing here: {}", error.message());
            self.store_news = Some((NoticeLevel::Error, text));
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
            let outcome = self.inner.store.delete_session(self.id).await;
            tell(reply, outcome.map(|_| ()));
            self.commands.close();
            self.refuse_rest().await;
            return true;
        }
        self.starting.is_none() && self.followers.is_empty() && self.inner.registry.retire(self.id, &self.commands)
    }

    /// Answers those whose command came after the session was deleted.
    async fn refuse_rest(&mut self) {
        let error = session_not_found(self.id);
        while !self.inner.registry.retire(self.id, &self.commands) {
            if let Some(command) = self.commands.recv().await {
                command.refuse(error.clone());
            }
        }
    }

    /// Shows the session to others as it is now.
    fn show(&self) {
        self.inner.registry.show(self.session(self.journal.last_seq()));
    }

    fn session(&self, last_seq: u64) -> Session {
        view(&self.state, self.process_info.as_ref(), last_seq)
    }
}

fn view(state: &State, process: Option<&ProcessInfo>, last_seq: u64) -> Session {
    let mut session = session_of(&state.record, state.state(), last_seq);
    session.process = process.cloned();
    session
}

async fn hear_from(process: Option<&mut Process>) -> Option<Output> {
    match process {
        Some(process) => process.output.recv().await,
        None => std::future::pending().await,
    }
}

async fn launched(starting: Option<&mut JoinHandle<Result<Launched>>>) -> Result<Launched> {
    match starting {
        Some(task) => task.await.unwrap_or_else(|problem| Err(not_launched(&problem))),
        None => std::future::pending().await,
    }
}

fn not_launched(problem: &tokio::task::JoinError) -> Error {
    if problem.is_cancelled() {
        return Error::new(ErrorKind::CliExited, "the start of the Claude CLI was called off");
    }
    Error::internal(format!("starting the Claude CLI failed: {problem}"))
}

async fn sleep_to(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
