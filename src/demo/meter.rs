//! Tokens and what they would cost: made up, but adding up as the CLI's do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// US dollars for a million tokens: sent, written, read from the cache.
const PRICES: [f64; 3] = [4.0, 20.0, 0.4];
/// Characters to a token.
const CHARS_PER_TOKEN: usize = 4;
/// What a message takes before the first word of it.
const OVERHEAD: u64 = 12;

/// Tokens of a kind each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spent {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) cache_read: u64,
}

/// Tokens by model.
pub(super) type ByModel = BTreeMap<String, Spent>;

impl Spent {
    pub(super) fn add(&mut self, more: Self) {
        self.input += more.input;
        self.output += more.output;
        self.cache_read += more.cache_read;
    }

    /// In US dollars.
    fn cost(self) -> f64 {
        let tokens = [self.input, self.output, self.cache_read];
        tokens.iter().zip(PRICES).map(|(tokens, price)| *tokens as f64 * price / 1e6).sum()
    }

    /// As a message has it.
    pub(super) fn as_usage(self) -> Value {
        json!({
            "input_tokens": self.input, "output_tokens": self.output,
            "cache_creation_input_tokens": 0, "cache_read_input_tokens": self.cache_read,
        })
    }

    fn as_model_usage(self) -> Value {
        json!({
            "inputTokens": self.input, "outputTokens": self.output, "cacheReadInputTokens": self.cache_read,
            "cacheCreationInputTokens": 0, "webSearchRequests": 0, "costUSD": self.cost(),
        })
    }
}

/// The cost of all, in US dollars.
pub(super) fn cost(spent: &ByModel) -> f64 {
    spent.values().map(|spent| spent.cost()).sum()
}

/// As a result has it.
pub(super) fn model_usage(spent: &ByModel) -> Value {
    let models = spent.iter().map(|(model, spent)| (model.clone(), spent.as_model_usage()));
    Value::Object(models.collect::<Map<_, _>>())
}

/// How many tokens this many characters are.
pub(super) fn tokens(chars: usize) -> u64 {
    chars.div_ceil(CHARS_PER_TOKEN) as u64
}

/// What one message costs: what is new is sent, what was said before is in the cache.
pub(super) fn of_message(new_chars: usize, said_before: u64) -> Spent {
    Spent { input: OVERHEAD + tokens(new_chars), output: 1, cache_read: said_before }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_add_up_over_models() {
        let mut spent = Spent { input: 1_000_000, output: 0, cache_read: 0 };
        spent.add(Spent { input: 0, output: 1_000_000, cache_read: 1_000_000 });
        let all = ByModel::from([("a".to_owned(), spent), ("b".to_owned(), spent)]);
        assert!((cost(&all) - 2.0 * 24.4).abs() < 1e-9);
        assert_eq!(model_usage(&all)["b"]["outputTokens"], 1_000_000);
    }
}
