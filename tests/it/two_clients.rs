//! Two clients of one service: both are with a session, and both can answer its permissions.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::scene::{Scene, attach, create, say};
use crate::support::script::{Script, Turn};
use crate::support::wait_for;

/// A turn that asks for one command and goes on as it is told.
fn asking() -> Script {
    let turn = Turn::silent().call("t1", "Bash", json!({"command": "make"})).ask_permission("t1", json!({}));
    Script::new().answer(turn.then("Done."))
}

fn asked(client: &Client) -> Value {
    // Noted by id: the test answers when it likes.
    let request = client.next_server_request("permission/request");
    let permission = request.params["permission"].clone();
    drop(request);
    permission
}

fn waiting(client: &Client) -> Vec<Value> {
    let list = client.start_request("permission/list", json!({})).result();
    list["permissions"].as_array().unwrap().clone()
}

#[test]
fn of_two_clients_that_answer_at_once_the_first_counts() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(Some("request")), scene.client(Some("request")));
    let session = create(&one);
    attach(&two, &session);
    let turn = say(&one, &session);
    let requests = [&one, &two].map(|client| client.next_server_request("permission/request"));
    assert_eq!(requests[0].params, requests[1].params);
    let answering = requests.map(|request| std::thread::spawn(move || request.answer(&json!({"behavior": "allow"}))));
    answering.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers(), [json!({"behavior": "allow", "updatedInput": {"command": "make"}})]);
    assert_eq!(waiting(&two), [Value::Null; 0]);
}

#[test]
fn a_client_that_comes_later_is_asked_too_and_the_others_request_is_withdrawn() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(Some("request")), scene.client(Some("request")));
    let session = create(&one);
    let turn = say(&one, &session);
    // It never answers; that its request is withdrawn is seen by whoever checks the client at the end.
    let permission = asked(&one);
    attach(&two, &session);
    let request = two.next_server_request("permission/request");
    assert_eq!(request.params["permission"], permission);
    request.answer(&json!({"behavior": "deny", "message": "no"}));
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers(), [json!({"behavior": "deny", "message": "no"})]);
}

#[test]
fn an_answer_by_the_method_wins_against_an_open_request() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(Some("request")), scene.client(None));
    let session = create(&one);
    let turn = say(&one, &session);
    let id = asked(&one)["id"].clone();
    assert_eq!(waiting(&two)[0]["id"], id, "also who cannot be asked sees it");
    let answer = json!({"permissionId": id, "answer": {"behavior": "allow"}});
    two.start_request("permission/answer", answer.clone()).result();
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(two.start_request("permission/answer", answer).error().kind(), "permissionNotFound");
}

#[test]
fn one_that_abstains_leaves_it_to_one_that_polls() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(Some("request")), scene.client(Some("poll")));
    let session = create(&one);
    attach(&two, &session);
    let turn = say(&one, &session);
    one.next_server_request("permission/request").refuse(-32601, "cannot");
    let id = wait_for("the permission", || waiting(&two).first().map(|permission| permission["id"].clone()));
    assert!(!turn.is_answered());
    two.start_request("permission/answer", json!({"permissionId": id, "answer": {"behavior": "deny"}})).result();
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(scene.answers()[0]["behavior"], "deny");
}

#[test]
fn the_message_of_a_client_that_cannot_be_asked_is_asked_of_another_that_is_there() {
    let mut scene = Scene::new(asking());
    let (one, two) = (scene.client(None), scene.client(Some("request")));
    let session = create(&one);
    attach(&two, &session);
    let turn = say(&one, &session);
    two.next_server_request("permission/request").answer(&json!({"behavior": "allow"}));
    assert_eq!(turn.result()["text"], "Done.");
}

/// A turn that calls a tool of the client's, as request `call_<id>`, and waits for this answer, or for any.
fn calling(id: u64, name: &str, said: Option<&str>) -> Turn {
    let params = json!({"name": name, "arguments": {}});
    let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    let request = json!({"subtype": "mcp_message", "server_name": "editor", "message": message});
    let call = json!({"type": "control_request", "request_id": format!("call_{id}"), "request": request});
    let mut response = json!({"request_id": format!("call_{id}")});
    if let Some(said) = said {
        response["response"] = json!({"mcp_response": {"result": {"content": [{"type": "text", "text": said}]}}});
    }
    let answer = json!({"type": "control_response", "response": response});
    Turn::silent().emit(call).expect(answer).then("Done.")
}

