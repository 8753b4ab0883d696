//! Turns: admitted in order, begun one at a time, ended for one reason.

use std::collections::BTreeMap;

use serde_json::Value;

use super::items::{Item, ItemKind, Items};
use super::totals::Spent;
use super::{
    Effect, Effects, Emission, INTERRUPT_DEADLINE, NewMessage, Phase, State, Timer, Toolset, TurnRecord, Waiting, What,
};
use crate::claude::{self, ModelUsage};
use crate::error::{Error, ErrorKind};
use crate::ids::{MessageId, TurnId};
use crate::protocol::event::{EventBody, Status, TurnOrigin};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::permission::PermissionResolver;
use crate::protocol::turn::{StopReason, ToolCallSummary, Turn};
use crate::protocol::usage::Usage;
use crate::service::content::Prompt;
use crate::time::Timestamp;

/// The turn that runs.
#[derive(Debug)]
pub(super) struct ActiveTurn {
    pub(super) id: TurnId,
    pub(super) origin: TurnOrigin,
    message_id: Option<MessageId>,
    /// The tools of the client whose message it answers.
    pub(super) tools: Option<Toolset>,
    started_at: Timestamp,
    first_text_at: Option<Timestamp>,
    /// The last whole text of Claude's.
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCallSummary>,
    pub(super) items: Items,
    /// The plan that was presented last, under the id of its call.
    plan: Option<(String, Value)>,
    /// Whether the CLI has taken it up: before that it acknowledges an interrupt and does nothing.
    listening: bool,
    interrupt: Interrupt,
    /// Whether it was shown that the CLI says nothing.
    pub(super) stalled: bool,
    /// Why it is being ended, where that is its silence.
    pub(super) timed_out: Option<Error>,
    usage: Usage,
    cost_usd: f64,
    usage_by_model: BTreeMap<String, ModelUsage>,
}

/// How far an interrupt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interrupt {
    /// Nobody asked for one.
    No,
    /// It waits for the CLI to listen.
    Wanted,
    /// The CLI was told.
    Sent,
}

impl ActiveTurn {
    fn new(id: TurnId, origin: TurnOrigin, now: Timestamp) -> Self {
        Self {
            id,
            origin,
            message_id: None,
            tools: None,
            started_at: now,
            first_text_at: None,
            text: String::new(),
            tool_calls: Vec::new(),
            items: Items::default(),
            plan: None,
            listening: false,
            interrupt: Interrupt::No,
            stalled: false,
            timed_out: None,
            usage: Usage::default(),
            cost_usd: 0.0,
            usage_by_model: BTreeMap::new(),
        }
    }

    /// Whether it answers a client's message.
    pub(super) fn is_clients(&self) -> bool {
        self.origin == TurnOrigin::Client
    }

    /// Whether the conversation itself made this call in it, and no agent.
    pub(super) fn calls(&self, tool_use_id: Option<&str>) -> bool {
        self.tool_calls.iter().any(|call| Some(call.tool_use_id.as_str()) == tool_use_id)
    }

