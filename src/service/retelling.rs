//! A conversation told again in words, for a CLI that knows nothing of it any more.

use serde_json::Value;

use super::history::message_of;
use crate::error::Result;
use crate::ids::SessionId;
use crate::protocol::message::{ContentBlock, Message, Role};
use crate::store::{MessageQuery, Store};

/// How long it may be, in bytes: about a quarter of what a model takes in.
const LIMIT: usize = 200_000;
/// How much of one tool's input or answer is told, in characters.
const TOOL_LIMIT: usize = 2_000;
/// How much of the person's words tells them from others, in characters.
const BEGINNING: usize = 200;
/// How many messages are read at a time.
const PAGE: u32 = 200;

/// What is told, and of how much.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Retelling {
    pub(super) text: String,
    /// How many messages it holds: the latest ones.
    pub(super) messages: usize,
}

/// Tells a session's latest messages, as many as fit; `None` where there are none.
///
/// # Errors
/// A store error.
pub(super) async fn tell(store: &Store, session: SessionId) -> Result<Option<Retelling>> {
    let mut told: Vec<String> = Vec::new();
    let mut length = 0;
    let mut before = None;
    'all: loop {
        let query = MessageQuery { session_id: session, limit: PAGE, after: before, descending: true };
        let rows = store.messages(query).await?;
        let Some(last) = rows.last() else { break };
        before = Some(last.seq);
        for row in rows {
            let Some(text) = in_words(&message_of(row)?) else { continue };
            length += text.len();
            if length > LIMIT {
                break 'all;
            }
            told.push(text);
        }
    }
    told.reverse();
    let messages = told.len();
    let text = || format!("{BEGIN}\n\n{}\n\n{END}", told.join("\n\n"));
    Ok((messages > 0).then(|| Retelling { text: text(), messages }))
}

/// The latest turn, told again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LatestTurn {
    /// How the person's words in it begin, on one line.
    pub(super) asked: String,
    pub(super) text: String,
}

/// Tells the turn of the person's latest message; nothing where that has no words of its own, or is a command of the
/// CLI's, which notes those down in a form of its own.
///
/// # Errors
/// A store error.
pub(super) async fn latest_turn(store: &Store, session: SessionId) -> Result<Option<LatestTurn>> {
    let query = MessageQuery { session_id: session, limit: PAGE, after: None, descending: true };
    let mut told = Vec::new();
    for row in store.messages(query).await? {
        let message = message_of(row)?;
        told.extend(in_words(&message));
        if is_the_persons(&message) {
            told.reverse();
            let text = || format!("{BEGIN_OF_TURN}\n\n{}\n\n{END}", told.join("\n\n"));
            return Ok(beginning(&message).map(|asked| LatestTurn { asked, text: text() }));
        }
    }
    Ok(None)
}

/// Tools answer in the person's place, and agents are asked in it.
fn is_the_persons(message: &Message) -> bool {
    let is_answer = |block: &ContentBlock| matches!(block, ContentBlock::ToolResult { .. });
    message.role == Role::User && message.parent_tool_use_id.is_none() && !message.content.iter().any(is_answer)
}

fn beginning(message: &Message) -> Option<String> {
    let text = message.content.iter().find_map(|block| match block {
        ContentBlock::Text { text } => Some(text.trim()),
        _ => None,
    })?;
    let line = text.lines().next().filter(|line| !line.is_empty() && !line.starts_with('/'))?;
    Some(line.chars().take(BEGINNING).collect())
}

const BEGIN_OF_TURN: &str = "<conversation_so_far>\nYou were interrupted before you could note down the latest part of \
    this conversation. Here it is:";
const BEGIN: &str = "<conversation_so_far>\nThis conversation began earlier, and your own memory of it is lost. This is \
    its record, oldest message first; it may begin in the middle, and long tool results are cut. Go on from it as if \
    you remembered it.";
const END: &str = "</conversation_so_far>";

/// What an agent said is left out: the conversation itself has what came of it.
fn in_words(message: &Message) -> Option<String> {
    if message.parent_tool_use_id.is_some() {
        return None;
    }
    let blocks: Vec<String> = message.content.iter().filter_map(|block| block_in_words(block, message.role)).collect();
    (!blocks.is_empty()).then(|| blocks.join("\n"))
}

fn block_in_words(block: &ContentBlock, role: Role) -> Option<String> {
    let speaker = match role {
        Role::User => "User",
        Role::Assistant => "You",
    };
    match block {
        ContentBlock::Text { text } => Some(format!("{speaker}: {text}")),
        ContentBlock::Image { media_type, .. } => Some(format!("{speaker}: (an image, {media_type})")),
        ContentBlock::File { path, text: Some(text), .. } => Some(format!("{speaker}: (from {path})\n{text}")),
        ContentBlock::File { path, text: None, .. } => Some(format!("{speaker}: (the file {path})")),
        ContentBlock::Thinking { .. } => None,
        ContentBlock::ToolUse { name, input, .. } => Some(format!("You called {name}: {}", cut(&input.to_string()))),
        ContentBlock::ToolResult { is_error, content, .. } => {
            let outcome = if *is_error { "It failed" } else { "It answered" };
            Some(format!("{outcome}: {}", cut(&plain(content))))
        }
    }
}

/// A tool's answer without its wrapping.
fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().map(plain).collect::<Vec<_>>().join("\n"),
        Value::Object(block) => match block.get("text").and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => format!("({})", block.get("type").and_then(Value::as_str).unwrap_or("something")),
        },
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TOOL_LIMIT) {
        Some((end, _)) => format!("{} … ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}