/// What a client says that has these tools.
fn tools(names: &[&str]) -> Value {
    let define = |name: &&str| json!({"name": name, "description": "", "inputSchema": {"type": "object"}});
    json!({ "tools": names.iter().map(define).collect::<Vec<_>>() })
}

#[test]
fn a_tool_is_called_at_the_client_whose_message_it_is_and_at_no_other() {
    let script = Script::new().answer(calling(1, "look", Some("two"))).answer(calling(2, "look", Some("one")));
    let mut scene = Scene::new(script);
    let (one, two) = (scene.client_with(&tools(&["look"])), scene.client_with(&tools(&["look"])));
    let session = create(&one);
    attach(&two, &session);
    let answer = |said: &str| json!({"content": [{"type": "text", "text": said}]});
    // Both are under way at once: the second waits for the first, and each is called for its own.
    let first = say(&two, &session);
    let call = two.next_server_request("tool/call");
    let turns = [first, say(&one, &session)];
    call.answer(&answer("two"));
    one.next_server_request("tool/call").answer(&answer("one"));
    turns.iter().for_each(|turn| assert_eq!(turn.result()["text"], "Done."));
}

#[test]
fn a_client_with_other_tools_brings_them_along_and_one_without_calls_nobodys() {
    let list = |id: u64, names: &[&str]| {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"});
        let request = json!({"subtype": "mcp_message", "server_name": "editor", "message": message});
        let names: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        let response =
            json!({"request_id": "list", "response": {"mcp_response": {"id": id, "result": {"tools": names}}}});
        let asked = json!({"type": "control_request", "request_id": "list", "request": request});
        (asked, json!({"type": "control_response", "response": response}))
    };
    let changed = || {
        json!({"type": "control_request", "request": {"subtype": "mcp_message",
        "message": {"method": "notifications/tools/list_changed"}}})
    };
    let listed = |script: Script, id, names: &[&str]| {
        let (asked, answer) = list(id, names);
        script.emit(asked).expect(answer)
    };
    // It is told before the message, and asks when it likes.
    let told = |script: Script| script.expect(changed()).respond(Value::Null).expect(json!({"type": "user"}));
    let script = listed(Script::new().expect(json!({"type": "user"})), 1, &["look"]).unasked("Hi.");
    let script = listed(told(script), 2, &["see", "hear"]).unasked(calling(3, "see", Some("seen")));
    let script = listed(told(script), 4, &[]).unasked(calling(5, "see", None));
    let mut scene = Scene::new(script);
    let one = scene.client_with(&tools(&["look"]));
    let (two, three) = (scene.client_with(&tools(&["see", "hear"])), scene.client_with(&json!({})));
    let session = create(&one);
    assert_eq!(say(&one, &session).result()["text"], "Hi.");
    let turn = say(&two, &session);
    two.next_server_request("tool/call").answer(&json!({"content": [{"type": "text", "text": "seen"}]}));
    assert_eq!(turn.result()["text"], "Done.");
    assert_eq!(say(&three, &session).result()["text"], "Done.");
    let last = scene.answers().pop().unwrap()["mcp_response"]["result"].take();
    assert!(last["isError"] == true && last["content"][0]["text"].as_str().unwrap().contains("no tool see"), "{last}");
}

#[test]
fn a_client_with_tools_adds_them_to_a_process_that_was_started_without() {
    let expected = json!({"type": "control_request", "request": {"subtype": "mcp_set_servers",
        "servers": {"editor": {"type": "sdk", "name": "editor"}}}});
    let answer = json!({"added": ["editor"], "removed": [], "errors": {}});
    let script = Script::new().answer("Hi.").expect(expected).respond(answer).answer(calling(1, "look", Some("seen")));
    let mut scene = Scene::new(script);
    let (one, two) = (scene.client_with(&json!({})), scene.client_with(&tools(&["look"])));
    let session = create(&one);
    assert_eq!(say(&one, &session).result()["text"], "Hi.");
    let turn = say(&two, &session);
    two.next_server_request("tool/call").answer(&json!({"content": [{"type": "text", "text": "seen"}]}));
    assert_eq!(turn.result()["text"], "Done.");
}
