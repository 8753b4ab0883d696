//! The application: sessions and what can be asked of them. Names no transport and no SQL.
//!
//! A session is a task (`session`) around a pure state (`state`): what happens becomes an input of
//! `State::step`, and the effects that it gives are carried out in order. Events leave through the `journal`, which
//! numbers them, stores them and hands them to those who follow (`followers`).

pub mod asking;
pub mod client;
mod command;
mod content;
mod control;
mod cut_turns;
mod deletion;
mod export;
mod followers;
mod fork;
mod grants;
pub mod health;
mod history;
mod housekeeping;
mod import;
mod journal;
mod last_call;
mod launch;
mod lease;
mod memory;
mod permission;
mod pieces;
mod query;
mod record;
mod registry;
mod reports;
mod retelling;
mod run_folder;
mod search;
mod seats;
mod servers;
mod session;
mod settings;
pub mod sink;
mod state;
mod studies;
mod subscription;
mod takeover;
mod title;
pub mod tools;
mod usage;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};
use crate::ids::{PermissionId, ProviderSessionId, SessionId, TurnId};
use crate::protocol::health::HealthResult;
use crate::protocol::message::{Content, MessageListParams, MessageListResult};
use crate::protocol::permission::{Permission, PermissionAnswer};
use crate::protocol::search::{MessageSearchParams, MessageSearchResult};
use crate::protocol::session::{Mode, Session, SessionCreateParams, SessionListParams, SessionListResult};
use crate::protocol::turn::Turn;
use crate::protocol::usage::{Usage, UsageSummaryParams, UsageSummaryResult};
use crate::store::{SessionRow, Store};
use crate::time::Timestamp;
use client::Client;
use command::Command;
use content::Prompt;
use last_call::LastCall;
use launch::{Launcher, check_folder};
use lease::Holder;
use record::{Bound, Record, Rest};
use registry::Registry;
use run_folder::RunFolder;
use seats::Seats;
use session::session_not_found;
use sink::EventSink;

pub use settings::{Limits, Read, Settings};
pub use subscription::Subscribed;
pub use takeover::{TakenOver, Takeover};
pub use title::of_tool_call as title_of_tool_call;

/// The longest title, in characters.
const TITLE_LIMIT: usize = 200;

/// A cheap handle on the application.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

/// What the handle and the sessions' tasks share.
#[derive(Debug)]
struct Inner {
    store: Store,
    launcher: Arc<Launcher>,
    registry: Registry,
    run_folder: Arc<RunFolder>,
    seats: Seats,
    holder: Holder,
    housekeeping: OnceLock<JoinHandle<()>>,
    last_call: LastCall,
}

/// A message that a session has been given, and the turn that will come of it.
///
/// Dropping it without waiting cancels the message: one that still waits never runs, one that runs is interrupted.
#[derive(Debug)]
pub struct PendingTurn {
    service: Service,
    session: SessionId,
    turn: TurnId,
    reply: oneshot::Receiver<Result<Turn>>,
    over: bool,
}

impl PendingTurn {
    /// Waits for the turn's end. By then the turn's last event has been taken by its follower.
    ///
    /// # Errors
    /// Whatever kept the turn from beginning. Once it began there is always a [`Turn`].
    pub async fn outcome(&mut self) -> Result<Turn> {
        let outcome = (&mut self.reply).await;
        self.over = true;
        outcome.unwrap_or_else(|_| Err(Error::new(ErrorKind::ShuttingDown, "claude-bridge went down meanwhile")))
    }

    /// Asks for the end: a message that still waits never runs, one that runs is interrupted. `outcome` then tells.
    pub fn cancel(&self) {
        if let Err(error) = self.service.command(self.session, Command::Cancel { turn: self.turn }) {
            tracing::debug!(turn = %self.turn, %error, "the turn ends anyway");
        }
    }
}

impl Drop for PendingTurn {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}

impl Service {
    /// Starts the application; the store is opened behind it.
    #[must_use]
    pub fn start(settings: Settings) -> Self {
        let service = Self::without_housekeeping(settings);
        service.inner.housekeeping.get_or_init(|| housekeeping::start(&service.inner));
        service
    }

