//! The model's message while it is written: the one kind of frame that comes by the thousand.
//!
//! Read in one pass, with borrowed strings and without a tree; all that is allocated is the text itself.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::fields::Object;
use super::{BlockKind, Frame};

/// How every version seen begins these lines. Another order of fields is read too, but as a tree first.
const BEGINNING: &str = r#"{"type":"stream_event","#;

/// What a line turned out to be.
pub(super) enum Decoded {
    Frame(Frame),
    /// A part of the stream that tells nothing new.
    Useless,
    NotAStreamEvent,
}

#[derive(Deserialize)]
struct StreamLine<'a> {
    /// Known from the beginning of the line; a second one makes it a line to be read as a tree.
    #[serde(rename = "type")]
    _type: IgnoredAny,
    #[serde(borrow)]
    event: Event<'a>,
    #[serde(default)]
    parent_tool_use_id: Option<String>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(default)]
    index: u64,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Typed<'a>>,
    #[serde(default)]
    message: Option<Message>,
}

/// A delta of any type: only those of texts and thoughts have such fields, and only one of them.
#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
}

/// `Option<Cow<str>>` would always be owned; this is borrowed where nothing is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message {
    id: String,
}

/// Reads `line` if it is a stream event as the CLI writes them.
pub(super) fn decode(line: &str) -> Decoded {
    if !line.starts_with(BEGINNING) {
        return Decoded::NotAStreamEvent;
    }
    match serde_json::from_str::<StreamLine<'_>>(line) {
        Ok(line) => line.into_frame().map_or(Decoded::Useless, Decoded::Frame),
        Err(_) => Decoded::NotAStreamEvent,
    }
}

/// Reads a stream event that does not look like the CLI's usual ones.
pub(super) fn from_value(frame: Object) -> Option<Frame> {
    let frame = Value::Object(frame);
    match StreamLine::deserialize(&frame) {
        Ok(line) => line.into_frame(),
        Err(_) => Some(Frame::Unknown { frame_type: "stream_event".to_owned(), frame }),
    }
}

impl StreamLine<'_> {
    fn into_frame(self) -> Option<Frame> {
        let Self { event, parent_tool_use_id: parent, .. } = self;
        let index = event.index;
        match event.kind.as_ref() {
            "content_block_delta" => match event.delta? {
                Delta { text: Some(text), .. } => Some(Frame::TextDelta { index, text: text.0.into_owned(), parent }),
                Delta { thinking: Some(text), .. } => {
                    Some(Frame::ThinkingDelta { index, text: text.0.into_owned(), parent })
                }
                _ => None,
            },
            "content_block_start" => {
                let kind = match event.content_block?.kind.as_ref() {
                    "text" => BlockKind::Text,
                    "thinking" => BlockKind::Thinking,
                    _ => BlockKind::Other,
                };
                Some(Frame::BlockStart { index, kind, parent })
            }
            "message_start" => Some(Frame::MessageStart { message_id: event.message?.id, parent }),
            _ => None,
        }
    }
}
