//! The rows of a session, from what its transcript tells.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::claude::{self, Block, Past, PastEntry, PastSaid, Tokens};
use crate::context;
use crate::error::Result;
use crate::ids::{MessageId, ProviderSessionId, SessionId, TurnId};
use crate::protocol::event::{EventBody, TurnOrigin};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::session::Mode;
use crate::protocol::turn::{StopReason, ToolCallSummary, Turn};
use crate::protocol::usage::Usage;
use crate::service::history::session_row;
use crate::service::journal::Journal;
use crate::service::record::{Bound, Record, Rest};
use crate::service::state::{Emission, NewMessage, TurnRecord, What};
use crate::service::title;
use crate::store::{EventPayload, SessionSnapshot, TranscriptRow};
use crate::time::Timestamp;

/// What stands for the place of the person's own words beside the answers of tools.
const WORDS: usize = usize::MAX;
/// What the CLI notes where the person interrupted it.
const INTERRUPT_MARK: &str = "[Request interrupted by user";

/// The session of a conversation; nothing where nothing was said.
///
/// # Errors
/// `internalError` where something cannot be encoded.
pub(super) fn session(conversation: ProviderSessionId, past: Past) -> Result<Option<SessionSnapshot>> {
    let (Some(first), Some(last)) = (past.entries.first(), past.entries.last()) else { return Ok(None) };
    let (began, ended) = (first.at, last.at);
    let id = SessionId::derived(began, &context::hash_of(&conversation.to_string()));
    let prices = prices(&past.entries, past.cost.as_ref());
    let mut builder = Builder::new(id, past.cwd.unwrap_or_else(|| "/".into()), prices);
    for entry in past.entries {
        builder.take(entry)?;
    }
    builder.end_turn()?;
    if builder.messages == 0 {
        return Ok(None);
    }
    builder.snapshot(conversation, Times { began, ended }, past.title, past.files).map(Some)
}

#[derive(Clone, Copy)]
struct Times {
    began: Timestamp,
    ended: Timestamp,
}

struct Builder {
    id: SessionId,
    /// Of the conversation: forks repeat what was said before them, ids included.
    salt: String,
    cwd: std::path::PathBuf,
    journal: Journal,
    turn: Option<Open>,
    /// What a token costs that a model writes, all that it reads for it included.
    prices: HashMap<String, f64>,
    title: String,
    messages: u64,
    usage: Usage,
    cost_usd: f64,
    /// What each message of the API's used: its parts repeat it.
    counted: HashMap<String, Tokens>,
}

/// A turn that goes on.
struct Open {
    record: TurnRecord,
    last_at: Timestamp,
    tokens: BTreeMap<String, Tokens>,
}

impl Builder {
    fn new(id: SessionId, cwd: std::path::PathBuf, prices: HashMap<String, f64>) -> Self {
        Self {
            id,
            salt: id.to_string(),
            cwd,
            journal: Journal::new(id, 0, 0),
            turn: None,
            prices,
            title: String::new(),
            messages: 0,
            usage: Usage::default(),
            cost_usd: 0.0,
            counted: HashMap::new(),
        }
    }

    fn take(&mut self, entry: PastEntry) -> Result<()> {
        let PastEntry { uuid, at, parent, said } = entry;
        match said {
            PastSaid::User { content, is_notification, structured } => {
                self.user(&uuid, at, parent, content, is_notification, structured.as_ref())
            }
            PastSaid::Assistant { assistant, model, tokens } => {
                self.have_turn(&uuid, at, TurnOrigin::Background)?;
                self.count(&uuid, &assistant.message_id, model, tokens);
                for (index, block) in assistant.blocks.into_iter().enumerate() {
                    self.block(self.id_of(&uuid, index, at), at, parent.clone(), block)?;
                }
                Ok(())
            }
        }
    }