    /// The same for somebody who has one thing to ask and goes again.
    #[must_use]
    pub fn without_housekeeping(settings: Settings) -> Self {
        let store = Store::open(&settings.data_dir);
        let seats = Seats::new(settings.max_live);
        let run_folder = Arc::new(RunFolder::new(&settings.data_dir));
        let holder = Holder::new(Arc::clone(&run_folder), settings.client.clone());
        let launcher = Launcher::new(settings, store.clone(), Arc::clone(&run_folder));
        let registry = Registry::default();
        let (last_call, housekeeping) = (LastCall::default(), OnceLock::new());
        let inner = Arc::new(Inner { store, launcher, registry, run_folder, seats, holder, last_call, housekeeping });
        Self { inner }
    }

    /// The modes that a session can be in here.
    #[must_use]
    pub fn modes(&self) -> Vec<Mode> {
        let power = self.inner.launcher.settings().power;
        if power { vec![Mode::User, Mode::Power] } else { vec![Mode::User] }
    }

    /// Waits until the history is open, and gives what the person should know of it then: that it is a new one, and
    /// where the damaged one was moved.
    pub async fn history_warning(&self) -> Option<String> {
        let moved = self.inner.store.moved_aside().await?;
        Some(format!("the history was damaged: it was moved to {}, and a new one has begun", moved.display()))
    }

    /// Makes a session, or finds the one to go on with. `client` is asked for its permissions from then on, and for
    /// those that wait already; and Claude has its tools.
    ///
    /// # Errors
    /// `invalidParams`, `modeNotAllowed`, `studyNotFound`, `sessionNotFound`, a store error.
    pub async fn create_session(&self, params: SessionCreateParams, client: Client) -> Result<Session> {
        if let Some(mode) = params.mode {
            self.inner.launcher.check_mode(mode)?;
        }
        if let Some(id) = params.resume_session_id {
            return self.resume_session(id, params, client).await;
        }
        let cwd = self.folder_of(params.cwd.as_deref()).await?;
        let study = match &params.study_id {
            Some(id) => Some(self.found_study(id).await?.id),
            None => None,
        };
        let record = new_record(params, cwd, study)?;
        let row = history::session_row(&record, 0)?;
        self.inner.holder.come_alive().await?;
        self.inner.store.create_session(row.clone(), Some(self.inner.holder.lease(record.id))).await?;
        self.command_with(record.id, Command::Warm { client }, Some(row.clone()))?;
        match self.inner.registry.view(record.id) {
            Some(session) => Ok(session),
            None => history::resting_session(row),
        }
    }

    /// Goes on with a session, in the mode and about the study that are wanted; where it works cannot be changed on the
    /// way.
    async fn resume_session(&self, id: SessionId, params: SessionCreateParams, client: Client) -> Result<Session> {
        let session = self.session(id).await?;
        if let Some(cwd) = params.cwd
            && Path::new(&cwd) != Path::new(&session.cwd)
        {
            let message = format!("cwd: session {id} works in {}, not in {cwd}", session.cwd);
            return Err(Error::invalid_params(message).hint("a session keeps its folder; make a new one for another"));
        }
        let session = match params.mode.filter(|mode| *mode != session.mode) {
            Some(mode) => self.set_mode(id, mode).await?,
            None => session,
        };
        let session = match params.study_id.filter(|study| Some(study) != session.study_id.as_ref()) {
            Some(study) => self.set_study(id, Some(study)).await?,
            None => session,
        };
        self.command(id, Command::Warm { client })?;
        Ok(session)
    }

