//! The Claude CLI's own transcripts, as sessions.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::Bridge;
use crate::support::script::Script;

const CONVERSATION: &str = "0851d9b6-fb38-485e-bbe4-5698f3aff0ed";

/// Lines as 2.1.330 writes them, with the fields that matter.
struct Transcript {
    folder: PathBuf,
    cwd: String,
    seconds: u32,
}

impl Transcript {
    fn of(bridge: &Bridge) -> Self {
        let folder = bridge.folders().home.join(".claude/projects/-work");
        fs::create_dir_all(folder.join(CONVERSATION).join("subagents")).unwrap();
        Self { folder, cwd: "/work".to_owned(), seconds: 0 }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{CONVERSATION}.jsonl"))
    }

    fn line(&mut self, kind: &str, message: &Value, more: &Value) -> String {
        self.seconds += 1;
        let seconds = self.seconds;
        let mut line = json!({"type": kind, "uuid": format!("u{seconds}"), "isSidechain": false, "message": message,
            "timestamp": format!("2026-11-22T10:11:{seconds:02}.000Z"), "cwd": self.cwd, "sessionId": CONVERSATION});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        format!("{line}\n")
    }

    fn user(&mut self, content: &Value) -> String {
        self.line("user", &json!({"role": "user", "content": content}), &json!({}))
    }

    fn assistant(&mut self, id: &str, content: &Value) -> String {
        let usage = json!({"input_tokens": 12, "output_tokens": 5, "cache_read_input_tokens": 3});
        let message = json!({"id": id, "role": "assistant", "model": "opus", "content": content, "usage": usage});
        self.line("assistant", &message, &json!({}))
    }

    fn add(&self, text: &str) {
        let before = fs::read_to_string(self.file()).unwrap_or_default();
        fs::write(self.file(), before + text).unwrap();
    }
}

fn import(bridge: &Bridge) -> Value {
    bridge.run(&["sessions", "import", "--claude", "--json"]).json()
}

fn counts(result: &Value) -> [u64; 5] {
    ["imported", "updated", "unchanged", "own", "deleted"].map(|name| result[name].as_u64().unwrap())
}

/// Two turns, the second with an agent.
fn written(bridge: &Bridge) -> Transcript {
    let mut transcript = Transcript::of(bridge);
    let lines = [
        json!({"type": "queue-operation", "operation": "enqueue", "content": "Grüße"}).to_string() + "\n",
        transcript.user(&json!("Grüße")),
        // The parts of one message repeat what it used.
        transcript.assistant("m1", &json!([{"type": "thinking", "thinking": "Hm"}])),
        transcript.assistant("m1", &json!([{"type": "text", "text": "Hello"}])),
        transcript.user(&json!("Count them")),
        transcript.assistant(
            "m2",
            &json!([{"type": "tool_use", "id": "t1", "name": "Agent", "input": {"description": "count"}}]),
        ),
    ];
    let agent = [
        transcript.line("user", &json!({"content": "Count"}), &json!({"isSidechain": true, "agentId": "a1"})),
        transcript.line(
            "assistant",
            &json!({"id": "m3", "model": "opus", "content": [{"type": "text", "text": "Two"}], "usage": {"output_tokens": 1}}),
            &json!({"isSidechain": true, "agentId": "a1"}),
        ),
    ];
    let end = [
        transcript.user(&json!([{"type": "tool_result", "tool_use_id": "t1", "content": "Two"}])),
        transcript.assistant("m4", &json!([{"type": "text", "text": "There are two"}])),
        json!({"type": "cost-state", "startTime": 1, "modelUsage": {"opus": {"outputTokens": 16, "costUSD": 0.5}}})
            .to_string()
            + "\n",
    ];
    transcript.add(&(lines.concat() + &end.concat()));
    let of_agent = transcript.folder.join(CONVERSATION).join("subagents/agent-a1");
    fs::write(of_agent.with_extension("jsonl"), agent.concat()).unwrap();
    fs::write(of_agent.with_extension("meta.json"), json!({"toolUseId": "t1"}).to_string()).unwrap();
    transcript
}

