//! A conversation of many turns.

use std::io;

use futures_util::FutureExt;
use tokio::signal::unix::Signal;

use super::connection::Connection;
use super::input::{HELP, Input, Wish};
use super::output::Output;
use super::show::Show;
use super::turn::{self, Ended};
use super::view::View;
use super::{Chat, Failure};
use crate::error::Error;
use crate::protocol::session::{Session, SessionParams, SessionRenameParams};
use crate::rpc::methods::session::{SessionClose, SessionDelete, SessionRename};

/// A conversation that goes on.
struct Conversation<'a> {
    chat: &'a Chat,
    connection: &'a mut Connection,
    interrupts: &'a mut Signal,
    view: View,
    session: Session,
    /// Whether something was said in the session, now or before.
    spoken: bool,
    /// Whether the next Ctrl-C leaves: the last thing the person did was another.
    leaving: bool,
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
    let mut input = Input::open(chat.history_file()?)?;
    let mut view = View::new(Output::standard());
    view.say(&greeting(&session))?;
    let spoken = session.message_count > 0;
    let mut conversation = Conversation { chat, connection, interrupts, view, session, spoken, leaving: false };
    loop {
        conversation.catch_up()?;
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
    /// Shows what came since the last turn.
    fn catch_up(&mut self) -> io::Result<()> {
        self.connection.heard().into_iter().try_for_each(|heard| turn::tell(&mut self.view, heard))
    }

    /// Does what the person wants; gives how the conversation ended, if it did.
    async fn fulfil(&mut self, wish: Wish) -> Result<Option<Ended>, Failure> {
        let again = std::mem::take(&mut self.leaving);
        match wish {
            Wish::Say(text) => return self.say(text).await,
            Wish::Quit => return Ok(Some(Ended::Completed)),
            Wish::Interrupt if again => return Ok(Some(Ended::Left)),
            Wish::Interrupt => {
                self.leaving = true;
                self.view.say("Ctrl-C again leaves")?;
            }
            Wish::Help => self.view.say(HELP)?,
            Wish::New => self.begin_another().await?,
            Wish::Rename(title) => self.rename(title).await?,
            Wish::Nothing => {}
        }
        Ok(None)
    }

    async fn say(&mut self, text: String) -> Result<Option<Ended>, Failure> {
        // A Ctrl-C from before is none of this turn's.
        while self.interrupts.recv().now_or_never().is_some() {}
        self.spoken = true;
        let ended = turn::run(self.connection, &mut self.view, self.interrupts, self.session.id, text).await?;
        self.leaving = ended == Ended::Interrupted;
        self.view.make_room()?;
        Ok((ended == Ended::Left).then_some(ended))
    }

    async fn begin_another(&mut self) -> Result<(), Failure> {
        match self.chat.new_session(self.connection).await {
            Ok(session) => {
                self.leave().await?;
                self.view.say(&greeting(&session))?;
                (self.session, self.spoken) = (session, false);
            }
            Err(error) => self.view.fail(&error)?,
        }
        Ok(())
    }

    async fn rename(&mut self, title: String) -> io::Result<()> {
        let params = SessionRenameParams { session_id: self.session.id, title };
        match self.connection.request::<SessionRename>(params).await {
            Ok(renamed) => self.view.say(&format!("this session is “{}” now", renamed.session.title)),
            Err(error) => self.view.fail(&error),
        }
    }

    /// Leaves the session: one in which nothing was said is not kept.
    async fn leave(&mut self) -> io::Result<()> {
        let params = SessionParams { session_id: self.session.id };
        let left: Result<(), Error> = if self.spoken {
            self.view.say(&format!("continue with: claude-bridge chat --session {}", self.session.id))?;
            self.connection.request::<SessionClose>(params).await.map(drop)
        } else {
            self.connection.request::<SessionDelete>(params).await.map(drop)
        };
        left.or_else(|error| self.view.fail(&error))
    }
}
