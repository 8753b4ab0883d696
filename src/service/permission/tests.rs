//! Answers: which make sense, and what the CLI is told.

use serde_json::json;

use super::*;

fn asked(request: &Value) -> Asked {
    let line = json!({"type": "control_request", "request_id": "r", "request": request}).to_string();
    let Some(claude::Frame::ControlRequest { request: claude::ControlRequest::CanUseTool(request), .. }) =
        claude::decode(line.as_bytes())
    else {
        panic!("{line}")
    };
    let occasion = Occasion {
        session_id: SessionId::new(),
        turn_id: TurnId::new(),
        cwd: Path::new("/"),
        now: Timestamp::from_millis(0),
        expires_at: None,
        plan: None,
    };
    Asked::new(*request, occasion)
}

/// A command, with what the CLI suggests for it.
fn command() -> Asked {
    let rule = json!({"type": "addRules", "rules": [{"toolName": "Bash", "ruleContent": "touch x"}],
        "behavior": "allow", "destination": "localSettings"});
    let folder = json!({"type": "addDirectories", "directories": ["/a"], "destination": "session"});
    asked(&json!({"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "touch x"},
        "tool_use_id": "t", "permission_suggestions": [rule, folder]}))
}

fn question() -> Asked {
    let options = json!([{"label": "Steel", "description": "strong"}, {"label": "Aluminium", "description": "light"}]);
    let questions = json!([
        {"question": "Which material?", "header": "Material", "multiSelect": false, "options": options},
        {"question": "Which tests?", "header": "Tests", "multiSelect": true, "options": options},
    ]);
    asked(&json!({"subtype": "can_use_tool", "tool_name": "AskUserQuestion", "input": {"questions": questions},
        "tool_use_id": "t", "requires_user_interaction": true}))
}

fn check(asked: &Asked, answer: Value) -> Result<Verdict> {
    asked.check(serde_json::from_value(answer).unwrap())
}

fn problem(asked: &Asked, answer: Value) -> String {
    let error = check(asked, answer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidParams);
    error.message().to_owned()
}

#[test]
fn what_is_allowed_once_is_told_with_its_input_and_nothing_is_kept() {
    let verdict = check(&command(), json!({"behavior": "allow"})).unwrap();
    let response = json!({"behavior": "allow", "updatedInput": {"command": "touch x"}});
    assert_eq!(verdict, Verdict { outcome: PermissionOutcome::Allow, response, granted: None });
    let edited = json!({"behavior": "allow", "scope": "once", "updatedInput": {"command": "touch y"}});
    assert_eq!(check(&command(), edited).unwrap().response["updatedInput"], json!({"command": "touch y"}));
}

#[test]
fn the_scope_and_the_suggestion_decide_what_is_kept_and_where() {
    let command = command();
    let told: Vec<_> = command.permission.suggestions.iter().map(|known| (known.id.as_str(), known.scope)).collect();
    assert_eq!(told, [("1", PermissionScope::Project), ("2", PermissionScope::Session)]);
    for (answer, kept, which) in [
        (json!({"behavior": "allow", "scope": "session"}), GrantedFor::Session, 0),
        (json!({"behavior": "allow", "scope": "project"}), GrantedFor::Project, 0),
        (json!({"behavior": "allow", "suggestionId": "1"}), GrantedFor::Project, 0),
        (json!({"behavior": "allow", "suggestionId": "2"}), GrantedFor::Session, 1),
        (json!({"behavior": "allow", "scope": "session", "suggestionId": "1"}), GrantedFor::Session, 0),
    ] {
        let verdict = check(&command, answer).unwrap();
        assert_eq!(verdict.granted, Some((kept, command.grants[which].clone())));
        assert_eq!(verdict.response["updatedPermissions"][0]["destination"], "session");
    }
}

#[test]
fn a_denial_tells_the_model_why() {
    let told = |answer: Value| check(&command(), answer).unwrap().response;
    let expected = json!({"behavior": "deny", "message": "use make"});
    assert_eq!(told(json!({"behavior": "deny", "message": "use make"})), expected);
    let expected = json!({"behavior": "deny", "message": "The person declined this tool call."});
    assert_eq!(told(json!({"behavior": "deny", "message": " "})), expected);
}

#[test]
fn what_makes_no_sense_is_named() {
    let (command, question) = (command(), question());
    let plain = asked(&json!({"subtype": "can_use_tool", "tool_name": "New", "input": {}}));
    for (asked, answer, named) in [
        (&command, json!({"behavior": "allow", "suggestionId": "3"}), "answer.suggestionId: \"3\""),
        (&command, json!({"behavior": "allow", "scope": "once", "suggestionId": "1"}), "answer.suggestionId"),
        (&command, json!({"behavior": "allow", "message": "hm"}), "answer.message"),
        (&command, json!({"behavior": "allow", "answers": {}}), "answer.answers"),
        (&command, json!({"behavior": "deny", "scope": "session"}), "answer.scope"),
        (&command, json!({"behavior": "deny", "suggestionId": "1"}), "answer.suggestionId"),
        (&command, json!({"behavior": "deny", "updatedInput": {}}), "answer.updatedInput"),
        (&command, json!({"behavior": "deny", "message": "x".repeat(10_001)}), "answer.message"),
        (&plain, json!({"behavior": "allow", "scope": "session"}), "answer.scope"),
        (&question, json!({"behavior": "allow"}), "answer.answers: no answer"),
        (&question, json!({"behavior": "allow", "updatedInput": {}}), "answer.updatedInput"),
        (&question, json!({"behavior": "deny", "answers": {}}), "answer.answers"),
    ] {
        let told = problem(asked, answer);
        assert!(told.starts_with(named), "{told}, not {named}");
    }
}

#[test]
fn questions_are_answered_by_a_label_by_several_or_by_words_of_ones_own() {
    let answers = json!({"Which material?": "Wood, of course", "Which tests?": ["Steel", "Aluminium"]});
    let verdict = check(&question(), json!({"behavior": "allow", "answers": answers})).unwrap();
    let input = &verdict.response["updatedInput"];
    assert_eq!(input["answers"], json!({"Which material?": "Wood, of course", "Which tests?": "Steel, Aluminium"}));
    assert_eq!(input["questions"].as_array().unwrap().len(), 2);
}

#[test]
fn answers_that_do_not_fit_their_questions_are_named() {
    for (answers, named) in [
        (json!({"Which material?": "Steel"}), "no answer to [\"Which tests?\"]"),
        (json!({"Which material?": "Steel", "Which tests?": "Steel", "Why?": "so"}), "\"Why?\" was not asked"),
        (json!({"Which material?": ["Steel", "Wood"], "Which tests?": "Steel"}), "several answers"),
        (json!({"Which material?": "  ", "Which tests?": "Steel"}), "an empty answer"),
        (json!({"Which material?": "Steel", "Which tests?": []}), "an empty answer"),
    ] {
        let told = problem(&question(), json!({"behavior": "allow", "answers": answers}));
        assert!(told.contains(named), "{told}, not {named}");
    }
}