#[test]
fn a_conversation_becomes_a_session_with_its_agents_its_times_and_its_usage() {
    let bridge = Bridge::with_scripted_cli([]).start();
    written(&bridge);
    let result = import(&bridge);
    assert_eq!((counts(&result), &result["messages"]), ([1, 0, 0, 0, 0], &json!(9)), "{result}");
    let session = bridge.request("session/list", json!({}))["sessions"][0].take();
    let id = session["id"].as_str().unwrap();
    assert_eq!(
        (&session["title"], &session["cwd"], &session["state"]),
        (&json!("Grüße"), &json!("/work"), &json!("closed"))
    );
    assert_eq!(session["providerSessionId"], CONVERSATION);
    assert_eq!(
        (&session["createdAt"], &session["lastActiveAt"]),
        (&json!("2026-11-22T10:11:01.000Z"), &json!("2026-11-22T10:11:09.000Z"))
    );
    assert_eq!(session["usage"]["outputTokens"], 16);
    assert!((session["costUsd"].as_f64().unwrap() - 0.5).abs() < 1e-9, "{session}");
    let messages = bridge.messages(id);
    let said: Vec<String> = messages
        .iter()
        .map(|message| {
            format!("{} {}", message["role"].as_str().unwrap(), message["content"][0]["type"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "user text",
        "assistant thinking",
        "assistant text",
        "user text",
        "assistant toolUse",
        "user text",
        "assistant text",
        "user toolResult",
        "assistant text",
    ];
    assert_eq!(said, expected);
    assert_eq!((&messages[5]["parentToolUseId"], &messages[6]["parentToolUseId"]), (&json!("t1"), &json!("t1")));
    let events = bridge.history_file().events(id);
    assert_eq!(events.iter().filter(|event| event["kind"] == "turnCompleted").count(), 2);
    assert_eq!(bridge.request("message/search", json!({"query": "grüße"}))["hits"].as_array().unwrap().len(), 1);
    let days = bridge.request("usage/summary", json!({"groupBy": "day"}));
    assert_eq!((&days["rows"][0]["key"], &days["rows"][0]["turns"]), (&json!("2026-11-22"), &json!(2)));
}

#[test]
fn a_broken_file_about_an_agent_is_named_and_what_the_agent_said_is_there() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let transcript = written(&bridge);
    let about = transcript.folder.join(CONVERSATION).join("subagents/agent-a1.meta.json");
    fs::write(&about, "{\"toolUseId\"").unwrap();
    let result = import(&bridge);
    let broken = result["brokenLines"].as_array().unwrap();
    assert!(broken.len() == 1 && broken[0].as_str().unwrap().contains("agent-a1.meta.json: "), "{result}");
    assert_eq!((counts(&result), &result["messages"]), ([1, 0, 0, 0, 0], &json!(9)), "{result}");
}

/// As versions 2.0 of the CLI have it.
#[test]
fn an_agents_file_beside_that_of_its_conversation_is_taken_and_goes_with_it() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let transcript = written(&bridge);
    let told = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if line.pointer("/message/content/0/tool_use_id").is_some() {
            line["toolUseResult"] = json!({"agentId": "a1"});
        }
        format!("{line}\n")
    };
    let main: String = fs::read_to_string(transcript.file()).unwrap().lines().map(told).collect();
    fs::write(transcript.file(), main).unwrap();
    let beside = transcript.folder.join("agent-a1.jsonl");
    fs::rename(transcript.folder.join(CONVERSATION).join("subagents/agent-a1.jsonl"), &beside).unwrap();
    let result = import(&bridge);
    assert_eq!((counts(&result), &result["messages"]), ([1, 0, 0, 0, 0], &json!(9)), "{result}");
    let id = bridge.session_ids().remove(0);
    let messages = bridge.messages(&id);
    assert_eq!((&messages[5]["parentToolUseId"], &messages[6]["parentToolUseId"]), (&json!("t1"), &json!("t1")));
    bridge.request("session/delete", json!({"sessionId": id}));
    assert!(!beside.exists());
}

#[test]
fn conversations_are_taken_side_by_side_and_a_copy_of_one_is_the_same_session() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let transcript = written(&bridge);
    let text = fs::read_to_string(transcript.file()).unwrap();
    let elsewhere = transcript.folder.with_file_name("-elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join(format!("{CONVERSATION}.jsonl")), &text).unwrap();
    for number in 10..30 {
        let id = CONVERSATION.replace("0851", &format!("08{number}"));
        fs::write(elsewhere.join(format!("{id}.jsonl")), text.replace(CONVERSATION, &id)).unwrap();
    }
    let result = import(&bridge);
    assert_eq!((counts(&result), &result["found"]), ([21, 1, 0, 0, 0], &json!(22)), "{result}");
    assert_eq!(bridge.session_ids().len(), 21);
}