    /// The session as it is now.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn session(&self, id: SessionId) -> Result<Session> {
        if let Some(session) = self.inner.registry.view(id) {
            return Ok(session);
        }
        let row = self.inner.store.session(id).await?.ok_or_else(|| session_not_found(id))?;
        let lease = self.inner.store.lease(id).await?;
        let mut session = history::resting_session(row)?;
        if let Some(lease) = lease.filter(|lease| self.inner.holder.is_held_elsewhere(lease)) {
            query::show_holder(&self.inner.store, &mut session, lease::held_by(&lease)).await?;
        }
        Ok(session)
    }

    /// The one session whose id begins so.
    ///
    /// # Errors
    /// `invalidParams` where that is no beginning of an id, or that of several; `sessionNotFound`, a store error.
    pub async fn find_session(&self, beginning: &str) -> Result<SessionId> {
        query::session_by_beginning(&self.inner.store, beginning).await
    }

    /// A page of sessions, newest activity first.
    ///
    /// # Errors
    /// `invalidParams`, a store error.
    pub async fn sessions(&self, params: SessionListParams) -> Result<SessionListResult> {
        query::sessions(&self.inner, params).await
    }

    /// Gives a session another title.
    ///
    /// # Errors
    /// `invalidParams`, `sessionNotFound`, a store error.
    pub async fn rename_session(&self, id: SessionId, title: String) -> Result<Session> {
        let title = checked_title(&title)?;
        self.ask(id, |reply| Command::Rename { title, reply }).await
    }

    /// Ends a session's process and keeps its history.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn close_session(&self, id: SessionId) -> Result<Session> {
        self.ask(id, |reply| Command::Close { reply }).await
    }

    /// Ends a session's process and removes its history, with the CLI's own transcripts of it.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn delete_session(&self, id: SessionId) -> Result<()> {
        self.ask(id, |reply| Command::Delete { reply }).await
    }

    /// Interrupts the running turn; says whether there was anything to interrupt.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn interrupt_session(&self, id: SessionId, include_queued: bool) -> Result<bool> {
        self.ask(id, |reply| Command::Interrupt { include_queued, reply }).await
    }

    /// Gives a session a message. Does not wait: the order of calls is the order of turns. `follower` gets the turn's
    /// events; `client` is asked for permissions in this session from then on, and its tools are those of the turn.
    ///
    /// # Errors
    /// `invalidParams`, `sessionBusy`, `shuttingDown`.
    pub fn send(
        &self,
        id: SessionId,
        content: Content,
        follower: Option<Arc<dyn EventSink>>,
        client: Client,
    ) -> Result<PendingTurn> {
        let prompt = Prompt::new(content)?;
        let turn = TurnId::new();
        let (reply, receiver) = oneshot::channel();
        self.command(id, Command::Send { turn, prompt, sink: follower, client, reply })?;
        Ok(PendingTurn { service: self.clone(), session: id, turn, reply: receiver, over: false })
    }

    /// The permissions that wait in sessions of this process, or in one session; oldest first.
    ///
    /// # Errors
    /// `sessionNotFound`, a store error.
    pub async fn permissions(&self, session: Option<SessionId>) -> Result<Vec<Permission>> {
        if let Some(id) = session {
            self.session(id).await?;
        }
        let all = self.inner.registry.permissions().into_iter();
        Ok(all.filter(|permission| session.is_none_or(|id| permission.session_id == id)).collect())
    }

    /// Answers a permission; the first answer counts. By then the CLI is being told.
    ///
    /// # Errors
    /// `permissionNotFound`; `invalidParams`, and then it waits on.
    pub async fn answer_permission(&self, id: PermissionId, answer: PermissionAnswer) -> Result<()> {
        let session = self.inner.registry.session_of(id).ok_or_else(|| permission::not_found(id))?;
        self.ask(session, |reply| Command::Answer { permission: id, answer, reply }).await
    }

    /// A page of a session's messages.
    ///
    /// # Errors
    /// `invalidParams`, `sessionNotFound`, a store error.
    pub async fn messages(&self, params: MessageListParams) -> Result<MessageListResult> {
        query::messages(&self.inner.store, params).await
    }

    /// A page of the messages that say something. Where the caller goes away the search ends.
    ///
    /// # Errors
    /// `invalidQuery`, `invalidParams`, `sessionNotFound`, a store error.
    pub async fn search(&self, params: MessageSearchParams) -> Result<MessageSearchResult> {
        search::messages(&self.inner.store, &params).await
    }

    /// How all is that this program needs. Starts the CLI and its MCP servers once, and ends them.
    pub async fn health(&self) -> HealthResult {
        let Inner { launcher, store, run_folder, .. } = &*self.inner;
        health::of_running(launcher.settings(), store, run_folder).await
    }

    /// What turns used, by group.
    ///
    /// # Errors
    /// A store error.
    pub async fn usage(&self, params: UsageSummaryParams) -> Result<UsageSummaryResult> {
        usage::summary(&self.inner.store, params).await
    }

    /// Ends all turns and processes and writes what is left to write, within `grace`.
    pub async fn shut_down(&self, grace: Duration) {
        if let Some(task) = self.inner.housekeeping.get() {
            task.abort();
        }
        self.inner.last_call.announce();
        let tasks = self.inner.registry.close();
        let stragglers: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        match timeout(grace, futures_util::future::join_all(tasks)).await {
            Ok(ends) => ends.iter().filter_map(|end| end.as_ref().err()).for_each(|problem| {
                tracing::error!(%problem, "a session's task failed");
            }),
            Err(_) => {
                // Their clients do not read: all else that a session waits for ends before that.
                tracing::info!("sessions still had something to tell when the time was up");
                stragglers.iter().for_each(AbortHandle::abort);
            }
        }
        // At once, while there is time to write it: of a task that was cut short, or whose giving back failed.
        self.inner.store.release_leases(self.inner.holder.bridge());
        self.inner.run_folder.empty().await;
        self.inner.store.close().await;
        // Last, since from then on others take over what we held.
        self.inner.run_folder.remove().await;
    }

    /// The folder that a new session works in.
    async fn folder_of(&self, cwd: Option<&str>) -> Result<PathBuf> {
        let folder = cwd.map_or_else(|| self.inner.launcher.settings().workspace.clone(), PathBuf::from);
        check_folder(&folder).await?;
        Ok(folder)
    }

    /// Asks a session's task and waits for the answer.
    async fn ask<T>(&self, id: SessionId, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (reply, receiver) = oneshot::channel();
        self.command(id, command(reply))?;
        receiver.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::ShuttingDown, "claude-bridge is going down")))
    }

    fn command(&self, id: SessionId, command: Command) -> Result<()> {
        self.command_with(id, command, None)
    }

    /// Sends a command to a session's task; a new task takes the row where it is known, else reads it.
    fn command_with(&self, id: SessionId, command: Command, row: Option<SessionRow>) -> Result<()> {
        self.inner
            .registry
            .send(id, command, |commands| tokio::spawn(session::run(Arc::clone(&self.inner), id, row, commands)))
    }
}

