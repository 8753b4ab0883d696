//! What Claude may do, and how a process that runs is brought to another mode.
//!
//! Whoever asks is answered by the session's mode, and allowances do no harm in power mode, so that both hold at once.
//! What is never done is another matter: rules that a process was started with stay with it. New ones it can be told,
//! so that user mode always begins at once; to be rid of the old ones, or of what was granted, it has to be replaced.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::controls::{AskId, Purpose, Told};
use super::{Effect, Effects, Phase, ServerSet, State};
use crate::claude::Control;
use crate::context::{self, Profile};
use crate::error::Result;
use crate::protocol::event::NoticeLevel;
use crate::protocol::session::Mode;
use crate::service::tools;
use crate::time::Timestamp;

/// What a process was started with, as far as that can be changed later.
#[derive(Debug, Default)]
pub(super) struct StartedWith {
    pub(super) mode: Mode,
    pub(super) model: Option<String>,
    pub(super) study: Option<String>,
    /// Whether it was told since what is never done.
    denies: bool,
    /// Whether something was taken back since that it may have been granted.
    revoked: bool,
    /// What its environment was told of the session, last.
    pub(super) environment: BTreeMap<String, String>,
    /// The MCP servers that it was told to have.
    pub(super) servers: ServerSet,
}

impl StartedWith {
    /// Whether an MCP server is a program that the CLI started.
    pub(super) fn has_program(&self, server: &str) -> bool {
        self.servers.get(server).is_some_and(|server| server.get("command").is_some())
    }

    /// Those of its MCP servers that are ours.
    pub(super) fn our_servers(&self) -> Vec<String> {
        self.servers.keys().filter(|name| *name == tools::SERVER).cloned().collect()
    }
}

impl State {
    /// A process is being started with what the session has now.
    pub(super) fn note_start(&mut self) {
        let servers = self.plan.servers(&self.record, self.has_tools());
        self.started_with = StartedWith {
            mode: self.record.mode,
            model: self.record.model.clone(),
            study: self.record.study.id.clone(),
            denies: false,
            revoked: false,
            environment: self.environment(),
            servers,
        };
        self.forget_shown_tools();
        self.outdated = false;
    }

    /// A client wants another mode; whether it may is decided.
    pub(super) fn set_mode(&mut self, asker: AskId, mode: Mode, now: Timestamp, effects: &mut Effects) {
        if self.record.mode != mode {
            self.record.mode = mode;
            effects.session_changed();
            self.enforce_mode(now, effects);
            self.enforce_environment(now, effects);
            self.enforce_servers(now, effects);
        }
        effects.reply(asker, Ok(Told::Done));
    }

    /// Makes what is never done hold in a process that is up, as the mode wants it.
    pub(super) fn enforce_mode(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.phase != Phase::Up || self.disallowed.is_empty() {
            return;
        }
        let is_bound = self.record.mode == Mode::Power && self.started_with.mode == Mode::User;
        self.outdated = is_bound || self.started_with.revoked;
        let denies = self.record.mode == Mode::User && self.started_with.mode == Mode::Power;
        if denies != self.started_with.denies {
            self.started_with.denies = denies;
            let rules = if denies { self.disallowed.clone() } else { Vec::new() };
            self.request(Control::Deny { rules }, Purpose::Rules, now, effects);
        }
        self.replace_outdated(effects);
    }

    /// A process cannot be told to ask again about what it was once granted: it is replaced.
    pub(super) fn revoked(&mut self, effects: &mut Effects) {
        if matches!(self.phase, Phase::Starting | Phase::Up) {
            self.started_with.revoked = true;
            self.outdated = true;
            self.replace_outdated(effects);
        }
    }

    pub(super) fn rules_answered(&mut self, answer: Result<()>, effects: &mut Effects) {
        let Err(error) = answer else { return };
        tracing::warn!(session = %self.record.id, %error, "the Claude CLI is started anew for the mode to hold");
        self.outdated = true;
        self.replace_outdated(effects);
    }

    /// Ends a process that is not as the session wants it as soon as no turn runs; another one follows.
    pub(super) fn replace_outdated(&mut self, effects: &mut Effects) {
        if self.outdated && self.phase == Phase::Up && self.turn.is_none() && !self.draining {
            effects.notice(None, NoticeLevel::Info, "the Claude CLI is started anew, for the session as it is now");
            self.phase = Phase::Stopping;
            effects.push(Effect::Stop);
        }
    }

    /// What the CLI is sent for a message: behind what Claude has to be told of the conversation and of the mode.
    pub(super) fn with_preface(&mut self, wire: Value) -> Value {
        let retelling = self.retelling.take();
        // A new conversation knows only the mode that the session began in.
        let is_news = self.record.told_mode != self.record.mode || retelling.is_some();
        // Behind anything else it would not be taken for a command.
        let is_command = is_command(&wire);
        let study = if is_command { None } else { self.take_study_note() };
        let mode = (is_news && !is_command).then(|| {
            self.record.told_mode = self.record.mode;
            mode_note(self.plan.profile(), self.record.mode)
        });
        let mut preface: Vec<Value> =
            retelling.into_iter().chain(study).chain(mode).map(|text| json!({"type": "text", "text": text})).collect();
        if preface.is_empty() {
            return wire;
        }
        match wire {
            Value::Array(blocks) => preface.extend(blocks),
            text => preface.push(json!({"type": "text", "text": text})),
        }
        Value::Array(preface)
    }
}

fn is_command(wire: &Value) -> bool {
    let text = match wire {
        Value::Array(blocks) => blocks.first().and_then(|block| block.get("text")).and_then(Value::as_str),
        text => text.as_str(),
    };
    text.is_some_and(|text| text.starts_with('/'))
}

/// What Claude is told of the mode, where that is not the one it was told at the beginning.
fn mode_note(profile: &Profile, mode: Mode) -> String {
    let rules = profile.rules(match mode {
        Mode::User => context::Mode::User,
        Mode::Power => context::Mode::Power,
    });
    format!(
        "<session_mode>\nThis holds from now on, whatever you were told of the mode before.\n\n{rules}\n</session_mode>"
    )
}
