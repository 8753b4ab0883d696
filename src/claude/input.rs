//! Host → CLI: what it is told, each as one line.

use serde_json::{Value, json};

use super::control::Control;

/// One line for the CLI's stdin.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Asks what this CLI can do; it answers once its own start is over.
    Initialize {
        /// The name under which the answer comes.
        request_id: String,
        /// The MCP servers that are ours; see [`our_server`](super::our_server).
        our_servers: Vec<String>,
    },
    /// A message of the person's. During a turn it waits, and gets a turn of its own.
    User {
        /// A text, or the API's content blocks.
        content: Value,
    },
    /// Ends the running turn. Without effect before the turn's `system/init`.
    Interrupt {
        /// The name under which the acknowledgement comes.
        request_id: String,
    },
    /// Asks or tells something beside the conversation.
    Control {
        /// The name under which the answer comes.
        request_id: String,
        /// What.
        control: Control,
    },
    /// Answers a question of the CLI's own.
    Answer {
        /// The name under which the question came.
        request_id: String,
        /// The answer in the question's own form, or why there is none.
        response: Result<Value, String>,
    },
}

impl Input {
    /// The line, with its newline.
    #[must_use]
    pub fn into_line(self) -> Vec<u8> {
        let mut line = self.into_json().to_string().into_bytes();
        line.push(b'\n');
        line
    }

    /// Moves what the host says to its place: `json!` would copy it, and an image has megabytes.
    fn into_json(self) -> Value {
        match self {
            Self::Initialize { request_id, our_servers } if our_servers.is_empty() => {
                request(&request_id, &json!({"subtype": "initialize"}))
            }
            Self::Initialize { request_id, our_servers } => {
                request(&request_id, &json!({"subtype": "initialize", "sdkMcpServers": our_servers}))
            }
            Self::Interrupt { request_id } => request(&request_id, &json!({"subtype": "interrupt"})),
            Self::Control { request_id, control } => request(&request_id, &control.into_request()),
            Self::User { content } => {
                let mut message = json!({"role": "user"});
                message["content"] = content;
                let mut line = json!({"type": "user", "message": null, "parent_tool_use_id": null, "session_id": ""});
                line["message"] = message;
                line
            }
            Self::Answer { request_id, response: Ok(answer) } => {
                let mut line = json!({"type": "control_response"});
                line["response"] = json!({"subtype": "success", "request_id": request_id, "response": null});
                line["response"]["response"] = answer;
                line
            }
            Self::Answer { request_id, response: Err(problem) } => json!({
                "type": "control_response",
                "response": {"subtype": "error", "request_id": request_id, "error": problem},
            }),
        }
    }
}

fn request(request_id: &str, request: &Value) -> Value {
    json!({"type": "control_request", "request_id": request_id, "request": request})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(input: Input) -> String {
        String::from_utf8(input.into_line()).unwrap()
    }

    #[test]
    fn a_message_is_one_line_whatever_it_says() {
        let input = Input::User { content: "two\nlines \u{2028} ✓".into() };
        let expected = concat!(
            r#"{"type":"user","message":{"role":"user","content":"two\nlines "#,
            "\u{2028} ✓",
            r#""},"parent_tool_use_id":null,"session_id":""}"#,
            "\n"
        );
        assert_eq!(line(input), expected);
    }

    #[test]
    fn requests_carry_their_name_and_kind() {
        let initialize = Input::Initialize { request_id: "r1".into(), our_servers: Vec::new() };
        let expected = r#"{"type":"control_request","request_id":"r1","request":{"subtype":"initialize"}}"#;
        assert_eq!(line(initialize).trim_end(), expected);
        let with_servers = Input::Initialize { request_id: "r1".into(), our_servers: vec!["editor".into()] };
        assert!(line(with_servers).contains(r#"{"subtype":"initialize","sdkMcpServers":["editor"]}"#));
        let interrupt = Input::Interrupt { request_id: "r2".into() };
        let expected = r#"{"type":"control_request","request_id":"r2","request":{"subtype":"interrupt"}}"#;
        assert_eq!(line(interrupt).trim_end(), expected);
    }

    #[test]
    fn answers_say_which_question_they_are_for() {
        let answer = Input::Answer { request_id: "q".into(), response: Ok(json!({"behavior": "deny"})) };
        let expected = concat!(
            r#"{"type":"control_response","response":{"subtype":"success","request_id":"q","#,
            r#""response":{"behavior":"deny"}}}"#
        );
        assert_eq!(line(answer).trim_end(), expected);
        let refusal = Input::Answer { request_id: "q".into(), response: Err("cannot".into()) };
        let expected =
            r#"{"type":"control_response","response":{"subtype":"error","request_id":"q","error":"cannot"}}"#;
        assert_eq!(line(refusal).trim_end(), expected);
    }
}
