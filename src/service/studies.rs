//! The studies of the profile, and which one a session is about.

use super::Service;
use super::command::Command;
use crate::context::{self, Facts, Layout, Signature};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::SessionId;
use crate::protocol::session::Session;
use crate::protocol::study::{Study, StudyContext, StudyGetResult};
use crate::time::Timestamp;

/// A study that a session is to be about from now on, or none.
#[derive(Debug)]
pub(super) struct NextStudy {
    pub(super) id: Option<String>,
    /// What Claude is told of it, where the profile has studies.
    pub(super) note: Option<String>,
    /// What its database looked like when that was written.
    pub(super) signature: Option<Signature>,
}

impl Service {
    /// All studies, sorted by id.
    ///
    /// # Errors
    /// `internalError`.
    pub async fn studies(&self) -> Result<Vec<Study>> {
        let studies = self.inner.launcher.look(context::Profile::studies).await?;
        Ok(studies.into_iter().map(study_of).collect())
    }

    /// A study, and what Claude would be told in a session about it.
    ///
    /// # Errors
    /// `studyNotFound`.
    pub async fn study(&self, id: &str) -> Result<StudyGetResult> {
        let study = self.found_study(id).await?;
        let settings = self.inner.launcher.settings();
        let (client, cwd, id) = (settings.client.clone(), settings.workspace.clone(), study.id.clone());
        let at = Timestamp::now().to_string();
        let build = move |profile: &context::Profile| {
            let (client, study) = (client.as_deref(), Some(id.as_str()));
            context::build(Facts { mode: context::Mode::User, client, cwd: &cwd, profile, study, at: &at })
        };
        let built = self.inner.launcher.look(build).await?;
        let context = StudyContext { bytes: built.text.len() as u64, text: built.text, hash: built.hash };
        Ok(StudyGetResult { study: study_of(study), context })
    }

    /// Has a session be about another study, or about none. The environment of a process that runs, and of the
    /// profile's MCP server, tell of it at once; Claude is told with the next message.
    ///
    /// # Errors
    /// `studyNotFound`, `sessionNotFound`, `sessionHeld`, a store error.
    pub async fn set_study(&self, id: SessionId, study: Option<String>) -> Result<Session> {
        let study = match study {
            Some(id) => Some(self.found_study(&id).await?.id),
            None => None,
        };
        let at = Timestamp::now().to_string();
        let tell = move |profile: &context::Profile| {
            let signature = study.as_deref().and_then(|id| profile.signature(id));
            let note = profile.study_note(study.as_deref(), &at);
            NextStudy { id: study, note, signature }
        };
        let study = self.inner.launcher.look(tell).await?;
        self.ask(id, |reply| Command::SetStudy { study, reply }).await
    }

    /// The study of that id.
    ///
    /// # Errors
    /// `studyNotFound`.
    pub(super) async fn found_study(&self, id: &str) -> Result<context::Study> {
        let wanted = id.to_owned();
        let found = self.inner.launcher.look(move |profile| profile.study(&wanted)).await?;
        found.ok_or_else(|| {
            let has_studies = self.inner.launcher.settings().profile.has_studies();
            let hint = match has_studies {
                true => "study/list names those there are",
                false => "the general profile has no studies: set profile = \"atomizer\", and root",
            };
            Error::new(ErrorKind::StudyNotFound, format!("no study has the id {id:?}")).hint(hint)
        })
    }
}

fn study_of(study: context::Study) -> Study {
    let Layout { configuration, database, readme, report } = study.layout;
    let named = |path: Option<&str>| path.map(str::to_owned);
    Study {
        id: study.id,
        path: study.folder.to_string_lossy().into_owned(),
        configuration: named(configuration),
        database: named(database),
        readme: named(readme),
        report: named(report),
    }
}
