//! A request that reached the stand-in API.

use serde_json::Value;

/// The body of a `POST /v1/messages`, with what tests ask of it.
#[derive(Clone, Debug)]
pub(crate) struct Request(Value);

impl Request {
    pub(super) fn new(body: Value) -> Self {
        Self(body)
    }

    /// The model that was asked for.
    pub(crate) fn model(&self) -> &str {
        self.0["model"].as_str().unwrap_or_default()
    }

    /// How hard the model is to think.
    pub(crate) fn effort(&self) -> &str {
        self.0["output_config"]["effort"].as_str().unwrap_or_default()
    }

    /// The conversation, oldest message first.
    pub(crate) fn messages(&self) -> &[Value] {
        list(&self.0["messages"])
    }

    /// The names of the tools that the model was offered.
    pub(crate) fn tools(&self) -> Vec<&str> {
        list(&self.0["tools"]).iter().filter_map(|tool| tool["name"].as_str()).collect()
    }

    /// The system prompt, its blocks joined by blank lines.
    pub(crate) fn system_prompt(&self) -> String {
        texts(&self.0["system"]).join("\n\n")
    }

    /// All that is said in the conversation by either side, tool results included; what the CLI adds is left out.
    pub(crate) fn conversation_texts(&self) -> Vec<String> {
        let said = self.messages().iter().filter(|message| message["role"] != "system");
        said.flat_map(|message| texts(&message["content"])).filter(|text| !is_reminder(text)).collect()
    }

    /// Whether a text stands anywhere in the request: the name of a tool that the CLI tells the model of in words.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        self.0.to_string().contains(text)
    }

    /// What the person said last; empty where the conversation ends otherwise.
    pub(crate) fn last_user_text(&self) -> String {
        self.last_user_texts().into_iter().rfind(|text| !is_reminder(text)).unwrap_or_default()
    }

    /// Whether the last message on the person's side says this, in the person's words, a tool's or the CLI's.
    pub(super) fn asks(&self, words: &str) -> bool {
        self.last_user_texts().iter().any(|text| text.contains(words))
    }

    fn last_user_texts(&self) -> Vec<String> {
        let last = self.messages().iter().rfind(|message| message["role"] == "user");
        last.map(|message| texts(&message["content"])).unwrap_or_default()
    }

    /// Whether the CLI asks this beside the conversation. Every turn of a conversation offers tools.
    pub(super) fn is_side_request(&self) -> bool {
        self.tools().is_empty()
    }

    pub(super) fn wants_stream(&self) -> bool {
        self.0["stream"] == true
    }
}

/// The texts of a `content` or `system` field: a string, or blocks with `text` or nested `content`.
fn texts(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => vec![text.clone()],
        Value::Array(blocks) => blocks.iter().flat_map(block_texts).collect(),
        _ => Vec::new(),
    }
}

fn block_texts(block: &Value) -> Vec<String> {
    match &block["text"] {
        Value::String(text) => vec![text.clone()],
        _ => texts(&block["content"]),
    }
}

/// The CLI adds notes of its own to what the person says.
fn is_reminder(text: &str) -> bool {
    text.trim_start().starts_with("<system-reminder>")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
