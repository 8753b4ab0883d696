//! `usage/summary`, over the wire.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::script::{Script, Turn};

fn summary(bridge: &Bridge, params: Value) -> Vec<Value> {
    bridge.request("usage/summary", params)["rows"].as_array().unwrap().clone()
}

/// A turn after which the CLI has used this much of each model since it started.
fn turn(haiku: u64, opus: u64) -> Turn {
    let model = |tokens: u64| {
        json!({
            "inputTokens": tokens, "outputTokens": 2 * tokens, "cacheReadInputTokens": 3 * tokens,
            "cacheCreationInputTokens": 4 * tokens, "costUSD": tokens as f64 / 4.0
        })
    };
    let mut models = json!({"opus": model(opus)});
    if haiku > 0 {
        models["haiku"] = model(haiku);
    }
    Turn::text("Hi").result(json!({"modelUsage": models, "total_cost_usd": (haiku + opus) as f64 / 4.0}))
}

fn row(key: &str, turns: u64, tokens: u64) -> Value {
    json!({
        "key": key, "turns": turns, "inputTokens": tokens, "outputTokens": 2 * tokens,
        "cacheReadTokens": 3 * tokens, "cacheWriteTokens": 4 * tokens, "costUsd": tokens as f64 / 4.0
    })
}

#[test]
fn usage_is_summed_by_session_model_and_day() {
    let scripts =
        [Script::new().answer(turn(0, 1)).answer(turn(2, 3)), Script::new().answer(turn(0, 4)), Script::echo()];
    let bridge = Bridge::with_scripted_cli(scripts).start();
    let one = bridge.create_session();
    bridge.say(&one, "1");
    bridge.say(&one, "2");
    let other = bridge.create_session();
    bridge.say(&other, "3");
    let by = |group: &str| summary(&bridge, json!({"groupBy": group}));
    assert_eq!(by("session"), [row(&one, 2, 5), row(&other, 1, 4)]);
    assert_eq!(by("model"), [row("opus", 3, 7), row("haiku", 1, 2)]);
    let days = by("day");
    let began = bridge.messages(&one)[0]["createdAt"].as_str().unwrap().to_owned();
    assert_eq!(days[0]["key"], began[..10]);
    assert_eq!(days.iter().map(|day| day["turns"].as_u64().unwrap()).sum::<u64>(), 3);
    let none = json!({"groupBy": "session", "until": began});
    assert_eq!(summary(&bridge, none), [Value::Null; 0]);
    let first = json!({"groupBy": "model", "since": began, "until": bridge.messages(&other)[0]["createdAt"]});
    assert_eq!(summary(&bridge, first), [row("opus", 2, 3), row("haiku", 1, 2)]);
}

#[test]
fn a_group_that_is_none_is_refused() {
    let bridge = Bridge::without_cli().start();
    assert_eq!(bridge.refusal("usage/summary", json!({"groupBy": "colour"})).kind(), "invalidParams");
    assert_eq!(bridge.refusal("usage/summary", json!({})).kind(), "invalidParams");
}
