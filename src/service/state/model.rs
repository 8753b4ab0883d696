//! Which model answers.

use super::controls::{AskId, Purpose, Told};
use super::{Effects, Phase, State};
use crate::claude::Control;
use crate::error::{Error, Result};
use crate::protocol::event::NoticeLevel;
use crate::time::Timestamp;

impl State {
    /// A client wants another model: at once where a process is there, else when the next one starts.
    pub(super) fn set_model(&mut self, asker: AskId, model: String, now: Timestamp, effects: &mut Effects) {
        let unknown = self.capabilities.as_ref().filter(|known| !known.offers_model(&model));
        if let Some(known) = unknown {
            let names: Vec<&str> = known.models.iter().map(|model| model.value.as_str()).collect();
            let message = format!("model: the Claude CLI offers no {model:?}");
            let error = Error::invalid_params(message).hint(format!("one of {}", names.join(", ")));
            return effects.reply(asker, Err(error));
        }
        if self.phase == Phase::Up {
            let purpose = Purpose::Model { asker: Some(asker), model: model.clone() };
            return self.request(Control::SetModel { model }, purpose, now, effects);
        }
        self.record.model = Some(model);
        effects.session_changed();
        effects.reply(asker, Ok(Told::Done));
    }

    /// Tells a process that has come up of a model that was chosen meanwhile.
    pub(super) fn catch_up_on_model(&mut self, now: Timestamp, effects: &mut Effects) {
        if let Some(model) = self.record.model.clone().filter(|model| self.started_with.model.as_ref() != Some(model)) {
            let purpose = Purpose::Model { asker: None, model: model.clone() };
            self.request(Control::SetModel { model }, purpose, now, effects);
        }
    }

    pub(super) fn model_answered(
        &mut self,
        asker: Option<AskId>,
        model: String,
        answer: Result<()>,
        effects: &mut Effects,
    ) {
        if answer.is_ok() && self.record.model.as_ref() != Some(&model) {
            self.record.model = Some(model);
            effects.session_changed();
        }
        match (asker, answer) {
            (Some(asker), answer) => effects.reply(asker, answer.map(|()| Told::Done)),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                let text = format!("the model is the one before until the next start: {}", error.message());
                effects.notice(self.current_turn(), NoticeLevel::Warning, text);
            }
        }
    }
}
