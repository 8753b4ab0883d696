//! What a process that comes up is to know of its session's conversation, and where it gets it from.

use super::record::{Fork, Record};
use super::retelling;
use super::state::{Known, Rung};
use crate::claude::{Conversation, EnvPolicy, Transcripts, is_main_transcript};
use crate::error::{Error, Result};
use crate::ids::{ProviderSessionId, SessionId};
use crate::store::{Batch, Store, TranscriptRow};

const PUT_BACK: &str = "the Claude CLI no longer had this conversation; it was put back from the copy in the history";

const NOT_NOTED: &str = "the Claude CLI had ended before it noted the last message down; it is told again";

/// Prepares a conversation for a process that is about to be started.
///
/// # Errors
/// A store error.
pub(super) async fn prepare(
    store: &Store,
    policy: &EnvPolicy,
    record: &Record,
    rung: Rung,
) -> Result<(Conversation, Known)> {
    let id = record.provider_session_id;
    if let Some(of) = record.fork.filter(|_| !record.provider_started && rung != Rung::Messages)
        && let Some(prepared) = fork(store, policy, record, of, rung).await?
    {
        return Ok(prepared);
    }
    if rung == Rung::Messages || !record.provider_started {
        // Nothing was said yet, or a process was lost before it could note down the first words.
        let id = if rung == Rung::Own { id } else { ProviderSessionId::new() };
        return retell(store, record, id).await;
    }
    let own = Own::find(store, policy, record.id, id).await?;
    let put_back = match (&own, rung) {
        (Some(own), Rung::Own) if own.is_there().await? => false,
        (Some(own), _) => own.put_back(store, record).await?,
        (None, _) => false,
    };
    if rung == Rung::Copy && !put_back {
        return retell(store, record, ProviderSessionId::new()).await;
    }
    Ok((Conversation::Resume(id), resumed(store, record, own, put_back).await?))
}

/// A conversation that goes on from another session's: from the CLI's own transcript of that, as long as nothing has
/// been added to it, else from the copy that was taken along. Nothing where there is neither.
async fn fork(
    store: &Store,
    policy: &EnvPolicy,
    record: &Record,
    fork: Fork,
    rung: Rung,
) -> Result<Option<(Conversation, Known)>> {
    let Some(of) = fork.conversation else { return Ok(None) };
    let id = record.provider_session_id;
    let original = store.session(fork.of).await?;
    let is_as_it_was =
        original.is_some_and(|row| row.provider_session_id == Some(of) && row.message_count == record.message_count);
    let copy = Own::find(store, policy, record.id, of).await?;
    let is_there = match &copy {
        Some(own) => own.is_there().await?,
        None => true,
    };
    if rung == Rung::Own && is_as_it_was && is_there {
        return Ok(Some((Conversation::Fork { of, id }, Known::default())));
    }
    if copy.is_none() {
        return Ok(None);
    }
    take_over(store, record, of).await?;
    let own = Own::find(store, policy, record.id, id).await?;
    match &own {
        Some(taken) if taken.put_back(store, record).await? => {}
        _ => return Ok(None),
    }
    let known = resumed(store, record, own, false).await?;
    Ok(Some((Conversation::Resume(id), known)))
}

/// Makes the copy of the other conversation's transcript this one's own, once.
async fn take_over(store: &Store, record: &Record, of: ProviderSessionId) -> Result<()> {
    let id = record.provider_session_id;
    if !store.transcript_names(record.id, id).await?.is_empty() {
        return Ok(());
    }
    let (before, now) = (of.to_string(), id.to_string());
    let renamed = |row: TranscriptRow| TranscriptRow {
        provider_session_id: id,
        file: row.file.replace(&before, &now),
        lines: row.lines.replace(&before, &now),
        ..row
    };
    let transcript = store.transcript(record.id, of).await?.into_iter().map(renamed).collect();
    store.commit(Batch { transcript, ..Batch::default() }).await
}

/// What a process knows that goes on from a transcript: all, but for a turn in which a process died before it had noted
/// down what it was asked.
async fn resumed(store: &Store, record: &Record, own: Option<Own>, put_back: bool) -> Result<Known> {
    let mut notice = put_back.then(|| PUT_BACK.to_owned());
    let mut told = None;
    if let (Some(own), Some(turn)) = (own, retelling::latest_turn(store, record.id).await?)
        && own.lacks(turn.asked).await?
    {
        told = Some(turn.text);
        notice.get_or_insert_with(|| NOT_NOTED.to_owned());
    }
    Ok(Known { retelling: told, notice, ..Known::default() })
}

/// The CLI's own transcript of a conversation. Its file can be long and its disk slow, so it is read and written beside
/// the sessions.
#[derive(Clone)]
struct Own {
    transcripts: Transcripts,
    name: String,
}

impl Own {
    /// The transcript that we have a copy of; nothing where there is none, or the CLI has no home.
    async fn find(
        store: &Store,
        policy: &EnvPolicy,
        session: SessionId,
        conversation: ProviderSessionId,
    ) -> Result<Option<Self>> {
        let names = store.transcript_names(session, conversation).await?;
        let own = names.into_iter().find(|name| is_main_transcript(name, conversation));
        Ok(own.and_then(|name| Some(Self { transcripts: Transcripts::of(policy)?, name })))
    }

    async fn is_there(&self) -> Result<bool> {
        let Self { transcripts, name } = self.clone();
        beside(move || transcripts.has(&name)).await
    }

    /// Whether it is there and these words of the person's are missing in it.
    async fn lacks(self, words: String) -> Result<bool> {
        beside(move || self.transcripts.has(&self.name) && !self.transcripts.has_noted(&self.name, &words)).await
    }

    /// Writes our copy where the CLI looks for it; says whether it is there now.
    async fn put_back(&self, store: &Store, record: &Record) -> Result<bool> {
        let copy = store.transcript(record.id, record.provider_session_id).await?;
        if copy.is_empty() {
            return Ok(false);
        }
        let transcripts = self.transcripts.clone();
        let restore = move || transcripts.restore(copy.iter().map(|row| (row.file.as_str(), row.lines.as_str())));
        let written = beside(restore).await?;
        if let Err(error) = &written {
            tracing::warn!(session = %record.id, %error, "a lost conversation cannot be put back");
        }
        Ok(written.is_ok())
    }
}

/// Does what waits for a disk in a thread that no session is served by.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|problem| Error::internal(format!("a transcript could not be looked at: {problem}")))
}

/// A new conversation, in which what was said before is told again.
async fn retell(store: &Store, record: &Record, id: ProviderSessionId) -> Result<(Conversation, Known)> {
    let told = retelling::tell(store, record.id).await?;
    let notice = told.as_ref().map(|told| {
        let (messages, of) = (told.messages, record.message_count);
        format!(
            "the Claude CLI had lost this conversation; the latest {messages} of {of} messages are told to it again"
        )
    });
    let known = Known { conversation: Some(id), retelling: told.map(|told| told.text), notice, ..Known::default() };
    Ok((Conversation::New(id), known))
}
