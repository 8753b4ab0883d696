//! How a session's process is started: the CLI found, the context built, the rules and servers handed over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::history::grant_of;
use super::memory;
use super::record::Record;
use super::run_folder::RunFolder;
use super::servers::{ServerPlan, ServerSet};
use super::settings::Settings;
use super::state::{Known, Rung};
use crate::claude::{self, Conversation, Discovery, Launch, Process};
use crate::context::{self, Context, Facts, Profile, Signature};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::session::Mode;
use crate::store::Store;
use crate::time::Timestamp;

/// What every session needs to start a process.
#[derive(Debug)]
pub(super) struct Launcher {
    settings: Settings,
    /// Which MCP servers sessions are to have.
    plan: Arc<ServerPlan>,
    store: Store,
    discovery: Discovery,
    /// The private files of running sessions, a folder each.
    run_folder: Arc<RunFolder>,
}

/// A process that was started, and what it was told.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) process: Process,
    pub(super) cli_version: String,
    /// The context, where it was built for this start: from now on it is frozen.
    pub(super) new_context: Option<Context>,
    /// What the study's database looked like before that.
    pub(super) signature: Option<Signature>,
    /// What the process knows of the conversation.
    pub(super) known: Known,
}

impl Launcher {
    pub(super) fn new(settings: Settings, store: Store, run_folder: Arc<RunFolder>) -> Arc<Self> {
        let plan = Arc::new(ServerPlan::new(settings.profile.clone(), settings.mcp_servers.clone()));
        Arc::new(Self { settings, plan, store, discovery: Discovery::default(), run_folder })
    }

