//! Permissions that wait for the person: each is asked once, and either answered once or withdrawn.

use super::{ActiveTurn, Effect, Effects, Phase, State, Timer};
use crate::claude::{self, CanUseTool};
use crate::error::Result;
use crate::ids::PermissionId;
use crate::protocol::event::{EventBody, Status};
use crate::protocol::permission::{Permission, PermissionAnswer, PermissionOutcome, PermissionResolver};
use crate::service::permission::{self, Asked, Occasion, Verdict};
use crate::time::Timestamp;

/// A question of the process's that waits for its answer.
#[derive(Debug)]
pub(super) struct Open {
    request_id: String,
    asked: Asked,
}

impl Open {
    fn id(&self) -> PermissionId {
        self.asked.permission.id
    }
}

impl State {
    /// The permissions that wait, oldest first.
    pub(in crate::service) fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.permissions.iter().map(|open| &open.asked.permission)
    }

    /// Whether the session waits for the person.
    pub(super) fn waits_for_permission(&self) -> bool {
        !self.permissions.is_empty()
    }

    /// Makes of an answer what [`super::Input::Decided`] takes.
    ///
    /// # Errors
    /// `permissionNotFound` where it does not wait, `invalidParams` where the answer makes no sense.
    pub(in crate::service) fn check_answer(&self, id: PermissionId, answer: PermissionAnswer) -> Result<Verdict> {
        let open = self.permissions.iter().find(|open| open.id() == id).ok_or_else(|| permission::not_found(id))?;
        open.asked.check(answer)
    }

    /// The process asks whether it may use a tool.
    pub(super) fn can_use_tool(
        &mut self,
        request_id: String,
        request: CanUseTool,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        // The same question twice gets one answer.
        if self.permissions.iter().any(|open| open.request_id == request_id) {
            return;
        }
        if let Some(response) = self.decided_at_once(&request) {
            return effects.write(claude::Input::Answer { request_id, response: Ok(response) });
        }
        let Some(asked) = self.asked(request, now) else { return };
        let permission = Box::new(asked.permission.clone());
        effects.event(self.current_turn(), EventBody::PermissionRequested { permission });
        if self.askable && self.phase == Phase::Up {
            self.ask_person(Open { request_id, asked }, now, effects);
        } else {
            self.deny_unasked(Open { request_id, asked }, effects);
        }
    }

    fn decided_at_once(&self, request: &CanUseTool) -> Option<serde_json::Value> {
        let interrupted = self.turn.as_ref().is_some_and(ActiveTurn::is_interrupted) && request.agent_id.is_none();
        match permission::allowed_at_once(self.record.mode, request) {
            Some(allowed) => Some(allowed),
            None if interrupted => Some(permission::interrupted()),
            None if let Some(decided) = self.own_tool_decided(request) => Some(decided),
            // No turn that it could be shown in.
            None if self.last_turn.is_none() => Some(permission::nobody_to_ask(&request.tool_name)),
            None => None,
        }
    }

    /// The question as the person sees it.
    fn asked(&self, request: CanUseTool, now: Timestamp) -> Option<Asked> {
        let plan = self.turn.as_ref().and_then(|turn| turn.plan_of(request.tool_use_id.as_deref()));
        let occasion = Occasion {
            session_id: self.record.id,
            turn_id: self.last_turn?,
            cwd: &self.record.cwd,
            now,
            expires_at: self.limits.permission_deadline.map(|deadline| now.after(deadline)),
            plan,
        };
        Some(Asked::new(request, occasion))
    }

    fn ask_person(&mut self, open: Open, now: Timestamp, effects: &mut Effects) {
        let permission = Box::new(open.asked.permission.clone());
        self.permissions.push(open);
        effects.status(self.current_turn(), Status::WaitingForPermission, Some(permission.title.clone()));
        effects.push(Effect::Ask(permission));
        self.watch_deadline(now, effects);
    }

    /// Nobody is there: it is denied, and shown to those who follow.
    fn deny_unasked(&self, open: Open, effects: &mut Effects) {
        let (permission_id, by) = (open.id(), PermissionResolver::Nobody);
        let resolved = EventBody::PermissionResolved { permission_id, behavior: PermissionOutcome::Deny, by };
        effects.event(self.current_turn(), resolved);
        let response = permission::nobody_to_ask(&open.asked.permission.tool_name);
        effects.write(claude::Input::Answer { request_id: open.request_id, response: Ok(response) });
    }

    /// The person, or whoever stands in for them, has decided.
    pub(super) fn decide(
        &mut self,
        id: PermissionId,
        verdict: Verdict,
        by: PermissionResolver,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(at) = self.permissions.iter().position(|open| open.id() == id) else { return };
        let open = self.permissions.remove(at);
        let Verdict { outcome, response, granted } = verdict;
        if let Some((granted_for, grant)) = granted {
            effects.push(Effect::Grant(granted_for, grant));
        }
        self.resolved(&open, outcome, by, effects);
        effects.write(claude::Input::Answer { request_id: open.request_id, response: Ok(response) });
        // From here on it is the process again that has to say something.
        self.heard_at = now;
        if let Some(next) = self.permissions.first() {
            let title = next.asked.permission.title.clone();
            effects.status(self.current_turn(), Status::WaitingForPermission, Some(title));
        }
        self.watch_deadline(now, effects);
    }

    /// All who could be asked are gone, or do not want to answer.
    pub(super) fn left_unanswered(&mut self, id: PermissionId, now: Timestamp, effects: &mut Effects) {
        self.deny(id, permission::nobody_to_ask, PermissionResolver::Nobody, now, effects);
    }

    /// Denies those whose time is over.
    pub(super) fn deadline_passed(&mut self, now: Timestamp, effects: &mut Effects) {
        let late: Vec<PermissionId> =
            self.permissions().filter(|open| open.expires_at.is_some_and(|at| at <= now)).map(|open| open.id).collect();
        for id in late {
            self.deny(id, permission::too_late, PermissionResolver::Deadline, now, effects);
        }
        self.watch_deadline(now, effects);
    }

    /// The process takes a question back.
    pub(super) fn taken_back(&mut self, request_id: &str, effects: &mut Effects) {
        self.withdraw(PermissionResolver::Cli, effects, |open| open.request_id == request_id);
    }

    /// The turn ends, and with it what the conversation itself asked. Agents that work on still wait.
    pub(super) fn withdraw_with_turn(&mut self, by: PermissionResolver, effects: &mut Effects) {
        let agents_work_on = self.background_tasks > 0;
        self.withdraw(by, effects, |open| !(open.asked.by_agent && agents_work_on));
    }

    /// The process ends, and with it all that it asked.
    pub(super) fn withdraw_all(&mut self, effects: &mut Effects) {
        self.withdraw(PermissionResolver::ProcessEnd, effects, |_| true);
    }

    fn withdraw(&mut self, by: PermissionResolver, effects: &mut Effects, which: impl Fn(&Open) -> bool) {
        let withdrawn: Vec<Open> = self.permissions.extract_if(.., |open| which(open)).collect();
        for open in &withdrawn {
            self.resolved(open, PermissionOutcome::Withdrawn, by, effects);
        }
        if !withdrawn.is_empty() && self.permissions.is_empty() {
            effects.push(Effect::ClearTimer(Timer::Permission));
        }
    }

    fn deny(
        &mut self,
        id: PermissionId,
        response: impl Fn(&str) -> serde_json::Value,
        by: PermissionResolver,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(open) = self.permissions().find(|open| open.id == id) else { return };
        let response = response(&open.tool_name);
        self.decide(id, Verdict { outcome: PermissionOutcome::Deny, response, granted: None }, by, now, effects);
    }

    fn resolved(&self, open: &Open, behavior: PermissionOutcome, by: PermissionResolver, effects: &mut Effects) {
        let permission_id = open.id();
        effects.event(self.current_turn(), EventBody::PermissionResolved { permission_id, behavior, by });
        effects.push(Effect::StopAsking(permission_id));
    }

    /// Wakes up when the next permission is due.
    fn watch_deadline(&self, now: Timestamp, effects: &mut Effects) {
        let Some(deadline) = self.limits.permission_deadline else { return };
        match self.permissions().filter_map(|open| open.expires_at).min() {
            // A clock that was set back does not make it later.
            Some(at) => effects.push(Effect::SetTimer(Timer::Permission, at.since(now).min(deadline))),
            None => effects.push(Effect::ClearTimer(Timer::Permission)),
        }
    }
}
