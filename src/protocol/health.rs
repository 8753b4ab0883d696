//! Health: whether all that a bridge needs is there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of `bridge/health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthParams {}

/// Result of `bridge/health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthResult {
    /// What was looked at.
    pub checks: Vec<HealthCheck>,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthCheck {
    /// What: `configuration`, `folders`, `leftovers`, `history`, `cli`, `credential`, `mcp`, or `mcp.NAME` for one
    /// server. There may be more.
    pub name: String,
    /// How it is.
    pub status: HealthStatus,
    /// What was found, for people.
    pub detail: String,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HealthStatus {
    /// As it should be.
    Ok,
    /// It works, but the person should know something.
    Warning,
    /// It does not work.
    Failed,
}

impl HealthResult {
    /// Whether anything does not work.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|check| check.status == HealthStatus::Failed)
    }
}
