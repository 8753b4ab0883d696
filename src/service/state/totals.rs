//! What a turn used, from the CLI's running totals.
//!
//! After `--resume`, 2.1.197 counts from zero and 2.1.330 from where the conversation was; the latter says besides what
//! the turn alone used, which is taken where it is there.

use std::collections::BTreeMap;

use crate::claude::{ModelUsage, Tokens, TurnResult};

/// The CLI's totals at the end of the turn before, which its next totals are measured from. A new process counts from
/// zero.
#[derive(Debug, Default)]
pub(super) struct Totals {
    cost_usd: f64,
    by_model: BTreeMap<String, ModelUsage>,
}

/// What was used since.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Spent {
    pub(super) tokens: Tokens,
    pub(super) cost_usd: f64,
    pub(super) by_model: BTreeMap<String, ModelUsage>,
}

impl Totals {
    /// Takes in the totals at the end of a turn and says what the turn used.
    pub(super) fn advance(&mut self, result: &TurnResult) -> Spent {
        if result.total_cost_usd < self.cost_usd {
            // The CLI began to count anew.
            *self = Self::default();
        }
        let by_model = match &result.model_usage_since_last {
            Some(used) => used.clone(),
            None => self.rise(&result.model_usage),
        };
        let cost_usd = match &result.model_usage_since_last {
            Some(used) => used.values().map(|model| model.cost_usd).sum(),
            None => result.total_cost_usd - self.cost_usd,
        };
        // A turn that asked no model names none; an old CLI may name none at all.
        let tokens = if result.model_usage.is_empty() { result.usage } else { sum(by_model.values()) };
        *self = Self { cost_usd: result.total_cost_usd, by_model: result.model_usage.clone() };
        Spent { tokens, cost_usd, by_model }
    }

    /// What each model was used for since the turn before.
    fn rise(&self, totals: &BTreeMap<String, ModelUsage>) -> BTreeMap<String, ModelUsage> {
        let used = totals.iter().map(|(model, now)| (model.clone(), since(self.by_model.get(model), now)));
        used.filter(|(_, used)| *used != ModelUsage::default()).collect()
    }
}

fn since(before: Option<&ModelUsage>, now: &ModelUsage) -> ModelUsage {
    let Some(before) = before else { return *now };
    let (then, tokens) = (before.tokens, now.tokens);
    ModelUsage {
        tokens: Tokens {
            input: tokens.input.saturating_sub(then.input),
            output: tokens.output.saturating_sub(then.output),
            cache_read: tokens.cache_read.saturating_sub(then.cache_read),
            cache_write: tokens.cache_write.saturating_sub(then.cache_write),
        },
        cost_usd: (now.cost_usd - before.cost_usd).max(0.0),
    }
}

fn sum<'a>(used: impl Iterator<Item = &'a ModelUsage>) -> Tokens {
    used.fold(Tokens::default(), |total, model| Tokens {
        input: total.input + model.tokens.input,
        output: total.output + model.tokens.output,
        cache_read: total.cache_read + model.tokens.cache_read,
        cache_write: total.cache_write + model.tokens.cache_write,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(input: u64, cost_usd: f64) -> TurnResult {
        let usage = ModelUsage { tokens: Tokens { input, ..Tokens::default() }, cost_usd };
        let model_usage = BTreeMap::from([("opus".to_owned(), usage)]);
        TurnResult { model_usage, total_cost_usd: cost_usd, ..TurnResult::default() }
    }

    #[test]
    fn a_turn_is_charged_what_the_totals_rose_by() {
        let mut before = Totals::default();
        assert_eq!(before.advance(&totals(12, 0.25)).tokens.input, 12);
        let second = before.advance(&totals(20, 0.75));
        assert_eq!((second.tokens.input, second.cost_usd), (8, 0.5));
        assert_eq!(second.by_model["opus"].tokens.input, 8);
    }

    #[test]
    fn what_the_cli_says_the_turn_alone_used_counts_before_any_difference() {
        let alone = totals(3, 0.125).model_usage;
        let result = TurnResult { model_usage_since_last: Some(alone), ..totals(40, 2.0) };
        let first = Totals::default().advance(&result);
        assert_eq!((first.tokens.input, first.cost_usd), (3, 0.125));
    }

    #[test]
    fn totals_that_begin_anew_are_charged_in_full() {
        let mut before = Totals::default();
        before.advance(&totals(20, 0.75));
        let next = before.advance(&totals(5, 0.125));
        assert_eq!((next.tokens.input, next.cost_usd), (5, 0.125));
    }
}
