use super::*;
use crate::store::{UsageGroup, UsageKey, UsageQuery, UsageRow};

const DAY: i64 = 86_400_000;

fn used(turn: TurnRow, started_at: i64, usage_by_model: Vec<ModelUsage>) -> TurnRow {
    let cost_usd = usage_by_model.iter().map(|used| used.cost_usd).sum();
    let tokens = usage_by_model.len() as u64;
    TurnRow {
        started_at: Timestamp::from_millis(started_at),
        input_tokens: tokens,
        output_tokens: 2 * tokens,
        cache_read_tokens: 3 * tokens,
        cache_write_tokens: 4 * tokens,
        cost_usd,
        usage_by_model,
        ..turn
    }
}

fn row(key: UsageKey, turns: u64, share: u64) -> UsageRow {
    UsageRow {
        key,
        turns,
        input_tokens: share,
        output_tokens: 2 * share,
        cache_read_tokens: 3 * share,
        cache_write_tokens: 4 * share,
        cost_usd: 0.5 * share as f64,
    }
}

#[tokio::test]
async fn usage_is_summed_by_session_model_and_day() {
    let home = Home::new();
    let (store, one) = with_session(&home).await;
    let other = session();
    store.create_session(other.clone(), None).await.unwrap();
    let turns = vec![
        used(turn(one.id), DAY, vec![usage("haiku"), usage("opus")]),
        used(turn(one.id), 2 * DAY - 1, vec![usage("opus")]),
        used(turn(one.id), 2 * DAY, vec![usage("opus")]),
    ];
    store.commit(Batch { turns, ..Batch::default() }).await.unwrap();
    let turns = vec![used(turn(other.id), 2 * DAY, vec![usage("opus")]), turn(other.id)];
    store.commit(Batch { turns, ..Batch::default() }).await.unwrap();

    let all = |group| UsageQuery { group, since: None, until: None };
    let day = |day: i64| UsageKey::Day(Timestamp::from_millis(day * DAY));
    let sessions = [row(UsageKey::Session(one.id), 3, 4), row(UsageKey::Session(other.id), 2, 1)];
    assert_eq!(store.usage(all(UsageGroup::Session)).await.unwrap(), sessions);
    let models = [row(UsageKey::Model("opus".into()), 4, 4), row(UsageKey::Model("haiku".into()), 1, 1)];
    assert_eq!(store.usage(all(UsageGroup::Model)).await.unwrap(), models);
    let days = [row(day(0), 1, 0), row(day(1), 2, 3), row(day(2), 2, 2)];
    assert_eq!(store.usage(all(UsageGroup::Day)).await.unwrap(), days);

    let until = Some(Timestamp::from_millis(2 * DAY));
    let since = Some(Timestamp::from_millis(DAY));
    let first_day = |group| UsageQuery { group, since, until };
    assert_eq!(store.usage(first_day(UsageGroup::Session)).await.unwrap(), [row(UsageKey::Session(one.id), 2, 3)]);
    assert_eq!(store.usage(first_day(UsageGroup::Day)).await.unwrap(), [row(day(1), 2, 3)]);
    let later = UsageQuery { group: UsageGroup::Model, since: until, until: None };
    assert_eq!(store.usage(later).await.unwrap(), [row(UsageKey::Model("opus".into()), 2, 2)]);
}
