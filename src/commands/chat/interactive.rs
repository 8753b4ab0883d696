//! A conversation of many turns.

mod lists;

use std::io;

use futures_util::FutureExt;
use tokio::signal::unix::Signal;

use super::asking::Person;
use super::input::Input;
use super::show::Show;
use super::turn::{Ended, Talk, Wanted};
use super::view::View;
use super::wish::Wish;
use super::{Chat, Failure};
use crate::commands::connection::{Connection, Heard};
use crate::commands::terminal::line::Line;
use crate::commands::terminal::output::Output;
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::capabilities::SessionCapabilitiesResult;
use crate::protocol::session::{
    Mode, Session, SessionCreateParams, SessionListParams, SessionParams, SessionRenameParams, SessionSetModeParams,
    SessionSetModelParams,
};
use crate::rpc::methods::control::{SessionCapabilities, SessionContextUsage, SessionSetMode, SessionSetModel};
use crate::rpc::methods::mcp::McpStatus;
use crate::rpc::methods::session::{
    SessionClose, SessionCreate, SessionDelete, SessionGet, SessionList, SessionRename,
};

/// How many sessions are listed.
const LISTED: u32 = 10;

/// A conversation that goes on.
struct Conversation<'a> {
    chat: &'a Chat,
    connection: &'a mut Connection,
    interrupts: &'a mut Signal,
    person: Person,
    view: View,
    session: Session,
    /// Whether something was said in the session, now or before.
    spoken: bool,
    /// Whether the next Ctrl-C leaves: the last thing the person did was another.
    leaving: bool,
    /// The sessions that were listed last, by their numbers.
    listed: Vec<SessionId>,
    /// Claude's own commands, once they are known.
    commands: Vec<String>,
}

/// Talks until the person leaves.
///
/// # Errors
/// If the terminal cannot be used.
pub(super) async fn run(
    chat: &Chat,
    connection: &mut Connection,
    interrupts: &mut Signal,
    session: Session,
) -> Result<Ended, Failure> {
    let mut input = Input::open(chat.history_file())?;
    let mut view = View::new(Output::standard());
    view.say(&greeting(&session))?;
    let mut conversation = Conversation {
        chat,
        connection,
        interrupts,
        person: chat.person(&session)?,
        view,
        spoken: session.message_count > 0,
        session,
        leaving: false,
        listed: Vec::new(),
        commands: Vec::new(),
    };
    loop {
        conversation.catch_up().await?;
        input.complete(&conversation.commands);
        let wish = input.read()?;
        conversation.view.was_prompted();
        if matches!(wish, Wish::Say(_)) {
            input.keep()?;
        }
        if let Some(ended) = conversation.fulfil(wish).await? {
            conversation.leave().await?;
            return Ok(ended);
        }
    }
}

fn greeting(session: &Session) -> String {
    let help = "/help lists the commands, Ctrl-D leaves";
    match session.message_count {
        0 => format!("claude-bridge {} in {} · {help}", env!("CARGO_PKG_VERSION"), session.cwd),
        count => format!("going on with “{}”, {count} messages · {help}", session.title),
    }
}

