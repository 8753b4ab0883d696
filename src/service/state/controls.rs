//! What the process is asked beside messages, and who waits for the answers.
//!
//! Each question is answered exactly once: by the CLI, or with an error when it takes too long or its process goes.

use std::time::Duration;

use serde_json::Value;

use super::{Effect, Effects, Phase, State, Timer};
use crate::claude::{self, ContextReport, Control, McpServerReport};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// How long the CLI may take for an answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// A client's request that waits for an answer of the session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::service) struct AskId(pub(in crate::service) u64);

/// What a client's request is answered with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::service) enum Told {
    /// It was done.
    Done,
    /// There is no process that could be asked.
    NoProcess,
    /// How the MCP servers are.
    Servers(Vec<McpServerReport>),
    /// What fills the context.
    Context(ContextReport),
}

/// What was asked, and is not answered yet.
#[derive(Debug, Default)]
pub(super) struct Controls {
    open: Vec<Open>,
    /// How many questions there have been, for their names.
    count: u64,
}

#[derive(Debug)]
struct Open {
    request_id: String,
    purpose: Purpose,
    asked_at: Timestamp,
    /// What is still to be asked, once the process takes it.
    unsent: Option<Control>,
}

/// What an answer is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// A client wants to know how the MCP servers are.
    Servers(AskId),
    /// A client wants to know what fills the context.
    Context(AskId),
    /// The session is to have another model; a client waits for that, unless it was told before.
    Model { asker: Option<AskId>, model: String },
    /// The rules of the session's mode are to hold.
    Rules,
    /// The environment is to tell of the session as it is now.
    Environment,
    /// The session itself wants to know how the MCP servers are.
    Watch,
    /// The process is to have other MCP servers.
    Replacement,
    /// The process is to know that there are other tools of the client's.
    ToolsChanged,
}

impl State {
    /// A client asks something that only a process can answer.
    pub(super) fn ask(&mut self, control: Control, purpose: Purpose, now: Timestamp, effects: &mut Effects) {
        match self.phase {
            Phase::Up | Phase::Starting => self.request(control, purpose, now, effects),
            Phase::Down | Phase::Stopping => reply(&purpose, Ok(Told::NoProcess), effects),
        }
    }

    /// Asks the process, as soon as it takes questions.
    pub(super) fn request(&mut self, control: Control, purpose: Purpose, now: Timestamp, effects: &mut Effects) {
        self.controls.count += 1;
        let request_id = format!("{}-{}", control.subtype(), self.controls.count);
        let unsent = match self.phase {
            Phase::Up => {
                effects.write(claude::Input::Control { request_id: request_id.clone(), control });
                None
            }
            _ => Some(control),
        };
        if self.controls.open.is_empty() {
            effects.push(Effect::SetTimer(Timer::Answer, ANSWER_DEADLINE));
        }
        self.controls.open.push(Open { request_id, purpose, asked_at: now, unsent });
    }

    /// The process takes questions now.
    pub(super) fn send_controls(&mut self, effects: &mut Effects) {
        for open in &mut self.controls.open {
            if let Some(control) = open.unsent.take() {
                effects.write(claude::Input::Control { request_id: open.request_id.clone(), control });
            }
        }
    }

    /// The CLI answers a question; answers to interrupts, which say nothing that the turn's end does not, and to what
    /// was given up, find none.
    pub(super) fn control_answered(
        &mut self,
        request_id: &str,
        answer: Result<Value, String>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(at) = self.controls.open.iter().position(|open| open.request_id == request_id) else { return };
        let open = self.controls.open.remove(at);
        if self.controls.open.is_empty() {
            effects.push(Effect::ClearTimer(Timer::Answer));
        }
        let answer = answer.map_err(|problem| refused(request_id, &problem));
        self.settle(open.purpose, answer, now, effects);
    }

    /// Gives up the questions that the CLI has not answered in time.
    pub(super) fn answers_are_due(&mut self, now: Timestamp, effects: &mut Effects) {
        let is_late = |open: &mut Open| now.since(open.asked_at) >= ANSWER_DEADLINE;
        let late: Vec<Open> = self.controls.open.extract_if(.., is_late).collect();
        if let Some(next) = self.controls.open.first() {
            let left = ANSWER_DEADLINE.saturating_sub(now.since(next.asked_at));
            effects.push(Effect::SetTimer(Timer::Answer, left));
        }
        for open in late {
            let error = too_late(&open.request_id);
            self.settle(open.purpose, Err(error), now, effects);
        }
    }

    /// The process is gone, and its answers with it.
    pub(super) fn abandon_controls(&mut self, effects: &mut Effects) {
        if self.controls.open.is_empty() {
            return;
        }
        effects.push(Effect::ClearTimer(Timer::Answer));
        for open in std::mem::take(&mut self.controls.open) {
            let error = Error::new(ErrorKind::CliExited, "the Claude CLI ended before it answered");
            reply(&open.purpose, Err(error.hint("ask again: the next message starts it")), effects);
        }
    }

    fn settle(&mut self, purpose: Purpose, answer: Result<Value>, now: Timestamp, effects: &mut Effects) {
        match purpose {
            Purpose::Servers(_) => {
                let servers = answer.map(|answer| McpServerReport::all(&answer));
                if let Ok(servers) = &servers {
                    // Whoever asks is no later than whoever follows the events.
                    self.servers_are(servers.clone(), effects);
                }
                reply(&purpose, servers.map(Told::Servers), effects);
            }
            Purpose::Context(_) => {
                let told = answer.map(|answer| Told::Context(ContextReport::read(&answer)));
                reply(&purpose, told, effects);
            }
            Purpose::Model { asker, model } => self.model_answered(asker, model, answer.map(|_| ()), effects),
            Purpose::Rules => self.rules_answered(answer.map(|_| ()), effects),
            Purpose::Watch => self.servers_answered(answer, now, effects),
            Purpose::Replacement => self.servers_replaced(answer, now, effects),
            Purpose::Environment => {
                if let Err(error) = answer {
                    tracing::warn!(session = %self.record.id, %error, "the Claude CLI's environment is as it was");
                }
            }
            Purpose::ToolsChanged => {
                if let Err(error) = answer {
                    tracing::warn!(session = %self.record.id, %error, "Claude does not know of the client's tools");
                }
            }
        }
    }
}

/// Answers the client who asked, if one did.
fn reply(purpose: &Purpose, outcome: Result<Told>, effects: &mut Effects) {
    match purpose {
        Purpose::Servers(to) | Purpose::Context(to) | Purpose::Model { asker: Some(to), .. } => {
            effects.reply(*to, outcome);
        }
        Purpose::Model { asker: None, .. }
        | Purpose::Rules
        | Purpose::Environment
        | Purpose::Watch
        | Purpose::Replacement
        | Purpose::ToolsChanged => {}
    }
}

fn refused(request_id: &str, problem: &str) -> Error {
    Error::new(ErrorKind::CliProtocol, format!("the Claude CLI refused {request_id}: {problem}"))
        .hint("a newer version of the CLI may know it")
}

fn too_late(request_id: &str) -> Error {
    let seconds = ANSWER_DEADLINE.as_secs();
    Error::new(ErrorKind::CliTimeout, format!("the Claude CLI did not answer {request_id} within {seconds} s"))
        .hint("try again; if it never answers, close the session")
}
