use serde_json::{Value, json};

use super::*;

/// The archive of a session with these messages, `(role, content)`, in one turn that ended so.
fn archive(stop_reason: &str, messages: &[(&str, Value)]) -> SessionArchive {
    let id = "0193a5f0-0000-7000-8000-000000000001";
    let at = "2026-11-22T10:11:12.345Z";
    let usage = json!({"inputTokens": 1234, "outputTokens": 5, "cacheReadTokens": 6, "cacheWriteTokens": 7});
    let messages: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(seq, (role, content))| {
            let parent = content.get("parent").cloned();
            let content = content.get("content").unwrap_or(content);
            let id = format!("0193a5f0-0000-7000-8000-{seq:012}");
            let mut message = json!({"id": id, "sessionId": id, "turnId": id, "seq": seq, "role": role,
                "content": content, "createdAt": at});
            message["turnId"] = json!("0193a5f0-0000-7000-8000-000000000009");
            if let Some(parent) = parent {
                message["parentToolUseId"] = parent;
            }
            message
        })
        .collect();
    let turn = json!({"id": "0193a5f0-0000-7000-8000-000000000009", "sessionId": id, "stopReason": stop_reason,
        "text": "", "toolCalls": [], "usage": usage, "costUsd": 0.25, "durationMs": 1});
    serde_json::from_value(json!({
        "format": "claude-bridge/session", "version": 1, "exportedAt": at, "exportedBy": "tests",
        "session": {"id": id, "title": "A *title*", "mode": "user", "toldMode": "user", "cwd": "/work", "model": "opus",
            "createdAt": at, "lastActiveAt": at, "messageCount": 1, "lastSeq": 9, "providerSessionId": id,
            "providerStarted": true, "usage": usage, "costUsd": 0.25},
        "turns": [{"turn": turn, "origin": "client", "startedAt": at, "endedAt": at,
            "usageByModel": {"opus": {"usage": usage, "costUsd": 0.25}}}],
        "messages": messages, "events": [],
    }))
    .unwrap()
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

fn call(id: &str, name: &str, input: &Value) -> Value {
    json!([{"type": "toolUse", "toolUseId": id, "name": name, "input": input}])
}

fn answer(id: &str, is_error: bool, content: &Value) -> Value {
    json!([{"type": "toolResult", "toolUseId": id, "isError": is_error, "content": content}])
}

#[test]
fn a_conversation_is_told_with_who_spoke_and_when_and_what_it_cost() {
    let said = [("user", text("Hello\n# there")), ("assistant", text("Hi.")), ("assistant", text("# Well"))];
    assert_eq!(
        write(&archive("completed", &said)),
        "\
# A \\*title\\*

- **Session** `0193a5f0-0000-7000-8000-000000000001`
- **Folder** `/work`
- **Model** `opus`
- **From** 2026-11-22 10:11:12 UTC **to** 2026-11-22 10:11:12 UTC

## User · 2026-11-22 10:11:12 UTC

> Hello
> ### there

## Claude · 2026-11-22 10:11:12 UTC

Hi.

### Well

## Usage

| | Turns | Input | Output | Cache read | Cache written | Cost |
|---|--:|--:|--:|--:|--:|--:|
| opus | 1 | 1,234 | 5 | 6 | 7 | $0.2500 |
| **All** | 1 | 1,234 | 5 | 6 | 7 | $0.2500 |
"
    );
}

#[test]
fn tool_calls_are_folded_with_their_answers() {
    let said = [
        ("assistant", call("t1", "Bash", &json!({"command": "echo '```'"}))),
        ("user", answer("t1", true, &json!("</details>\n````"))),
        ("assistant", call("t2", "Edit", &json!({"file_path": "/work/a.rs", "old_string": "a", "new_string": "b\nc"}))),
    ];
    let written = write(&archive("completed", &said));
    let bash = "\
<details>
<summary>Run echo '```' (failed)</summary>

````bash
echo '```'
````

Answer:

`````text
</details>
````
`````

</details>
";
    let edit = "\
<details>
<summary>Edit a.rs (no answer)</summary>

```diff
-a
+b
+c
```

</details>
";
    assert!(written.contains(bash) && written.contains(edit), "{written}");
    // What a tool answers is no message of the person's.
    assert!(!written.contains("## User"), "{written}");
}

#[test]
fn pictures_files_and_thoughts_are_noted() {
    let content = json!([
        {"type": "image", "mediaType": "image/png", "data": "AAAA".repeat(500)},
        {"type": "file", "path": "src/a.rs", "range": {"start": {"line": 9, "character": 0}, "end": {"line": 11, "character": 1}}, "text": "x"},
        {"type": "thinking", "text": "Hm"},
    ]);
    let picture = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "AAAA"}}]);
    let said = [("user", content), ("assistant", call("t", "X", &json!({}))), ("user", answer("t", false, &picture))];
    let written = write(&archive("completed", &said));
    for part in [
        "*(a picture, image/png, 2 KB)*",
        "File `src/a.rs`, lines 10 to 12\n\n```rs\nx\n```",
        "<summary>Thoughts</summary>\n\n> Hm",
        "Answer:\n\n*(a picture, image/gif, 1 KB)*",
    ] {
        assert!(written.contains(part), "{part}\n{written}");
    }
    assert!(!written.contains("AAAA"), "{written}");
}

#[test]
fn what_an_agent_did_stands_with_the_call_that_began_it() {
    let of_agent = |content: Value| json!({"content": content, "parent": "t1"});
    let said = [
        ("assistant", call("t1", "Task", &json!({"description": "count"}))),
        ("user", of_agent(text("Count them"))),
        ("assistant", of_agent(call("t2", "Glob", &json!({"pattern": "*"})))),
        ("user", of_agent(answer("t2", false, &json!("a b")))),
        ("assistant", of_agent(text("Two"))),
        ("user", answer("t1", false, &json!("Two"))),
        ("assistant", text("There are two")),
    ];
    let written = write(&archive("completed", &said));
    let places = [
        "Task: count",
        "> Count them",
        "Find *",
        "a b",
        "**Agent**\n\nTwo",
        "Answer:\n\n```text\nTwo",
        "There are two",
    ];
    let places = places.map(|part| written.find(part).unwrap_or_else(|| panic!("{part}\n{written}")));
    assert!(places.is_sorted(), "{written}");
    assert_eq!(written.matches("## Claude").count(), 1);
}

#[test]
fn a_turn_that_did_not_end_well_says_so() {
    for (reason, said) in
        [("interrupted", "*This turn was interrupted.*"), ("refused", "*The model refused to go on.*")]
    {
        assert!(write(&archive(reason, &[("user", text("Hi"))])).contains(said));
    }
}

#[test]
fn a_long_answer_is_cut_and_says_so() {
    let said =
        [("assistant", call("t1", "Read", &json!({}))), ("user", answer("t1", false, &json!("ü".repeat(20_000))))];
    let written = write(&archive("completed", &said));
    assert!(written.len() < 20_000 && written.contains("more bytes are left out here"), "{}", written.len());
}
