//! The texts of a turn: what of each has come, and how the one is rendered that is being written.

use std::collections::HashMap;

use anstyle::Style;

use crate::commands::chat::markdown::Markdown;
use crate::commands::terminal::output::{Looks, Output, Place};
use crate::commands::terminal::words::harmless;
use crate::commands::terminal::wrap::Wrap;
use crate::ids::MessageId;
use crate::protocol::message::{ContentBlock, Message};

/// How wide a text is that goes to no terminal but is styled all the same, in columns.
const WIDTH: usize = 80;

/// How Claude says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Voice {
    Thinking,
    Speaking,
}

/// The texts of a turn.
pub(super) struct Texts {
    looks: Looks,
    /// What came of each.
    known: HashMap<(MessageId, Voice), String>,
    open: Option<(Voice, Renderer)>,
}

/// What of a complete message is to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) text: String,
    /// Whether it replaces what was shown, instead of going on with it.
    pub(super) replaces: bool,
}

/// How a text is shown.
enum Renderer {
    Markdown(Markdown),
    Thought(Wrap),
    AsItIs,
}

impl Voice {
    /// Where it is shown.
    pub(super) fn place(self) -> Place {
        match self {
            Self::Thinking => Place::Aside,
            Self::Speaking => Place::Answer,
        }
    }
}

impl Texts {
    pub(super) fn new(out: &Output) -> Self {
        Self { looks: out.looks(Place::Answer), known: HashMap::new(), open: None }
    }

    /// What is new in a delta: after a catch-up, some may be known.
    pub(super) fn delta(&mut self, id: MessageId, voice: Voice, offset: u64, text: &str) -> String {
        let known = self.known.entry((id, voice)).or_default();
        let overlap = usize::try_from(offset).map_or(0, |offset| known.len().saturating_sub(offset));
        let fresh = text.get(overlap..).unwrap_or_default();
        known.push_str(fresh);
        fresh.to_owned()
    }

    /// What is missing of a message that is complete.
    pub(super) fn complete(&mut self, message: &Message, voice: Voice) -> Missing {
        let known = self.known.remove(&(message.id, voice)).unwrap_or_default();
        let whole: String = message.content.iter().filter_map(|block| text_of(block, voice)).collect();
        match whole.strip_prefix(&known) {
            Some(rest) => Missing { text: rest.to_owned(), replaces: false },
            // Some models do not show in the end what they thought.
            None if whole.is_empty() => Missing { text: whole, replaces: false },
            None => Missing { text: whole, replaces: true },
        }
    }

    pub(super) fn is_open(&self, voice: Voice) -> bool {
        self.open.as_ref().is_some_and(|(open, _)| *open == voice)
    }

    /// Begins to show a text.
    pub(super) fn open(&mut self, voice: Voice) {
        let width = self.looks.terminal.unwrap_or(WIDTH);
        let renderer = match voice {
            _ if !self.looks.styled => Renderer::AsItIs,
            Voice::Thinking => Renderer::Thought(Wrap::new(width)),
            Voice::Speaking => Renderer::Markdown(Markdown::new(width)),
        };
        self.open = Some((voice, renderer));
    }

    /// What can be shown of a text with this in addition.
    pub(super) fn render(&mut self, fresh: &str) -> String {
        let safe = match self.looks.terminal {
            Some(_) => harmless(fresh),
            None => fresh.to_owned(),
        };
        let mut shown = String::new();
        match &mut self.open {
            Some((_, Renderer::Markdown(markdown))) => markdown.push(&safe, &mut shown),
            Some((_, Renderer::Thought(wrap))) => think(wrap, &safe, &mut shown),
            Some((_, Renderer::AsItIs)) | None => return safe,
        }
        shown
    }

    /// Ends the text that is shown, if one is, and gives what was kept of it.
    pub(super) fn close(&mut self) -> Option<(Voice, String)> {
        let (voice, renderer) = self.open.take()?;
        let mut rest = String::new();
        match renderer {
            Renderer::Markdown(mut markdown) => markdown.finish(&mut rest),
            Renderer::Thought(mut wrap) => wrap.end_word(&mut rest),
            Renderer::AsItIs => {}
        }
        Some((voice, rest))
    }

    /// The turn is over.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}

fn think(wrap: &mut Wrap, text: &str, shown: &mut String) {
    for piece in text.split_inclusive('\n') {
        wrap.text(Style::new().dimmed().italic(), piece.trim_end_matches('\n'), shown);
        if piece.ends_with('\n') {
            wrap.newline(shown);
        }
    }
}

fn text_of(block: &ContentBlock, voice: Voice) -> Option<&str> {
    match (block, voice) {
        (ContentBlock::Text { text }, Voice::Speaking) | (ContentBlock::Thinking { text }, Voice::Thinking) => {
            Some(text)
        }
        _ => None,
    }
}
