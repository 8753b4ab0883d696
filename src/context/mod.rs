//! What Claude is told about its surroundings, before a session's first message.
//!
//! The text is built once, when a session is made, and given to every process that serves it, byte for byte: that is
//! what keeps the API's prompt cache warm. The same facts, and the same files of a study, always give the same text. What
//! changes while the session lives (its study, its mode, how far the optimisation has come) is told with the next
//! message instead.

mod atomizer;
mod configuration;
mod files;
mod general;
mod layout;
mod map;
mod profile;
mod studies;
mod study;
#[cfg(test)]
mod tests;
mod text;
mod trials;

use std::path::Path;

use sha2::{Digest, Sha256};

pub use atomizer::ProfileServer;
pub use layout::Layout;
pub use profile::Profile;
pub use studies::{Studies, Study};
pub use trials::Signature;

/// What Claude is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The text, appended to the CLI's own system prompt.
    pub text: String,
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
}

/// What the text is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What Claude may do when the session begins.
    pub mode: Mode,
    /// The client's name for itself: `Neovim`.
    pub client: Option<&'a str>,
    /// The folder Claude works in.
    pub cwd: &'a Path,
    /// Whom this program serves.
    pub profile: &'a Profile,
    /// The study that the session is about, by its id.
    pub study: Option<&'a str>,
    /// The time at which files are read, as Claude is told it.
    pub at: &'a str,
}

/// What Claude may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What the configuration does not allow is asked or denied.
    User,
    /// Everything.
    Power,
}

/// Builds the text from the facts, and from the files of the study where there is one: 16 KiB at most.
#[must_use]
pub fn build(facts: Facts<'_>) -> Context {
    let about = facts.profile.about(facts.study, facts.at);
    let text = general::text(facts, about.as_deref(), facts.profile.rules(facts.mode));
    Context { hash: hash_of(&text), text }
}

/// The hash of a text: its name.
#[must_use]
pub fn hash_of(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}
