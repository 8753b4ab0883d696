//! What turns used, summed up.

use crate::error::Result;
use crate::protocol::usage::{Usage, UsageGroup, UsageRow, UsageSummaryParams, UsageSummaryResult};
use crate::store::{self, Store, UsageKey, UsageQuery};

/// What was used, by group.
pub(super) async fn summary(store: &Store, params: UsageSummaryParams) -> Result<UsageSummaryResult> {
    let group = match params.group_by {
        UsageGroup::Session => store::UsageGroup::Session,
        UsageGroup::Study => store::UsageGroup::Study,
        UsageGroup::Model => store::UsageGroup::Model,
        UsageGroup::Day => store::UsageGroup::Day,
    };
    let rows = store.usage(UsageQuery { group, since: params.since, until: params.until }).await?;
    Ok(UsageSummaryResult { rows: rows.into_iter().map(row).collect() })
}

fn row(row: store::UsageRow) -> UsageRow {
    let key = match row.key {
        UsageKey::Session(id) => id.to_string(),
        UsageKey::Study(id) => id.unwrap_or_default(),
        UsageKey::Model(name) => name,
        UsageKey::Day(begin) => begin.date(),
    };
    let usage = Usage {
        input_tokens: row.input_tokens,
        output_tokens: row.output_tokens,
        cache_read_tokens: row.cache_read_tokens,
        cache_write_tokens: row.cache_write_tokens,
    };
    UsageRow { key, turns: row.turns, usage, cost_usd: row.cost_usd }
}
