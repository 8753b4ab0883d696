//! How far the study has come that the session is about: looked at before a message, and told with it where there is
//! anything new. Nobody waits for it for long: what takes longer is told with the message after.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::Task;
use crate::context::Signature;
use crate::error::Result;
use crate::service::state::Input;
use crate::time::Timestamp;

/// How long a message waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is known of the study's progress.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The study, and what its database looked like when Claude was last told.
    told: Option<(String, Option<Signature>)>,
    /// Somebody looks.
    looking: Option<JoinHandle<Result<Seen>>>,
}

/// What was seen of a study.
#[derive(Debug)]
struct Seen {
    study: String,
    signature: Option<Signature>,
    /// What is new, if anything is.
    news: Option<String>,
}

impl Progress {
    /// Claude is being told of this study as it is now.
    pub(super) fn is_told(&mut self, study: Option<&str>, signature: Option<Signature>) {
        self.told = study.map(|study| (study.to_owned(), signature));
    }
}

impl Task {
    /// Sees to it that the next message tells how far the study has come.
    pub(super) async fn look_at_progress(&mut self) {
        let record = &self.state.record;
        // A context that is still to be built tells it anyway.
        let (Some(study), Some(_)) = (record.study.id.clone(), &record.context) else { return };
        if self.state.is_busy() || !self.inner.launcher.settings().profile.has_studies() {
            return;
        }
        let mut looking = self.progress.looking.take().unwrap_or_else(|| self.look(study.clone()));
        match timeout(PATIENCE, &mut looking).await {
            Ok(Ok(Ok(seen))) if seen.study == study => {
                self.progress.told = Some((seen.study, seen.signature));
                if let Some(news) = seen.news {
                    self.feed(Input::Progress(news)).await;
                }
            }
            Ok(Ok(Ok(_))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(session = %self.id, %error, "the study's progress is not known"),
            Ok(Err(error)) => tracing::warn!(session = %self.id, %error, "the study's progress is not known"),
            Err(_) => self.progress.looking = Some(looking),
        }
    }

    fn look(&self, study: String) -> JoinHandle<Result<Seen>> {
        let told = self.progress.told.clone().filter(|(told, _)| *told == study);
        let launcher = std::sync::Arc::clone(&self.inner.launcher);
        let at = Timestamp::now().to_string();
        tokio::spawn(async move {
            let look = move |profile: &crate::context::Profile| {
                let signature = profile.signature(&study);
                let is_new = told.is_none_or(|(_, told)| told != signature);
                let news = if is_new { profile.progress(&study, &at) } else { None };
                Seen { study, signature, news }
            };
            launcher.look(look).await
        })
    }
}