    /// Whether somebody asked for its end.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupt != Interrupt::No
    }

    /// Whether the CLI has taken it up.
    pub(super) fn listens(&self) -> bool {
        self.listening
    }

    /// Whether a tool was called that has not answered.
    pub(super) fn runs_a_tool(&self) -> bool {
        self.tool_calls.iter().any(|call| call.is_error.is_none())
    }

    /// Keeps a plan that the model presents: the CLI's question, which follows, leaves it out.
    pub(super) fn note_plan(&mut self, tool_use_id: &str, name: &str, input: &Value) {
        if name == claude::PLAN_TOOL {
            self.plan = Some((tool_use_id.to_owned(), input.clone()));
        }
    }

    /// The plan that was presented by this call.
    pub(super) fn plan_of(&self, tool_use_id: Option<&str>) -> Option<&Value> {
        self.plan.as_ref().filter(|(id, _)| Some(id.as_str()) == tool_use_id).map(|(_, plan)| plan)
    }

    /// The request to the CLI that ends it.
    pub(super) fn interrupt_request(&self) -> claude::Input {
        claude::Input::Interrupt { request_id: format!("interrupt-{}", self.id) }
    }

    /// The CLI took something else up instead; an interrupt that ended that is still wanted for this turn.
    pub(super) fn is_still_to_come(&mut self) {
        self.listening = false;
        if self.is_interrupted() {
            self.interrupt = Interrupt::Wanted;
        }
    }

    /// The first text of the turn's own has arrived.
    pub(super) fn text_arrived(&mut self, now: Timestamp) {
        self.first_text_at.get_or_insert(now);
    }

    /// What this turn used, counted from the CLI's running totals.
    pub(super) fn spend(&mut self, spent: Spent) {
        self.usage.input_tokens += spent.tokens.input;
        self.usage.output_tokens += spent.tokens.output;
        self.usage.cache_read_tokens += spent.tokens.cache_read;
        self.usage.cache_write_tokens += spent.tokens.cache_write;
        self.cost_usd += spent.cost_usd;
        self.usage_by_model.extend(spent.by_model);
    }

    fn as_turn(&self, session_id: crate::ids::SessionId, stop_reason: StopReason, now: Timestamp) -> Turn {
        let since = |at: Timestamp| u64::try_from(at.as_millis() - self.started_at.as_millis()).unwrap_or(0);
        Turn {
            id: self.id,
            session_id,
            stop_reason,
            text: self.text.clone(),
            tool_calls: self.tool_calls.clone(),
            usage: self.usage,
            cost_usd: self.cost_usd,
            duration_ms: since(now),
            first_text_ms: self.first_text_at.map(since),
            error: None,
        }
    }
}

impl State {
    pub(super) fn send(&mut self, message: Waiting, now: Timestamp, effects: &mut Effects) {
        if let Some(error) = self.refusal() {
            return effects.answer(message.turn, Err(error));
        }
        let turn = Some(message.turn);
        self.queue.push_back(message);
        match self.phase {
            Phase::Up if self.turn.is_none() => self.begin_next(now, effects),
            Phase::Up => effects.status(turn, Status::Queued, Some(queue_detail(self.queue.len()))),
            Phase::Down => {
                self.go_up(effects);
                effects.status(turn, Status::Starting, None);
            }
            Phase::Starting | Phase::Stopping => {
                let (status, detail) = self.status_of_start();
                effects.status(turn, status, detail);
            }
        }
    }

    /// Why no message can be taken now.
    fn refusal(&self) -> Option<Error> {
        if self.draining {
            return Some(Error::new(ErrorKind::ShuttingDown, "claude-bridge is going down"));
        }
        // One that no turn and no message is before is next, and does not count as waiting.
        if self.queue.len() < self.limits.queue || !self.is_busy() {
            return None;
        }
        let message = format!("{} messages wait in this session already", self.queue.len());
        let hint = "wait for a turn to end, or interrupt with includeQueued; the limit is sessions.queue";
        Some(Error::new(ErrorKind::SessionBusy, message).hint(hint).detail("limit", self.limits.queue))
    }

    /// Begins the turn of the message that waits longest, where the process is free.
    pub(super) fn begin_next(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.phase != Phase::Up || self.turn.is_some() {
            return;
        }
        if self.outdated {
            return self.replace_outdated(effects);
        }
        let Some(waiting) = self.queue.pop_front() else { return };
        let mut turn = ActiveTurn::new(waiting.turn, TurnOrigin::Client, now);
        turn.message_id = Some(MessageId::new());
        turn.tools = waiting.tools;
        self.tools_count(&turn);
        let titled = self.lend_title(&waiting.prompt);
        let content = waiting.prompt.blocks;
        self.announce_turn(turn, now, effects);
        self.say(None, Role::User, content, effects);
        if titled {
            effects.session_changed();
        }
        self.enforce_servers(now, effects);
        self.show_tools(now, effects);
        let content = self.with_preface(waiting.prompt.wire);
        effects.write(claude::Input::User { content });
        if waiting.interrupted {
            self.interrupt_turn(effects);
        }
    }

