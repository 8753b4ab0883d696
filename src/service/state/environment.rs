//! What the process is told of the session in its environment, which the commands that Claude runs inherit.

use std::collections::BTreeMap;

use super::controls::Purpose;
use super::{Effects, Phase, State};
use crate::claude::Control;
use crate::service::launch::mode_of;
use crate::time::Timestamp;

impl State {
    /// What the environment of a process is to tell of the session as it is now.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        self.plan.profile().environment(mode_of(&self.record), self.record.study.id.as_deref())
    }

    /// Tells a process that is up what has changed. What does not hold any more becomes empty: a variable can be set in
    /// a process that runs, and not be removed.
    pub(super) fn enforce_environment(&mut self, now: Timestamp, effects: &mut Effects) {
        let wanted = self.environment();
        if self.phase != Phase::Up || wanted == self.started_with.environment {
            return;
        }
        let gone = self.started_with.environment.keys().filter(|name| !wanted.contains_key(*name));
        let variables = gone.map(|name| (name.clone(), String::new())).chain(wanted.clone()).collect();
        self.started_with.environment = wanted;
        self.request(Control::SetEnvironment { variables }, Purpose::Environment, now, effects);
    }
}
