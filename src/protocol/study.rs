//! Studies: folders with an optimisation's configuration, its results and its reports.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Study {
    /// Its id: its path below the folder of all studies, with `/` between the names.
    pub id: String,
    /// Its folder, absolute.
    pub path: String,
    /// What says what is optimised, by its path in the folder; absent where there is none, as with those below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// Optuna's database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// What people say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readme: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// Parameters of `study/list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StudyListParams {}

/// Result of `study/list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StudyListResult {
    /// All studies, sorted by id; none where the profile knows of none.
    pub studies: Vec<Study>,
}

/// Parameters of `study/get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StudyGetParams {
    /// The study.
    pub study_id: String,
}

/// Result of `study/get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StudyGetResult {
    /// The study.
    pub study: Study,
    /// What Claude would be told in a session about it that was made now, in user mode.
    pub context: StudyContext,
}

/// What Claude is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StudyContext {
    /// The text.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
    /// Length of the text in bytes.
    pub bytes: u64,
}