    /// A session without a title takes the beginning of its first message.
    fn lend_title(&mut self, prompt: &Prompt) -> bool {
        let lend = self.record.title.is_empty() && !prompt.title.is_empty();
        if lend {
            self.record.title.clone_from(&prompt.title);
        }
        lend
    }

    /// The CLI began a turn that no client asked for.
    pub(super) fn begin_background(&mut self, now: Timestamp, effects: &mut Effects) {
        let mut turn = ActiveTurn::new(TurnId::new(), TurnOrigin::Background, now);
        turn.listening = true;
        self.announce_turn(turn, now, effects);
        self.show_tools(now, effects);
    }

    fn announce_turn(&mut self, turn: ActiveTurn, now: Timestamp, effects: &mut Effects) {
        self.record.last_active_at = now;
        self.last_turn = Some(turn.id);
        self.heard_at = now;
        effects.push(Effect::SetTimer(Timer::Silence, self.limits.stall_timeout));
        let record = TurnRecord {
            turn: turn.as_turn(self.record.id, StopReason::Interrupted, now),
            message_id: turn.message_id,
            origin: turn.origin,
            started_at: now,
            ended_at: None,
            usage_by_model: BTreeMap::new(),
        };
        effects.push(Effect::SaveTurn(record));
        let started = EventBody::TurnStarted { message_id: turn.message_id, origin: turn.origin };
        effects.event(Some(turn.id), started);
        self.turn = Some(turn);
    }

    /// Emits the person's message of the turn that has just begun.
    fn say(&mut self, parent: Option<String>, role: Role, content: Vec<ContentBlock>, effects: &mut Effects) {
        let id = self.turn.as_ref().and_then(|turn| turn.message_id).unwrap_or_default();
        self.emit_message(NewMessage { id, role, content }, parent, effects);
    }

    /// Emits a message of the current turn, or of the last one if it straggles in.
    pub(super) fn emit_message(&mut self, message: NewMessage, parent: Option<String>, effects: &mut Effects) {
        self.emit_stored(What::Message(message), parent, effects);
    }

    /// Emits what holds a stored message.
    pub(super) fn emit_stored(&mut self, what: What, parent: Option<String>, effects: &mut Effects) {
        self.record.message_count += 1;
        effects.push(Effect::Emit(Emission { turn: self.current_turn().or(self.last_turn), parent, what }));
    }

    /// The CLI has taken the turn up, so that an interrupt that waited can be sent.
    pub(super) fn turn_listens(&mut self, effects: &mut Effects) {
        let Some(turn) = &mut self.turn else { return };
        turn.listening = true;
        if turn.interrupt == Interrupt::Wanted {
            self.interrupt_turn(effects);
        }
    }

    /// Ends the running turn as soon as the CLI can hear it, and the process if that takes too long.
    pub(super) fn interrupt_turn(&mut self, effects: &mut Effects) {
        let Some(turn) = &mut self.turn else { return };
        let next = if turn.listening { Interrupt::Sent } else { Interrupt::Wanted };
        if turn.interrupt == Interrupt::Sent || turn.interrupt == next {
            return;
        }
        turn.interrupt = next;
        if next == Interrupt::Sent {
            let request = turn.interrupt_request();
            self.withdraw_with_turn(PermissionResolver::Interrupt, effects);
            self.withdraw_calls_with_turn(effects);
            effects.write(request);
        }
        effects.push(Effect::SetTimer(Timer::Interrupt, INTERRUPT_DEADLINE));
    }

    pub(super) fn interrupt_all(&mut self, include_queued: bool, effects: &mut Effects) {
        match (&self.turn, self.queue.front_mut()) {
            (Some(_), _) => self.interrupt_turn(effects),
            (None, Some(next)) if !include_queued => next.interrupted = true,
            (None, _) => {}
        }
        if include_queued {
            self.answer_queue(&cancelled("the session was interrupted together with its queue"), effects);
        }
    }

    pub(super) fn cancel(&mut self, turn: TurnId, effects: &mut Effects) {
        if let Some(at) = self.queue.iter().position(|waiting| waiting.turn == turn) {
            self.queue.remove(at);
            effects.answer(turn, Err(cancelled("the message was cancelled before its turn began")));
        } else if self.current_turn() == Some(turn) {
            self.interrupt_turn(effects);
        }
    }

