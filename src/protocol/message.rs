//! Messages and what they are made of.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::turn::Turn;
use crate::ids::{MessageId, SessionId, TurnId};
use crate::time::Timestamp;

/// One stored message of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The message's id; its deltas carried it as `itemId`.
    pub id: MessageId,
    /// The session it belongs to.
    pub session_id: SessionId,
    /// The turn it was said in.
    pub turn_id: TurnId,
    /// The number of the event that announced it.
    pub seq: u64,
    /// Who said it.
    pub role: Role,
    /// What it says.
    pub content: Vec<ContentBlock>,
    /// When it was complete.
    pub created_at: Timestamp,
    /// The call of the `Task` tool whose agent said it, where it was not the conversation's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_tool_use_id: Option<String>,
}

/// Who said a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// The person, or a tool that answered for them.
    User,
    /// Claude.
    Assistant,
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ContentBlock {
    /// Plain text or Markdown.
    Text {
        /// The text.
        text: String,
    },
    /// A picture.
    Image {
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
        media_type: String,
        /// The bytes, in base64.
        data: String,
    },
    /// A file, a selection of it, or an open buffer.
    File {
        /// The file's path, absolute or relative to the session's `cwd`.
        path: String,
        /// The part that is meant; absent: all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<Range>,
        /// The text of that part as the editor has it, saved or not; absent: Claude reads the file itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// What the model thought before it spoke. Only in what the server sends.
    Thinking {
        /// The thought, as far as the model shows it.
        text: String,
    },
    /// A tool that Claude called. Only in what the server sends.
    ToolUse {
        /// The model's id of the call.
        tool_use_id: String,
        /// The tool's name.
        name: String,
        /// The arguments.
        input: Value,
    },
    /// What a tool answered. Only in what the server sends.
    ToolResult {
        /// The id of the call that it answers.
        tool_use_id: String,
        /// Whether the tool failed.
        is_error: bool,
        /// What it said: text, or the model's own content blocks.
        content: Value,
    },
}

/// A part of a text document, as LSP has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// Where it begins.
    pub start: Position,
    /// Where it ends, exclusive.
    pub end: Position,
}

/// A place in a text document, as LSP has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Line, from zero.
    pub line: u32,
    /// Character in the line, from zero, in UTF-16 code units.
    pub character: u32,
}

/// What a client sends: text, or blocks of `text`, `image` and `file`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// Blocks.
    Blocks(Vec<ContentBlock>),
}

/// By hand, so that a block that does not fit is told with what is wrong with it: of an untagged enum serde only says
/// that nothing fits.
impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a list of content blocks")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Content, E> {
        Ok(Content::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, blocks: A) -> Result<Content, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(blocks)).map(Content::Blocks)
    }
}

/// A progress token, chosen by whoever wants to follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a progress token is an integer or a string")]
pub enum ProgressToken {
    /// A number.
    Number(i64),
    /// A string.
    String(String),
}

/// Parameters of `message/send`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSendParams {
    /// The session to speak in.
    pub session_id: SessionId,
    /// What to say.
    pub content: Content,
    /// The token under which work-done progress is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_done_token: Option<ProgressToken>,
    /// The token under which the turn's events are streamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial_result_token: Option<ProgressToken>,
}

/// Result of `message/send`: the turn that the message led to.
pub type MessageSendResult = Turn;

/// Parameters of `message/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageListParams {
    /// The session whose messages are wanted.
    pub session_id: SessionId,
    /// How many at most, 1 to 1000; default 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended: its `nextCursor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Oldest or newest first; default `asc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// Oldest first.
    #[default]
    Asc,
    /// Newest first.
    Desc,
}

/// Result of `message/list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageListResult {
    /// The page.
    pub messages: Vec<Message>,
    /// Give it as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
