//! Studies over the wire: found, given to sessions, changed, and what the CLI is told of them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::bridge::{Bridge, Setup};
use crate::support::script::Script;
use crate::support::studies;

/// A bridge of the Atomizer profile whose root, the workspace, has the studies `beam` and `mirror/bracket`.
fn atomizer(scripts: impl IntoIterator<Item = Script>) -> Setup {
    let setup = Bridge::with_scripted_cli(scripts).options(json!({"profile": "atomizer"}));
    let workspace = &setup.folders().workspace;
    studies::make_root(workspace);
    studies::write(workspace, "studies/beam/optimization_config.json", r#"{"study_name": "the beam"}"#);
    setup
}

fn create(bridge: &Bridge, study: &str) -> String {
    text(&bridge.create_session_with(json!({"studyId": study}))["id"])
}

fn set_study(bridge: &Bridge, session: &str, study: Option<&str>) -> Value {
    let mut params = json!({ "sessionId": session });
    if let Some(study) = study {
        params["studyId"] = study.into();
    }
    bridge.request("session/setStudy", params)["session"].take()
}

/// The blocks of the last message that the CLI was sent.
fn last_message(bridge: &Bridge) -> Vec<String> {
    match bridge.cli().messages().pop().expect("a message was sent") {
        Value::Array(blocks) => blocks.iter().map(|block| text(&block["text"])).collect(),
        whole => vec![text(&whole)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

#[test]
fn studies_are_listed_and_shown_with_what_claude_would_be_told() {
    let bridge = atomizer([]).start();
    let folder = bridge.folders().workspace.join("studies");
    let beam = json!({"id": "beam", "path": folder.join("beam"), "configuration": "optimization_config.json"});
    let bracket = json!({
        "id": "mirror/bracket", "path": folder.join("mirror/bracket"), "readme": "README.md",
        "configuration": "1_setup/optimization_config.json",
    });
    assert_eq!(bridge.request("study/list", json!({})), json!({"studies": [beam, bracket]}));
    let shown = bridge.request("study/get", json!({"studyId": "mirror/bracket"}));
    assert_eq!(shown["study"], bracket);
    let context = text(&shown["context"]["text"]);
    assert!(context.contains("about the study `mirror/bracket`") && context.contains("Name: bracket"), "{context}");
    assert_eq!(shown["context"]["bytes"], context.len());
}

#[test]
fn an_id_that_leads_to_no_study_is_not_found_wherever_it_is_given() {
    let bridge = atomizer([Script::echo()]).start();
    let session = bridge.create_session();
    let outside = bridge.folders().home.join("outside");
    studies::write(&outside, "optimization_config.json", "{}");
    std::os::unix::fs::symlink(&outside, bridge.folders().workspace.join("studies/link")).unwrap();
    let absolute = outside.to_str().unwrap();
    for id in [
        "",
        "nobody",
        "mirror",
        "../studies/beam",
        "beam/..",
        "link",
        absolute,
        "beam\0",
        "beam/optimization_config.json",
    ] {
        for (method, params) in [
            ("study/get", json!({"studyId": id})),
            ("session/create", json!({"studyId": id})),
            ("session/create", json!({"resumeSessionId": session, "studyId": id})),
            ("session/setStudy", json!({"sessionId": session, "studyId": id})),
        ] {
            let error = bridge.refusal(method, params);
            assert_eq!((error.code, error.kind()), (1002, "studyNotFound"), "{method} {id:?}");
            assert!(error.data["hint"].as_str().unwrap().contains("study/list"), "{error:?}");
        }
    }
    assert_eq!(bridge.session_ids(), [session]);
}

#[test]
fn the_general_profile_has_no_studies() {
    let bridge = Bridge::without_cli().workspace_file("studies/beam/optimization_config.json", "{}").start();
    assert_eq!(bridge.request("study/list", json!({})), json!({"studies": []}));
    let error = bridge.refusal("session/create", json!({"studyId": "beam"}));
    assert_eq!(error.kind(), "studyNotFound");
    assert!(error.data["hint"].as_str().unwrap().contains("profile = \"atomizer\""), "{error:?}");
}

#[test]
fn a_sessions_context_and_environment_tell_of_its_study_in_every_process_the_same() {
    let options = json!({"profile": "atomizer", "sessions": {"idleTimeout": "50ms"}});
    let bridge = atomizer([Script::echo(), Script::echo()]).options(options).start();
    let session = create(&bridge, "mirror/bracket");
    bridge.say(&session, "1");
    let before = bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    assert_eq!(before["studyId"], "mirror/bracket");
    // What changes meanwhile changes nothing in what was told.
    studies::write(&bridge.folders().workspace, "studies/mirror/bracket/README.md", "# Another\n");
    bridge.say(&session, "2");
    let starts = bridge.cli().wait_for_starts(2);
    let prompt = |start: usize| starts[start].files["--append-system-prompt-file"].text.clone();
    assert!(prompt(0).contains("# Bracket") && prompt(0).len() <= 16 * 1024);
    assert_eq!(prompt(0), prompt(1));
    assert_eq!(before["context"]["bytes"], prompt(0).len());
    let root = bridge.folders().workspace.to_str().unwrap();
    let expected = json!({"ATOMIZER_MODE": "user", "ATOMIZER_ROOT": root, "ATOMIZER_STUDY": "mirror/bracket"});
    for start in &starts {
        let told: BTreeMap<_, _> = start.env.iter().filter(|(name, _)| name.starts_with("ATOMIZER_")).collect();
        assert_eq!(json!(told), expected);
        let servers: Value = serde_json::from_str(&start.files["--mcp-config"].text).unwrap();
        let program = format!("{root}/mcp-server/atomizer-tools/dist/index.js");
        let server = json!({"command": "node", "args": [program], "env": expected});
        assert_eq!(servers, json!({"mcpServers": {"atomizer": server}}));
        assert_eq!(start.files["--mcp-config"].mode, "600");
        assert_eq!(start.cwd, bridge.folders().workspace);
    }
}

#[test]
fn a_process_is_told_in_its_environment_of_another_study_and_claude_once() {
    let bridge = atomizer([Script::echo()]).start();
    let session = create(&bridge, "beam");
    bridge.say(&session, "1");
    assert_eq!(set_study(&bridge, &session, Some("mirror/bracket"))["studyId"], "mirror/bracket");
    bridge.say(&session, "2");
    let sent = last_message(&bridge);
    assert!(sent[0].starts_with("<session_study>") && sent[0].contains("`mirror/bracket`"), "{sent:?}");
    assert_eq!(sent[1..], ["2"]);
    bridge.say(&session, "3");
    assert_eq!(last_message(&bridge), ["3"]);
    assert_eq!(set_study(&bridge, &session, None).get("studyId"), None);
    bridge.say(&session, "4");
    assert!(last_message(&bridge)[0].contains("not about one study"));

    let [start] = &bridge.cli().starts()[..] else { panic!("another process") };
    assert_eq!(start.env["ATOMIZER_STUDY"], "beam");
    assert!(start.files["--append-system-prompt-file"].text.contains("`beam`"));
    let received = bridge.cli().received();
    let told = |pointer: &str| -> Vec<Value> {
        let variables = received.iter().filter_map(|line| line.pointer(pointer));
        variables.map(|variables| variables["ATOMIZER_STUDY"].clone()).collect()
    };
    // A variable of a process that runs can be emptied, and not be removed.
    assert_eq!(told("/request/settings/env"), ["mirror/bracket", ""]);
    assert_eq!(told("/request/servers/atomizer/env"), [json!("mirror/bracket"), Value::Null]);
    // What Claude is told is not what the person said.
    assert_eq!(bridge.history(&session)[2], "user: 2");
}

#[test]
fn a_study_that_changed_just_before_the_bridge_died_is_told_by_the_next_one() {
    let mut bridge = atomizer([Script::echo(), Script::echo(), Script::echo()]).start();
    let session = create(&bridge, "beam");
    bridge.say(&session, "1");
    set_study(&bridge, &session, Some("mirror/bracket"));
    bridge.kill();
    bridge.restart();
    bridge.say(&session, "2");
    let sent = last_message(&bridge);
    assert!(sent[0].starts_with("<session_study>") && sent[0].contains("`mirror/bracket`"), "{sent:?}");
    bridge.say(&session, "3");
    assert_eq!(last_message(&bridge), ["3"]);
}

#[test]
fn a_session_that_goes_on_can_be_given_another_study() {
    let bridge = atomizer([Script::echo(), Script::echo()]).start();
    let session = create(&bridge, "beam");
    let same = bridge.create_session_with(json!({"resumeSessionId": session}));
    assert_eq!(same["studyId"], "beam");
    let other = bridge.create_session_with(json!({"resumeSessionId": session, "studyId": "mirror/bracket"}));
    assert_eq!((&other["id"], &other["studyId"]), (&json!(session), &json!("mirror/bracket")));
}

#[test]
fn progress_is_told_with_the_next_message_and_only_where_there_is_any() {
    let bridge = atomizer([Script::echo()]).start();
    let database = bridge.folders().workspace.join("studies/beam/3_results/study.db");
    fs::create_dir_all(database.parent().unwrap()).unwrap();
    fs::write(&database, "").unwrap();
    let session = create(&bridge, "beam");
    bridge.wait_for_session(&session, "told", |session| session["context"].is_object());
    bridge.say(&session, "1");
    assert_eq!(last_message(&bridge), ["1"]);
    fs::write(&database, "not a database").unwrap();
    bridge.say(&session, "2");
    let sent = last_message(&bridge);
    assert!(sent[0].starts_with("<study_progress>\nThe study `beam` has come further."), "{sent:?}");
    assert!(sent[0].contains("3_results/study.db cannot be read: it is not an SQLite database"), "{sent:?}");
    assert_eq!(sent[1..], ["2"]);
    bridge.say(&session, "3");
    assert_eq!(last_message(&bridge), ["3"]);
    fs::write(&database, "still not a database").unwrap();
    bridge.say(&session, "/compact");
    assert_eq!(last_message(&bridge), ["/compact"]);
}

#[test]
fn lists_searches_and_summaries_are_narrowed_to_a_study() {
    let bridge = atomizer([Script::echo(), Script::echo(), Script::echo()]).start();
    let (one, two, none) = (create(&bridge, "beam"), create(&bridge, "mirror/bracket"), bridge.create_session());
    for session in [&one, &two, &none] {
        bridge.say(session, "weight");
    }
    let listed = |study: &str| -> Vec<String> {
        let result = bridge.request("session/list", json!({"studyId": study}));
        result["sessions"].as_array().unwrap().iter().map(|session| text(&session["id"])).collect()
    };
    assert_eq!(listed("beam"), std::slice::from_ref(&one));
    assert_eq!(listed("nobody"), [""; 0]);
    for order in ["newest", "best"] {
        let params = json!({"query": "weight", "studyId": "mirror/bracket", "role": "user", "order": order});
        let hits = bridge.request("message/search", params)["hits"].take();
        let found: Vec<_> = hits.as_array().unwrap().iter().map(|hit| text(&hit["session"]["id"])).collect();
        assert_eq!(found, std::slice::from_ref(&two), "{order}");
    }
    set_study(&bridge, &two, Some("beam"));
    assert_eq!(listed("beam"), [two.clone(), one.clone()]);
    let rows = bridge.request("usage/summary", json!({"groupBy": "study"}))["rows"].take();
    let mut turns: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| (text(&row["key"]), row["turns"].as_u64())).collect();
    turns.sort();
    assert_eq!(turns, [(String::new(), Some(1)), ("beam".to_owned(), Some(2))]);
}

#[test]
fn a_study_can_be_searched_and_its_cost_be_seen_in_the_terminal() {
    let bridge = atomizer([Script::echo(), Script::echo()]).start();
    let about_beam = create(&bridge, "beam");
    bridge.say(&about_beam, "stiffness");
    let about_none = bridge.create_session();
    bridge.say(&about_none, "stiffness");

    let found = bridge.run(&["search", "--json", "--role", "user", "--study", "beam", "stiffness"]).json();
    let sessions: Vec<_> = found["hits"].as_array().unwrap().iter().map(|hit| text(&hit["session"]["id"])).collect();
    assert_eq!(sessions, [about_beam]);
    let nothing = bridge.run(&["search", "--json", "--study", "mirror/bracket", "stiffness"]);
    assert_eq!(nothing.code(), 1);
    let used = bridge.run(&["usage", "--by", "study"]).text();
    assert!(used.contains("\nbeam ") && used.contains("\nno study "), "{used}");
}

#[test]
fn a_session_about_a_study_is_about_it_on_another_machine_too_where_its_context_is_built_anew() {
    let (first, second) = (atomizer([Script::echo()]).start(), atomizer([Script::echo()]).start());
    let session = create(&first, "beam");
    first.say(&session, "1");
    first.request("session/close", json!({"sessionId": session}));
    set_study(&first, &session, Some("mirror/bracket"));
    let exported = first.request("session/export", json!({"sessionId": session, "format": "json"}));
    let params = json!({"content": exported["content"], "cwd": second.folders().workspace});
    assert_eq!(second.request("session/import", params)["session"]["studyId"], "mirror/bracket");

    second.say(&session, "2");
    let start = &second.cli().starts()[0];
    let prompt = &start.files["--append-system-prompt-file"].text;
    assert!(prompt.contains("about the study `mirror/bracket`"), "{prompt}");
    assert_eq!(start.env["ATOMIZER_STUDY"], "mirror/bracket");
    // It is told there; no note repeats it.
    assert_eq!(last_message(&second), ["2"]);
}
