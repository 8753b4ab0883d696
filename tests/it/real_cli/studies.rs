//! Sessions about studies, with the real CLI: what reaches the model, and what the MCP server knows.

use serde_json::{Value, json};

use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Setup};
use crate::support::{process, studies};

fn atomizer(api: &Api, options: Value) -> Setup {
    let setup = Bridge::with_real_cli(api).options(options);
    studies::make_root(&setup.folders().workspace);
    studies::write(&setup.folders().workspace, "studies/beam/optimization_config.json", "{}");
    setup
}

fn create(bridge: &Bridge) -> String {
    bridge.create_session_with(json!({"studyId": "mirror/bracket"}))["id"].as_str().unwrap().to_owned()
}

/// Our part of the system prompt in the latest request.
fn our_part(api: &Api) -> String {
    let prompt = api.last_request().system_prompt();
    let start = prompt.find("# Where you are").unwrap_or_else(|| panic!("our part is missing in:\n{prompt}"));
    prompt[start..].to_owned()
}

#[test]
fn our_part_of_the_system_prompt_is_the_same_across_a_park_a_crash_and_a_resume() {
    let api = Api::start();
    let options = json!({"profile": "atomizer"});
    let mut bridge = atomizer(&api, options.clone()).start();
    let session = create(&bridge);
    bridge.say(&session, "one");
    let first = our_part(&api);
    assert!(first.contains("about the study `mirror/bracket`") && first.contains("# Bracket"), "{first}");
    let told = bridge.session(&session)["context"]["bytes"].as_u64().unwrap();
    assert!(first.len() as u64 >= told.saturating_sub(1), "{} of {told} bytes", first.len());
    // The study goes on; what was told of it does not change.
    let change = |text: &str| {
        studies::write(&bridge.folders().workspace, "studies/mirror/bracket/README.md", text);
    };

    change("# Two\n");
    bridge.say(&session, "two");
    assert_eq!(our_part(&api), first, "in the same process");

    change("# Three\n");
    process::kill(bridge.cli_pid(&session));
    bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    bridge.say(&session, "three");
    assert_eq!(our_part(&api), first, "after a crash");

    bridge.shutdown();
    let mut parking = options;
    parking["sessions"] = json!({"idleTimeout": "100ms"});
    bridge.restart_with(parking);
    bridge.say(&session, "four");
    assert_eq!(our_part(&api), first, "after a resume in another bridge");
    bridge.wait_for_session(&session, "parked", |session| session["state"] == "parked");
    bridge.say(&session, "five");
    assert_eq!(our_part(&api), first, "after a park");

    bridge.kill();
    bridge.restart();
    bridge.say(&session, "six");
    assert_eq!(our_part(&api), first, "after the bridge was killed");
    assert_eq!(api.last_request().conversation_texts().first().unwrap(), "one");
    bridge.shutdown();
}

#[test]
fn after_a_change_of_study_the_mcp_server_and_the_next_turn_tell_the_truth() {
    let api = Api::start();
    let mut bridge = atomizer(&api, json!({"profile": "atomizer"})).start();
    let session = create(&bridge);
    let study_of_server = |bridge: &Bridge| {
        api.reply(Reply::tool("mcp__atomizer__environment", json!({})));
        api.reply("done");
        let said = bridge.say(&session, "Which study?");
        let told = said.events_of("toolResult")[0]["content"][0]["text"].as_str().unwrap().to_owned();
        let study = told.lines().find_map(|line| line.strip_prefix("ATOMIZER_STUDY=")).map(str::to_owned);
        (study, our_part(&api))
    };
    let (study, before) = study_of_server(&bridge);
    assert_eq!(study.as_deref(), Some("mirror/bracket"));
    let pid = bridge.cli_pid(&session);
    bridge.request("session/setStudy", json!({"sessionId": session, "studyId": "beam"}));
    let (study, after) = study_of_server(&bridge);
    assert_eq!(study.as_deref(), Some("beam"));
    assert_eq!(after, before);
    let texts = api.last_request().conversation_texts();
    let notes: Vec<_> = texts.iter().filter(|text| text.starts_with("<session_study>")).collect();
    assert!(notes.len() == 1 && notes[0].contains("about the study `beam`"), "{texts:?}");
    assert_eq!(bridge.cli_pid(&session), pid);
    bridge.shutdown();
}
