//! What a process asked, and that each question is answered once or withdrawn, never both.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::claude::{self, Frame};
use crate::ids::PermissionId;
use crate::protocol::event::EventBody;
use crate::protocol::permission::{PermissionAnswer, PermissionBehavior, PermissionOutcome};
use crate::protocol::session::SessionState;
use crate::service::state::State;

/// How far a question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Asked by the process, which waits.
    Waiting,
    /// Shown to the person.
    Open(PermissionId),
    /// Decided, and the process is still to be told.
    Decided,
    Answered,
    /// The process wants no answer any more.
    Withdrawn,
}

/// The questions of all processes, by the id of their request.
#[derive(Debug, Default)]
pub(super) struct Questions {
    stages: HashMap<String, Stage>,
    /// In the order they were asked.
    requests: Vec<String>,
    permissions: Vec<PermissionId>,
    /// Whom clients are being asked for.
    asking: HashSet<PermissionId>,
}

/// An answer that makes sense.
pub(super) fn answer(behavior: PermissionBehavior) -> PermissionAnswer {
    serde_json::from_value(json!({ "behavior": behavior })).unwrap()
}

impl Questions {
    /// The next question, which waits for its answer if somebody listens.
    pub(super) fn ask(&mut self, by_agent: bool, heard: bool) -> Frame {
        let request_id = format!("ask_{}", self.requests.len());
        let stage = if heard { Stage::Waiting } else { Stage::Withdrawn };
        self.stages.insert(request_id.clone(), stage);
        self.requests.push(request_id.clone());
        let mut request = json!({"subtype": "can_use_tool", "tool_name": "Write", "input": {}, "tool_use_id": "t"});
        if by_agent {
            request["agent_id"] = "agent".into();
        }
        let line = json!({"type": "control_request", "request_id": request_id, "request": request});
        claude::decode(line.to_string().as_bytes()).unwrap()
    }

    pub(super) fn one(&self, choose: impl FnOnce(usize) -> usize) -> Option<String> {
        (!self.requests.is_empty()).then(|| self.requests[choose(self.requests.len())].clone())
    }

    pub(super) fn permission(&self, choose: impl FnOnce(usize) -> usize) -> Option<PermissionId> {
        (!self.permissions.is_empty()).then(|| self.permissions[choose(self.permissions.len())])
    }

    pub(super) fn is_open(&self, id: PermissionId) -> bool {
        self.stages.values().any(|stage| *stage == Stage::Open(id))
    }

    pub(super) fn event(&mut self, body: &EventBody) {
        match body {
            EventBody::PermissionRequested { permission } => {
                let request = self.requests.last().expect("nothing was asked");
                let before = self.stages.insert(request.clone(), Stage::Open(permission.id));
                assert_eq!(before, Some(Stage::Waiting), "{request} is shown to the person a second time");
                self.permissions.push(permission.id);
            }
            EventBody::PermissionResolved { permission_id, behavior, .. } => {
                let open = self.stages.values_mut().find(|stage| **stage == Stage::Open(*permission_id));
                let open = open.unwrap_or_else(|| panic!("{permission_id} is resolved and was not open"));
                *open = match behavior {
                    PermissionOutcome::Withdrawn => Stage::Withdrawn,
                    PermissionOutcome::Allow | PermissionOutcome::Deny => Stage::Decided,
                };
            }
            _ => {}
        }
    }

    pub(super) fn answered(&mut self, request_id: &str) {
        // What is not about tools is not counted here.
        let Some(stage) = self.stages.get_mut(request_id) else { return };
        assert!(matches!(stage, Stage::Waiting | Stage::Decided), "{request_id} is answered when it is {stage:?}");
        *stage = Stage::Answered;
    }

    pub(super) fn asked(&mut self, id: PermissionId) {
        assert!(self.is_open(id) && self.asking.insert(id), "clients are asked for {id}");
    }

    pub(super) fn stopped(&mut self, id: PermissionId) {
        assert!(self.asking.remove(&id), "nobody was asked for {id}");
    }

    /// What holds between any two steps.
    pub(super) fn check(&self, state: &State, process_serves: bool) {
        let open: HashSet<PermissionId> = state.permissions().map(|permission| permission.id).collect();
        assert!(open.iter().all(|id| self.is_open(*id)), "what waits was never asked");
        assert_eq!(open, self.asking, "clients are asked for what does not wait, or not for what does");
        assert_eq!(state.state() == SessionState::Waiting, !open.is_empty());
        assert!(open.is_empty() || (process_serves && !state.is_parkable()), "nobody waits for the answer");
        for (request, stage) in &self.stages {
            match stage {
                Stage::Open(id) => assert!(open.contains(id), "{request} is forgotten"),
                Stage::Waiting | Stage::Decided => panic!("{request} is not answered: {stage:?}"),
                Stage::Answered | Stage::Withdrawn => {}
            }
        }
    }
}
