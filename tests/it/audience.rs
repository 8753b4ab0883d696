//! Who is asked for a session's permissions: two and three clients of one service.

use serde_json::{Value, json};

use crate::support::client::{Client, ServerRequest};
use crate::support::scene::{Scene, attach, create, say};
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

const REQUEST: Option<&str> = Some("request");

/// A turn that asks for one command and goes on as it is told.
fn asking() -> Script {
    let turn = Turn::silent().call("t1", "Bash", json!({"command": "make"})).ask_permission("t1", json!({}));
    Script::new().answer(turn.then("Done."))
}

fn subscribe(client: &Client, session: &Value) {
    let params = json!({"sessionId": session, "subscriptionToken": "s"});
    client.start_request("session/subscribe", params).result();
}

fn unsubscribe(client: &Client) {
    client.start_request("session/unsubscribe", json!({"subscriptionToken": "s"})).result();
}

/// The next event of this kind that comes to a subscriber.
fn next_event(client: &Client, kind: &str) -> Value {
    std::iter::repeat_with(|| client.next_progress("s")["event"].take()).find(|event| event["kind"] == kind).unwrap()
}

fn asked(client: &Client) -> ServerRequest {
    client.next_server_request("permission/request")
}

fn wait_until_withdrawn(client: &Client) {
    wait_for("the withdrawal of the request", || (!client.is_asked()).then_some(()));
}

fn allow() -> Value {
    json!({"behavior": "allow"})
}

/// What the CLI is told of an allowance.
fn allowed() -> Value {
    json!({"behavior": "allow", "updatedInput": {"command": "make"}})
}

#[test]
fn a_subscriber_is_asked_and_its_answer_reaches_the_cli() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(None), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&two, &session);
    let turn = say(&one, &session);
    let request = asked(&two);
    assert_eq!(next_event(&two, "permissionRequested")["permission"], request.params["permission"]);
    request.answer(&allow());
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers(), [allowed()]);
    let resolved = next_event(&two, "permissionResolved");
    assert_eq!((&resolved["behavior"], &resolved["by"]), (&json!("allow"), &json!("client")));
}

#[test]
fn a_subscriber_that_comes_while_a_permission_waits_is_asked_too_and_the_first_answer_wins() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(REQUEST), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&one, &session);
    let turn = say(&one, &session);
    let first = asked(&one);
    subscribe(&two, &session);
    let second = asked(&two);
    assert_eq!(first.params, second.params);
    assert_eq!(next_event(&two, "permissionRequested")["permission"], second.params["permission"]);
    second.answer(&json!({"behavior": "deny", "message": "no"}));
    wait_until_withdrawn(&one);
    assert_eq!(next_event(&one, "permissionResolved")["behavior"], "deny");
    // It crosses with the withdrawal, and harms nobody.
    first.answer(&allow());
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers(), [json!({"behavior": "deny", "message": "no"})]);
}

#[test]
fn a_subscriber_that_comes_when_the_sender_has_gone_is_asked_alone() {
    let tasks = |tasks: Value| json!({"type": "system", "subtype": "background_tasks_changed", "tasks": tasks});
    let request = json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "make"},
        "tool_use_id": "a", "agent_id": "agent"});
    let ask = json!({"type": "control_request", "request_id": "ask_a", "request": request});
    let told = json!({"type": "control_response", "response": {"request_id": "ask_a", "response": allowed()}});
    let begins = Turn::text("Begun.").emit(tasks(json!([{"task_id": "t"}])));
    let script = Script::new().answer(begins).emit(ask).expect(told).emit(tasks(json!([]))).unasked("Done.");
    let mut scene = Scene::new(script);
    let (one, polls, two) = (scene.client(REQUEST), scene.client(Some("poll")), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&polls, &session);
    assert_eq!(say(&one, &session).result()["text"], "Begun.");
    let permission = asked(&one).params["permission"].clone();
    one.close();
    one.wait_for_end();
    subscribe(&two, &session);
    let request = asked(&two);
    assert_eq!(request.params["permission"], permission);
    request.answer(&allow());
    assert_eq!(next_event(&polls, "permissionResolved")["by"], "client");
    next_event(&two, "turnCompleted");
    assert_eq!(next_event(&two, "turnCompleted")["turn"]["text"], "Done.");
}

#[test]
fn one_that_stopped_following_is_not_asked() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(None), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&two, &session);
    unsubscribe(&two);
    assert_eq!(say(&one, &session).result()["text"], "Done.");
    assert_eq!(scene.answers()[0]["behavior"], "deny");
    assert!(!two.transcript().contains("permission/request"), "it was asked");
}

#[test]
fn one_that_stops_following_while_it_is_asked_leaves_it_to_the_others() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(REQUEST), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&two, &session);
    let turn = say(&one, &session);
    let _withdrawn = asked(&two);
    unsubscribe(&two);
    wait_until_withdrawn(&two);
    asked(&one).answer(&allow());
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers(), [allowed()]);
}

#[test]
fn one_that_stopped_following_is_asked_in_the_turn_of_its_own_message_and_in_no_other() {
    let turn = |id: &str| Turn::silent().call(id, "Bash", json!({"command": "make"})).ask_permission(id, json!({}));
    let script = Script::new().answer(turn("t1").then("One.")).answer(turn("t2").then("Two."));
    let mut scene = Scene::new(script);
    let (one, two) = (scene.client(None), scene.client(REQUEST));
    let session = create(&one);
    subscribe(&two, &session);
    let own = say(&two, &session);
    let request = asked(&two);
    unsubscribe(&two);
    request.answer(&allow());
    assert_eq!(own.result()["text"], "One.");
    assert_eq!(say(&one, &session).result()["text"], "Two.");
    assert_eq!(scene.answers().iter().map(|answer| &answer["behavior"]).collect::<Vec<_>>(), ["allow", "deny"]);
}

#[test]
fn one_whose_connection_has_gone_is_not_waited_for() {
    let come: [fn(&Client, &Value); 2] = [subscribe, attach];
    for (how, come) in ["request", "poll"].into_iter().flat_map(|how| come.map(|come| (how, come))) {
        let mut scene = Scene::new(asking());
        let (one, gone, goes) = (scene.client(None), scene.client(Some(how)), scene.client(Some(how)));
        let session = create(&one);
        come(&gone, &session);
        come(&goes, &session);
        gone.close();
        gone.wait_for_end();
        let turn = say(&one, &session);
        wait_for("the permission", || {
            let list = one.start_request("permission/list", json!({})).result();
            list["permissions"].get(0).is_some().then_some(())
        });
        goes.close();
        assert_eq!(turn.result()["text"], "Done.");
        assert_eq!(scene.answers()[0]["behavior"], "deny");
        assert!(!gone.transcript().contains("permission/request"), "it was asked");
    }
}
