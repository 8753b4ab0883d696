//! What a process called of the client's tools, and that each call is answered once or withdrawn, never both.

use std::collections::HashSet;

use serde_json::json;

use super::tools;
use crate::claude::Frame;
use crate::service::state::{CallId, State};

/// The calls of all processes.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many there were.
    count: u64,
    /// The names of those that have no answer, as far as the process wants one.
    unanswered: HashSet<String>,
    answered: HashSet<String>,
    /// What clients are being called for.
    open: HashSet<CallId>,
    /// All that clients were ever called for.
    passed_on: Vec<CallId>,
}

impl Calls {
    /// The next call.
    pub(super) fn call(&mut self) -> Frame {
        self.count += 1;
        self.unanswered.insert(format!("q{}", self.count));
        tools::call(self.count, "open")
    }

    /// The process takes a call back.
    pub(super) fn take_back(&mut self, choose: impl FnOnce(usize) -> usize) -> Option<Frame> {
        let count = usize::try_from(self.count).unwrap();
        let id = (count > 0).then(|| choose(count) + 1)?;
        let params = json!({ "requestId": id });
        Some(tools::mcp("cancel", json!({"method": "notifications/cancelled", "params": params})))
    }

    /// A client answers a call.
    pub(super) fn answer(&mut self, choose: impl FnOnce(usize) -> usize) -> Option<CallId> {
        let id = (!self.passed_on.is_empty()).then(|| self.passed_on[choose(self.passed_on.len())])?;
        self.open.remove(&id);
        Some(id)
    }

    pub(super) fn called(&mut self, id: CallId) {
        assert!(self.open.insert(id) && !self.passed_on.contains(&id), "{id:?} is called twice");
        self.passed_on.push(id);
    }

    pub(super) fn stopped(&mut self, id: CallId) {
        assert!(self.open.remove(&id), "{id:?} is withdrawn and was not open");
    }

    pub(super) fn answered(&mut self, request_id: &str) {
        if request_id.starts_with('q') && request_id.len() > 1 {
            assert!(self.unanswered.remove(request_id), "{request_id} is answered, which nobody asked, or again");
            self.answered.insert(request_id.to_owned());
        }
    }

    /// What holds between any two steps.
    pub(super) fn check(&self, state: &State, process_serves: bool) {
        assert_eq!(state.waits_for_tool(), !self.open.is_empty(), "clients are called for what does not wait");
        assert!(self.open.is_empty() || (process_serves && !state.is_parkable()), "nobody waits for the answer");
    }
}
