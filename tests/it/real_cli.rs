//! The real Claude CLI, against a stand-in Messages API.

use crate::support::api::{Api, Reply};
use crate::support::bridge::Bridge;

#[test]
fn a_turn_streams_multi_byte_text_and_is_found_in_the_history() {
    let api = Api::start();
    api.reply(Reply::chunks(["Grü", "ße, ", "日本", "語 ✓"]));
    let mut bridge = Bridge::with_real_cli(&api).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Sag etwas");
    assert_eq!(said.streamed_text(), "Grüße, 日本語 ✓");
    assert_eq!(said.text(), "Grüße, 日本語 ✓");
    assert_eq!(bridge.history(&session).len(), 2);
    bridge.shutdown();
}