    fn user(
        &mut self,
        uuid: &str,
        at: Timestamp,
        parent: Option<String>,
        content: Value,
        is_notification: bool,
        structured: Option<&Value>,
    ) -> Result<()> {
        let (results, said) = sorted(content);
        if !results.is_empty() {
            self.have_turn(uuid, at, TurnOrigin::Background)?;
        }
        for (index, block) in results.into_iter().enumerate() {
            if let (ContentBlock::ToolResult { tool_use_id, is_error, .. }, Some(turn)) = (&block, &mut self.turn) {
                let calls = &mut turn.record.turn.tool_calls;
                calls.iter_mut().filter(|call| call.tool_use_id == *tool_use_id).for_each(|call| {
                    call.is_error = Some(*is_error);
                });
            }
            let message = NewMessage { id: self.id_of(uuid, index, at), role: Role::User, content: vec![block] };
            self.emit(What::ToolResult { message, structured: structured.cloned() }, parent.clone(), at)?;
        }
        if is_notification {
            self.end_turn()?;
            return self.begin_turn(uuid, at, TurnOrigin::Background, None);
        }
        let text = said.iter().find_map(|block| match block {
            ContentBlock::Text { text } => Some(text.clone()),
            _ => None,
        });
        if text.as_deref().is_some_and(|text| text.starts_with(INTERRUPT_MARK)) {
            if let Some(turn) = &mut self.turn {
                turn.record.turn.stop_reason = StopReason::Interrupted;
            }
            return Ok(());
        }
        if said.is_empty() {
            return Ok(());
        }
        let id = self.id_of(uuid, WORDS, at);
        if parent.is_none() {
            self.end_turn()?;
            self.begin_turn(uuid, at, TurnOrigin::Client, Some(id))?;
            if self.title.is_empty() {
                self.title = text.as_deref().map(title::clip).unwrap_or_default();
            }
        } else {
            self.have_turn(uuid, at, TurnOrigin::Background)?;
        }
        self.emit(What::Message(NewMessage { id, role: Role::User, content: said }), parent, at)
    }

    fn block(&mut self, id: MessageId, at: Timestamp, parent: Option<String>, block: Block) -> Result<()> {
        let said = |block| NewMessage { id, role: Role::Assistant, content: vec![block] };
        match block {
            Block::Text(text) => {
                if let (Some(turn), None) = (&mut self.turn, &parent) {
                    let started_at = turn.record.started_at;
                    turn.record.turn.text.clone_from(&text);
                    let first = at.since(started_at).as_millis();
                    turn.record.turn.first_text_ms.get_or_insert(u64::try_from(first).unwrap_or(u64::MAX));
                }
                self.emit(What::Message(said(ContentBlock::Text { text })), parent, at)
            }
            Block::Thinking(text) => self.emit(What::Message(said(ContentBlock::Thinking { text })), parent, at),
            Block::ToolUse { id: tool_use_id, name, input } => {
                if let (Some(turn), None) = (&mut self.turn, &parent) {
                    let call = ToolCallSummary { tool_use_id: tool_use_id.clone(), name: name.clone(), is_error: None };
                    turn.record.turn.tool_calls.push(call);
                }
                let title = title::of_tool_call(&name, &input, &self.cwd);
                let message = said(ContentBlock::ToolUse { tool_use_id, name, input });
                self.emit(What::ToolCall { message, title }, parent, at)
            }
            Block::Other(_) => Ok(()),
        }
    }

    fn id_of(&self, uuid: &str, index: usize, at: Timestamp) -> MessageId {
        MessageId::derived(at, &context::hash_of(&format!("message {} {uuid} {index}", self.salt)))
    }

    fn emit(&mut self, what: What, parent: Option<String>, at: Timestamp) -> Result<()> {
        let Some(turn) = &mut self.turn else { return Ok(()) };
        turn.last_at = turn.last_at.max(at);
        if matches!(what, What::Message(_) | What::ToolCall { .. } | What::ToolResult { .. }) {
            self.messages += 1;
        }
        self.journal.note(Emission { turn: Some(turn.record.turn.id), parent, what }, at)
    }

