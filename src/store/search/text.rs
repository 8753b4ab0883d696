//! What of a message can be searched.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// How much of what was said in a message is indexed, in bytes.
const MAX_SAID: usize = 256 * 1024;
/// How much of a tool's input or answer is indexed, in bytes.
const MAX_TOOLS: usize = 16 * 1024;

/// The text of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    /// What was said, with the files that were attached.
    pub(super) said: String,
    /// The inputs of tools and what they answered.
    pub(super) tools: String,
}

/// A block of a message, of whatever type, as far as it has text.
#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl Text {
    /// The text of a message's content, which is the JSON that it is stored as.
    pub(super) fn of(content: &str) -> Self {
        let mut text = Self::default();
        match serde_json::from_str::<Vec<Block<'_>>>(content) {
            Ok(blocks) => blocks.iter().for_each(|block| text.take(block)),
            // It cannot be read either: whoever reads it says so.
            Err(error) => tracing::debug!(%error, "a message cannot be searched"),
        }
        clip(&mut text.said, MAX_SAID);
        clip(&mut text.tools, MAX_TOOLS);
        text
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.tools.is_empty()
    }

    fn take(&mut self, block: &Block<'_>) {
        match &*block.kind {
            "text" | "file" => {
                add(&mut self.said, block.path.as_deref());
                add(&mut self.said, block.text.as_deref());
            }
            "toolUse" => {
                add(&mut self.tools, block.name.as_deref());
                add_json(&mut self.tools, block.input);
            }
            "toolResult" => add_json(&mut self.tools, block.content),
            // What the model thought, pictures, and what is to come.
            _ => {}
        }
    }
}

fn add(to: &mut String, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        if !to.is_empty() {
            to.push('\n');
        }
        to.push_str(text);
    }
}

fn add_json(to: &mut String, json: Option<&RawValue>) {
    match json.map(|json| serde_json::from_str(json.get())) {
        Some(Ok(value)) => add_texts(to, &value),
        Some(Err(error)) => tracing::debug!(%error, "what a tool was given or said cannot be searched"),
        None => {}
    }
}

/// All texts in a value, but for pictures and documents, which are not for reading.
fn add_texts(to: &mut String, value: &Value) {
    if to.len() > MAX_TOOLS {
        return;
    }
    match value {
        Value::String(text) => add(to, Some(text)),
        Value::Array(items) => items.iter().for_each(|item| add_texts(to, item)),
        Value::Object(fields) => match fields.get("type").and_then(Value::as_str) {
            Some("image" | "document") => {}
            Some("text") => add(to, fields.get("text").and_then(Value::as_str)),
            _ => fields.values().for_each(|field| add_texts(to, field)),
        },
        Value::Number(number) => add(to, Some(&number.to_string())),
        Value::Null | Value::Bool(_) => {}
    }
}

fn clip(text: &mut String, most: usize) {
    text.truncate(text.floor_char_boundary(most));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn text(content: &Value) -> Text {
        Text::of(&content.to_string())
    }

    #[test]
    fn what_was_said_and_what_tools_say_are_told_apart() {
        let content = json!([
            {"type": "thinking", "text": "hm"},
            {"type": "text", "text": "Say \"hi\"\n\u{e9}"},
            {"type": "file", "path": "a.rs", "range": {}, "text": "fn main"},
            {"type": "image", "mediaType": "image/png", "data": "AAAA"},
            {"type": "toolUse", "toolUseId": "t1", "name": "Bash", "input": {"command": "ls", "timeout": 5}},
            {"type": "toolResult", "toolUseId": "t1", "isError": false, "content": [
                {"type": "text", "text": "found"}, {"type": "image", "source": {"data": "BBBB"}}
            ]},
            {"type": "new", "text": "unknown"}
        ]);
        let expected = Text { said: "Say \"hi\"\né\na.rs\nfn main".into(), tools: "Bash\nls\n5\nfound".into() };
        assert_eq!(text(&content), expected);
        assert_eq!(text(&json!([{"type": "toolResult", "content": "plain"}])).tools, "plain");
        assert_eq!(Text::of("not json"), Text::default());
    }

    #[test]
    fn what_is_indexed_of_a_message_is_bounded() {
        let long = "ü".repeat(1 << 20);
        let content = json!([
            {"type": "text", "text": long},
            {"type": "toolResult", "content": [long, long, {"text": long}]}
        ]);
        let text = text(&content);
        assert_eq!((text.said.len(), text.tools.len()), (MAX_SAID, MAX_TOOLS));
    }
}
