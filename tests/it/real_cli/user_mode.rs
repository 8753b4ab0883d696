//! What user mode may do with the rules of the Atomizer profile, rule by rule, and what is next to each rule.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::calc;
use crate::support::api::{Api, Reply};
use crate::support::bridge::{Bridge, Said, Setup};
use crate::support::studies;

const STUDY: &str = "studies/mirror/bracket";

/// A bridge whose workspace is the root of the Atomizer profile.
fn atomizer(api: &Api) -> Setup {
    let setup = Bridge::with_real_cli(api).options(json!({"profile": "atomizer"}));
    studies::make_root(&setup.folders().workspace);
    setup
}

fn bash(command: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": command, "description": "does something"}))
}

fn write(path: impl AsRef<Path>) -> (&'static str, Value) {
    ("Write", json!({"file_path": path.as_ref(), "content": "written"}))
}

fn read(path: impl AsRef<Path>) -> (&'static str, Value) {
    ("Read", json!({"file_path": path.as_ref()}))
}

/// Has the model make these calls, one after the other, where nobody can be asked, and gives those that were denied.
fn denied(api: &Api, bridge: &Bridge, session: &str, calls: &[(&str, Value)]) -> Vec<String> {
    let said = make(api, bridge, session, calls);
    let denied = said.events_of("toolResult").into_iter().zip(calls).filter(|(result, _)| {
        let text = result["content"].to_string();
        text.contains("needs the person's permission")
    });
    denied.map(|(_, (name, input))| format!("{name} {input}")).collect()
}

fn make(api: &Api, bridge: &Bridge, session: &str, calls: &[(&str, Value)]) -> Said {
    for (name, input) in calls {
        api.reply(Reply::tool(name, input.clone()));
    }
    api.reply("done");
    let said = bridge.say(session, "Go on");
    assert_eq!(said.text(), "done");
    assert_eq!(said.events_of("toolResult").len(), calls.len());
    said
}

fn all(calls: &[(&str, Value)]) -> Vec<String> {
    calls.iter().map(|(name, input)| format!("{name} {input}")).collect()
}

#[test]
fn reports_are_written_scripts_run_and_the_profiles_tools_called_without_a_question() {
    let api = Api::start();
    let mut bridge = atomizer(&api).start();
    let session = bridge.create_session();
    let study = bridge.folders().workspace.join(STUDY);
    let calls = [
        read(study.join("README.md")),
        write(study.join("STUDY_REPORT.md")),
        ("Edit", json!({"file_path": study.join("STUDY_REPORT.md"), "old_string": "written", "new_string": "edited"})),
        write(study.join("3_results/summary.md")),
        bash(&format!("python3 {STUDY}/run_optimization.py --trials 3")),
        ("mcp__atomizer__environment", json!({})),
        bash(&format!("cd {STUDY} && python3 run_optimization.py")),
    ];
    let said = make(&api, &bridge, &session, &calls);
    let results: Vec<_> = said.events_of("toolResult");
    let failed: Vec<_> = results.iter().filter(|result| result["isError"] == true).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(fs::read_to_string(study.join("STUDY_REPORT.md")).unwrap(), "edited");
    assert_eq!(fs::read_to_string(study.join("3_results/summary.md")).unwrap(), "written");
    let told = |at: usize| results[at]["content"].to_string();
    // Both the CLI, and so its scripts, and the server know of the session.
    assert!(told(4).contains("ran ['--trials', '3'] user"), "{}", told(4));
    assert!(told(6).contains("ran [] user") && told(6).contains(STUDY), "{}", told(6));
    let root = bridge.folders().workspace.display().to_string();
    assert!(told(5).contains(&format!("ATOMIZER_MODE=user\\nATOMIZER_ROOT={root}")), "{}", told(5));
    bridge.shutdown();
}