fn new_record(params: SessionCreateParams, cwd: PathBuf, study: Option<String>) -> Result<Record> {
    if params.max_budget_usd.is_some_and(|budget| !(budget > 0.0 && budget.is_finite())) {
        return Err(Error::invalid_params("maxBudgetUsd: it must be more than 0"));
    }
    if params.max_turns == Some(0) {
        return Err(Error::invalid_params("maxTurns: it must be 1 or more"));
    }
    servers::check_names(&params.mcp_servers)?;
    let now = Timestamp::now();
    Ok(Record {
        id: SessionId::new(),
        title: params.title.as_deref().map(checked_title).transpose()?.unwrap_or_default(),
        mode: params.mode.unwrap_or_default(),
        told_mode: params.mode.unwrap_or_default(),
        study: Bound::new(study.clone(), study.clone(), study),
        cwd,
        model: params.model,
        effort: params.effort,
        max_turns: params.max_turns,
        max_budget_usd: params.max_budget_usd,
        mcp_servers: params.mcp_servers,
        rest: Rest::Parked,
        created_at: now,
        last_active_at: now,
        message_count: 0,
        provider_session_id: ProviderSessionId::new(),
        provider_started: false,
        fork: None,
        context: None,
        credential: None,
        usage: Usage::default(),
        cost_usd: 0.0,
    })
}

fn checked_title(title: &str) -> Result<String> {
    let title = title.trim().to_owned();
    let length = title.chars().count();
    if (1..=TITLE_LIMIT).contains(&length) && !title.contains(char::is_control) {
        return Ok(title);
    }
    let message = format!("title: it must be one line of 1 to {TITLE_LIMIT} characters; this one has {length}");
    Err(Error::invalid_params(message))
}
