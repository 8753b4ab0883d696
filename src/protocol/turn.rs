//! A turn: a message of the person's and all that Claude did in answer to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::usage::Usage;
use crate::error::ErrorData;
use crate::ids::{SessionId, TurnId};

/// How a turn ended, and what it came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// The turn's id, the same as in its events.
    pub id: TurnId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// The last text that Claude wrote in it; of a turn that was cut short, what had arrived.
    pub text: String,
    /// The tools Claude called, in order.
    pub tool_calls: Vec<ToolCallSummary>,
    /// Tokens used in this turn.
    pub usage: Usage,
    /// What this turn cost, in US dollars, by the CLI's own account.
    pub cost_usd: f64,
    /// From the message being given to the CLI to the end, in milliseconds.
    pub duration_ms: u64,
    /// From the message being given to the CLI to the first text, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_text_ms: Option<u64>,
    /// What went wrong, where `stopReason` is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorData>,
}

/// Why a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StopReason {
    /// Claude had said what it had to say.
    Completed,
    /// The client, or the end of this program, stopped it.
    Interrupted,
    /// The session's `maxTurns` was reached.
    MaxTurns,
    /// The model refused.
    Refused,
    /// It could not be finished; `error` says why.
    Failed,
}

/// A tool that was called in a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCallSummary {
    /// The model's id of the call.
    pub tool_use_id: String,
    /// The tool's name.
    pub name: String,
    /// Whether it failed; absent while, or if, it never answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
}
