//! The whole of it, for a client that knows only the protocol.

use crate::support::api::{Api, Gate, Reply};
use crate::support::bridge::Bridge;

#[test]
fn two_sessions_stream_at_once_and_every_message_is_found_after_a_kill() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).start();
    let [red, blue] = [bridge.create_session(), bridge.create_session()];
    stream_interleaved(&api, &bridge, &red, &blue);
    let before = [bridge.messages(&red), bridge.messages(&blue)];

    bridge.kill();
    bridge.restart();

    assert_eq!([bridge.messages(&red), bridge.messages(&blue)], before);
    for (session, colour) in [(&red, "red"), (&blue, "blue")] {
        bridge.say(session, format!("{colour} again"));
        let told = api.last_request().conversation_texts();
        assert_eq!(told, [format!("{colour}?"), format!("{colour} one two"), format!("{colour} again")]);
        let history = bridge.history(session);
        let expected = [
            format!("user: {colour}?"),
            format!("assistant: {colour} one two"),
            format!("user: {colour} again"),
            format!("assistant: echo: {colour} again"),
        ];
        assert_eq!(history, expected);
    }
    bridge.shutdown();
}

/// Each turn moves only when the test lets it, now this one, now that one.
fn stream_interleaved(api: &Api, bridge: &Bridge, red: &str, blue: &str) {
    let gates = [(); 4].map(|()| Gate::new());
    let [red_one, red_two, blue_one, blue_two] = &gates;
    api.reply_to("red?", Reply::text("red").wait_for(red_one).then(" one").wait_for(red_two).then(" two"));
    api.reply_to("blue?", Reply::text("blue").wait_for(blue_one).then(" one").wait_for(blue_two).then(" two"));
    let mut on_red = bridge.start_saying(red, "red?");
    let mut on_blue = bridge.start_saying(blue, "blue?");
    on_red.until_text("red");
    on_blue.until_text("blue");
    red_one.open();
    on_red.until_text("red one");
    blue_one.open();
    on_blue.until_text("blue one");
    blue_two.open();
    assert_eq!(on_blue.end().text(), "blue one two");
    red_two.open();
    assert_eq!(on_red.end().text(), "red one two");
}
