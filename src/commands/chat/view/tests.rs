//! What a person sees of events.

use serde_json::{Value, json};

use super::View;
use crate::commands::chat::show::Show;
use crate::commands::terminal::output::tests::{PIPE, Paper, TERMINAL};
use crate::commands::terminal::output::{Output, Stream};
use crate::error::{Error, ErrorKind};
use crate::ids::{MessageId, SessionId, TurnId};
use crate::protocol::event::NoticeLevel;
use crate::protocol::turn::Turn;
use crate::time::Timestamp;

/// A view, what it writes on, and the ids that its events have.
struct Scene {
    view: View,
    answer: Paper,
    aside: Paper,
    session: SessionId,
    turn: TurnId,
    item: MessageId,
}

impl Scene {
    fn terminal() -> Self {
        let paper = Paper::default();
        Self::new(Output::new(Stream::new(paper.clone(), TERMINAL), None), paper, Paper::default())
    }

    fn pipes() -> Self {
        let (answer, aside) = (Paper::default(), Paper::default());
        let output = Output::new(Stream::new(answer.clone(), PIPE), Some(Stream::new(aside.clone(), PIPE)));
        Self::new(output, answer, aside)
    }

    fn new(output: Output, answer: Paper, aside: Paper) -> Self {
        let (session, turn, item) = (SessionId::new(), TurnId::new(), MessageId::new());
        Self { view: View::new(output), answer, aside, session, turn, item }
    }

    fn event(&mut self, mut body: Value) -> &mut Self {
        let meta = json!({"seq": 1, "sessionId": self.session, "turnId": self.turn, "at": Timestamp::now()});
        for (name, value) in meta.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.view.event(&body).unwrap();
        self
    }

    fn delta(&mut self, kind: &str, offset: u64, text: &str) -> &mut Self {
        let item = self.item;
        self.event(json!({"kind": kind, "itemId": item, "offset": offset, "text": text}))
    }

    fn text(&mut self, offset: u64, text: &str) -> &mut Self {
        self.delta("textDelta", offset, text)
    }

    fn message(&mut self, text: &str) -> &mut Self {
        let message = json!({
            "id": self.item, "sessionId": self.session, "turnId": self.turn, "seq": 2, "role": "assistant",
            "content": [{"type": "text", "text": text}], "createdAt": Timestamp::now(),
        });
        self.item = MessageId::new();
        self.event(json!({"kind": "message", "message": message}))
    }

    fn call(&mut self, id: &str, title: &str) -> &mut Self {
        let message = MessageId::new();
        self.event(json!({
            "kind": "toolCall", "messageId": message, "toolUseId": id, "name": "T", "title": title, "input": {}
        }))
    }

    fn result(&mut self, id: &str, is_error: bool, content: &str) -> &mut Self {
        let message = MessageId::new();
        self.event(json!({
            "kind": "toolResult", "messageId": message, "toolUseId": id, "isError": is_error, "content": content
        }))
    }

    fn end(&mut self, stop_reason: &str) -> &mut Self {
        let turn: Turn = serde_json::from_value(json!({
            "id": self.turn, "sessionId": self.session, "stopReason": stop_reason, "text": "", "toolCalls": [],
            "usage": {"inputTokens": 1200, "outputTokens": 340}, "costUsd": 0.0123, "durationMs": 2100,
        }))
        .unwrap();
        self.view.end(&turn).unwrap();
        self
    }

    /// What stands on the terminal, without styles.
    fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.answer.text()).to_string()
    }
}

const SUMMARY: &str = "1.2k in · 340 out · $0.0123 · 2.1 s\n";

#[test]
fn text_streams_and_its_end_and_the_figures_follow() {
    let mut scene = Scene::terminal();
    scene.text(0, "Hello **wor").text(11, "ld** ");
    assert_eq!(scene.plain(), "Hello world");
    scene.message("Hello **world** !").end("completed");
    assert_eq!(scene.plain(), format!("Hello world !\n\n{SUMMARY}"));
}

#[test]
fn what_is_known_of_a_delta_is_not_shown_again() {
    let mut scene = Scene::terminal();
    scene.text(0, "one two ").text(4, "two three ").text(0, "one ").message("one two three ");
    assert_eq!(scene.plain(), "one two three\n");
}

#[test]
fn a_message_without_deltas_is_shown_and_one_that_was_shown_is_not() {
    let mut scene = Scene::terminal();
    scene.message("whole").text(0, "more").message("more");
    assert_eq!(scene.plain(), "whole\n\nmore\n");
}

#[test]
fn a_final_text_replaces_deltas_that_differ() {
    let mut scene = Scene::terminal();
    scene.text(0, "one thing ").message("another");
    assert_eq!(scene.plain(), "one thing\n\n! the text above became this one:\n\nanother\n");
}

