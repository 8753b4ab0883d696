//! Permissions: what Claude asks the person, and what the person answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{PermissionId, SessionId, TurnId};
use crate::time::Timestamp;

/// Something that Claude may do only if the person lets it, or that only the person can answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The permission's id.
    pub id: PermissionId,
    /// The session.
    pub session_id: SessionId,
    /// The turn; of an agent that works on in the background, the last one.
    pub turn_id: TurnId,
    /// The model's id of the tool call.
    pub tool_use_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// What it does, in a few words: "Run cargo test".
    pub title: String,
    /// What the model says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The arguments; of a plan, with its text as `plan`.
    pub input: Value,
    /// What is asked.
    pub kind: PermissionKind,
    /// Where `kind` is `question`: what the person is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// What can be allowed from now on together with this, the closest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<PermissionSuggestion>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it is denied if nobody has answered; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionKind {
    /// May this tool be used?
    Tool,
    /// What do you say to these questions? Answered by `allow` with `answers`.
    Question,
    /// Is this plan to be carried out?
    Plan,
}

/// A question of the model's to the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The question, by which its answer is given.
    pub question: String,
    /// What it is about, in a word or two.
    #[serde(default)]
    pub header: String,
    /// What can be chosen. A text of the person's own is an answer as well.
    #[serde(default)]
    pub options: Vec<QuestionOption>,
    /// Whether several can be chosen.
    #[serde(default)]
    pub multi_select: bool,
}

/// What can be chosen as an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuestionOption {
    /// The answer.
    pub label: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
}

/// What can be allowed from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionSuggestion {
    /// Its name in the answer.
    pub id: String,
    /// What it allows: "Allow Bash(cargo test:*)".
    pub label: String,
    /// For how long, unless the answer says otherwise.
    pub scope: PermissionScope,
}

/// For how long something is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionScope {
    /// This once.
    Once,
    /// In this session.
    Session,
    /// In all sessions that work in this folder.
    Project,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionBehavior {
    /// Go on.
    Allow,
    /// Do not.
    Deny,
}

/// The answer to a permission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionAnswer {
    /// Whether it is allowed.
    pub behavior: PermissionBehavior,
    /// For how long; absent: as the chosen suggestion says, and once without one. Where it is longer than once, what is
    /// allowed is the chosen suggestion, and without one the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<PermissionScope>,
    /// What else is allowed: one of the permission's suggestions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion_id: Option<String>,
    /// What the model is told about a denial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The arguments to use instead: the whole object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_input: Option<Map<String, Value>>,
    /// The answers to the questions, each by the question's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<BTreeMap<String, QuestionAnswer>>,
}

/// The answer to a question: an option's label, or a text of the person's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "an answer is a text, or a list of texts where several can be chosen")]
pub enum QuestionAnswer {
    /// One.
    One(String),
    /// Several, where the question allows it.
    Several(Vec<String>),
}

/// What became of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionOutcome {
    /// It was allowed.
    Allow,
    /// It was denied.
    Deny,
    /// Nobody needs an answer any more.
    Withdrawn,
}

/// Who, or what, resolved a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PermissionResolver {
    /// The person.
    Client,
    /// Nobody answered in time.
    Deadline,
    /// No client that could be asked was there, or all of them are gone or did not want to answer.
    Nobody,
    /// The Claude CLI took the question back.
    Cli,
    /// The turn was interrupted.
    Interrupt,
    /// The turn ended.
    TurnEnd,
    /// The process that asked is gone.
    ProcessEnd,
}

/// Parameters of `permission/request`, which the server sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionRequestParams {
    /// What is asked.
    pub permission: Permission,
}

/// Parameters of `permission/list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionListParams {
    /// Only those of this session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// Result of `permission/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionListResult {
    /// Those that still wait for an answer, oldest first.
    pub permissions: Vec<Permission>,
}

/// Parameters of `permission/answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionAnswerParams {
    /// The permission.
    pub permission_id: PermissionId,
    /// The answer.
    pub answer: PermissionAnswer,
}

/// What the person has allowed for longer than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionGrant {
    /// Its id, by which it is revoked.
    pub id: String,
    /// What it allows: "Allow Bash(cargo test:*)".
    pub label: String,
    /// For how long: `session` or `project`.
    pub scope: PermissionScope,
    /// The session, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The folder, where it is for all sessions that work in it; by its real path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// When it was allowed.
    pub created_at: Timestamp,
}

/// Parameters of `permission/grants`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionGrantsParams {
    /// Only what counts in this session: what was allowed in it, and in the folder that it works in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
}

/// Result of `permission/grants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionGrantsResult {
    /// What is allowed, the oldest first.
    pub grants: Vec<PermissionGrant>,
}

/// Parameters of `permission/revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionRevokeParams {
    /// The grant.
    pub grant_id: String,
}

/// Result of `permission/revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PermissionRevokeResult {
    /// Whether it was there.
    pub revoked: bool,
}
