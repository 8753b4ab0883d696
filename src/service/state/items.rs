//! The texts that are being written: which message the deltas belong to, and what of it has arrived.

use crate::ids::MessageId;

/// What kind of text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// What Claude says.
    Text,
    /// What it thinks.
    Thinking,
}

/// A text that is being written.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: MessageId,
    pub(super) kind: ItemKind,
    pub(super) parent: Option<String>,
    /// The index of its block in the API's message.
    index: u64,
    /// What has arrived.
    pub(super) text: String,
}

/// The texts that are being written in a turn: seldom more than one.
#[derive(Debug, Default)]
pub(super) struct Items(Vec<Item>);

impl Items {
    /// Adds to a text, which begins here if it is new, and gives the message's id and the length in bytes before.
    pub(super) fn append(
        &mut self,
        parent: Option<String>,
        index: u64,
        kind: ItemKind,
        text: &str,
    ) -> (MessageId, u64) {
        let known = self.0.iter().position(|item| item.index == index && item.kind == kind && item.parent == parent);
        let at = known.unwrap_or_else(|| {
            self.0.push(Item { id: MessageId::new(), kind, parent, index, text: String::new() });
            self.0.len() - 1
        });
        let item = &mut self.0[at];
        let offset = item.text.len() as u64;
        item.text.push_str(text);
        (item.id, offset)
    }

    /// Takes the text that a finished block replaces: the oldest of its kind, since blocks are written one by one.
    /// Where no delta announced it, the id is new.
    pub(super) fn finish(&mut self, parent: Option<&str>, kind: ItemKind) -> MessageId {
        let known = self.0.iter().position(|item| item.kind == kind && item.parent.as_deref() == parent);
        known.map_or_else(MessageId::new, |at| self.0.remove(at).id)
    }

    /// Takes all that was begun by `parent` and not finished: its message was begun anew, or the turn is over.
    pub(super) fn abandon(&mut self, parent: Option<&str>) -> Vec<Item> {
        self.0.extract_if(.., |item| item.parent.as_deref() == parent).collect()
    }

    /// Takes all that was not finished.
    pub(super) fn drain(&mut self) -> Vec<Item> {
        std::mem::take(&mut self.0)
    }
}
