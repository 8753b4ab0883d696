//! One message and the turn it leads to.

use std::io;

use tokio::signal::unix::Signal;
use tokio::time::MissedTickBehavior;

use super::Failure;
use super::asking::{Answered, Person};
use super::show::Show;
use super::spinner::STEP;
use crate::commands::connection::{Connection, Heard};
use crate::error::{Error, ErrorKind};
use crate::ids::SessionId;
use crate::protocol::message::{Content, MessageSendParams, ProgressToken};
use crate::protocol::permission::{PermissionAnswerParams, PermissionListParams};
use crate::protocol::session::{SessionCompactParams, SessionInterruptParams};
use crate::protocol::turn::{StopReason, Turn};
use crate::rpc::client::Pending;
use crate::rpc::methods::control::SessionCompact;
use crate::rpc::methods::message::MessageSend;
use crate::rpc::methods::permission::{PermissionAnswer, PermissionList};
use crate::rpc::methods::session::SessionInterrupt;

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Claude had said what it had to say.
    Completed,
    /// It failed, or was cut short; the person was told why.
    Failed,
    /// The person interrupted it.
    Interrupted,
    /// The person would not wait for its end.
    Left,
}

/// What begins a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To say this.
    Say(String),
    /// To have the conversation summarised.
    Compact,
}

/// Those who take part in a turn.
pub(super) struct Talk<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) show: &'a mut dyn Show,
    /// The person's Ctrl-Cs: the first interrupts the turn, the second leaves it.
    pub(super) interrupts: &'a mut Signal,
    pub(super) person: &'a mut Person,
    pub(super) session_id: SessionId,
}

impl Talk<'_> {
    /// Begins a turn, shows what comes of it, and asks the person what Claude asks.
    ///
    /// # Errors
    /// If it cannot be shown, or the person cannot be asked.
    pub(super) async fn run(mut self, wanted: Wanted) -> Result<Ended, Failure> {
        self.show.begin()?;
        self.ask_what_waits().await?;
        let answer = self.begin(wanted).answer::<Turn>();
        tokio::pin!(answer);
        let mut steps = tokio::time::interval(STEP);
        steps.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The request is kept until its answer came.
        let mut interruption: Option<Pending> = None;
        let outcome = loop {
            tokio::select! {
                // The answer comes behind the events.
                biased;
                Some(heard) = self.connection.hear(), if self.person.has_room() => self.hear(heard).await?,
                outcome = &mut answer => break outcome,
                _ = self.interrupts.recv() => {
                    if interruption.is_some() {
                        return Ok(Ended::Left);
                    }
                    interruption = Some(self.interrupt()?);
                }
                typed = self.person.typed() => self.answer(typed?).await?,
                _ = steps.tick(), if !self.person.is_asked() => self.show.tick()?,
            }
        };
        for heard in self.connection.heard() {
            self.hear(heard).await?;
        }
        self.person.give_up(self.show)?;
        Ok(end(self.show, outcome.map_err(|error| self.connection.told(&error)))?)
    }

    fn begin(&self, wanted: Wanted) -> Pending {
        let (session_id, work_done_token) = (self.session_id, None);
        let partial_result_token = Some(ProgressToken::String("chat".to_owned()));
        match wanted {
            Wanted::Say(text) => {
                let content = Content::Text(text);
                let params = MessageSendParams { session_id, content, work_done_token, partial_result_token };
                self.connection.send::<MessageSend>(&params)
            }
            Wanted::Compact => {
                let params = SessionCompactParams { session_id, work_done_token, partial_result_token };
                self.connection.send::<SessionCompact>(&params)
            }
        }
    }

    /// Asks what an agent in the background has asked since the last turn.
    async fn ask_what_waits(&mut self) -> io::Result<()> {
        if !self.person.is_there() {
            return Ok(());
        }
        let params = PermissionListParams { session_id: Some(self.session_id) };
        match self.connection.request::<PermissionList>(params).await {
            Ok(list) => self.person.ask_all(list.permissions, self.show),
            Err(error) => self.show.fail(&error),
        }
    }

    /// Shows what the server sent, and answers for those who are not there.
    async fn hear(&mut self, heard: Heard) -> io::Result<()> {
        match heard {
            Heard::Event(event) => self.person.take(event, self.show)?,
            Heard::Notice(level, text) => self.show.notice(level, &text)?,
        }
        for answered in self.person.refusals() {
            self.pass_on(answered).await?;
        }
        Ok(())
    }

    /// Ends the turn, and with it what was asked in it: the tool is not used.
    fn interrupt(&mut self) -> io::Result<Pending> {
        self.person.give_up(self.show)?;
        self.show.interrupting()?;
        let params = SessionInterruptParams { session_id: self.session_id, include_queued: true };
        Ok(self.connection.send::<SessionInterrupt>(&params))
    }

    /// Understands what the person answered.
    async fn answer(&mut self, typed: Option<String>) -> io::Result<()> {
        match self.person.understand(typed.as_deref(), self.show)? {
            Some(answered) => self.pass_on(answered).await,
            None => Ok(()),
        }
    }

    async fn pass_on(&mut self, Answered { id, answer }: Answered) -> io::Result<()> {
        let params = PermissionAnswerParams { permission_id: id, answer };
        match self.connection.request::<PermissionAnswer>(params).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::InvalidParams => {
                self.show.aside(error.message())?;
                return self.person.ask_again(self.show);
            }
            Err(error) if error.kind() == ErrorKind::PermissionNotFound => {
                self.show.aside("it was settled before you answered")?;
            }
            Err(error) => self.show.fail(&error)?,
        }
        self.person.was_answered(id, self.show)
    }
}

fn end(show: &mut dyn Show, outcome: Result<Turn, Error>) -> io::Result<Ended> {
    let turn = match outcome {
        Ok(turn) => turn,
        Err(error) => {
            show.fail(&error)?;
            return Ok(Ended::Failed);
        }
    };
    show.end(&turn)?;
    Ok(match turn.stop_reason {
        StopReason::Completed => Ended::Completed,
        StopReason::Interrupted => Ended::Interrupted,
        StopReason::MaxTurns | StopReason::Refused | StopReason::Failed => Ended::Failed,
    })
}