#[test]
fn another_import_takes_only_what_is_new_and_names_what_is_broken() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let mut transcript = written(&bridge);
    import(&bridge);
    assert_eq!(counts(&import(&bridge)), [0, 0, 1, 0, 0]);
    let id = bridge.session_ids().remove(0);
    let before = bridge.messages(&id);

    let more = [
        transcript.user(&json!("More")),
        "{\"type\": \"assis\n".to_owned(),
        transcript.assistant("m5", &json!([{"type": "text", "text": "Yes"}])),
    ];
    transcript.add(&(more.concat() + "{\"type\":\"user\",\"uuid\":\"half"));
    let result = import(&bridge);

    assert_eq!((counts(&result), &result["messages"]), ([0, 1, 0, 0, 0], &json!(2)), "{result}");
    let broken = result["brokenLines"][0].as_str().unwrap();
    assert!(broken.contains(&format!("{CONVERSATION}.jsonl:11: ")), "{broken}");
    assert_eq!(result["brokenLines"].as_array().unwrap().len(), 1);
    assert_eq!(bridge.session_ids(), [id.as_str()]);
    let after = bridge.messages(&id);
    assert_eq!((after.len(), &after[..before.len()]), (before.len() + 2, &before[..]));
}

#[test]
fn what_has_been_renamed_here_keeps_its_title_and_gets_what_is_new() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let mut transcript = written(&bridge);
    import(&bridge);
    let id = bridge.session_ids().remove(0);
    bridge.request("session/rename", json!({"sessionId": id, "title": "Mine"}));
    let (before, last_seq) = (bridge.messages(&id), bridge.session(&id)["lastSeq"].as_u64().unwrap());
    assert_eq!(counts(&import(&bridge)), [0, 0, 1, 0, 0]);

    for round in 1..3 {
        let more = [
            transcript.user(&json!("More")),
            transcript.assistant(
                "m5",
                &json!([{"type": "tool_use", "id": format!("b{round}"), "name": "Bash", "input": {}}]),
            ),
        ];
        transcript.add(&more.concat());
        let result = import(&bridge);
        assert_eq!((counts(&result), &result["messages"]), ([0, 1, 0, 0, 0], &json!(2)), "{result}");
        let session = bridge.session(&id);
        let after = bridge.messages(&id);
        assert_eq!((&session["title"], &session["messageCount"]), (&json!("Mine"), &json!(after.len())));
        assert_eq!((after.len(), &after[..before.len()]), (before.len() + 2 * round, &before[..]));
        assert_eq!(counts(&import(&bridge)), [0, 0, 1, 0, 0]);
    }
    // Whoever follows it gets what is new, and nothing again.
    let mut follower = bridge.subscribe(&id, last_seq);
    follower.until_seq(bridge.session(&id)["lastSeq"].as_u64().unwrap());
    let kinds: Vec<_> = follower.end().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["turnStarted", "message", "toolCall", "turnCompleted"].repeat(2));
    assert_eq!(bridge.request("message/search", json!({"query": "more"}))["hits"].as_array().unwrap().len(), 2);
}

#[test]
fn what_has_gone_on_here_is_left_alone() {
    let bridge = Bridge::with_scripted_cli([Script::echo()]).start();
    let mut transcript = Transcript::of(&bridge);
    transcript.cwd = bridge.folders().workspace.to_str().unwrap().to_owned();
    let said = [transcript.user(&json!("Hello")), transcript.assistant("m1", &json!([{"type": "text", "text": "Hi"}]))];
    transcript.add(&said.concat());
    import(&bridge);
    let id = bridge.session_ids().remove(0);
    assert_eq!(bridge.say(&id, "Here").text(), "echo: Here");
    let before = bridge.messages(&id);

    let more = transcript.user(&json!("More"));
    transcript.add(&more);
    let result = import(&bridge);

    assert_eq!(counts(&result), [0, 0, 0, 1, 0], "{result}");
    assert_eq!((before.len(), bridge.messages(&id)), (4, before));
}