    /// The parts of one message repeat what it used; the last says all.
    fn count(&mut self, uuid: &str, message_id: &str, model: String, tokens: Tokens) {
        let key = if message_id.is_empty() { uuid } else { message_id };
        let before = self.counted.insert(key.to_owned(), tokens).unwrap_or_default();
        if let Some(turn) = &mut self.turn {
            turn.tokens.entry(model).or_default().add(tokens.since(before));
        }
    }

    fn have_turn(&mut self, uuid: &str, at: Timestamp, origin: TurnOrigin) -> Result<()> {
        if self.turn.is_some() { Ok(()) } else { self.begin_turn(uuid, at, origin, None) }
    }

    fn begin_turn(&mut self, uuid: &str, at: Timestamp, origin: TurnOrigin, message: Option<MessageId>) -> Result<()> {
        let turn = Turn {
            id: TurnId::derived(at, &context::hash_of(&format!("turn {} {uuid}", self.salt))),
            session_id: self.id,
            stop_reason: StopReason::Completed,
            text: String::new(),
            tool_calls: Vec::new(),
            usage: Usage::default(),
            cost_usd: 0.0,
            duration_ms: 0,
            first_text_ms: None,
            error: None,
        };
        let record = TurnRecord {
            turn,
            message_id: message,
            origin,
            started_at: at,
            ended_at: None,
            usage_by_model: BTreeMap::new(),
        };
        self.turn = Some(Open { record, last_at: at, tokens: BTreeMap::new() });
        self.emit(What::Event(EventBody::TurnStarted { message_id: message, origin }), None, at)
    }

    fn end_turn(&mut self) -> Result<()> {
        let Some(Open { mut record, last_at, tokens }) = self.turn.take() else { return Ok(()) };
        record.ended_at = Some(last_at);
        let turn = &mut record.turn;
        turn.duration_ms = u64::try_from(last_at.since(record.started_at).as_millis()).unwrap_or(u64::MAX);
        for (model, used) in tokens {
            let cost_usd = self.prices.get(&model).copied().unwrap_or(0.0) * used.output as f64;
            turn.cost_usd += cost_usd;
            add(&mut turn.usage, used);
            record.usage_by_model.insert(model, claude::ModelUsage { tokens: used, cost_usd });
        }
        add_usage(&mut self.usage, turn.usage);
        self.cost_usd += turn.cost_usd;
        let completed = What::Event(EventBody::TurnCompleted { turn: turn.clone() });
        self.journal.note(Emission { turn: Some(turn.id), parent: None, what: completed }, last_at)?;
        self.journal.save_turn(&record)
    }

    fn snapshot(
        mut self,
        conversation: ProviderSessionId,
        times: Times,
        title: Option<String>,
        files: Vec<(String, String)>,
    ) -> Result<SessionSnapshot> {
        let last_seq = self.journal.last_seq();
        let batch = self.journal.take_noted();
        let announced = batch.events.iter().filter_map(|event| match &event.payload {
            EventPayload::Message(message) => Some(message.clone()),
            EventPayload::Json { .. } => None,
        });
        let mut messages: Vec<_> = batch.messages.iter().cloned().chain(announced).collect();
        messages.sort_by_key(|message| message.seq);
        let mut seen = HashSet::new();
        messages.retain(|message| seen.insert(message.id));
        let record = Record {
            id: self.id,
            title: title.map_or(self.title, |title| title::clip(&title)),
            mode: Mode::User,
            told_mode: Mode::User,
            study: Bound::default(),
            cwd: self.cwd,
            model: None,
            effort: None,
            max_turns: None,
            max_budget_usd: None,
            mcp_servers: BTreeMap::new(),
            rest: Rest::Closed,
            created_at: times.began,
            last_active_at: times.ended,
            message_count: messages.len() as u64,
            provider_session_id: conversation,
            provider_started: true,
            fork: None,
            context: None,
            credential: None,
            usage: self.usage,
            cost_usd: self.cost_usd,
        };
        let transcript = files.into_iter().map(|(file, lines)| TranscriptRow {
            session_id: self.id,
            provider_session_id: conversation,
            file,
            lines,
        });
        Ok(SessionSnapshot {
            session: session_row(&record, last_seq)?,
            context: None,
            turns: batch.turns,
            messages,
            events: batch.events,
            permissions: Vec::new(),
            grants: Vec::new(),
            transcript: transcript.collect(),
            transcript_gaps: Vec::new(),
            fingerprint: None,
        })
    }
}

