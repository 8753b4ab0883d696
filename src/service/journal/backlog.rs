//! What the store could not take: kept, within a bound, until it can.

use std::fmt;

use crate::store::{
    Batch, EventPayload, EventRow, GrantRow, MessageRow, PermissionChange, TranscriptGap, TranscriptRow, TurnRow,
};

/// How much of a session is kept, in bytes of rows: hours of what a person reads, and little enough that fifty
/// sessions may keep as much while the disk is full.
const LIMIT: usize = 8 << 20;
/// What is left where that was too much, so that there is not something to give up with each event that follows.
const LOW: usize = LIMIT / 4 * 3;

/// What the store could not take, as the one batch that it makes.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    batch: Batch,
    /// About how much memory it takes; never less than it does.
    bytes: usize,
    loss: Loss,
}

/// What will never be stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::service) struct Loss {
    /// How many events, with merged deltas counted once.
    events: usize,
    /// About how much memory they took.
    bytes: usize,
}

impl Loss {
    /// Whether nothing was lost.
    pub(in crate::service) fn is_none(self) -> bool {
        self.events == 0
    }

    fn add(&mut self, row: &EventRow) {
        self.events += 1;
        self.bytes += row.bytes();
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events ({} KiB)", self.events, self.bytes.div_ceil(1024))
    }
}

impl Backlog {
    pub(super) fn is_empty(&self) -> bool {
        self.batch == Batch::default()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &EventRow> + Clone {
        self.batch.events.iter()
    }

    pub(super) fn take_loss(&mut self) -> Loss {
        std::mem::take(&mut self.loss)
    }

    /// Takes it, to be stored.
    pub(super) fn take(&mut self) -> Batch {
        self.bytes = 0;
        std::mem::take(&mut self.batch)
    }

    /// Adds what comes behind it; gives something up where that is too much.
    pub(super) fn push(&mut self, later: Batch) {
        self.bytes += bytes(&later);
        append(&mut self.batch, later);
        if self.bytes > LIMIT {
            self.bytes = bytes(&self.batch);
        }
        if self.bytes > LIMIT {
            self.shrink();
        }
    }

    /// Takes back what was taken to be stored: it comes before all that has come since.
    pub(super) fn give_back(&mut self, earlier: Batch) {
        let later = self.take();
        self.push(earlier);
        self.push(later);
    }

    /// Gives up what is refused, but for what later batches need.
    pub(super) fn give_up(&mut self, refused: Batch) {
        self.lose(&refused);
        let Batch { context, transcript, mut transcript_gaps, .. } = refused;
        give_up_transcripts(transcript, &mut transcript_gaps);
        self.give_back(Batch { context, transcript_gaps, ..Batch::default() });
    }

    /// Takes down what is lost.
    pub(super) fn lose(&mut self, batch: &Batch) {
        batch.events.iter().for_each(|row| self.loss.add(row));
    }

    /// Gives up what can be missed: deltas, which their message repeats, then the copy of the transcript, which the
    /// CLI has, too, then whatever is oldest.
    fn shrink(&mut self) {
        self.drop_deltas();
        if self.bytes > LOW {
            give_up_transcripts(std::mem::take(&mut self.batch.transcript), &mut self.batch.transcript_gaps);
            self.bytes = bytes(&self.batch);
        }
        self.drop_oldest();
        let Self { batch, bytes, .. } = self;
        batch.turns.retain(|row| {
            let stays = *bytes <= LOW;
            *bytes -= if stays { 0 } else { row.bytes() };
            stays
        });
    }

    fn drop_deltas(&mut self) {
        let Self { batch, bytes, loss } = self;
        batch.events.retain(|row| {
            let stays = *bytes <= LOW || !is_delta(row);
            if !stays {
                *bytes -= row.bytes();
                loss.add(row);
            }
            stays
        });
    }

    /// Drops events, each with its message.
    fn drop_oldest(&mut self) {
        let Self { batch, bytes, loss } = self;
        let mut messages = batch.messages.iter().peekable();
        let mut last = 0;
        for row in &batch.events {
            if *bytes <= LOW {
                break;
            }
            *bytes -= row.bytes();
            while let Some(message) = messages.next_if(|message| message.seq <= row.seq) {
                *bytes -= message.bytes();
            }
            loss.add(row);
            last = row.seq;
        }
        batch.events.retain(|row| row.seq > last);
        batch.messages.retain(|row| row.seq > last);
    }
}

/// Puts a batch behind another one.
fn append(batch: &mut Batch, later: Batch) {
    batch.session = later.session.or_else(|| batch.session.take());
    batch.context = later.context.or_else(|| batch.context.take());
    batch.turns.retain(|turn| later.turns.iter().all(|newer| newer.id != turn.id));
    batch.turns.extend(later.turns);
    batch.messages.extend(later.messages);
    batch.events.extend(later.events);
    batch.permissions.extend(later.permissions);
    batch.grants.extend(later.grants);
    batch.transcript.extend(later.transcript);
    batch.transcript_gaps.extend(later.transcript_gaps);
}

/// What a batch takes of memory, as far as it grows with what happens.
fn bytes(batch: &Batch) -> usize {
    let turns: usize = batch.turns.iter().map(TurnRow::bytes).sum();
    let messages: usize = batch.messages.iter().map(MessageRow::bytes).sum();
    let events: usize = batch.events.iter().map(EventRow::bytes).sum();
    let transcript: usize = batch.transcript.iter().map(TranscriptRow::bytes).sum();
    let permissions: usize = batch.permissions.iter().map(PermissionChange::bytes).sum();
    let grants: usize = batch.grants.iter().map(GrantRow::bytes).sum();
    turns + messages + events + permissions + grants + transcript
}

fn is_delta(row: &EventRow) -> bool {
    matches!(&row.payload, EventPayload::Json { kind, .. } if kind == "textDelta" || kind == "thinkingDelta")
}

/// Makes a gap of each conversation that lines are dropped of.
fn give_up_transcripts(dropped: Vec<TranscriptRow>, gaps: &mut Vec<TranscriptGap>) {
    for TranscriptRow { session_id, provider_session_id, .. } in dropped {
        let gap = TranscriptGap { session_id, provider_session_id };
        if !gaps.contains(&gap) {
            gaps.push(gap);
        }
    }
}
