//! Whether a text is an archive that makes sense. All of it is looked at before anything is done with it.

use std::collections::HashSet;
use std::hash::Hash;

use serde::Deserialize;

use crate::claude::{self, is_transcript_name};
use crate::context;
use crate::error::{Error, Result};
use crate::protocol::archive::{ARCHIVE_VERSION, ArchivedEvent, SessionArchive};
use crate::protocol::event::EventBody;

/// What tells an archive from other JSON.
#[derive(Deserialize)]
struct Beginning {
    format: Option<String>,
    version: Option<u32>,
}

/// Reads an archive.
///
/// # Errors
/// `invalidParams`, with what is wrong with it and where.
pub(super) fn read(content: &str) -> Result<SessionArchive> {
    let beginning: Beginning = serde_json::from_str(content).map_err(|problem| unreadable(&problem))?;
    match (beginning.format.as_deref(), beginning.version) {
        (Some("claude-bridge/session"), Some(version)) if version > ARCHIVE_VERSION => {
            let message = format!("content: the archive is of version {version}; this program reads {ARCHIVE_VERSION}");
            return Err(Error::invalid_params(message).hint("update claude-bridge"));
        }
        (Some("claude-bridge/session"), Some(1..)) => {}
        _ => return Err(wrong("it is no session of claude-bridge's: format and version are missing, or others")),
    }
    let archive: SessionArchive = serde_json::from_str(content).map_err(|problem| unreadable(&problem))?;
    check(&archive)?;
    Ok(archive)
}

fn check(archive: &SessionArchive) -> Result<()> {
    let session = &archive.session;
    if i64::try_from(session.last_seq).is_err() || i64::try_from(session.message_count).is_err() {
        return Err(wrong("session: lastSeq or messageCount is too large"));
    }
    if !(session.cost_usd.is_finite() && session.cost_usd >= 0.0) {
        return Err(wrong("session.costUsd: it is less than nothing"));
    }
    check_context(archive)?;
    check_turns(archive)?;
    check_messages(archive)?;
    check_events(archive)?;
    check_permissions(archive)?;
    check_transcript(archive)
}

/// The text is found by its hash: a wrong one would be told in other sessions, too.
fn check_context(archive: &SessionArchive) -> Result<()> {
    let Some(context) = &archive.context else { return Ok(()) };
    if context::hash_of(&context.text) != context.hash {
        return Err(wrong("context: the text has another hash"));
    }
    if archive.session.context_hash.as_ref() != Some(&context.hash) {
        return Err(wrong("context: the session refers to another one"));
    }
    Ok(())
}

fn check_turns(archive: &SessionArchive) -> Result<()> {
    all_different("turns", archive.turns.iter().map(|turn| turn.turn.id))?;
    match archive.turns.iter().position(|turn| turn.turn.session_id != archive.session.id) {
        Some(at) => Err(of_another_session(&format!("turns[{at}]"))),
        None => Ok(()),
    }
}

fn check_messages(archive: &SessionArchive) -> Result<()> {
    all_different("messages", archive.messages.iter().map(|message| message.id))?;
    rising("messages", archive.session.last_seq, archive.messages.iter().map(|message| message.seq))?;
    match archive.messages.iter().position(|message| message.session_id != archive.session.id) {
        Some(at) => Err(of_another_session(&format!("messages[{at}]"))),
        None => Ok(()),
    }
}

fn check_events(archive: &SessionArchive) -> Result<()> {
    rising("events", archive.session.last_seq, archive.events.iter().map(|event| event.seq))?;
    all_different("events", archive.events.iter().filter_map(|event| event.message_id))?;
    let messages: HashSet<_> = archive.messages.iter().map(|message| message.id).collect();
    for (at, event) in archive.events.iter().enumerate() {
        let problem = match event {
            ArchivedEvent { body: Some(body), message_id: None, .. } => {
                EventBody::deserialize(&serde_json::Value::Object(body.clone()))
                    .err()
                    .map(|problem| format!("events[{at}].body: {problem}"))
            }
            ArchivedEvent { body: None, message_id: Some(id), .. } => {
                (!messages.contains(id)).then(|| format!("events[{at}].messageId: no message here has the id {id}"))
            }
            _ => Some(format!("events[{at}]: it needs a body or a messageId, and not both")),
        };
        if let Some(problem) = problem {
            return Err(wrong(&problem));
        }
    }
    Ok(())
}

fn check_permissions(archive: &SessionArchive) -> Result<()> {
    all_different("permissions", archive.permissions.iter().map(|asked| asked.permission.id))?;
    if let Some(at) = archive.permissions.iter().position(|asked| asked.permission.session_id != archive.session.id) {
        return Err(of_another_session(&format!("permissions[{at}]")));
    }
    for (at, granted) in archive.grants.iter().enumerate() {
        claude::Grant::deserialize(&granted.grant)
            .map_err(|problem| wrong(&format!("grants[{at}].grant: {problem}")))?;
    }
    Ok(())
}

fn check_transcript(archive: &SessionArchive) -> Result<()> {
    for (at, part) in archive.transcript.iter().enumerate() {
        if !is_transcript_name(&part.file) {
            return Err(wrong(&format!("transcript[{at}].file: {:?} is no place for a transcript", part.file)));
        }
        let broken = part.lines.lines().position(|line| serde_json::from_str::<serde::de::IgnoredAny>(line).is_err());
        if let Some(line) = broken {
            return Err(wrong(&format!("transcript[{at}].lines: line {} is not JSON", line + 1)));
        }
        if !part.lines.ends_with('\n') {
            return Err(wrong(&format!("transcript[{at}].lines: the last line has no end")));
        }
    }
    Ok(())
}

fn all_different<T: Eq + Hash>(of: &str, ids: impl Iterator<Item = T>) -> Result<()> {
    let mut seen = HashSet::new();
    for (at, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(wrong(&format!("{of}: the one at {at} has the id of another")));
        }
    }
    Ok(())
}

/// Numbers rise, up to the last that was given out.
fn rising(of: &str, last: u64, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let mut before = None;
    for (at, seq) in numbers.enumerate() {
        if before.is_some_and(|before| seq <= before) {
            return Err(wrong(&format!("{of}[{at}].seq: {seq} does not rise")));
        }
        if seq > last {
            return Err(wrong(&format!("{of}[{at}].seq: {seq} is more than the session's lastSeq, {last}")));
        }
        before = Some(seq);
    }
    Ok(())
}

fn of_another_session(what: &str) -> Error {
    wrong(&format!("{what}: it is of another session"))
}

fn unreadable(problem: &serde_json::Error) -> Error {
    wrong(&format!("{problem}"))
}

fn wrong(problem: &str) -> Error {
    Error::invalid_params(format!("content: {problem}"))
        .hint("give what session/export gave for format \"json\", unchanged")
}
