//! Which study the session is about, and what Claude has to be told of it with the next message.

use super::controls::{AskId, Told};
use super::{Effects, State};
use crate::time::Timestamp;

impl State {
    /// A client has the session be about another study, or none; `note` is what Claude is to be told of it.
    pub(super) fn set_study(
        &mut self,
        asker: AskId,
        study: Option<String>,
        note: Option<String>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        if self.record.study.id != study {
            self.record.study.id = study;
            self.study_note = note.filter(|_| self.record.study.is_news());
            self.progress = None;
            effects.session_changed();
            self.enforce_environment(now, effects);
            self.enforce_servers(now, effects);
        }
        effects.reply(asker, Ok(Told::Done));
    }

    /// The context was built for the process that comes up, about the study that the session had then.
    pub(in crate::service) fn context_is_built(&mut self) {
        self.record.told_mode = self.started_with.mode;
        self.record.study.is_told(self.started_with.study.clone());
        self.record.study.in_context.clone_from(&self.started_with.study);
        if !self.record.study.is_news() {
            self.study_note = None;
        }
    }

    /// What a process has to be told of the study it was started for, unless there is another one by now.
    pub(super) fn learn_study(&mut self, note: Option<String>) {
        if note.is_some() && self.started_with.study == self.record.study.id {
            self.study_note = note;
        }
    }

    /// What the next message tells of the study: that it is another one, or how far it has come.
    pub(super) fn take_study_note(&mut self) -> Option<String> {
        let progress = self.progress.take();
        let note = self.study_note.take();
        if note.is_some() {
            self.record.study.is_told(self.record.study.id.clone());
        }
        note.or(progress)
    }
}
