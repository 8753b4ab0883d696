//! What the host says in the person's place.

use serde_json::Value;

/// How much of a message is repeated, in characters.
const SHOWN: usize = 60;
/// The elements in which claude-bridge tells the model something of its own, in texts before the person's.
const OF_THE_HOST: [&str; 4] = ["session_mode", "session_study", "study_progress", "conversation_so_far"];

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What the person wrote.
    pub(super) text: String,
    /// What came with it: the paths of files, and pictures.
    pub(super) attachments: Vec<String>,
    /// How long all of it is, in characters.
    pub(super) length: usize,
}

impl Prompt {
    /// Reads a message's content: a text, or the API's content blocks.
    pub(super) fn read(content: &Value) -> Self {
        let mut prompt = Self::default();
        match content {
            Value::String(text) => prompt.add_text(text),
            Value::Array(blocks) => blocks.iter().for_each(|block| prompt.add_block(block)),
            _ => {}
        }
        prompt
    }

    fn add_block(&mut self, block: &Value) {
        match (block["type"].as_str(), block["text"].as_str()) {
            (Some("text"), Some(text)) => self.add_text(text),
            (Some("image"), _) => self.attachments.push("a picture".to_owned()),
            _ => {}
        }
    }

    /// A file that claude-bridge attaches is a text that begins with its path; what is in it is not the person's word.
    fn add_text(&mut self, text: &str) {
        self.length += text.chars().count();
        if is_of_the_host(text) {
            return;
        }
        let path = text.strip_prefix("<file path=\"").and_then(|rest| rest.split_once('"'));
        match path {
            Some((path, _)) => self.attachments.push(format!("`{path}`")),
            None if self.text.is_empty() => self.text = text.trim().to_owned(),
            None => {
                self.text.push('\n');
                self.text.push_str(text.trim());
            }
        }
    }

    /// The beginning of what was said, in a line.
    pub(super) fn gist(&self) -> String {
        let line = self.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("…");
        match line.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{}…", line[..cut].trim_end()),
            None => line.to_owned(),
        }
    }
}

fn is_of_the_host(text: &str) -> bool {
    OF_THE_HOST.iter().any(|name| {
        let rest = text.trim().strip_prefix('<').and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('>') && rest.ends_with(&format!("</{name}>")))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_attached_is_kept_apart_from_what_is_said() {
        let file = "<file path=\"src/app.ts\" lines=\"1-2\">\nslow\n</file>";
        let content = json!([{"type": "text", "text": "Look"}, {"type": "text", "text": file}, {"type": "image"}]);
        let prompt = Prompt::read(&content);
        assert_eq!(prompt.text, "Look");
        assert_eq!(prompt.attachments, ["`src/app.ts`", "a picture"]);
    }

    #[test]
    fn what_the_host_tells_is_not_what_the_person_says() {
        let told =
            ["<session_mode>\nedit, slow\n</session_mode>", "<conversation_so_far>\nlong\n</conversation_so_far>"];
        let content = json!([{"type": "text", "text": told[0]}, {"type": "text", "text": told[1]},
            {"type": "text", "text": "<b>hello</b>"}]);
        let prompt = Prompt::read(&content);
        assert_eq!((prompt.text.as_str(), prompt.length), ("<b>hello</b>", told[0].len() + told[1].len() + 12));
    }

    #[test]
    fn the_gist_is_one_short_line() {
        assert_eq!(Prompt::read(&json!("\n one \n two")).gist(), "one");
        assert_eq!(Prompt::read(&json!("é".repeat(61))).gist(), format!("{}…", "é".repeat(60)));
        assert_eq!(Prompt::default().gist(), "…");
    }
}