    pub(super) fn plan(&self) -> &Arc<ServerPlan> {
        &self.plan
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Checks that sessions may be in this mode here.
    ///
    /// # Errors
    /// `modeNotAllowed`.
    pub(super) fn check_mode(&self, mode: Mode) -> Result<()> {
        if mode == Mode::Power && !self.settings.power {
            let message = "mode: power mode is not enabled here";
            let hint = "set modes.power.enabled = true in your own claude-bridge.toml, or in initializationOptions";
            return Err(Error::new(ErrorKind::ModeNotAllowed, message).hint(hint));
        }
        Ok(())
    }

    /// Starts a process for a session, with these MCP servers. Its mode is checked each time: it may have been stored where more is allowed.
    ///
    /// # Errors
    /// `modeNotAllowed`, `cliNotFound`, `cliUnsupported`, `cliExited` where it could not even begin, `invalidParams`
    /// where the folder is gone.
    pub(super) async fn launch(&self, record: &Record, rung: Rung, servers: ServerSet) -> Result<Launched> {
        self.check_mode(record.mode)?;
        check_folder(&record.cwd).await?;
        let cli = self.discovery.discover(&self.settings.cli).await?;
        let signature = self.signature_of(record).await?;
        let (context, new_context) = self.context_of(record).await?;
        let cli_version = cli.version.clone();
        let trusted = self.is_trusted(&record.cwd).await;
        // Before the transcript is looked at: what a dead bridge left running may still write to it.
        let private_dir = self.run_folder.ready().await?.join(record.id.to_string());
        let (conversation, known) = memory::prepare(&self.store, &self.settings.cli.env, record, rung).await?;
        let granted = self.granted_to(record).await?;
        let mut launch = self.launch_of(record, cli, context, conversation, trusted, private_dir);
        launch.granted = granted;
        launch.allowed_tools = self.allowed_tools().await?;
        launch.mcp_servers = servers;
        let study_note = if new_context.is_none() { self.study_note(record, &known).await? } else { None };
        let known = Known { has_servers: !launch.mcp_servers.is_empty(), study_note, ..known };
        let process = claude::start(&launch, &self.settings.cli).await?;
        Ok(Launched { process, cli_version, new_context, signature, known })
    }

    /// What Claude is told: once built it never changes, so that the model's prompt cache holds.
    async fn context_of(&self, record: &Record) -> Result<(String, Option<Context>)> {
        if let Some(frozen) = &record.context
            && let Some(text) = self.store.context(&frozen.hash).await?
        {
            return Ok((text, None));
        }
        let (mode, client, cwd) = (mode_of(record), self.settings.client.clone(), record.cwd.clone());
        let (study, at) = (record.study.id.clone(), Timestamp::now().to_string());
        let build = move |profile: &Profile| {
            let (client, study) = (client.as_deref(), study.as_deref());
            context::build(Facts { mode, client, cwd: &cwd, profile, study, at: &at })
        };
        let built = self.look(build).await?;
        Ok((built.text.clone(), Some(built)))
    }

    /// What the study's database looks like.
    async fn signature_of(&self, record: &Record) -> Result<Option<Signature>> {
        match record.study.id.clone() {
            Some(id) => self.look(move |profile| profile.signature(&id)).await,
            None => Ok(None),
        }
    }

    /// What Claude has to be told of the study that the session is about, where it knows of another one.
    async fn study_note(&self, record: &Record, known: &Known) -> Result<Option<String>> {
        let begins_anew = known.conversation.is_some();
        let is_news = record.study.is_news() || begins_anew && record.study.is_news_to_beginners();
        if !is_news {
            return Ok(None);
        }
        let (id, at) = (record.study.id.clone(), Timestamp::now().to_string());
        self.look(move |profile| profile.study_note(id.as_deref(), &at)).await
    }

    /// What the person has allowed before, in this session or in its folder. Power mode needs none of it.
    async fn granted_to(&self, record: &Record) -> Result<Vec<claude::Grant>> {
        if record.mode == Mode::Power {
            return Ok(Vec::new());
        }
        let bodies = self.store.grants(record.id, project_of(&record.cwd).await).await?;
        bodies.iter().map(|body| grant_of(body)).collect()
    }

    /// Whether a folder's own settings count, by its real path: a link in a trusted folder does not lend its trust.
    async fn is_trusted(&self, folder: &Path) -> bool {
        let real = tokio::fs::canonicalize(folder).await;
        real.is_ok_and(|real| self.settings.trusted.iter().any(|trusted| real.starts_with(trusted)))
    }

    fn launch_of(
        &self,
        record: &Record,
        cli: claude::Cli,
        system_prompt: String,
        conversation: Conversation,
        trusted: bool,
        private_dir: PathBuf,
    ) -> Launch {
        let settings = &self.settings;
        let disallowed_tools = match record.mode {
            Mode::User => settings.disallowed_tools.clone(),
            Mode::Power => Vec::new(),
        };
        Launch {
            cli,
            cwd: record.cwd.clone(),
            conversation,
            model: record.model.clone(),
            effort: record.effort.clone(),
            max_turns: record.max_turns,
            max_budget_usd: record.max_budget_usd,
            allowed_tools: Vec::new(),
            disallowed_tools,
            granted: Vec::new(),
            environment: settings.profile.environment(mode_of(record), record.study.id.as_deref()),
            system_prompt,
            mcp_servers: ServerSet::new(),
            trusted,
            mcp_timeout: settings.mcp_timeout,
            private_dir,
        }
    }

    /// What needs no permission. It does no harm in power mode, and is there when the session changes into user mode.
    async fn allowed_tools(&self) -> Result<Vec<String>> {
        match &self.settings.allowed_tools {
            Some(rules) => Ok(rules.clone()),
            None => self.look(Profile::allowed_tools).await,
        }
    }

    /// Asks the profile something that it looks into folders for.
    pub(super) async fn look<T: Send + 'static>(&self, ask: impl FnOnce(&Profile) -> T + Send + 'static) -> Result<T> {
        let profile = self.settings.profile.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&profile)).await;
        asked.map_err(|problem| Error::internal(format!("the profile's folders could not be looked at: {problem}")))
    }
}

/// What sessions that work in the same folder have in common: its real path, whatever way leads to it.
pub(super) async fn project_of(cwd: &Path) -> String {
    let real = tokio::fs::canonicalize(cwd).await;
    real.as_deref().unwrap_or(cwd).to_string_lossy().into_owned()
}

/// The mode that a session is in, as its context and its servers are told.
pub(super) fn mode_of(record: &Record) -> context::Mode {
    match record.mode {
        Mode::User => context::Mode::User,
        Mode::Power => context::Mode::Power,
    }
}

/// Checks that a folder is one that Claude can work in.
///
/// # Errors
/// `invalidParams`: relative, missing, or no folder.
pub(super) async fn check_folder(path: &Path) -> Result<()> {
    let problem = if !path.is_absolute() {
        "it is not absolute".to_owned()
    } else {
        match tokio::fs::metadata(path).await {
            Ok(metadata) if metadata.is_dir() => return Ok(()),
            Ok(_) => "it is not a folder".to_owned(),
            Err(problem) => problem.to_string(),
        }
    };
    Err(Error::invalid_params(format!("cwd: {}: {problem}", path.display())).hint("give the absolute path of a folder"))
}
