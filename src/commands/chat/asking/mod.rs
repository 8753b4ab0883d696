//! What Claude asks while a turn runs, one thing after the other, and what the person says to it.
//!
//! While the person is being asked, nothing else is shown: what happens meanwhile is kept, and shown after the answer.

mod change;
mod keyboard;
mod picture;
mod reply;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use anstyle::Style;
use serde::Deserialize;
use serde_json::Value;

use super::show::{Prompt, Show};
use crate::commands::terminal::line::Line;
use crate::ids::PermissionId;
use crate::protocol::event::{EventBody, SessionEvent};
use crate::protocol::permission::{Permission, PermissionAnswer, PermissionOutcome, PermissionResolver};
use keyboard::{Keyboard, Typed};
use picture::Picture;
use reply::{Asking, Reply};

/// How much of what happens meanwhile is kept. What is more waits in the server, which has a place for it.
const KEPT: usize = 1000;

/// The person in front of the terminal, if there is one.
pub(super) struct Person {
    keyboard: Option<Keyboard>,
    /// Where paths are told from.
    cwd: PathBuf,
    /// What Claude asks: the first one now.
    asked: VecDeque<Asking>,
    /// Whether the first one was put to the person.
    is_asked: bool,
    /// What happened meanwhile.
    kept: Vec<Value>,
    /// The answers that are given where nobody is there, until they are sent.
    refusals: Vec<Answered>,
}

/// An answer for the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answered {
    pub(super) id: PermissionId,
    pub(super) answer: PermissionAnswer,
}

