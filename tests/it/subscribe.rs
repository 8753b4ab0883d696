//! `session/subscribe`: replay, then live, with no gap and no repeat, whoever runs the session.

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, merged};
use crate::support::script::{Script, Turn};

fn unsubscribe(bridge: &Bridge, token: &str) {
    bridge.request("session/unsubscribe", json!({"subscriptionToken": token}));
}

fn seqs(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["seq"].as_u64().unwrap()).collect()
}

/// The events of a session as its file has them.
fn stored(bridge: &Bridge, session: &str) -> Vec<Value> {
    bridge.history_file().events(session)
}

#[test]
fn a_subscriber_gets_what_is_stored_and_then_what_comes() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let mut subscription = bridge.subscribe(&session, 0);
    let replayed_to = subscription.last_seq();
    subscription.until_seq(replayed_to);
    assert_eq!(merged(subscription.events.clone()), stored(&bridge, &session));
    bridge.say(&session, "Two");
    subscription.until_kind("turnCompleted");
    let events = subscription.end();
    let mut file = stored(&bridge, &session);
    file.truncate(merged(events.clone()).len());
    assert_eq!(merged(events), file);
}

#[test]
fn deltas_come_to_a_subscriber_as_they_are_said() {
    let script = Script::new().answer(Turn::text("Hel").hold("more").then("lo").hold("end"));
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    bridge.wait_until_warm(&session);
    let mut early = bridge.subscribe(&session, 0);
    let saying = bridge.start_saying(&session, "Hi");
    early.until_text("Hel");
    let mut late = bridge.subscribe(&session, 0);
    late.until_text("Hel");
    bridge.cli().release("more");
    early.until_text("Hello");
    late.until_text("Hello");
    bridge.cli().release("end");
    saying.end();
    early.until_kind("turnCompleted");
    late.until_kind("turnCompleted");
    assert_eq!(merged(early.end()), merged(late.end()));
}

#[test]
fn nothing_is_replayed_up_to_the_number_that_is_given() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let mut all = bridge.subscribe(&session, 0);
    all.until_seq(all.last_seq());
    for after in seqs(&all.events) {
        let mut some = bridge.subscribe(&session, after);
        if after < some.last_seq() {
            some.until_seq(some.last_seq());
        }
        let expected: Vec<Value> =
            all.events.iter().filter(|event| event["seq"].as_u64().unwrap() > after).cloned().collect();
        assert_eq!(some.end(), expected);
    }
}

#[test]
fn a_number_within_merged_deltas_gives_only_the_rest() {
    let script = Script::new().answer(Turn::text("Grü").then("ße, ").then("Wört").then("er").hold("end"));
    let bridge = Bridge::with_scripted_cli([script]).start();
    let session = bridge.create_session();
    let mut live = bridge.subscribe(&session, 0);
    let saying = bridge.start_saying(&session, "Hi");
    live.until_text("Grüße, Wörter");
    bridge.cli().release("end");
    saying.end();
    let deltas: Vec<Value> = live.events.iter().filter(|event| event["kind"] == "textDelta").cloned().collect();
    let (first, last) = (deltas[0]["seq"].as_u64().unwrap(), deltas[3]["seq"].as_u64().unwrap());
    assert_eq!(last, first + 3, "{deltas:?}");
    for (after, offset, rest, first_seq) in [
        (first - 1, 0, "Grüße, Wörter", json!(first)),
        (first, 4, "ße, Wörter", json!(first + 1)),
        (first + 1, 9, "Wörter", json!(first + 2)),
        (first + 2, 14, "er", Value::Null),
    ] {
        let mut subscription = bridge.subscribe(&session, after);
        let event = subscription.until_seq(last);
        assert_eq!((&event["offset"], &event["text"], &event["firstSeq"]), (&json!(offset), &json!(rest), &first_seq));
        assert_eq!((event["seq"].as_u64(), subscription.events.len()), (Some(last), 1));
        subscription.end();
    }
    live.end();
}

#[test]
fn what_makes_no_sense_is_refused_and_names_what() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    let last = bridge.say(&session, "Hi").events.last().unwrap()["seq"].as_u64().unwrap();
    let refused = |params: Value| bridge.refusal("session/subscribe", params);
    let beyond = refused(json!({"sessionId": session, "afterSeq": last + 1000, "subscriptionToken": "a"}));
    assert_eq!(beyond.kind(), "invalidParams");
    assert!(beyond.message.starts_with("afterSeq: "), "{beyond:?}");
    let nobody = refused(json!({"sessionId": uuid::Uuid::now_v7(), "subscriptionToken": "a"}));
    assert_eq!(nobody.kind(), "sessionNotFound");
    assert_eq!(refused(json!({"sessionId": session})).kind(), "invalidParams");
    let negative = refused(json!({"sessionId": session, "afterSeq": -1, "subscriptionToken": "a"}));
    assert_eq!(negative.kind(), "invalidParams");
    // A token that was refused is free, one in use is not.
    bridge.request("session/subscribe", json!({"sessionId": session, "subscriptionToken": "a"}));
    let in_use = refused(json!({"sessionId": session, "subscriptionToken": "a"}));
    assert_eq!(in_use.kind(), "invalidParams");
    let params = json!({"sessionId": session, "content": "Hi", "partialResultToken": "a"});
    assert_eq!(bridge.refusal("message/send", params).kind(), "invalidParams");
    unsubscribe(&bridge, "a");
    let again = bridge.refusal("session/unsubscribe", json!({"subscriptionToken": "a"}));
    assert_eq!(again.kind(), "invalidParams");
    bridge.request("session/subscribe", json!({"sessionId": session, "subscriptionToken": "a"}));
    unsubscribe(&bridge, "a");
}