    /// Tells all who wait that their message will not run.
    pub(super) fn answer_queue(&mut self, error: &Error, effects: &mut Effects) {
        for waiting in self.queue.drain(..) {
            effects.answer(waiting.turn, Err(error.clone()));
        }
    }

    /// Ends the running turn: what had arrived is kept, then come the figures, the last event, and the answer.
    pub(super) fn finish_turn(
        &mut self,
        stop_reason: StopReason,
        error: Option<Error>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        self.withdraw_with_turn(self.end_of_questions(), effects);
        self.withdraw_calls_with_turn(effects);
        self.keep_unfinished(None, effects);
        let Some(mut active) = self.turn.take() else { return };
        self.after_interrupt = active.is_interrupted();
        effects.push(Effect::ClearTimer(Timer::Silence));
        let (stop_reason, error) = match active.timed_out.take() {
            Some(silence) => (StopReason::Failed, Some(silence)),
            None => (stop_reason, error),
        };
        self.record.last_active_at = now;
        self.count(&active);
        let mut turn = active.as_turn(self.record.id, stop_reason, now);
        turn.error = error.map(|error| error.to_data());
        let id = Some(active.id);
        if let Some(error) = turn.error.clone() {
            effects.event(id, EventBody::Error { error });
        }
        effects.event(id, EventBody::Usage { usage: active.usage });
        effects.push(Effect::SaveTurn(TurnRecord {
            turn: turn.clone(),
            message_id: active.message_id,
            origin: active.origin,
            started_at: active.started_at,
            ended_at: Some(now),
            usage_by_model: active.usage_by_model,
        }));
        effects.event(id, EventBody::TurnCompleted { turn: turn.clone() });
        if active.interrupt != Interrupt::No {
            effects.push(Effect::ClearTimer(Timer::Interrupt));
        }
        if active.origin == TurnOrigin::Client {
            effects.answer(active.id, Ok(turn));
        }
        self.stop_if_draining(effects);
        self.begin_next(now, effects);
    }

    /// Why what was asked in a turn that ends needs no answer.
    fn end_of_questions(&self) -> PermissionResolver {
        if self.phase == Phase::Up { PermissionResolver::TurnEnd } else { PermissionResolver::ProcessEnd }
    }

    /// Adds a turn's figures to the session's.
    fn count(&mut self, turn: &ActiveTurn) {
        let usage = &mut self.record.usage;
        usage.input_tokens += turn.usage.input_tokens;
        usage.output_tokens += turn.usage.output_tokens;
        usage.cache_read_tokens += turn.usage.cache_read_tokens;
        usage.cache_write_tokens += turn.usage.cache_write_tokens;
        self.record.cost_usd += turn.cost_usd;
    }

    /// Makes messages of the texts that were begun and will not be finished; of one speaker, or of all.
    pub(super) fn keep_unfinished(&mut self, speaker: Option<Option<&str>>, effects: &mut Effects) {
        let Some(turn) = &mut self.turn else { return };
        let unfinished = match speaker {
            Some(parent) => turn.items.abandon(parent),
            None => turn.items.drain(),
        };
        for item in unfinished {
            if let (Some(turn), ItemKind::Text, None) = (&mut self.turn, item.kind, &item.parent) {
                turn.text.clone_from(&item.text);
            }
            let Item { id, kind, parent, text, .. } = item;
            let block = match kind {
                ItemKind::Text => ContentBlock::Text { text },
                ItemKind::Thinking => ContentBlock::Thinking { text },
            };
            self.emit_message(NewMessage { id, role: Role::Assistant, content: vec![block] }, parent, effects);
        }
    }
}

fn cancelled(message: &str) -> Error {
    Error::new(ErrorKind::RequestCancelled, message)
}

fn queue_detail(length: usize) -> String {
    match length {
        1 => "next".to_owned(),
        more => format!("{} messages before it", more - 1),
    }
}
