//! A client that stops reading in a flood.

use std::time::Duration;

use serde_json::{Value, json};

use super::bridge::{Bridge, merged};
use super::script::{Script, Turn};
use super::wait_for;

/// How many deltas a round of the flood has.
pub(crate) const DELTAS: u64 = 5_000;

/// Floods a client that does not read for a while, in rounds of deltas with a thought, a frame that nobody knows and a
/// tool's call and answer each. Fails unless it then gets everything that there was, in order, the deltas merged. Says
/// how much memory the bridge had resident at its peak, in KiB, before the client read again.
pub(crate) fn flood(rounds: u64, pause: Duration) -> u64 {
    let ids = || (0..rounds).map(|round| format!("t{round}"));
    let turn = ids().fold(Turn::text("Go. "), |turn, id| {
        let turn = turn.deltas(DELTAS, "word ").then(&id).think("Hm.");
        let turn = turn.emit(json!({"type": "system", "subtype": "task_started", "task_id": id}));
        turn.call(&id, "Read", json!({"file_path": id})).returns(&id, id.as_str())
    });
    let bridge = Bridge::with_scripted_cli([Script::new().answer(turn.then("Done."))]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let history = bridge.history_file();
    bridge.stop_reading();
    let saying = bridge.start_saying(&session, "Hi");
    std::thread::sleep(pause);
    wait_for("the end of the flood in the store", || (history.ended_turns(&session) == 1).then_some(()));
    let (peak, _) = bridge.resident_kib();
    bridge.read_on();

    // The harness fails a test whose events come out of order, or whose deltas do not go on where the last one ended.
    let said = saying.end();
    let words = "word ".repeat(DELTAS as usize);
    let expected = ids().fold("Go. ".to_owned(), |text, id| text + &words + &id) + "Done.";
    assert!(said.streamed_text() == expected, "{} bytes of {}", said.streamed_text().len(), expected.len());
    assert!((said.events_of("textDelta").len() as u64) < rounds * DELTAS / 2, "deltas are merged");
    assert_eq!(
        said.events.iter().filter_map(mark).collect::<Vec<_>>(),
        ids().flat_map(|id| marks(&id)).collect::<Vec<_>>()
    );
    assert_eq!(said.events_of("turnCompleted").len(), 1);
    // Nothing is in the history that the client did not get.
    assert!(
        merged(said.events.into_iter().filter(of_a_turn))
            == history.events(&session).into_iter().filter(of_a_turn).collect::<Vec<_>>(),
        "the client got something else than the history has"
    );
    peak
}

/// What a round shows beside its deltas.
fn marks(id: &str) -> [String; 4] {
    ["thinking Hm.".to_owned(), format!("unknown {id}"), format!("call {id}"), format!("result {id}")]
}

fn mark(event: &Value) -> Option<String> {
    match event["kind"].as_str()? {
        "unknown" => Some(format!("unknown {}", event["frame"]["task_id"].as_str()?)),
        "thinkingDelta" => Some(format!("thinking {}", event["text"].as_str()?)),
        "toolCall" => Some(format!("call {}", event["toolUseId"].as_str()?)),
        "toolResult" => Some(format!("result {}", event["toolUseId"].as_str()?)),
        _ => None,
    }
}

/// Whether an event belongs to a turn.
fn of_a_turn(event: &Value) -> bool {
    event["turnId"].is_string()
}
