//! Many sessions at once, and a client that does not keep up.

use std::time::{Duration, Instant};

use serde_json::json;

use super::scenario::{Fine, Harm, Scenario, Try};
use crate::support::bridge::Bridge;
use crate::support::flood::{DELTAS, flood};
use crate::support::script::{Script, Turn};

/// How much memory the bridge may have resident with a hundred sessions, in KiB.
const CROWD_LIMIT: u64 = 150 * 1024;

/// How much memory the bridge may have resident while its client does not read, in KiB.
const FLOOD_LIMIT: u64 = 60 * 1024;

pub(crate) const CROWD: Scenario = Scenario {
    name: "crowd",
    fault: "a hundred sessions stream at once (short: thirty), none of which waits for another; under 150 MiB",
    tries: [1, 3],
    at_once: 1,
    limit: Some(("until all of them stream", Duration::from_secs(30))),
    play: stream_together,
};

fn stream_together(one: &mut Try) -> Result<Fine, Harm> {
    let count = if one.short { 30 } else { 100 };
    let turn = Turn::text("Half").hold("all").deltas(2_000, " word").then(".");
    let scripts = vec![Script::new().answer(turn); count];
    let options = json!({"sessions": {"maxLive": count}});
    let mut bridge = Bridge::with_scripted_cli(scripts).options(options).start();
    let sessions: Vec<_> = (0..count).map(|_| bridge.create_session()).collect();
    let began = Instant::now();
    let mut sayings: Vec<_> = sessions.iter().map(|session| bridge.start_saying(session, "Hi")).collect();
    // None of them goes on before the last of them has begun.
    sayings.iter_mut().for_each(|saying| saying.until_text("Half"));
    let took = began.elapsed();
    bridge.cli().release("all");
    let expected = format!("Half{}.", " word".repeat(2_000));
    for saying in sayings {
        let said = saying.end();
        if said.text() != expected || said.streamed_text() != expected {
            return Err(Harm::Lost(format!("{} bytes of {}", said.streamed_text().len(), expected.len())));
        }
    }
    let (peak, _) = bridge.resident_kib();
    assert!(peak < CROWD_LIMIT, "{peak} KiB at the peak");
    bridge.shutdown();
    let remark = format!("{} MiB resident at the peak", peak.div_ceil(1024));
    Ok(Fine { faults: count as u64, took: vec![took], remark })
}

pub(crate) const FLOOD: Scenario = Scenario {
    name: "flood",
    fault: "a client that does not read for a minute while a million deltas and 200 tool calls come (short: 50,000 and 10)",
    tries: [1, 1],
    at_once: 1,
    limit: None,
    play: read_late,
};

fn read_late(one: &mut Try) -> Result<Fine, Harm> {
    let (rounds, pause) = if one.short { (10, Duration::ZERO) } else { (200, Duration::from_secs(60)) };
    let peak = flood(rounds, pause);
    assert!(peak < FLOOD_LIMIT, "{peak} KiB at the peak");
    let remark = format!("{} deltas; {} MiB resident at the peak", rounds * DELTAS, peak.div_ceil(1024));
    Ok(Fine { faults: 1, remark, ..Fine::default() })
}