#[test]
fn a_subscription_outlives_the_process_of_its_session_and_keeps_none_alive() {
    let mut bridge = Bridge::with_scripted_cli([Script::echo(), Script::echo()]).start();
    let session = bridge.create_session();
    let mut subscription = bridge.subscribe(&session, 0);
    bridge.say(&session, "One");
    bridge.request("session/close", json!({"sessionId": session}));
    subscription.until(|event| event["kind"] == "sessionChanged" && event["session"]["state"] == "closed");
    assert!(bridge.session(&session)["process"].is_null());
    // At rest it is nobody's: another bridge may have it, and its events are seen here.
    let other = Bridge::with_scripted_cli([Script::echo()]).data(&bridge.folders().data).start();
    assert_eq!(other.say(&session, "Elsewhere").text(), "echo: Elsewhere");
    subscription.until_kind("turnCompleted");
    other.request("session/close", json!({"sessionId": session}));
    bridge.say(&session, "Two");
    subscription.until_kind("turnCompleted");
    let events = subscription.end();
    let file = stored(&bridge, &session);
    assert_eq!(merged(events.clone()), file[..merged(events).len()]);
    bridge.shutdown();
}

#[test]
fn a_subscriber_is_told_that_its_session_was_deleted() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let session = bridge.create_session();
    bridge.say(&session, "One");
    let mut live = bridge.subscribe(&session, 0);
    bridge.request("session/delete", json!({"sessionId": session}));
    assert_eq!(live.until_ended(), "sessionNotFound");
    let params = json!({"sessionId": session, "subscriptionToken": live.token});
    assert_eq!(bridge.refusal("session/subscribe", params).kind(), "sessionNotFound");
}

#[test]
fn another_bridge_follows_from_the_history_and_says_who_holds_the_session() {
    let script = Script::new().answer(Turn::text("Hel").hold("more").then("lo").hold("end"));
    let holder = Bridge::with_scripted_cli([script, Script::echo()]).start();
    let session = holder.create_session();
    holder.wait_until_warm(&session);
    let other = Bridge::with_scripted_cli([Script::echo()]).data(&holder.folders().data).start();
    let mut far = other.subscribe(&session, 0);
    assert_eq!(far.answer["heldBy"]["pid"], json!(holder.pid()));
    let mut near = holder.subscribe(&session, 0);
    let saying = holder.start_saying(&session, "Hi");
    far.until_text("Hel");
    holder.cli().release("more");
    far.until_text("Hello");
    holder.cli().release("end");
    saying.end();
    far.until_kind("turnCompleted");
    near.until_kind("turnCompleted");
    assert_eq!(merged(far.end()), merged(near.end()));
}

#[test]
fn a_subscription_goes_on_when_the_holder_dies_and_this_bridge_takes_over() {
    let dying = Script::new().answer(Turn::text("Half").hold("never"));
    let mut holder = Bridge::with_scripted_cli([dying]).start();
    let session = holder.create_session();
    let other = Bridge::with_scripted_cli([Script::echo()]).data(&holder.folders().data).start();
    let mut far = other.subscribe(&session, 0);
    let saying = holder.start_saying(&session, "Hi");
    far.until_text("Half");
    drop(saying);
    holder.kill();
    let ended = far.until_kind("turnCompleted");
    assert_eq!(ended["turn"]["stopReason"], "interrupted");
    assert_eq!(other.say(&session, "Again").text(), "echo: Again");
    far.until_kind("turnCompleted");
    let events = merged(far.end());
    assert_eq!(events, stored(&other, &session)[..events.len()]);
}

#[test]
fn after_a_kill_a_client_goes_on_behind_the_last_event_it_has() {
    let dying = Script::new().answer("One").answer(Turn::text("Half").hold("never"));
    let mut bridge = Bridge::with_scripted_cli([dying, Script::echo()]).start();
    let session = bridge.create_session();
    let mut before = bridge.subscribe(&session, 0);
    bridge.say(&session, "1");
    let saying = bridge.start_saying(&session, "2");
    before.until_text("OneHalf");
    let mut had = std::mem::take(&mut before.events);
    drop(saying);
    bridge.kill();
    bridge.restart();
    let last = had.last().unwrap()["seq"].as_u64().unwrap();
    let mut after = bridge.subscribe(&session, last);
    bridge.say(&session, "3");
    after.until(|event| event["kind"] == "turnCompleted" && event["turn"]["text"] == "echo: 3");
    had.extend(after.end());
    let numbers = seqs(&had);
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    // The file may lack the last deltas, which the client had; it has nothing that the client lacks.
    let is_no_delta = |event: &Value| event["kind"] != "textDelta";
    let mut had = merged(had);
    had.retain(is_no_delta);
    let mut file = stored(&bridge, &session);
    file.retain(is_no_delta);
    file.truncate(had.len());
    assert_eq!(had, file);
}