/// What a token costs that each model writes: the CLI's account is of the conversation as a whole, and is shared out by
/// what was written.
fn prices(entries: &[PastEntry], cost: Option<&BTreeMap<String, claude::ModelUsage>>) -> HashMap<String, f64> {
    let mut written: HashMap<&str, HashMap<&str, u64>> = HashMap::new();
    for entry in entries {
        if let PastSaid::Assistant { assistant, model, tokens } = &entry.said {
            let message = if assistant.message_id.is_empty() { &entry.uuid } else { &assistant.message_id };
            written.entry(model).or_default().insert(message, tokens.output);
        }
    }
    let price = |(model, messages): (&str, HashMap<&str, u64>)| {
        let all: u64 = messages.into_values().sum();
        let paid = cost?.get(model)?.cost_usd;
        (all > 0).then(|| (model.to_owned(), paid / all as f64))
    };
    written.into_iter().filter_map(price).collect()
}

/// What tools answered, and what else is said in the person's place.
fn sorted(content: Value) -> (Vec<ContentBlock>, Vec<ContentBlock>) {
    let blocks = match content {
        Value::Array(blocks) => blocks,
        Value::String(text) => return (Vec::new(), spoken(text).into_iter().collect()),
        _ => return (Vec::new(), Vec::new()),
    };
    let (mut results, mut said) = (Vec::new(), Vec::new());
    for mut block in blocks {
        let text = |block: &Value, pointer: &str| block.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match text(&block, "/type").as_deref() {
            Some("text") => said.extend(text(&block, "/text").and_then(spoken)),
            Some("image") => {
                if let (Some(media_type), Some(data)) =
                    (text(&block, "/source/media_type"), text(&block, "/source/data"))
                {
                    said.push(ContentBlock::Image { media_type, data });
                }
            }
            Some("tool_result") => results.push(ContentBlock::ToolResult {
                tool_use_id: text(&block, "/tool_use_id").unwrap_or_default(),
                is_error: block.get("is_error").and_then(Value::as_bool).unwrap_or(false),
                content: block.get_mut("content").map(Value::take).unwrap_or_default(),
            }),
            _ => {}
        }
    }
    (results, said)
}

/// The person's words; what the CLI says of its own commands in their place is none.
fn spoken(text: String) -> Option<ContentBlock> {
    let is_of_the_cli = ["<local-command-", "<command-name>", "<command-message>", "<system-reminder>"]
        .iter()
        .any(|beginning| text.starts_with(beginning));
    (!is_of_the_cli && !text.trim().is_empty()).then_some(ContentBlock::Text { text })
}

fn add_usage(sum: &mut Usage, used: Usage) {
    sum.input_tokens += used.input_tokens;
    sum.output_tokens += used.output_tokens;
    sum.cache_read_tokens += used.cache_read_tokens;
    sum.cache_write_tokens += used.cache_write_tokens;
}

fn add(usage: &mut Usage, used: Tokens) {
    usage.input_tokens += used.input;
    usage.output_tokens += used.output;
    usage.cache_read_tokens += used.cache_read;
    usage.cache_write_tokens += used.cache_write;
}
