//! What a client sends: checked, and put into the words that the CLI takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::title;
use crate::error::{Error, Result};
use crate::protocol::message::{Content, ContentBlock, Range};

/// The kinds of picture that the API takes.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A message that is fit to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prompt {
    /// As it is stored and shown.
    pub(super) blocks: Vec<ContentBlock>,
    /// As the CLI takes it.
    pub(super) wire: Value,
    /// Its beginning, for a session that has no title yet.
    pub(super) title: String,
}

impl Prompt {
    /// Checks what a client sent.
    ///
    /// # Errors
    /// `invalidParams`, naming the block: an empty message, a block that only the server may send, a picture that
    /// is none.
    pub(super) fn new(content: Content) -> Result<Self> {
        let blocks = match content {
            Content::Text(text) => vec![ContentBlock::Text { text }],
            Content::Blocks(blocks) => blocks,
        };
        let says_something =
            |block: &ContentBlock| !matches!(block, ContentBlock::Text { text } if text.trim().is_empty());
        if !blocks.iter().any(says_something) {
            return Err(
                Error::invalid_params("content: the message is empty").hint("send some text, a file or an image")
            );
        }
        let wire = to_wire(&blocks)?;
        let title = blocks.iter().find_map(text_of).map(title::clip).unwrap_or_default();
        Ok(Self { blocks, wire, title })
    }
}

fn text_of(block: &ContentBlock) -> Option<&str> {
    match block {
        ContentBlock::Text { text } if !text.trim().is_empty() => Some(text),
        ContentBlock::File { path, .. } => Some(path),
        _ => None,
    }
}

fn to_wire(blocks: &[ContentBlock]) -> Result<Value> {
    if let [ContentBlock::Text { text }] = blocks {
        return Ok(Value::String(text.clone()));
    }
    let said =
        blocks.iter().enumerate().filter(|(_, block)| !matches!(block, ContentBlock::Text { text } if text.is_empty()));
    said.map(|(at, block)| block_to_wire(at, block)).collect()
}

fn block_to_wire(at: usize, block: &ContentBlock) -> Result<Value> {
    match block {
        ContentBlock::Text { text } => Ok(json!({ "type": "text", "text": text })),
        ContentBlock::Image { media_type, data } => {
            check_image(at, media_type, data)?;
            let source = json!({ "type": "base64", "media_type": media_type, "data": data });
            Ok(json!({ "type": "image", "source": source }))
        }
        ContentBlock::File { path, range, text } => {
            let text = file_as_text(at, path, *range, text.as_deref())?;
            Ok(json!({ "type": "text", "text": text }))
        }
        ContentBlock::Thinking { .. } | ContentBlock::ToolUse { .. } | ContentBlock::ToolResult { .. } => {
            let message = format!("content[{at}].type: only the server sends blocks of this type");
            Err(Error::invalid_params(message).hint("a client sends text, image and file"))
        }
    }
}

fn check_image(at: usize, media_type: &str, data: &str) -> Result<()> {
    if !IMAGE_TYPES.contains(&media_type) {
        let message = format!("content[{at}].mediaType: {media_type:?} is not a picture that Claude takes");
        return Err(Error::invalid_params(message).hint(format!("one of {}", IMAGE_TYPES.join(", "))));
    }
    match STANDARD.decode(data) {
        Ok(bytes) if bytes.is_empty() => {
            Err(Error::invalid_params(format!("content[{at}].data: the picture is empty")))
        }
        Ok(_) => Ok(()),
        Err(problem) => Err(Error::invalid_params(format!("content[{at}].data: not base64: {problem}"))),
    }
}

/// A file as the model sees it: its path, its lines counted from one, and its text as the editor has it.
fn file_as_text(at: usize, path: &str, range: Option<Range>, text: Option<&str>) -> Result<String> {
    if path.is_empty() || path.contains(['\0', '\n', '"', '<', '>']) {
        let message = format!("content[{at}].path: {path:?} is not a path that can be shown to Claude");
        return Err(Error::invalid_params(message));
    }
    let lines = match range {
        Some(range) => lines_of(at, range)?,
        None => String::new(),
    };
    Ok(match text {
        Some(text) => format!("<file path=\"{path}\"{lines}>\n{text}\n</file>"),
        None => format!("<file path=\"{path}\"{lines}/>"),
    })
}

fn lines_of(at: usize, Range { start, end }: Range) -> Result<String> {
    if (end.line, end.character) < (start.line, start.character) {
        return Err(Error::invalid_params(format!("content[{at}].range: it ends before it begins")));
    }
    // An end at the beginning of a line takes nothing of that line.
    let beyond = end.character == 0 && end.line > start.line;
    let last = if beyond { end.line } else { end.line.saturating_add(1) };
    Ok(format!(" lines=\"{}-{last}\"", start.line.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::protocol::message::Position;

    fn range(start: (u32, u32), end: (u32, u32)) -> Option<Range> {
        let at = |(line, character)| Position { line, character };
        Some(Range { start: at(start), end: at(end) })
    }

    fn file(range: Option<Range>, text: Option<&str>) -> ContentBlock {
        ContentBlock::File { path: "src/a.rs".into(), range, text: text.map(str::to_owned) }
    }

    fn refused(blocks: Vec<ContentBlock>) -> String {
        let error = Prompt::new(Content::Blocks(blocks)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidParams);
        error.message().to_owned()
    }

    #[test]
    fn plain_text_reaches_the_cli_as_it_is_and_lends_the_title() {
        let prompt = Prompt::new(Content::Text("\n Grüße ✓ \nmore".into())).unwrap();
        assert_eq!(prompt.wire, json!("\n Grüße ✓ \nmore"));
        assert_eq!(prompt.title, "Grüße ✓");
    }

    #[test]
    fn a_selection_is_shown_with_its_lines_counted_from_one() {
        let blocks = vec![file(range((9, 0), (12, 0)), Some("fn a() {}")), file(range((4, 2), (4, 8)), None)];
        let prompt = Prompt::new(Content::Blocks(blocks)).unwrap();
        assert_eq!(prompt.wire[0]["text"], "<file path=\"src/a.rs\" lines=\"10-12\">\nfn a() {}\n</file>");
        assert_eq!(prompt.wire[1]["text"], "<file path=\"src/a.rs\" lines=\"5-5\"/>");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_block_and_field() {
        let image =
            |media_type: &str, data: &str| ContentBlock::Image { media_type: media_type.into(), data: data.into() };
        assert!(refused(vec![image("image/tiff", "AAAA")]).starts_with("content[0].mediaType: \"image/tiff\""));
        assert!(refused(vec![image("image/png", "not base64!")]).starts_with("content[0].data: not base64"));
        assert!(refused(vec![file(None, None), file(range((3, 0), (2, 0)), None)]).starts_with("content[1].range"));
        assert!(refused(vec![ContentBlock::Thinking { text: "hm".into() }]).starts_with("content[0].type"));
        let path = ContentBlock::File { path: "a\"><b".into(), range: None, text: None };
        assert!(refused(vec![path]).starts_with("content[0].path"));
    }

    #[test]
    fn a_message_that_says_nothing_is_refused() {
        let blank = ContentBlock::Text { text: " \n".into() };
        assert_eq!(refused(vec![blank]), "content: the message is empty");
        assert_eq!(refused(vec![]), "content: the message is empty");
    }
}