impl Conversation<'_> {
    /// Shows what came since the last turn, and learns Claude's commands.
    async fn catch_up(&mut self) -> Result<(), Failure> {
        for heard in self.connection.heard() {
            match heard {
                Heard::Event(event) => self.view.event(&event)?,
                Heard::Notice(level, text) => self.view.notice(level, &text)?,
            }
        }
        if self.commands.is_empty() {
            let known = self.capabilities().await.unwrap_or_default();
            self.commands = known.commands.into_iter().map(|command| command.name).collect();
        }
        Ok(())
    }

    /// Does what the person wants; gives how the conversation ended, if it did.
    async fn fulfil(&mut self, wish: Wish) -> Result<Option<Ended>, Failure> {
        let again = std::mem::take(&mut self.leaving);
        let done = match wish {
            Wish::Say(text) => return self.turn(Wanted::Say(text)).await,
            Wish::Compact => return self.turn(Wanted::Compact).await,
            Wish::Quit => return Ok(Some(Ended::Completed)),
            Wish::Interrupt if again => return Ok(Some(Ended::Left)),
            Wish::Interrupt => {
                self.leaving = true;
                Ok(vec![lists::note("Ctrl-C again leaves")])
            }
            Wish::Nothing => return Ok(None),
            Wish::Help => Ok(lists::help(&self.commands)),
            Wish::Misused(own) => Ok(vec![lists::note(&format!("it is: {} {}", own.name, own.argument))]),
            Wish::New => self.begin_another().await,
            Wish::Sessions(words) => self.list_sessions(words).await,
            Wish::Resume(which) => self.resume(&which).await,
            Wish::Rename(title) => self.rename(title).await,
            Wish::Mode(mode) => self.mode(mode.as_deref()).await,
            Wish::Model(model) => self.model(model).await,
            Wish::Context => self.context().await,
            Wish::Servers => self.servers().await,
        };
        match done {
            Ok(lines) => self.view.lines(&lines)?,
            Err(error) => self.view.fail(&error)?,
        }
        self.view.make_room()?;
        Ok(None)
    }

    async fn turn(&mut self, wanted: Wanted) -> Result<Option<Ended>, Failure> {
        // A Ctrl-C from before is none of this turn's.
        while self.interrupts.recv().now_or_never().is_some() {}
        self.spoken |= matches!(wanted, Wanted::Say(_));
        let talk = Talk {
            connection: self.connection,
            show: &mut self.view,
            interrupts: self.interrupts,
            person: &mut self.person,
            session_id: self.session.id,
        };
        let ended = talk.run(wanted).await?;
        self.leaving = ended == Ended::Interrupted;
        self.view.make_room()?;
        Ok((ended == Ended::Left).then_some(ended))
    }

    fn this(&self) -> SessionParams {
        SessionParams { session_id: self.session.id }
    }

    async fn capabilities(&self) -> Result<SessionCapabilitiesResult> {
        self.connection.request::<SessionCapabilities>(self.this()).await
    }

    async fn begin_another(&mut self) -> Result<Vec<Line>> {
        let session = self.chat.new_session(self.connection).await?;
        self.turn_to(session).await
    }

    async fn list_sessions(&mut self, words: Option<String>) -> Result<Vec<Line>> {
        let params = SessionListParams { limit: Some(LISTED), query: words, ..SessionListParams::default() };
        let sessions = self.connection.request::<SessionList>(params).await?.sessions;
        let said: Vec<Session> = sessions.into_iter().filter(|session| session.message_count > 0).collect();
        self.listed = said.iter().map(|session| session.id).collect();
        Ok(lists::sessions(&said, self.session.id))
    }

    async fn resume(&mut self, which: &str) -> Result<Vec<Line>> {
        let by_number = which.parse::<usize>().ok().map(|number| self.listed.get(number.wrapping_sub(1)));
        let id = match by_number {
            Some(Some(id)) => *id,
            Some(None) => {
                return Err(Error::invalid_params(format!("there is no session {which} in the list"))
                    .hint("/sessions lists them"));
            }
            None => which.parse().map_err(|_| {
                Error::invalid_params(format!("{which} is neither a number nor a session's id"))
                    .hint("/sessions lists them")
            })?,
        };
        let params = SessionCreateParams { resume_session_id: Some(id), ..SessionCreateParams::default() };
        let session = self.connection.request::<SessionCreate>(params).await?.session;
        if session.id == self.session.id {
            return Ok(vec![lists::note("this is it")]);
        }
        self.turn_to(session).await
    }

    /// Leaves this session for another one.
    async fn turn_to(&mut self, session: Session) -> Result<Vec<Line>> {
        let mut lines = self.left().await?;
        lines.push(lists::note(&greeting(&session)));
        self.person.moves_to(session.cwd.clone().into());
        self.spoken = session.message_count > 0;
        self.session = session;
        Ok(lines)
    }

    async fn rename(&mut self, title: String) -> Result<Vec<Line>> {
        let params = SessionRenameParams { session_id: self.session.id, title };
        let renamed = self.connection.request::<SessionRename>(params).await?.session;
        Ok(vec![lists::note(&format!("this session is “{}” now", renamed.title))])
    }

    async fn mode(&mut self, wanted: Option<&str>) -> Result<Vec<Line>> {
        let Some(wanted) = wanted else {
            let session = self.connection.request::<SessionGet>(self.this()).await?.session;
            return Ok(lists::modes(session.mode, self.connection.modes()));
        };
        let mode = match wanted {
            "user" => Mode::User,
            "power" => Mode::Power,
            other => return Err(Error::invalid_params(format!("there is no mode {other}")).hint("it is user or power")),
        };
        let params = SessionSetModeParams { session_id: self.session.id, mode };
        let session = self.connection.request::<SessionSetMode>(params).await?.session;
        Ok(lists::modes(session.mode, self.connection.modes()))
    }

    async fn model(&mut self, wanted: Option<String>) -> Result<Vec<Line>> {
        let known = self.capabilities().await?;
        let Some(wanted) = wanted else {
            let session = self.connection.request::<SessionGet>(self.this()).await?.session;
            return Ok(lists::models(&known.models, session.model.as_deref()));
        };
        let by_number = wanted.parse::<usize>().ok().and_then(|number| known.models.get(number.wrapping_sub(1)));
        let model = by_number.map_or(wanted, |model| model.id.clone());
        let params = SessionSetModelParams { session_id: self.session.id, model: model.clone() };
        self.connection.request::<SessionSetModel>(params).await?;
        Ok(vec![lists::note(&format!("{model} answers from now on"))])
    }

    async fn context(&mut self) -> Result<Vec<Line>> {
        let usage = self.connection.request::<SessionContextUsage>(self.this()).await?;
        Ok(lists::context(usage.context.as_ref()))
    }

    async fn servers(&mut self) -> Result<Vec<Line>> {
        let servers = self.connection.request::<McpStatus>(self.this()).await?.servers;
        Ok(lists::servers(&servers))
    }

    /// Leaves the session: one in which nothing was said is not kept.
    async fn left(&mut self) -> Result<Vec<Line>> {
        if !self.spoken {
            self.connection.request::<SessionDelete>(self.this()).await?;
            return Ok(Vec::new());
        }
        self.connection.request::<SessionClose>(self.this()).await?;
        Ok(vec![lists::note(&format!("continue with: claude-bridge chat --session {}", self.session.id))])
    }

    async fn leave(&mut self) -> io::Result<()> {
        match self.left().await {
            Ok(lines) => self.view.lines(&lines),
            Err(error) => self.view.fail(&error),
        }
    }
}
