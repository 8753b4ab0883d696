//! Whom this program serves, and what sessions get of that: servers, environment, rules, studies.

use std::collections::BTreeMap;
use std::path::Path;

use super::atomizer::{Atomizer, ProfileServer};
use super::studies::{Studies, Study};
use super::trials::Signature;
use super::{Mode, general};

/// Whom this program serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Anybody with a folder of files.
    #[default]
    General,
    /// Those who run optimisations with Atomizer.
    Atomizer(Atomizer),
}

impl Profile {
    /// The Atomizer profile, whose studies and MCP server are below `root`.
    #[must_use]
    pub fn atomizer(root: &Path) -> Self {
        Self::Atomizer(Atomizer::new(root))
    }

    /// The MCP server that every session has beside the configured ones.
    #[must_use]
    pub fn server(&self) -> Option<ProfileServer> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => Some(atomizer.server()),
        }
    }

    /// What the CLI and the profile's server are told of a session.
    #[must_use]
    pub fn environment(&self, mode: Mode, study: Option<&str>) -> BTreeMap<String, String> {
        match self {
            Self::General => BTreeMap::new(),
            Self::Atomizer(atomizer) => atomizer.environment(mode, study),
        }
    }

    /// What needs no permission in user mode, as rules of the CLI, unless the configuration says otherwise. Looks into
    /// folders.
    #[must_use]
    pub fn allowed_tools(&self) -> Vec<String> {
        match self {
            Self::General => Vec::new(),
            Self::Atomizer(atomizer) => atomizer.allowed_tools(),
        }
    }

    /// What Claude is told of a mode.
    #[must_use]
    pub fn rules(&self, mode: Mode) -> &'static str {
        match self {
            Self::General => general::rules(mode),
            Self::Atomizer(_) => Atomizer::rules(mode),
        }
    }

    /// What a session is about, as it is at the time `at`. Reads files.
    pub(super) fn about(&self, study: Option<&str>, at: &str) -> Option<String> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => Some(atomizer.about(study, at)),
        }
    }

    /// What Claude is told with the next message where the session has changed to this study, or to none. Reads files.
    #[must_use]
    pub fn study_note(&self, study: Option<&str>, at: &str) -> Option<String> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => Some(atomizer.note(study, at)),
        }
    }

    /// How far a study has come, to be told with the next message. Reads files.
    #[must_use]
    pub fn progress(&self, study: &str, at: &str) -> Option<String> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => atomizer.progress(study, at),
        }
    }

    /// What a study's database looks like from outside: while that is the same, there is no progress to tell.
    #[must_use]
    pub fn signature(&self, study: &str) -> Option<Signature> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => atomizer.signature(study),
        }
    }

    /// All its studies, sorted by id. Looks into folders.
    #[must_use]
    pub fn studies(&self) -> Vec<Study> {
        self.all_studies().map(Studies::all).unwrap_or_default()
    }

    /// The study of that id. Looks into folders.
    #[must_use]
    pub fn study(&self, id: &str) -> Option<Study> {
        self.all_studies()?.find(id)
    }

    /// Whether it knows of studies at all.
    #[must_use]
    pub fn has_studies(&self) -> bool {
        self.all_studies().is_some()
    }

    fn all_studies(&self) -> Option<&Studies> {
        match self {
            Self::General => None,
            Self::Atomizer(atomizer) => Some(&atomizer.studies),
        }
    }
}
