//! Sessions and their messages, with the scripted CLI.

use crate::support::bridge::Bridge;
use crate::support::script::Script;

#[test]
fn a_message_is_answered_and_streamed() {
    let mut bridge = Bridge::with_scripted_cli([Script::new().answer(["Hel", "lo"])]).start();
    let session = bridge.create_session();
    let said = bridge.say(&session, "Hi");
    assert_eq!((said.text().as_str(), said.streamed_text().as_str()), ("Hello", "Hello"));
    bridge.shutdown();
}
