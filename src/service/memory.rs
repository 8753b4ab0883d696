//! What a process that comes up is to know of its session's conversation, and where it gets it from.

use super::record::Record;
use super::retelling;
use super::state::{Known, Rung};
use crate::claude::{Conversation, EnvPolicy, Transcripts, is_main_transcript};
use crate::error::Result;
use crate::ids::ProviderSessionId;
use crate::store::Store;

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
    match rung {
        Rung::Own if record.provider_started => {
            let put_back = is_gone(store, policy, record).await? && put_back(store, policy, record).await?;
            Ok((Conversation::Resume(id), resumed(store, policy, record, put_back).await?))
        }
        Rung::Copy if put_back(store, policy, record).await? => {
            Ok((Conversation::Resume(id), resumed(store, policy, record, true).await?))
        }
        // Nothing was said yet, or a process was lost before it could note down the first words.
        Rung::Own => retell(store, record, id).await,
        Rung::Copy | Rung::Messages => retell(store, record, ProviderSessionId::new()).await,
    }
}

/// What a process knows that goes on from a transcript: all, but for a turn in which a process died before it had noted
/// down what it was asked.
async fn resumed(store: &Store, policy: &EnvPolicy, record: &Record, put_back: bool) -> Result<Known> {
    let mut notice = put_back.then(|| PUT_BACK.to_owned());
    let mut told = None;
    if let Some(turn) = retelling::latest_turn(store, record.id).await?
        && is_unnoted(store, policy, record, &turn.asked).await?
    {
        told = Some(turn.text);
        notice.get_or_insert_with(|| NOT_NOTED.to_owned());
    }
    Ok(Known { retelling: told, notice, ..Known::default() })
}

/// Whether the CLI has a transcript in which these words of the person's are missing.
async fn is_unnoted(store: &Store, policy: &EnvPolicy, record: &Record, words: &str) -> Result<bool> {
    let (Some(transcripts), Some(name)) = (Transcripts::of(policy), own_transcript(store, record).await?) else {
        return Ok(false);
    };
    Ok(transcripts.has(&name) && !transcripts.has_noted(&name, words))
}

async fn own_transcript(store: &Store, record: &Record) -> Result<Option<String>> {
    let names = store.transcript_names(record.id, record.provider_session_id).await?;
    Ok(names.into_iter().find(|name| is_main_transcript(name, record.provider_session_id)))
}

/// Whether the CLI lacks a transcript that we have a copy of.
async fn is_gone(store: &Store, policy: &EnvPolicy, record: &Record) -> Result<bool> {
    let Some(transcripts) = Transcripts::of(policy) else { return Ok(false) };
    Ok(own_transcript(store, record).await?.is_some_and(|name| !transcripts.has(&name)))
}

/// Writes our copy where the CLI looks for it; says whether it is there now.
async fn put_back(store: &Store, policy: &EnvPolicy, record: &Record) -> Result<bool> {
    let Some(transcripts) = Transcripts::of(policy) else { return Ok(false) };
    let copy = store.transcript(record.id, record.provider_session_id).await?;
    if copy.is_empty() {
        return Ok(false);
    }
    let written = transcripts.restore(copy.iter().map(|row| (row.file.as_str(), row.lines.as_str())));
    if let Err(error) = &written {
        tracing::warn!(session = %record.id, %error, "a lost conversation cannot be put back");
    }
    Ok(written.is_ok())
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