impl Person {
    /// Nobody: what Claude asks is denied.
    pub(super) fn nobody() -> Self {
        Self {
            keyboard: None,
            cwd: PathBuf::new(),
            asked: VecDeque::new(),
            is_asked: false,
            kept: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Whoever is at the terminal on stdin.
    ///
    /// # Errors
    /// If it cannot be waited for what is typed.
    pub(super) fn at_terminal(cwd: PathBuf) -> io::Result<Self> {
        Ok(Self { keyboard: Keyboard::open()?, cwd, ..Self::nobody() })
    }

    /// Whether there is anybody.
    pub(super) fn is_there(&self) -> bool {
        self.keyboard.is_some()
    }

    /// Whether the person is being asked something.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Whether more of what happens can be taken.
    pub(super) fn has_room(&self) -> bool {
        self.kept.len() < KEPT
    }

    /// Claude works in another folder from now on.
    pub(super) fn moves_to(&mut self, cwd: PathBuf) {
        self.cwd = cwd;
    }

    /// Asks what waits since before this turn.
    pub(super) fn ask_all(&mut self, waiting: Vec<Permission>, show: &mut dyn Show) -> io::Result<()> {
        self.asked.extend(waiting.into_iter().map(Asking::new));
        self.ask_next(show)
    }

    /// Shows something that happened, or keeps it until the person has answered.
    pub(super) fn take(&mut self, event: Value, show: &mut dyn Show) -> io::Result<()> {
        match event["kind"].as_str() {
            Some("permissionRequested") => self.requested(event, show),
            Some("permissionResolved") if self.is_there() => self.resolved(&event, show),
            _ => self.pass_on(event, show),
        }
    }

    /// Waits for what the person types, if there is something to answer.
    pub(super) async fn typed(&mut self) -> io::Result<Option<String>> {
        match &mut self.keyboard {
            Some(keyboard) if self.is_asked => Ok(match keyboard.line().await? {
                Typed::Line(line) => Some(line),
                Typed::End => None,
            }),
            _ => std::future::pending().await,
        }
    }

    /// The answers of nobody, to be sent now.
    pub(super) fn refusals(&mut self) -> Vec<Answered> {
        std::mem::take(&mut self.refusals)
    }

    /// Understands what the person typed; `None` is the end of it. Gives the answer, once it is one.
    pub(super) fn understand(&mut self, typed: Option<&str>, show: &mut dyn Show) -> io::Result<Option<Answered>> {
        show.was_answered(typed.is_some())?;
        let Some(asking) = self.asked.front_mut() else { return Ok(None) };
        let reply = match typed {
            Some(line) => asking.reply(line),
            None => Reply::Answer(Box::new(Asking::refusal(None))),
        };
        match reply {
            Reply::Answer(answer) => return Ok(Some(Answered { id: asking.permission.id, answer: *answer })),
            Reply::Next => show.prompt(&next_question(asking))?,
            Reply::Whole => {
                let picture = Picture::of(&asking.permission, &self.cwd, true);
                show.prompt(&Prompt { lines: picture.lines, ..first_prompt(asking, Picture::default()) })?;
            }
            Reply::Again(hint) => {
                let lines = vec![Line::hanging(Style::new(), "  ").and(Style::new().dimmed(), hint)];
                show.prompt(&Prompt { lines, text: None, line: asking.prompt(), begins: false })?;
            }
        }
        Ok(None)
    }

    /// The answer was taken, or was refused: then there was none to give any more.
    pub(super) fn was_answered(&mut self, id: PermissionId, show: &mut dyn Show) -> io::Result<()> {
        self.asked.retain(|asking| asking.permission.id != id);
        self.go_on(show)
    }

    /// The answer makes no sense to the server: the person has to give another one.
    pub(super) fn ask_again(&mut self, show: &mut dyn Show) -> io::Result<()> {
        self.is_asked = false;
        self.ask_next(show)
    }

    /// The person wants all of it to end: nothing more is asked.
    pub(super) fn give_up(&mut self, show: &mut dyn Show) -> io::Result<()> {
        self.asked.clear();
        if self.is_asked {
            show.was_answered(false)?;
        }
        self.go_on(show)
    }

    fn requested(&mut self, event: Value, show: &mut dyn Show) -> io::Result<()> {
        let permission = match SessionEvent::deserialize(&event) {
            Ok(SessionEvent { body: EventBody::PermissionRequested { permission }, .. }) => *permission,
            _ => return self.pass_on(event, show),
        };
        self.pass_on(event, show)?;
        if !self.is_there() {
            self.refusals.push(Answered { id: permission.id, answer: Asking::refusal(Some(nobody(&permission))) });
            return show.denied(&permission);
        }
        if self.asked.iter().all(|asking| asking.permission.id != permission.id) {
            self.asked.push_back(Asking::new(permission));
        }
        self.ask_next(show)
    }

    fn resolved(&mut self, event: &Value, show: &mut dyn Show) -> io::Result<()> {
        let Ok(SessionEvent { body: EventBody::PermissionResolved { permission_id, behavior, by }, .. }) =
            SessionEvent::deserialize(event)
        else {
            return Ok(());
        };
        let Some(at) = self.asked.iter().position(|asking| asking.permission.id == permission_id) else {
            return Ok(());
        };
        self.asked.remove(at);
        if at == 0 && self.is_asked {
            show.was_answered(false)?;
            show.aside(&format!("no answer is needed any more: {}", resolution(behavior, by)))?;
            self.go_on(show)?;
        }
        Ok(())
    }

    fn pass_on(&mut self, event: Value, show: &mut dyn Show) -> io::Result<()> {
        if self.is_asked {
            self.kept.push(event);
            return Ok(());
        }
        show.event(&event)
    }

    /// Shows what happened meanwhile, and asks what is to be asked next.
    fn go_on(&mut self, show: &mut dyn Show) -> io::Result<()> {
        self.is_asked = false;
        for event in std::mem::take(&mut self.kept) {
            show.event(&event)?;
        }
        self.ask_next(show)
    }

    fn ask_next(&mut self, show: &mut dyn Show) -> io::Result<()> {
        let Some(asking) = self.asked.front().filter(|_| !self.is_asked) else { return Ok(()) };
        if let Some(keyboard) = &mut self.keyboard {
            keyboard.forget();
        }
        self.is_asked = true;
        show.prompt(&first_prompt(asking, Picture::of(&asking.permission, &self.cwd, false)))
    }
}

/// What the model is told where nobody is there.
fn nobody(permission: &Permission) -> String {
    format!(
        "{} needs the person's permission, and nobody is there who could give it. Do not try again; go on without it, \
         or tell the person what you would have done.",
        permission.tool_name
    )
}

/// All that a person needs to know, and the keys.
fn first_prompt(asking: &Asking, picture: Picture) -> Prompt {
    let Picture { mut lines, text, .. } = picture;
    let mut after = match asking.question() {
        Some((question, number, of)) => picture::of_question(question, number, of),
        None => {
            let line = |choice: reply::Choice| {
                let key = Style::new().bold();
                Line::hanging(key, &format!("  {}  ", choice.key)).and(Style::new(), choice.meaning)
            };
            asking.choices().into_iter().map(line).collect()
        }
    };
    if text.is_none() {
        if asking.question().is_none() {
            lines.push(Line::default());
        }
        lines.append(&mut after);
    }
    Prompt { lines, text: text.map(|text| (text, after)), line: asking.prompt(), begins: true }
}

fn next_question(asking: &Asking) -> Prompt {
    let lines = asking.question().map(|(question, number, of)| picture::of_question(question, number, of));
    Prompt { lines: lines.unwrap_or_default(), text: None, line: asking.prompt(), begins: false }
}

fn resolution(behavior: PermissionOutcome, by: PermissionResolver) -> &'static str {
    match (by, behavior) {
        (PermissionResolver::Client, PermissionOutcome::Allow) => "it was allowed elsewhere",
        (PermissionResolver::Client, _) => "it was denied elsewhere",
        (PermissionResolver::Deadline, _) => "the time for it is over, and it was denied",
        (PermissionResolver::Nobody, _) => "it was denied",
        (PermissionResolver::Cli, _) => "the Claude CLI took the question back",
        (PermissionResolver::Interrupt, _) => "the turn was interrupted",
        (PermissionResolver::TurnEnd, _) => "the turn is over",
        (PermissionResolver::ProcessEnd, _) => "the process that asked is gone",
    }
}
