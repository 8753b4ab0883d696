//! A conversation in the terminal. It starts the server as a child process and speaks to it as an editor would, so it
//! is also the smallest example of a client.
//!
//! [`turn`] has one message and what comes of it, [`asking`] what Claude asks meanwhile, [`interactive`] the conversation; [`view`] makes lines of events.

mod asking;
mod blocks;
mod inline;
mod input;
mod interactive;
mod markdown;
mod rule;
mod show;
mod spinner;
mod turn;
mod view;
mod wish;
mod words;

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tokio::signal::unix::{SignalKind, signal};

use super::CHAT_HISTORY;
use super::cli::SettingArgs;
use super::connection::{Connection, Start};
use super::serve;
use crate::commands::terminal::output::Output;
use crate::config::{self, Config, Flags, Places, Sources};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::protocol::session::{Mode, Session, SessionCreateParams};
use crate::rpc::methods::session::SessionCreate;
use asking::Person;
pub(super) use markdown::Markdown;
use serde_json::{Value, json};
use show::{JsonLines, Show};
use turn::{Ended, Talk, Wanted};
use view::View;

const EXIT_CODES: &str = "\
Exit codes: 0 when the turn was completed, 1 when it failed or was refused, 130 when it was interrupted, 141 when \
nobody read the output any more. A conversation that was left by /quit or Ctrl-D is 0.";

/// Talk to Claude in the terminal.
///
/// Says TEXT, or what a pipe on stdin has, shows the answer and ends. Without either it is a conversation, with line
/// editing and history. Where stdout is no terminal, it gets the answer alone, as Claude wrote it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct ChatArgs {
    /// What to say; several words need no quotes.
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Print each event as a line of JSON, and in the last line the turn.
    #[arg(long)]
    json: bool,
    /// Go on with this session.
    #[arg(long, value_name = "ID", conflicts_with = "model")]
    session: Option<SessionId>,
    /// The folder that Claude works in; default: this one.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// The model, as the CLI names it.
    #[arg(long)]
    model: Option<String>,
    /// Let Claude use what this rule matches without being asked: `Bash(make:*)`, `Edit(**)`, `WebFetch`. May be repeated.
    /// Where stdin is no terminal, all else is denied.
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// What Claude may do; power only where the configuration enables it.
    #[arg(long, value_parser = PossibleValuesParser::new(["user", "power"]).map(|name| mode(&name)))]
    mode: Option<Mode>,
}

/// Why a conversation cannot go on.
#[derive(Debug)]
enum Failure {
    /// Something failed.
    Error(Error),
    /// Nothing can be shown any more.
    Output(io::Error),
}

/// Talks to Claude.
///
/// # Errors
/// If there is nothing to say, the server cannot be started, or there is no such session.
pub(super) fn run(args: ChatArgs, settings: SettingArgs) -> Result<ExitCode> {
    let message = message(&args, &mut io::stdin())?;
    let folder = folder(args.cwd.as_deref())?;
    let arguments = settings.to_arguments();
    let flags = settings.into_flags();
    let config = configuration(&flags, &folder)?;
    let start = Start {
        client: "claude-bridge chat",
        arguments,
        shows_log: flags.log_level.is_some(),
        asks: true,
        options: options(&config, &args.allow),
    };
    let chat = Chat { args, folder, start, config };
    match super::block_on(chat.run(message))? {
        Ok(ended) => Ok(ended.exit_code()),
        Err(Failure::Error(error)) => Err(error),
        // As a program that the end of its pipe kills.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::from(141)),
        Err(Failure::Output(error)) => Err(Error::internal(format!("the output cannot be written: {error}"))),
    }
}

/// All that is known before the server runs.
struct Chat {
    args: ChatArgs,
    folder: PathBuf,
    start: Start,
    config: Config,
}

impl Chat {
    async fn run(&self, message: Option<String>) -> Result<Ended, Failure> {
        let mut connection = Connection::open(&self.start, &self.folder).await?;
        let ended = self.talk(&mut connection, message).await;
        let closed = connection.close().await;
        let ended = ended?;
        closed?;
        Ok(ended)
    }

    async fn talk(&self, connection: &mut Connection, message: Option<String>) -> Result<Ended, Failure> {
        let session = self.open_session(connection).await?;
        // Only now: until here Ctrl-C ends us, as it does any program.
        let mut interrupts = signal(SignalKind::interrupt())
            .map_err(|error| Error::internal(format!("Ctrl-C cannot be waited for: {error}")))?;
        let Some(message) = message else { return interactive::run(self, connection, &mut interrupts, session).await };
        let out = Output::standard();
        let mut show: Box<dyn Show> =
            if self.args.json { Box::new(JsonLines::new(out)) } else { Box::new(View::new(out)) };
        let mut person = self.person(&session)?;
        let session_id = session.id;
        let talk = Talk { connection, show: &mut *show, interrupts: &mut interrupts, person: &mut person, session_id };
        talk.run(Wanted::Say(message)).await
    }