/// As the CLI's first versions wrote what agents said: between the lines of the conversation, two at once.
#[test]
fn what_agents_said_in_the_main_file_is_under_the_calls_that_began_them() {
    let bridge = Bridge::with_scripted_cli([]).start();
    let mut transcript = Transcript::of(&bridge);
    let call = |id: &str, prompt: &str| json!({"type": "tool_use", "id": id, "name": "Task", "input": {"description": "d", "prompt": prompt}});
    let calls = [call("t1", "Count the files"), call("t2", "Count the files"), call("t3", "List them")];
    let mut lines = transcript.user(&json!("Go"));
    for call in calls {
        lines += &transcript.assistant("m1", &json!([call]));
    }
    let mut side = |uuid: &str, before: Option<&str>, kind: &str, content: Value| {
        let message = json!({"id": format!("m-{uuid}"), "role": kind, "model": "haiku", "content": content});
        transcript.line(kind, &message, &json!({"uuid": uuid, "parentUuid": before, "isSidechain": true}))
    };
    let text = |text: &str| json!([{"type": "text", "text": text}]);
    lines += &side("a1", None, "user", json!("Count the files"));
    lines += &side("c1", None, "user", text("List them\n"));
    lines += &side("b1", None, "user", json!("Count the files"));
    lines += &side("c2", Some("c1"), "assistant", text("a, b"));
    lines += &side("a2", Some("a1"), "assistant", json!([{"type": "tool_use", "id": "x", "name": "LS", "input": {}}]));
    lines += &side("b2", Some("b1"), "assistant", text("Two"));
    lines += &side("a3", Some("a2"), "user", json!([{"type": "tool_result", "tool_use_id": "x", "content": "a b"}]));
    lines += &side("a4", Some("a3"), "assistant", text("Two files"));
    // No call says this.
    lines += &side("w1", None, "user", json!("Warmup"));
    lines += &side("w2", Some("w1"), "assistant", text("Ready"));
    lines += &transcript.assistant("m9", &json!([{"type": "text", "text": "Done"}]));
    transcript.add(&lines);

    let result = import(&bridge);

    assert_eq!((counts(&result), &result["messages"]), ([1, 0, 0, 0, 0], &json!(15)), "{result}");
    let id = bridge.session_ids().remove(0);
    let parents: Vec<_> = bridge.messages(&id).iter().map(|message| message["parentToolUseId"].clone()).collect();
    let parents: Vec<_> = parents.iter().map(|parent| parent.as_str().unwrap_or("-")).collect();
    let w = "sidechain-w1";
    assert_eq!(parents, ["-", "-", "-", "-", "t1", "t3", "t2", "t3", "t1", "t2", "t1", "t1", w, w, "-"]);
    let turns = bridge.history_file().events(&id).iter().filter(|event| event["kind"] == "turnStarted").count();
    assert_eq!(turns, 1);
    // Nothing of it is missing where a person reads it.
    let exported = bridge.request("session/export", json!({"sessionId": id, "format": "markdown"}));
    let exported = exported["content"].as_str().unwrap();
    assert!(["Two files", "a, b", "Warmup", "## Agent"].iter().all(|part| exported.contains(part)), "{exported}");
}

#[test]
fn what_was_deleted_comes_back_only_where_it_is_asked_for() {
    let bridge = Bridge::with_scripted_cli([]).start();
    written(&bridge);
    import(&bridge);
    let id = bridge.session_ids().remove(0);
    bridge.request("session/delete", json!({"sessionId": id}));
    assert_eq!(import(&bridge)["found"], 0, "the CLI's transcript is left");
    // From a backup.
    written(&bridge);
    assert_eq!(counts(&import(&bridge)), [0, 0, 0, 0, 1]);
    assert_eq!(bridge.session_ids(), [""; 0]);
    let asked = bridge.run(&["sessions", "import", "--claude", "--with-deleted", "--json"]).json();
    assert_eq!(counts(&asked), [1, 0, 0, 0, 0]);
    assert_eq!(bridge.session_ids(), [id.as_str()]);
}

#[test]
fn what_the_real_cli_wrote_goes_on_and_is_not_doubled() {
    let api = Api::start();
    let mut bridge = Bridge::with_real_cli(&api).workspace_file("notes.txt", "the code is 7319").start();
    let notes = bridge.folders().workspace.join("notes.txt");
    let first = bridge.create_session();
    api.reply_to("Read the notes", Reply::tool("Read", json!({"file_path": notes})));
    bridge.say(&first, "Read the notes");
    assert_eq!(counts(&import(&bridge)), [0, 0, 0, 1, 0]);
    bridge.shutdown();
    // As if the person had used the CLI alone.
    fs::remove_dir_all(&bridge.folders().data).unwrap();

    assert_eq!(counts(&import(&bridge)), [1, 0, 0, 0, 0]);
    bridge.restart();
    let id = bridge.session_ids().remove(0);
    let session = bridge.session(&id);
    assert_eq!((&session["title"], &session["cwd"]), (&json!("Read the notes"), &json!(bridge.folders().workspace)));
    assert!(session["usage"]["outputTokens"].as_u64() > Some(0), "{session}");
    assert_eq!(bridge.history(&id)[0], "user: Read the notes");
    assert_eq!(bridge.say(&id, "What was the code?").text(), "echo: What was the code?");
    let request = api.last_request();
    assert_eq!(request.conversation_texts()[0], "Read the notes");
    assert!(request.mentions("the code is 7319"), "the tool's answer is lost");
    bridge.request("session/close", json!({"sessionId": id}));
    assert_eq!(counts(&import(&bridge)), [0, 0, 0, 1, 0]);
    bridge.shutdown();
}
