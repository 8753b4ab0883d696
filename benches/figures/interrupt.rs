//! How soon a turn of the real CLI ends that is interrupted.

use std::time::Duration;

use crate::bridge::Bridge;
use crate::clock::{median, millis, now, percentile};
use crate::report::figure;
use crate::support::api::{Api, Gate, Reply};
use crate::support::real_cli;

/// From `session/interrupt` to `turnCompleted`, while the model's answer streams.
pub(crate) fn interrupt() {
    const ROUNDS: usize = 50;
    let api = Api::start();
    let home = tempfile::tempdir().unwrap();
    let env = real_cli::environment(&api, home.path());
    let mut bridge = Bridge::start(&real_cli::path(), &[], &env);
    let session = bridge.warm_session();
    let mut times: Vec<_> = (0..ROUNDS).map(|_| interrupt_one(&api, &mut bridge, &session)).collect();
    bridge.end();
    let (half, most) = (median(&mut times), percentile(&mut times, 0.99));
    figure(
        "an interrupt of the real CLI to `turnCompleted`, median and p99",
        &format!("{:.1} ms, {:.1} ms", millis(half), millis(most)),
        "with the CLI's own share",
        "100 ms",
    );
}

/// The model says something and then nothing, until after the interrupt.
fn interrupt_one(api: &Api, bridge: &mut Bridge, session: &str) -> Duration {
    let gate = Gate::new();
    api.reply(Reply::text("One, two").wait_for(&gate).then(", three"));
    let message = format!(r#"{{"sessionId":"{session}","content":"Count","partialResultToken":"p"}}"#);
    let turn = format!("\"id\":{},", bridge.send("message/send", &message));
    while !bridge.next().is_text() {}
    let asked = now();
    let interrupt = bridge.send("session/interrupt", &format!(r#"{{"sessionId":"{session}"}}"#));
    let (mut ended, mut waiting) = (None, vec![turn, format!("\"id\":{interrupt},")]);
    while !waiting.is_empty() {
        let frame = bridge.next();
        if frame.has("\"kind\":\"turnCompleted\"") {
            assert!(frame.has("\"stopReason\":\"interrupted\""), "{}", String::from_utf8_lossy(&frame.body));
            ended = Some(frame.at);
        }
        waiting.retain(|answer| !frame.has(answer));
    }
    gate.open();
    ended.unwrap() - asked
}
