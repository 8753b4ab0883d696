//! What the CLI asks, as the person is asked it, and the person's answer, as the CLI is given it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::title;
use crate::claude::{self, CanUseTool, Grant, PLAN_TOOL, QUESTION_TOOL, Suggestion};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{PermissionId, SessionId, TurnId};
use crate::protocol::permission::{
    Permission, PermissionAnswer, PermissionBehavior, PermissionKind, PermissionOutcome, PermissionScope,
    PermissionSuggestion, Question, QuestionAnswer,
};
use crate::protocol::session::Mode;
use crate::time::Timestamp;

/// The longest message to the model that a denial can carry, in characters.
const MESSAGE_LIMIT: usize = 10_000;

/// A question of the CLI's: as the person sees it, and what the answer needs.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) permission: Permission,
    /// Whether an agent asks, which may work on when the turn has ended.
    pub(super) by_agent: bool,
    /// The arguments as the CLI has them: it takes an allowance only with them.
    input: Value,
    /// What it suggests, in the order of the permission's suggestions.
    grants: Vec<Grant>,
}

/// Where and when something is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    pub(super) session_id: SessionId,
    pub(super) turn_id: TurnId,
    pub(super) cwd: &'a Path,
    pub(super) now: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
    /// The plan that the model presents with this call, which the CLI leaves out of its question.
    pub(super) plan: Option<&'a Value>,
}

/// An answer that makes sense: what the CLI is told, and what is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) outcome: PermissionOutcome,
    /// The answer in the CLI's form.
    pub(super) response: Value,
    /// What is allowed for longer than once.
    pub(super) granted: Option<(GrantedFor, Grant)>,
}

/// Where something is allowed for longer than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrantedFor {
    Session,
    Project,
}

/// What needs no person: power mode allows all but what only a person can answer.
pub(super) fn allowed_at_once(mode: Mode, request: &CanUseTool) -> Option<Value> {
    let allowed = mode == Mode::Power && !request.requires_user_interaction;
    allowed.then(|| claude::allow(request.input.clone(), None))
}

/// The denial where nobody can be asked, in words that the model understands.
pub(super) fn nobody_to_ask(tool: &str) -> Value {
    claude::deny(&format!(
        "{tool} needs the person's permission, and no client is there that could ask for it. \
         Do not try again; go on without it, or tell the person what you would have done."
    ))
}

/// The denial of what is asked once the turn has been interrupted.
pub(super) fn interrupted() -> Value {
    claude::deny("The person interrupted this turn.")
}

/// The denial where nobody answered in time.
pub(super) fn too_late(tool: &str) -> Value {
    claude::deny(&format!(
        "{tool} needs the person's permission, and nobody answered in time. \
         Go on without it, or tell the person what you would have done."
    ))
}

/// The error for an id that no open permission has.
pub(super) fn not_found(id: PermissionId) -> Error {
    Error::new(ErrorKind::PermissionNotFound, format!("no permission with the id {id} waits for an answer"))
        .hint("it may have been answered or withdrawn; permission/list names those that wait")
}

impl Asked {
    pub(super) fn new(request: CanUseTool, occasion: Occasion<'_>) -> Self {
        let CanUseTool { tool_name, input, description, suggestions, tool_use_id, agent_id, .. } = request;
        let shown = occasion.plan.filter(|_| input.get("plan").is_none()).unwrap_or(&input).clone();
        let kind = match tool_name.as_str() {
            QUESTION_TOOL => PermissionKind::Question,
            PLAN_TOOL => PermissionKind::Plan,
            _ => PermissionKind::Tool,
        };
        let permission = Permission {
            id: PermissionId::new(),
            session_id: occasion.session_id,
            turn_id: occasion.turn_id,
            tool_use_id: tool_use_id.unwrap_or_default(),
            title: title::of_tool_call(&tool_name, &shown, occasion.cwd),
            description,
            questions: if kind == PermissionKind::Question { questions(&input) } else { Vec::new() },
            input: shown,
            kind,
            suggestions: suggestions.iter().zip(1..).map(|(suggestion, number)| offered(suggestion, number)).collect(),
            created_at: occasion.now,
            expires_at: occasion.expires_at,
            tool_name,
        };
        let grants = suggestions.into_iter().map(|suggestion| suggestion.grant).collect();
        Self { permission, by_agent: agent_id.is_some(), input, grants }
    }

    /// Makes of an answer what the CLI is told.
    ///
    /// # Errors
    /// `invalidParams` that names what makes no sense.
    pub(super) fn check(&self, answer: PermissionAnswer) -> Result<Verdict> {
        match answer.behavior {
            PermissionBehavior::Deny => self.denial(answer),
            PermissionBehavior::Allow => self.allowance(answer),
        }
    }

    fn denial(&self, answer: PermissionAnswer) -> Result<Verdict> {
        let beside = [
            ("scope", answer.scope.is_some_and(|scope| scope != PermissionScope::Once)),
            ("suggestionId", answer.suggestion_id.is_some()),
            ("updatedInput", answer.updated_input.is_some()),
            ("answers", answer.answers.is_some()),
        ];
        if let Some((field, _)) = beside.into_iter().find(|(_, is_there)| *is_there) {
            return Err(Error::invalid_params(format!("answer.{field}: a denial has none")));
        }
        let message = answer.message.filter(|message| !message.trim().is_empty());
        let length = message.as_ref().map_or(0, |message| message.chars().count());
        if length > MESSAGE_LIMIT {
            let problem = format!("answer.message: it has {length} characters, and {MESSAGE_LIMIT} are the limit");
            return Err(Error::invalid_params(problem));
        }
        let message = message.unwrap_or_else(|| declined(self.permission.kind).to_owned());
        Ok(Verdict { outcome: PermissionOutcome::Deny, response: claude::deny(&message), granted: None })
    }

