//! Tokens and money.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What a turn, or all turns of a session, used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Usage {
    /// Tokens sent to the model that were not in its cache.
    pub input_tokens: u64,
    /// Tokens the model wrote.
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens written to the prompt cache.
    pub cache_write_tokens: u64,
}

/// Parameters of `usage/summary`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSummaryParams {
    /// By what the turns are grouped.
    pub group_by: UsageGroup,
    /// Only turns that began then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only turns that began before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// By what usage is grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UsageGroup {
    /// By session, the most expensive first.
    Session,
    /// By the study that the session is about now, the most expensive first.
    Study,
    /// By model, the most expensive first. A turn counts for each model that it used.
    Model,
    /// By the day, in UTC, on which the turn began, oldest first.
    Day,
}

/// Result of `usage/summary`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageSummaryResult {
    /// What each group used.
    pub rows: Vec<UsageRow>,
}

/// What a group of turns used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageRow {
    /// The session's id, the study's (empty: sessions that are about none), the model's name, or the day, as
    /// `2026-11-22`.
    pub key: String,
    /// How many turns, those that run included.
    pub turns: u64,
    /// What they used.
    #[serde(flatten)]
    pub usage: Usage,
    /// What they cost, in US dollars.
    pub cost_usd: f64,
}
