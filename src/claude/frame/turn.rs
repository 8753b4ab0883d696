//! How a turn ended.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{Object, count, http_status, is_set, number, take_object, take_text, text, texts};
use super::system::provider_session_id;
use crate::ids::ProviderSessionId;

/// The end of a turn, by the CLI's own account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TurnResult {
    /// `success`, `error_max_turns`, `error_during_execution`, … Says less than `is_error`: an API failure is a
    /// `success` that is an error.
    pub subtype: String,
    /// Whether it failed.
    pub is_error: bool,
    /// The last text, or why it failed.
    pub result: String,
    /// What went wrong besides.
    pub errors: Vec<String>,
    /// Tokens used in this turn.
    pub usage: Tokens,
    /// What was spent so far, in US dollars: by this process (2.1.197), or by the conversation, over every resumption
    /// of it (2.1.330).
    pub total_cost_usd: f64,
    /// What was used so far, by model; counted as `total_cost_usd` is.
    pub model_usage: BTreeMap<String, ModelUsage>,
    /// The same since the result before this one, where the CLI is new enough to say so.
    pub model_usage_since_last: Option<BTreeMap<String, ModelUsage>>,
    /// Requests to the model.
    pub num_turns: u64,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How the CLI's loop ended: `completed`, `max_turns`, `api_error`, `aborted_tools`, …
    pub terminal_reason: Option<String>,
    /// Why the model's last message ended: `end_turn`, `tool_use`, `refusal`, …
    pub stop_reason: Option<String>,
    /// The HTTP status of an API failure.
    pub api_error_status: Option<u16>,
    /// The API's name for its failure.
    pub api_error_type: Option<String>,
    /// What began the turn, where it was no message: `task-notification` for a background task that ended.
    pub origin_kind: Option<String>,
    /// The CLI's id of the conversation.
    pub provider_session_id: Option<ProviderSessionId>,
}

/// Tokens by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Sent, and not in the cache.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// Written to the cache.
    pub cache_write: u64,
}

/// What one model was used for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ModelUsage {
    /// Tokens.
    pub tokens: Tokens,
    /// What they cost, in US dollars.
    pub cost_usd: f64,
}

impl TurnResult {
    pub(super) fn take(frame: &mut Object) -> Self {
        Self {
            subtype: take_text(frame, "subtype"),
            is_error: is_set(frame, "is_error"),
            result: take_text(frame, "result"),
            errors: texts(frame, "errors"),
            usage: Tokens::of_turn(&take_object(frame, "usage")),
            total_cost_usd: number(frame, "total_cost_usd").unwrap_or_default(),
            model_usage: by_model(frame, "modelUsage").unwrap_or_default(),
            model_usage_since_last: by_model(frame, "model_usage_since_last_result"),
            num_turns: count(frame, "num_turns").unwrap_or_default(),
            duration_ms: count(frame, "duration_ms").unwrap_or_default(),
            terminal_reason: text(frame, "terminal_reason"),
            stop_reason: text(frame, "stop_reason"),
            api_error_status: http_status(frame, "api_error_status"),
            api_error_type: text(frame, "api_error_type"),
            origin_kind: text(&take_object(frame, "origin"), "kind"),
            provider_session_id: provider_session_id(frame),
        }
    }
}

fn by_model(frame: &Object, name: &str) -> Option<BTreeMap<String, ModelUsage>> {
    let models = frame.get(name)?.as_object()?.iter();
    Some(models.filter_map(|(model, usage)| Some((model.clone(), ModelUsage::read(usage.as_object()?)))).collect())
}

impl Tokens {
    /// What a message of the API's used, by its `usage`.
    pub(in crate::claude) fn of_message(usage: &Value) -> Self {
        usage.as_object().map_or_else(Self::default, Self::of_turn)
    }

    /// Adds what else was used.
    pub fn add(&mut self, more: Self) {
        self.input += more.input;
        self.output += more.output;
        self.cache_read += more.cache_read;
        self.cache_write += more.cache_write;
    }

    /// What was used since.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            input: self.input.saturating_sub(before.input),
            output: self.output.saturating_sub(before.output),
            cache_read: self.cache_read.saturating_sub(before.cache_read),
            cache_write: self.cache_write.saturating_sub(before.cache_write),
        }
    }

    fn of_turn(usage: &Object) -> Self {
        Self::read(usage, ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"])
    }

    fn read(usage: &Object, names: [&str; 4]) -> Self {
        let [input, output, cache_read, cache_write] = names.map(|name| count(usage, name).unwrap_or_default());
        Self { input, output, cache_read, cache_write }
    }
}

impl ModelUsage {
    /// What each model used, by the CLI's `modelUsage`.
    pub(in crate::claude) fn by_model(usage: &Value) -> BTreeMap<String, Self> {
        let models = usage.as_object().into_iter().flatten();
        models.filter_map(|(model, usage)| Some((model.clone(), Self::read(usage.as_object()?)))).collect()
    }

    fn read(usage: &Object) -> Self {
        let names = ["inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"];
        Self { tokens: Tokens::read(usage, names), cost_usd: number(usage, "costUSD").unwrap_or_default() }
    }
}