    fn allowance(&self, answer: PermissionAnswer) -> Result<Verdict> {
        if answer.message.is_some() {
            return Err(Error::invalid_params("answer.message: only a denial has one"));
        }
        let granted = self.granted(answer.scope, answer.suggestion_id.as_deref())?;
        let input = match (self.permission.kind, answer.answers, answer.updated_input) {
            (PermissionKind::Question, Some(answers), None) => {
                claude::answered(self.input.clone(), self.checked_answers(answers)?)
            }
            (PermissionKind::Question, None, None) => return Err(unanswered(&self.permission.questions)),
            (PermissionKind::Question, _, Some(_)) => {
                return Err(Error::invalid_params("answer.updatedInput: a question is answered by answers"));
            }
            (_, Some(_), _) => return Err(Error::invalid_params("answer.answers: nothing but a question has answers")),
            (_, None, Some(input)) => input.into(),
            (_, None, None) => self.input.clone(),
        };
        let response = claude::allow(input, granted.as_ref().map(|(_, grant)| grant));
        Ok(Verdict { outcome: PermissionOutcome::Allow, response, granted })
    }

    /// What is allowed beyond this once.
    fn granted(&self, scope: Option<PermissionScope>, id: Option<&str>) -> Result<Option<(GrantedFor, Grant)>> {
        let suggestions = &self.permission.suggestions;
        let chosen = match id {
            Some(id) => {
                Some(suggestions.iter().position(|known| known.id == id).ok_or_else(|| unknown(id, suggestions))?)
            }
            None => None,
        };
        let scope = scope.or_else(|| chosen.map(|at| suggestions[at].scope)).unwrap_or(PermissionScope::Once);
        let granted_for = match scope {
            PermissionScope::Once if chosen.is_some() => {
                let hint = "leave one of the two out";
                return Err(Error::invalid_params("answer.suggestionId: scope once keeps no suggestion").hint(hint));
            }
            PermissionScope::Once => return Ok(None),
            PermissionScope::Session => GrantedFor::Session,
            PermissionScope::Project => GrantedFor::Project,
        };
        let grant = self.grants.get(chosen.unwrap_or(0)).ok_or_else(|| {
            Error::invalid_params("answer.scope: the Claude CLI suggests nothing that would last for this call")
                .hint("answer with scope once")
        })?;
        Ok(Some((granted_for, grant.clone())))
    }

    fn checked_answers(&self, mut answers: BTreeMap<String, QuestionAnswer>) -> Result<Vec<(String, Vec<String>)>> {
        let mut checked = Vec::new();
        for question in &self.permission.questions {
            let answer =
                answers.remove(&question.question).ok_or_else(|| unanswered(std::slice::from_ref(question)))?;
            checked.push((question.question.clone(), checked_answer(question, answer)?));
        }
        match answers.into_keys().next() {
            Some(other) => Err(Error::invalid_params(format!("answer.answers: {other:?} was not asked"))),
            None => Ok(checked),
        }
    }
}

fn checked_answer(question: &Question, answer: QuestionAnswer) -> Result<Vec<String>> {
    let problem = |what: &str| Error::invalid_params(format!("answer.answers: {what} to {:?}", question.question));
    let chosen = match answer {
        QuestionAnswer::One(text) => vec![text],
        QuestionAnswer::Several(_) if !question.multi_select => return Err(problem("several answers")),
        QuestionAnswer::Several(texts) => texts,
    };
    if chosen.is_empty() || chosen.iter().any(|text| text.trim().is_empty()) {
        return Err(problem("an empty answer"));
    }
    Ok(chosen)
}

fn unanswered(questions: &[Question]) -> Error {
    let texts: Vec<&str> = questions.iter().map(|question| question.question.as_str()).collect();
    Error::invalid_params(format!("answer.answers: no answer to {texts:?}"))
        .hint("give each question's answer under its text, or deny")
}

fn unknown(id: &str, suggestions: &[PermissionSuggestion]) -> Error {
    let known: Vec<&str> = suggestions.iter().map(|suggestion| suggestion.id.as_str()).collect();
    Error::invalid_params(format!("answer.suggestionId: {id:?} is none of {known:?}"))
}

fn declined(kind: PermissionKind) -> &'static str {
    match kind {
        PermissionKind::Tool => "The person declined this tool call.",
        PermissionKind::Question => "The person declined to answer.",
        PermissionKind::Plan => "The person does not want this plan to be carried out.",
    }
}

fn offered(suggestion: &Suggestion, number: u32) -> PermissionSuggestion {
    let scope = if suggestion.lasts { PermissionScope::Project } else { PermissionScope::Session };
    PermissionSuggestion { id: number.to_string(), label: suggestion.grant.label(), scope }
}

/// The questions in a call's arguments; one that cannot be read is not asked.
fn questions(input: &Value) -> Vec<Question> {
    let questions = input.get("questions").and_then(Value::as_array).into_iter().flatten();
    questions.filter_map(|question| serde_json::from_value(question.clone()).ok()).collect()
}

#[cfg(test)]
mod tests;