    /// Whoever can be asked.
    fn person(&self, session: &Session) -> Result<Person> {
        // Where the questions cannot be seen, or a program reads, nobody can answer.
        let sees = io::stdout().is_terminal() || io::stderr().is_terminal();
        if self.args.json || !sees || !io::stdin().is_terminal() {
            return Ok(Person::nobody());
        }
        Person::at_terminal(PathBuf::from(&session.cwd))
            .map_err(|error| Error::internal(format!("the terminal cannot be waited for: {error}")))
    }

    /// The session that the person asked for, or a new one.
    async fn open_session(&self, connection: &Connection) -> Result<Session> {
        let Self { args, folder, .. } = self;
        let params = SessionCreateParams {
            mode: args.mode,
            cwd: args.cwd.is_some().then(|| folder.to_string_lossy().into_owned()),
            model: args.model.clone(),
            resume_session_id: args.session,
            ..SessionCreateParams::default()
        };
        let opened = connection.request::<SessionCreate>(params).await;
        Ok(opened.map_err(|error| explain(error, args.session))?.session)
    }

    /// Another session, like the first.
    async fn new_session(&self, connection: &Connection) -> Result<Session> {
        let params = SessionCreateParams {
            mode: self.args.mode,
            cwd: Some(self.folder.to_string_lossy().into_owned()),
            model: self.args.model.clone(),
            ..SessionCreateParams::default()
        };
        Ok(connection.request::<SessionCreate>(params).await?.session)
    }

    /// Where what the person types is kept.
    fn history_file(&self) -> PathBuf {
        self.config.data_dir.join(CHAT_HISTORY)
    }
}

/// The configuration that the server will have, but for what we tell it.
fn configuration(flags: &Flags, folder: &Path) -> Result<Config> {
    let places = Places::find()?;
    let variables = config::variables_of_this_process();
    let sources = Sources { places: &places, variables: &variables, flags, workspace: Some(folder), options: None };
    Ok(config::resolve(&sources)?.config)
}

/// What the server is told beside its arguments: rules of the person's, with those that hold anyway.
fn options(config: &Config, rules: &[String]) -> Value {
    if rules.is_empty() {
        return Value::Null;
    }
    let allowed = config.allowed_tools.clone().unwrap_or_else(|| serve::profile(config).allowed_tools());
    let all: Vec<&String> = allowed.iter().chain(rules).collect();
    json!({"modes": {"user": {"allowedTools": all}}})
}

/// What is to be said; `None`: the person will type it.
fn message(args: &ChatArgs, stdin: &mut (impl Read + IsTerminal)) -> Result<Option<String>> {
    let mut text = args.text.join(" ");
    if args.text.is_empty() {
        if stdin.is_terminal() && !args.json {
            return Ok(None);
        }
        stdin
            .read_to_string(&mut text)
            .map_err(|error| Error::invalid_params(format!("the message on stdin cannot be read: {error}")))?;
    }
    if text.trim().is_empty() {
        return Err(Error::invalid_params("there is nothing to say").hint("give TEXT, or text on stdin"));
    }
    Ok(Some(text))
}

/// The folder that the conversation is about.
fn folder(cwd: Option<&Path>) -> Result<PathBuf> {
    let path = cwd.unwrap_or(Path::new("."));
    match path.canonicalize() {
        Ok(folder) if folder.is_dir() => Ok(folder),
        Ok(_) => Err(Error::invalid_params(format!("{} is no folder", path.display()))),
        Err(error) => Err(Error::invalid_params(format!("the folder {} cannot be used: {error}", path.display()))),
    }
}

fn explain(error: Error, session: Option<SessionId>) -> Error {
    match (error.kind(), session) {
        (ErrorKind::SessionNotFound, Some(id)) => {
            Error::new(ErrorKind::SessionNotFound, format!("there is no session {id} in this history"))
                .hint("without --session a new one begins; --data-dir says where the history is")
        }
        _ => error,
    }
}

fn mode(name: &str) -> Mode {
    if name == "power" { Mode::Power } else { Mode::User }
}

impl Ended {
    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Completed => 0,
            Self::Failed => 1,
            Self::Interrupted | Self::Left => 130,
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
