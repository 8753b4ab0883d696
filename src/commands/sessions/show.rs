//! `sessions show`

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::commands::chat::Markdown;
use crate::commands::terminal::screen::{BOLD, DIM, Screen, counted};
use crate::error::Result;
use crate::protocol::message::{ContentBlock, Message, MessageListParams, Role};
use crate::protocol::session::Session;
use crate::service::{Service, title_of_tool_call};

/// How many messages are read at a time.
const PAGE: u32 = 1000;
/// How wide a text is that goes to no terminal: nothing is broken.
const UNBROKEN: usize = usize::MAX / 2;

/// Show a session: what was said, and which tools were called.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The session.
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) async fn run(args: ShowArgs, service: &Service, json: bool) -> Result<ExitCode> {
    let session = service.session(service.find_session(&args.id).await?).await?;
    let mut screen = Screen::stdout();
    if json {
        let messages = messages(service, &session).await?;
        screen.json(&json!({"session": session, "messages": messages}))?;
        return Ok(ExitCode::SUCCESS);
    }
    screen.write(&head(&session))?;
    let width = screen.width.unwrap_or(UNBROKEN);
    let mut speaker = None;
    for message in messages(service, &session).await? {
        let text = shown(&message, &session, width);
        if text.is_empty() || message.parent_tool_use_id.is_some() {
            continue;
        }
        if speaker.replace(message.role) != Some(message.role) {
            let name = if message.role == Role::User { "You" } else { "Claude" };
            screen.write(&format!("\n{BOLD}{name}{BOLD:#} {DIM}{}{DIM:#}\n", message.created_at))?;
        }
        screen.write(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn messages(service: &Service, session: &Session) -> Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut cursor = None;
    loop {
        let params = MessageListParams { session_id: session.id, limit: Some(PAGE), cursor, order: None };
        let page = service.messages(params).await?;
        messages.extend(page.messages);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(messages);
        }
    }
}

fn head(session: &Session) -> String {
    let title = if session.title.is_empty() { "(untitled)" } else { &session.title };
    let model = session.model.as_ref().map_or_else(String::new, |model| format!(", {model}"));
    let count = counted(usize::try_from(session.message_count).unwrap_or(usize::MAX), "message");
    format!(
        "{BOLD}{}{BOLD:#}\n{DIM}{}{model}, {count}, ${:.2}\n{}{DIM:#}\n",
        printable(title),
        session.id,
        session.cost_usd,
        printable(&session.cwd)
    )
}

fn shown(message: &Message, session: &Session, width: usize) -> String {
    message.content.iter().map(|block| block_shown(block, session, width)).collect()
}

fn block_shown(block: &ContentBlock, session: &Session, width: usize) -> String {
    match block {
        ContentBlock::Text { text } => {
            let (mut markdown, mut shown) = (Markdown::new(width), String::new());
            markdown.push(&printable(text), &mut shown);
            markdown.finish(&mut shown);
            shown
        }
        ContentBlock::Image { media_type, .. } => format!("{DIM}(a picture, {media_type}){DIM:#}\n"),
        ContentBlock::File { path, .. } => format!("{DIM}(the file {}){DIM:#}\n", printable(path)),
        ContentBlock::ToolUse { name, input, .. } => {
            let title = title_of_tool_call(name, input, session.cwd.as_ref());
            format!("{DIM}● {}{DIM:#}\n", printable(&title))
        }
        ContentBlock::ToolResult { is_error: true, .. } => format!("{DIM}  (it failed){DIM:#}\n"),
        ContentBlock::Thinking { .. } | ContentBlock::ToolResult { .. } => String::new(),
    }
}

/// Without what would move the cursor or change colours: it may come from anywhere.
fn printable(text: &str) -> String {
    text.chars().filter(|character| matches!(character, '\n' | '\t') || !character.is_control()).collect()
}
