//! What a client may send by mistake or by malice: answered with an error that says what is wrong, and nothing else
//! happens.

use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::client::RpcError;
use crate::support::script::Script;

const INVALID_PARAMS: (i64, &str) = (-32602, "invalidParams");

fn bridge() -> Bridge {
    Bridge::with_scripted_cli([Script::echo()]).start()
}

/// The error that answers bytes that are no request: under the id that could be made out.
fn answer_to(bridge: &Bridge, body: impl AsRef<[u8]>) -> (Value, i64, String) {
    bridge.send_body(body);
    let response = bridge.next_stray_response();
    let error = &response["error"];
    (response["id"].clone(), error["code"].as_i64().unwrap(), error["data"]["kind"].as_str().unwrap().to_owned())
}

fn assert_lives(bridge: &Bridge) {
    bridge.request("session/list", json!({}));
}

fn code_and_kind(error: &RpcError) -> (i64, &str) {
    (error.code, error.kind())
}

/// The refusal of a message to a session; its words.
fn refused_message(bridge: &Bridge, session: &str, content: &Value) -> String {
    let error = bridge.refusal("message/send", json!({"sessionId": session, "content": content}));
    assert_eq!(code_and_kind(&error), INVALID_PARAMS);
    error.message
}

#[test]
fn bytes_that_are_no_json_are_a_parse_error_and_it_lives() {
    let bridge = bridge();
    for body in
        [&b"{"[..], b"", b"{\"jsonrpc\":\"2.0\",\"id\":1,}", b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}"]
    {
        assert_eq!(answer_to(&bridge, body), (Value::Null, -32700, "parseError".to_owned()));
        assert_lives(&bridge);
    }
}

#[test]
fn what_is_json_but_no_message_is_an_invalid_request() {
    let bridge = bridge();
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"session/list"}]"#;
    let fraction = r#"{"jsonrpc":"2.0","id":1.5,"method":"session/list"}"#;
    for body in [batch, fraction, "7", r#"{"jsonrpc":"2.0","id":null,"method":"session/list"}"#] {
        assert_eq!(answer_to(&bridge, body), (Value::Null, -32600, "invalidRequest".to_owned()), "{body}");
    }
    let no_version = r#"{"id":"a","method":"session/list"}"#;
    let positional = r#"{"jsonrpc":"2.0","id":"a","method":"session/list","params":7}"#;
    for body in [no_version, positional] {
        assert_eq!(answer_to(&bridge, body), (json!("a"), -32600, "invalidRequest".to_owned()), "{body}");
    }
    assert_lives(&bridge);
}