#[test]
fn a_tool_is_a_line_with_its_outcome_in_the_order_of_the_answers() {
    let mut scene = Scene::terminal();
    scene.call("1", "Read a.rs").call("2", "Bash\ncargo test").call("3", "Grep x");
    assert_eq!(scene.plain(), "");
    scene.result("2", true, "exit code 1\nlong log").result("1", false, "a\nb\nc").end("interrupted");
    let tools = "✗ Bash cargo test · exit code 1\n✓ Read a.rs · 3 lines\n✗ Grep x · no answer\n";
    assert_eq!(scene.plain(), format!("{tools}\n■ interrupted\n\n{SUMMARY}"));
}

#[test]
fn a_tool_line_never_breaks() {
    let mut scene = Scene::terminal();
    scene.call("1", &"long ".repeat(20)).result("1", false, "done");
    scene.call("2", "Read a/rather/long/path.rs").result("2", false, "what it said is long too");
    assert_eq!(scene.plain(), "✓ long long long long long long long lo…\n✓ Read a/rather/long/path.rs · what it…\n");
}

#[test]
fn thoughts_are_dimmed_and_kept_apart() {
    let mut scene = Scene::terminal();
    scene.delta("thinkingDelta", 0, "Let me see");
    scene.item = MessageId::new();
    scene.text(0, "Yes.").end("completed");
    assert!(scene.answer.text().starts_with("\u{1b}[2m\u{1b}[3mLet me\u{1b}[0m"), "{:?}", scene.answer.text());
    assert!(scene.plain().starts_with("Let me see\n\nYes.\n"), "{}", scene.plain());
}

#[test]
fn an_error_is_told_once_with_its_hint() {
    let mut scene = Scene::terminal();
    let error = Error::new(ErrorKind::Authentication, "the API did not accept the key").hint("claude login");
    scene.event(json!({"kind": "error", "error": error.to_data()}));
    scene.view.fail(&error).unwrap();
    assert_eq!(scene.plain(), "✗ the API did not accept the key\n  claude login\n");
}

#[test]
fn where_there_is_no_cli_the_built_in_agent_is_named() {
    let mut scene = Scene::terminal();
    scene.view.fail(&Error::new(ErrorKind::CliNotFound, "no claude").hint("install it")).unwrap();
    assert!(scene.plain().contains("  install it\n"), "{}", scene.plain());
    assert!(scene.plain().contains("claude-bridge chat --demo"), "{}", scene.plain());
}

#[test]
fn a_pipe_gets_the_answer_alone_and_as_it_was_written() {
    let mut scene = Scene::pipes();
    scene.delta("thinkingDelta", 0, "Hm");
    scene.item = MessageId::new();
    scene.text(0, "# A\n**b**").message("# A\n**b**").call("1", "Read a").result("1", false, "x");
    scene.view.notice(NoticeLevel::Warning, "careful").unwrap();
    scene.message("end").end("completed");
    assert_eq!(scene.answer.text(), "# A\n**b**\n\nend\n");
    assert_eq!(scene.aside.text(), format!("✓ Read a · x\n\n! careful\n\n{SUMMARY}"));
}

#[test]
fn events_of_agents_and_of_unknown_kinds_do_not_disturb() {
    let mut scene = Scene::terminal();
    let item = scene.item;
    scene.event(json!({"kind": "textDelta", "itemId": item, "offset": 0, "text": "x", "parentToolUseId": "t"}));
    scene.event(json!({"kind": "brandNew", "text": "y"})).event(json!({"kind": "textDelta"}));
    scene.event(json!({"kind": "status", "status": "brandNew"}));
    assert_eq!(scene.plain(), "");
}

#[test]
fn the_spinner_says_what_the_server_waits_for() {
    let mut scene = Scene::terminal();
    scene.view.begin().unwrap();
    scene.event(json!({"kind": "status", "status": "retrying", "detail": "in 2 s"}));
    scene.view.last_event = None;
    scene.view.tick().unwrap();
    assert!(scene.plain().ends_with("⠙ asking the API again: in 2 s"), "{:?}", scene.answer.text());
}

#[test]
fn nothing_that_claude_says_moves_the_cursor() {
    let mut scene = Scene::terminal();
    scene.text(0, "a\u{1b}[2Jb\r").message("a\u{1b}[2Jb\r").call("1", "x\u{7}\u{1b}]0;t").result("1", true, "\u{1b}c");
    assert_eq!(scene.plain(), "a[2Jb\n\n✓ x ]0;t · c\n".replace('✓', "✗"));
}