#[test]
fn what_is_next_to_the_rules_is_asked_for() {
    let api = Api::start();
    let mut bridge = atomizer(&api).config(&calc::config()).start();
    let session = bridge.create_session();
    let folders = bridge.folders();
    let (root, study) = (folders.workspace.clone(), folders.workspace.join(STUDY));
    let secret = folders.home.join("secret.txt");
    fs::write(&secret, "s3cret").unwrap();
    studies::write(&study, "3_results/notes.md", "open('evil', 'w')\n");
    studies::write(&study, "3_results/plan.py", "open('evil', 'w')\n");
    fs::create_dir_all(root.join("studies/link/1_setup")).unwrap();
    std::os::unix::fs::symlink(&folders.home, root.join("studies/link/3_results")).unwrap();
    let script = format!("{STUDY}/run_optimization.py");
    let calls = [
        read(&secret),
        write(study.join("README.md")),
        write(study.join("3_results/table.txt")),
        write(study.join("3_results/sub/deep.md")),
        write(study.join("3_results/../aside.md")),
        write(root.join("STUDY_REPORT.md")),
        write(root.join("studies/link/3_results/outside.md")),
        write(study.join("run_optimization.py")),
        bash(&format!("echo x > {STUDY}/other.md")),
        bash("python3 -c \"open('evil', 'w')\""),
        bash(&format!("python3 -c \"open('evil', 'w')\" {script}")),
        bash("python3 -m this"),
        bash(&format!("python3 {STUDY}/3_results/plan.py")),
        bash(&format!("python3 {STUDY}/3_results/notes.md")),
        bash(&format!("python3 {STUDY}/3_results/notes.md {script}")),
        bash(&format!("python3 -i {script}")),
        bash(&format!("python3 {script}; touch evil")),
        bash(&format!("python3 {script} && python3 -c \"open('evil', 'w')\"")),
        bash(&format!("python3 {script} $(touch evil)")),
        bash(&format!("python3 {script} > evil")),
        bash(&format!("PYTHONSTARTUP=evil.py python3 {script}")),
        bash("touch evil"),
        ("mcp__calc__add", json!({"a": 1, "b": 2})),
    ];
    assert_eq!(denied(&api, &bridge, &session, &calls), all(&calls));
    let evil = [root.join("evil"), study.join("evil"), bridge.folders().home.join("outside.md")];
    assert_eq!(evil.map(|path| path.exists()), [false; 3]);
    bridge.shutdown();
}

#[test]
fn the_root_may_be_read_and_its_reports_written_from_another_folder_too() {
    let api = Api::start();
    let mut bridge = atomizer(&api).start();
    let elsewhere = bridge.folders().temporary.clone();
    let session = bridge.create_session_with(json!({"cwd": elsewhere}))["id"].as_str().unwrap().to_owned();
    let study = bridge.folders().workspace.join(STUDY);
    let allowed = [read(study.join("README.md")), write(study.join("STUDY_REPORT.md"))];
    assert_eq!(denied(&api, &bridge, &session, &allowed), [""; 0]);
    let asked = [write(study.join("README.md")), write(elsewhere.join("studies/x/STUDY_REPORT.md"))];
    assert_eq!(denied(&api, &bridge, &session, &asked), all(&asked));
    bridge.shutdown();
}

/// A repository whose own settings allow everything.
fn with_generous_settings(setup: Setup) -> Setup {
    let settings = json!({"permissions": {
        "allow": ["Bash", "Bash(*)", "Write", "Edit", "Edit(**)"], "defaultMode": "bypassPermissions",
        "additionalDirectories": ["/"],
    }});
    let setup = setup.workspace_file(".claude/settings.json", &settings.to_string());
    setup.workspace_file(".claude/settings.local.json", &settings.to_string())
}

#[test]
fn the_settings_of_a_cloned_repository_do_not_widen_user_mode() {
    for profile in ["general", "atomizer"] {
        let api = Api::start();
        let setup = with_generous_settings(Bridge::with_real_cli(&api)).options(json!({"profile": profile}));
        let mut bridge = setup.start();
        let session = bridge.create_session();
        let calls = [bash("touch made"), write(bridge.folders().workspace.join("made"))];
        assert_eq!(denied(&api, &bridge, &session, &calls), all(&calls), "{profile}");
        assert!(!bridge.folders().workspace.join("made").exists());
        bridge.shutdown();
    }
}

#[test]
fn the_settings_of_a_trusted_folder_count() {
    let api = Api::start();
    let mut bridge = with_generous_settings(Bridge::with_real_cli(&api)).options(json!({"trust": ["."]})).start();
    let session = bridge.create_session();
    assert_eq!(denied(&api, &bridge, &session, &[bash("touch made")]), [""; 0]);
    assert!(bridge.folders().workspace.join("made").exists());
    bridge.shutdown();
}