#[test]
fn an_id_in_use_is_refused_and_a_response_to_nothing_ignored() {
    let bridge =
        Bridge::with_scripted_cli([Script::new().expect(json!({"type": "user"})).hold("refused").unasked("Hello")])
            .start();
    let session = bridge.create_session();
    let params = json!({"sessionId": session, "content": "Hi"});
    bridge.send_body(json!({"jsonrpc": "2.0", "id": "a", "method": "message/send", "params": params}).to_string());
    let again = r#"{"jsonrpc":"2.0","id":"a","method":"session/list"}"#;
    assert_eq!(answer_to(&bridge, again), (json!("a"), -32600, "invalidRequest".to_owned()));
    bridge.send_body(r#"{"jsonrpc":"2.0","id":"bridge-1","result":null}"#);
    bridge.cli().release("refused");
    let response = bridge.next_stray_response();
    assert_eq!((&response["id"], &response["result"]["text"]), (&json!("a"), &json!("Hello")));
}

#[test]
fn a_method_that_does_not_exist_is_not_found_and_where_to_look_is_said() {
    let bridge = bridge();
    for method in ["no/such", "session/search", "$/no", "rpc.discover", ""] {
        let error = bridge.refusal(method, json!({}));
        assert_eq!(code_and_kind(&error), (-32601, "methodNotFound"), "{method}");
        assert!(error.message.contains(method) && error.data["hint"].is_string(), "{error:?}");
    }
}

#[test]
fn parameters_that_are_missing_or_of_the_wrong_type_are_named() {
    let bridge = bridge();
    let session = bridge.create_session();
    let cases = [
        ("session/get", json!({}), "sessionId"),
        ("session/get", json!({"sessionId": 7}), "sessionId"),
        ("session/get", json!([session]), "array"),
        ("session/rename", json!({"sessionId": session}), "title"),
        ("session/rename", json!({"sessionId": session, "title": ["a"]}), "title"),
        ("session/setMode", json!({"sessionId": session, "mode": "root"}), "mode"),
        ("session/setModel", json!({"sessionId": session}), "model"),
        ("session/setStudy", json!({"sessionId": session, "studyId": 7}), "studyId"),
        ("study/get", json!({}), "studyId"),
        ("session/interrupt", json!({"sessionId": session, "includeQueued": "yes"}), "includeQueued"),
        ("session/list", json!({"state": "asleep"}), "state"),
        ("session/create", json!({"maxTurns": -1}), "maxTurns"),
        ("session/create", json!({"mcpServers": {"a": {"args": []}}}), "mcpServers.a"),
        ("message/send", json!({"sessionId": session}), "content"),
        ("message/send", json!({"sessionId": session, "content": 7}), "content"),
        ("message/send", json!({"sessionId": session, "content": "Hi", "workDoneToken": {}}), "workDoneToken"),
        ("message/list", json!({"sessionId": session, "order": "best"}), "order"),
    ];
    for (method, params, named) in cases {
        let error = bridge.refusal(method, params.clone());
        assert_eq!(code_and_kind(&error), INVALID_PARAMS, "{method} {params}");
        assert!(error.message.contains(method) && error.message.contains(named), "{params}: {}", error.message);
    }
}

#[test]
fn a_block_that_does_not_fit_is_named_with_what_it_lacks() {
    let bridge = bridge();
    let session = bridge.create_session();
    let cases = [
        (json!([{"type": "text"}]), "`text`"),
        (json!([{"type": "text", "text": "a"}, {"type": "image", "mediaType": "image/png"}]), "`data`"),
        (json!([{"type": "video", "data": "AAAA"}]), "`video`"),
        (json!([{"text": "a"}]), "`type`"),
        (json!([{"type": "text", "text": "a"}, "b"]), "content[1]"),
        (json!({"type": "text", "text": "a"}), "text or a list of content blocks"),
    ];
    for (content, named) in cases {
        let said = refused_message(&bridge, &session, &content);
        assert!(said.contains("content") && said.contains(named), "{content}: {said}");
    }
}

#[test]
fn a_nesting_without_end_is_refused_and_it_lives() {
    let bridge = bridge();
    let session = bridge.create_session();
    let deep = "[".repeat(200_000);
    assert_eq!(answer_to(&bridge, &deep).1, -32700);
    let closed = deep.clone() + &"]".repeat(200_000);
    assert_eq!(answer_to(&bridge, &closed).1, -32600);
    for params in [format!(r#"{{"sessionId":"{session}","content":{closed}}}"#), closed] {
        let body = format!(r#"{{"jsonrpc":"2.0","id":"a","method":"message/send","params":{params}}}"#);
        assert_eq!(answer_to(&bridge, body), (json!("a"), -32602, "invalidParams".to_owned()));
    }
    assert_lives(&bridge);
}

#[test]
fn content_that_says_nothing_or_shows_no_picture_is_refused_by_its_place() {
    let bridge = bridge();
    let session = bridge.create_session();
    let image = |data: &str| json!([{"type": "text", "text": "Look"}, {"type": "image", "mediaType": "image/png", "data": data}]);
    for empty in [json!(""), json!(" \n\t"), json!([]), json!([{"type": "text", "text": ""}])] {
        assert_eq!(refused_message(&bridge, &session, &empty), "content: the message is empty");
    }
    assert!(refused_message(&bridge, &session, &image("not base64!")).starts_with("content[1].data: not base64"));
    assert!(refused_message(&bridge, &session, &image("")).starts_with("content[1].data"));
    let thought = json!([{"type": "thinking", "text": "Hm"}]);
    assert!(refused_message(&bridge, &session, &thought).starts_with("content[0].type"));
    assert_eq!(bridge.messages(&session), [Value::Null; 0]);
    assert_eq!(bridge.say(&session, "Hi").text(), "echo: Hi");
    assert_eq!(bridge.cli().messages(), ["Hi"], "nothing else reached the CLI");
}

#[test]
fn unknown_fields_are_ignored() {
    let bridge = bridge();
    let session = bridge.create_session_with(json!({"title": "A", "fromTheFuture": {"a": [1]}}));
    assert_eq!(session["title"], "A");
    let content = json!([{"type": "text", "text": "Hi", "fromTheFuture": true}]);
    assert_eq!(bridge.say(session["id"].as_str().unwrap(), content).text(), "echo: Hi");
}

#[test]
fn a_lone_surrogate_is_refused_and_a_pair_goes_through() {
    let bridge = bridge();
    let session = bridge.create_session();
    let send = |content: &str| {
        let params = format!(r#"{{"sessionId":"{session}","content":"{content}"}}"#);
        bridge.send_body(format!(r#"{{"jsonrpc":"2.0","id":"a","method":"message/send","params":{params}}}"#));
        bridge.next_stray_response()
    };
    for lone in [r"a\ud83d", r"\ud83da", r"\udc00"] {
        let response = send(lone);
        assert_eq!(response["error"]["code"], -32602, "{response}");
        assert!(response["error"]["message"].as_str().unwrap().contains("hex escape"), "{response}");
    }
    assert_eq!(send(r"\ud83e\udd80")["result"]["text"], "echo: \u{1f980}");
    assert_eq!(bridge.cli().messages(), ["\u{1f980}"]);
}

#[test]
fn a_nul_in_a_message_goes_through_and_is_stored() {
    let bridge = bridge();
    let session = bridge.create_session();
    assert_eq!(bridge.say(&session, "a\0b").text(), "echo: a\0b");
    assert_eq!(bridge.cli().messages(), ["a\0b"]);
    assert_eq!(bridge.history(&session), ["user: a\0b", "assistant: echo: a\0b"]);
}

#[test]
fn a_message_of_five_megabytes_goes_through_and_is_stored_whole() {
    let bridge = Bridge::with_scripted_cli([Script::new().answer("Long")]).start();
    let session = bridge.create_session();
    let text = "\u{fc}\u{2713}a".repeat(900_000);
    assert!(text.len() > 5_000_000);
    assert_eq!(bridge.say(&session, text.as_str()).text(), "Long");
    // Not `assert_eq`, which would print them.
    assert!(bridge.cli().messages() == [text.as_str()], "the CLI got something else");
    assert!(
        bridge.messages(&session)[0]["content"] == json!([{"type": "text", "text": text}]),
        "something else is stored"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_promise_of_ten_gibibytes_is_refused_at_once_and_takes_no_memory() {
    const SENT: usize = 128 << 20;
    let mut bridge = bridge();
    assert_lives(&bridge);
    let before = peak_memory(&bridge);
    bridge.send_raw(b"Content-Length: 10737418240\r\n\r\n");
    let refused = bridge.next_stray_response();
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&Value::Null, &json!(1052)));
    let data = &refused["error"]["data"];
    assert_eq!(
        (&data["kind"], &data["retryable"], &data["limit"]),
        (&json!("payloadTooLarge"), &json!(false), &json!(64 << 20))
    );
    let chunk = vec![b'x'; 1 << 20];
    (0..SENT / chunk.len()).for_each(|_| bridge.send_raw(&chunk));
    bridge.close_stdin();
    // Still there to be looked at: it ends only after it has read all that was sent.
    let grown = peak_memory(&bridge).saturating_sub(before);
    assert!(grown < 16 << 20, "it took {grown} bytes more");
    assert_eq!(bridge.wait_for_exit().code(), Some(0));
}

/// The most memory that the bridge has had, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(bridge: &Bridge) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_else(|| panic!("{status}"));
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

#[test]
fn the_stream_goes_on_behind_a_message_that_is_too_large() {
    let bridge = bridge();
    let length = (64 << 20) + 1;
    bridge.send_raw(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    bridge.send_raw(&vec![b'{'; length]);
    let list = bridge.start_request("session/list", json!({}));
    let refused = bridge.next_stray_response();
    assert_eq!((&refused["error"]["code"], &refused["error"]["data"]["limit"]), (&json!(1052), &json!(64 << 20)));
    assert!(refused["error"]["message"].as_str().unwrap().contains(&length.to_string()), "{refused}");
    assert_eq!(list.result(), json!({"sessions": []}));
}

#[test]
fn the_stream_goes_on_behind_bytes_that_are_no_frame() {
    let bridge = bridge();
    bridge.send_raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let refused = bridge.next_stray_response();
    assert_eq!((&refused["id"], &refused["error"]["data"]["kind"]), (&Value::Null, &json!("parseError")));
    assert_lives(&bridge);
}

#[test]
fn a_session_is_made_in_an_absolute_folder_that_exists_or_not_at_all() {
    let setup = Bridge::with_scripted_cli([]).workspace_file("file.txt", "");
    let workspace = setup.folders().workspace.clone();
    let bridge = setup.start();
    let bad = [
        (json!(workspace.join("missing")), "No such file"),
        (json!(workspace.join("file.txt")), "not a folder"),
        (json!(workspace.join("file.txt/below")), "Not a directory"),
        (json!("workspace"), "not absolute"),
        (json!("../.."), "not absolute"),
        (json!(""), "not absolute"),
        (json!("/tmp/\0"), "NUL byte"),
    ];
    for (cwd, said) in bad {
        let error = bridge.refusal("session/create", json!({"cwd": cwd}));
        assert_eq!(code_and_kind(&error), INVALID_PARAMS, "{cwd}");
        assert!(error.message.starts_with("cwd: ") && error.message.contains(said), "{}", error.message);
        assert!(error.data["hint"].is_string(), "{error:?}");
    }
    assert_eq!(bridge.request("session/list", json!({})), json!({"sessions": []}));
    assert_eq!(bridge.cli().starts().len(), 0);
}

#[test]
fn an_id_that_is_a_path_is_refused_wherever_it_is_given() {
    let bridge = bridge();
    let path = "../../x";
    for method in ["session/get", "session/close", "session/delete", "session/interrupt", "message/list"] {
        assert_eq!(code_and_kind(&bridge.refusal(method, json!({"sessionId": path}))), INVALID_PARAMS, "{method}");
    }
    let send = json!({"sessionId": path, "content": "Hi"});
    assert_eq!(code_and_kind(&bridge.refusal("message/send", send)), INVALID_PARAMS);
    assert_eq!(code_and_kind(&bridge.refusal("session/create", json!({"resumeSessionId": path}))), INVALID_PARAMS);
    assert_eq!(bridge.request("session/list", json!({})), json!({"sessions": []}));
}

#[test]
fn an_id_that_no_session_has_is_not_found_wherever_it_is_given() {
    let bridge = bridge();
    let id = json!("019b2c3d-0000-7000-8000-000000000001");
    let requests = [
        ("session/get", json!({"sessionId": id})),
        ("session/rename", json!({"sessionId": id, "title": "A"})),
        ("session/setMode", json!({"sessionId": id, "mode": "user"})),
        ("session/setModel", json!({"sessionId": id, "model": "opus"})),
        ("session/setStudy", json!({"sessionId": id})),
        ("session/compact", json!({"sessionId": id})),
        ("session/capabilities", json!({"sessionId": id})),
        ("session/contextUsage", json!({"sessionId": id})),
        ("mcp/status", json!({"sessionId": id})),
        ("session/close", json!({"sessionId": id})),
        ("session/delete", json!({"sessionId": id})),
        ("session/interrupt", json!({"sessionId": id})),
        ("message/send", json!({"sessionId": id, "content": "Hi"})),
        ("message/list", json!({"sessionId": id})),
        ("session/create", json!({"resumeSessionId": id})),
    ];
    for (method, params) in requests {
        let error = bridge.refusal(method, params);
        assert_eq!(code_and_kind(&error), (1001, "sessionNotFound"), "{method}");
        assert!(error.message.contains(id.as_str().unwrap()) && error.data["hint"].is_string(), "{error:?}");
    }
    assert_eq!(bridge.request("session/list", json!({})), json!({"sessions": []}));
}

#[test]
fn a_title_is_one_line_of_at_most_two_hundred_characters() {
    let bridge = bridge();
    let session = bridge.create_session_with(json!({"title": "First"}));
    let long = "\u{fc}".repeat(201);
    for title in ["two\nlines", "bell\u{7}", "nul\0", "\u{1b}[31mred", "", "  ", &long] {
        let rename = bridge.refusal("session/rename", json!({"sessionId": session["id"], "title": title}));
        let create = bridge.refusal("session/create", json!({"title": title}));
        for error in [rename, create] {
            assert_eq!(code_and_kind(&error), INVALID_PARAMS, "{title:?}");
            assert!(error.message.starts_with("title: "), "{}", error.message);
        }
    }
    let sessions = bridge.request("session/list", json!({}));
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(sessions["sessions"][0]["title"], "First");
    let longest = "\u{fc}".repeat(200);
    let renamed = bridge.request("session/rename", json!({"sessionId": session["id"], "title": longest}));
    assert_eq!(renamed["session"]["title"], longest);
}

#[test]
fn a_limit_out_of_range_or_a_broken_cursor_is_refused_by_name() {
    let bridge = bridge();
    let session = bridge.create_session();
    let listed = |extra: Value| {
        let mut of_session = extra.clone();
        of_session["sessionId"] = json!(session);
        [bridge.refusal("session/list", extra), bridge.refusal("message/list", of_session)]
    };
    for limit in [json!(0), json!(1001), json!(u32::MAX), json!(-1), json!(1.5), json!(1u64 << 40)] {
        for error in listed(json!({"limit": limit})) {
            assert_eq!(code_and_kind(&error), INVALID_PARAMS, "{limit}");
            assert!(error.message.contains("limit"), "{}", error.message);
        }
    }
    for cursor in ["", "nonsense", "!!", "MTIzIHg", "../../x", "\0"] {
        for error in listed(json!({"cursor": cursor})) {
            assert_eq!(code_and_kind(&error), INVALID_PARAMS, "{cursor:?}");
            assert!(error.message.starts_with("cursor: ") && error.data["hint"].is_string(), "{error:?}");
        }
    }
}

#[test]
fn figures_of_a_session_that_make_no_sense_are_refused_by_name() {
    let bridge = Bridge::with_scripted_cli([]).start();
    for (params, named) in [
        (json!({"maxTurns": 0}), "maxTurns"),
        (json!({"maxBudgetUsd": 0}), "maxBudgetUsd"),
        (json!({"maxBudgetUsd": -1.5}), "maxBudgetUsd"),
    ] {
        let error = bridge.refusal("session/create", params);
        assert_eq!(code_and_kind(&error), INVALID_PARAMS);
        assert!(error.message.starts_with(named), "{}", error.message);
    }
    assert_eq!(bridge.request("session/list", json!({})), json!({"sessions": []}));
}
