//! What the agent remembers of a conversation, in a small file of its own, so that it can be resumed.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::meter::{ByModel, Spent};
use crate::error::{Error, Result};

/// How many messages are remembered word for word.
const KEPT: usize = 50;

/// A conversation so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Where it is kept; `None`: nowhere.
    file: Option<PathBuf>,
    pub(super) notes: Notes,
}

/// What is written down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Notes {
    /// How many messages there were.
    pub(super) messages: usize,
    /// The beginnings of the latest, oldest first.
    pub(super) said: Vec<String>,
    /// How many tokens the conversation has.
    pub(super) tokens: u64,
    /// What it has used.
    pub(super) spent: ByModel,
}

impl Notes {
    /// Adds what one message of the agent's used.
    pub(super) fn charge(&mut self, model: &str, spent: Spent) {
        self.tokens += spent.input + spent.output;
        self.spent.entry(model.to_owned()).or_default().add(spent);
    }
}

impl Memory {
    /// That of a conversation which begins.
    pub(super) fn new(folder: Option<&Path>, id: &str) -> Self {
        Self { file: folder.map(|folder| file(folder, id)), notes: Notes::default() }
    }

    /// That of a conversation which was written down; `None`: there is no such.
    pub(super) fn load(folder: Option<&Path>, id: &str) -> Result<Option<Self>> {
        let Some(file) = folder.map(|folder| file(folder, id)) else { return Ok(None) };
        match fs::read(&file) {
            Ok(bytes) => {
                let notes = serde_json::from_slice(&bytes)
                    .map_err(|error| Error::internal(format!("{} cannot be read: {error}", file.display())))?;
                Ok(Some(Self { file: Some(file), notes }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::internal(format!("{} cannot be read: {error}", file.display()))),
        }
    }

    /// The same under another id.
    pub(super) fn forked(self, folder: Option<&Path>, id: &str) -> Self {
        Self { notes: self.notes, ..Self::new(folder, id) }
    }

    /// Notes a message.
    pub(super) fn note(&mut self, gist: String) {
        self.notes.messages += 1;
        self.notes.said.push(gist);
        if self.notes.said.len() > KEPT {
            self.notes.said.remove(0);
        }
    }

    /// Writes it down, for nobody else's eyes, so that it is whole at any time.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub(super) fn save(&self) -> Result<(), String> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = serde_json::to_vec(&self.notes).map_err(|error| error.to_string())?;
        replace(file, &text).map_err(|error| format!("demo-agent: cannot write {}: {error}", file.display()))
    }
}

fn file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.json"))
}

fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(&new)?.write_all(content)?;
    fs::rename(new, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_found_again_as_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let at = Some(folder.path());
        let mut memory = Memory::new(at, "a");
        memory.note("hello".to_owned());
        memory.notes.charge("demo", Spent { input: 3, output: 4, cache_read: 5 });
        memory.save().unwrap();
        let loaded = Memory::load(at, "a").unwrap().unwrap();
        assert_eq!(loaded.notes, memory.notes);
        assert_eq!((loaded.notes.messages, loaded.notes.tokens), (1, 7));
        assert!(Memory::load(at, "b").unwrap().is_none());
        loaded.forked(at, "b").save().unwrap();
        assert_eq!(Memory::load(at, "b").unwrap().unwrap().notes.said, ["hello"]);
    }

    #[test]
    fn only_the_latest_messages_are_kept_word_for_word() {
        let mut memory = Memory::default();
        (0..KEPT + 2).for_each(|number| memory.note(number.to_string()));
        assert_eq!((memory.notes.messages, memory.notes.said.len()), (KEPT + 2, KEPT));
        assert_eq!(memory.notes.said[0], "2");
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        Memory::new(None, "a").save().unwrap();
        assert!(Memory::load(None, "a").unwrap().is_none());
    }
}
