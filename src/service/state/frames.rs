//! What the CLI says, and what it means for the session.

use serde_json::{Value, json};

use super::items::ItemKind;
use super::turns::ActiveTurn;
use super::{Effect, Effects, Emission, NewMessage, Phase, State, What};
use crate::claude::{
    ApiRetry, Assistant, Block, Compaction, ControlRequest, Frame, Init, Input as CliInput, ToolResult, TurnResult,
    User,
};
use crate::error::{Error, ErrorKind};
use crate::protocol::event::{EventBody, NoticeLevel, Status, TurnOrigin};
use crate::protocol::message::{ContentBlock, Role};
use crate::protocol::permission::PermissionResolver;
use crate::protocol::turn::{StopReason, ToolCallSummary};
use crate::service::title;
use crate::time::Timestamp;

/// What the CLI adds to the conversation when a turn was interrupted: not the person's words.
const INTERRUPT_MARK: &str = "[Request interrupted by user";

impl State {
    pub(super) fn frame(&mut self, frame: Frame, now: Timestamp, effects: &mut Effects) {
        self.heard_at = now;
        // It is a copy of what lasts, whatever the process is told meanwhile.
        if let Frame::Transcript(transcript) = frame {
            return effects.push(Effect::KeepTranscript(transcript));
        }
        match self.phase {
            Phase::Up => {}
            Phase::Starting if !is_of_a_turn(&frame) => {}
            Phase::Starting | Phase::Stopping | Phase::Down => return self.last_words(&frame, effects),
        }
        if self.is_late(&frame) {
            return tracing::debug!(session = %self.record.id, "the CLI still said something of an interrupted turn");
        }
        match frame {
            Frame::TextDelta { index, text, parent } => {
                self.delta(ItemKind::Text, Delta { index, text, parent }, now, effects);
            }
            Frame::ThinkingDelta { index, text, parent } => {
                self.delta(ItemKind::Thinking, Delta { index, text, parent }, now, effects);
            }
            Frame::MessageStart { parent, .. } => self.keep_unfinished(Some(parent.as_deref()), effects),
            Frame::Init(init) => self.init(&init, now, effects),
            Frame::Status { status } => self.status(status.as_deref(), effects),
            Frame::ApiRetry(retry) => effects.status(self.current_turn(), Status::Retrying, Some(retry_detail(&retry))),
            Frame::Assistant(assistant) => self.assistant(assistant, now, effects),
            Frame::User(user) => self.user(user, now, effects),
            Frame::Result(result) => self.result(&result, now, effects),
            Frame::ControlRequest { request_id, request } => self.control_request(request_id, request, now, effects),
            Frame::ControlResponse { request_id, response } if Self::is_initialize(&request_id) => {
                self.initialized(response, now, effects);
            }
            Frame::ControlResponse { request_id, response } => {
                self.control_answered(&request_id, response, now, effects);
            }
            Frame::ControlCancel { request_id } => {
                self.taken_back(&request_id, effects);
                self.call_taken_back(&request_id, effects);
            }
            // A block announces itself with its first delta; the transcript was kept above.
            Frame::BlockStart { .. } | Frame::Transcript(_) => {}
            Frame::Compacted(compaction) => effects.event(self.current_turn(), compacted(compaction)),
            Frame::BackgroundTasks { running, frame } => {
                self.background_tasks = running;
                let frame_type = "system/background_tasks_changed".to_owned();
                effects.event(self.current_turn(), EventBody::Unknown { frame_type, frame });
            }
            Frame::Unknown { frame_type, frame } => {
                effects.event(self.current_turn(), EventBody::Unknown { frame_type, frame });
            }
            Frame::Malformed { problem, sample } => {
                let text = format!("a line of the Claude CLI's was skipped ({problem}): {sample}");
                effects.notice(self.current_turn(), NoticeLevel::Warning, text);
            }
            Frame::Oversize { bytes } => {
                let text = format!("a line of {bytes} bytes of the Claude CLI's was skipped; see cli.max_line_bytes");
                effects.notice(self.current_turn(), NoticeLevel::Error, text);
            }
        }
    }

    /// What a process says of turns once it was told to end belongs to one that has ended, with what it said kept, and
    /// one that comes up has none yet. All that is new is whether there is a conversation to resume.
    fn last_words(&mut self, frame: &Frame, effects: &mut Effects) {
        if let Frame::Init(init) = frame {
            self.conversation_began(init, effects);
        }
    }

    /// Whether a frame belongs to a turn that was interrupted and has ended, with what it had said kept. The next one
    /// speaks only after its `system/init`.
    fn is_late(&self, frame: &Frame) -> bool {
        let speaks = self.turn.as_ref().is_some_and(ActiveTurn::listens);
        self.after_interrupt && !speaks && is_of_the_conversation(frame)
    }

    fn delta(&mut self, kind: ItemKind, delta: Delta, now: Timestamp, effects: &mut Effects) {
        let Some(turn) = &mut self.turn else { return };
        if kind == ItemKind::Text && delta.parent.is_none() {
            turn.text_arrived(now);
        }
        let Delta { index, text, parent } = delta;
        let (item_id, offset) = turn.items.append(parent.clone(), index, kind, &text);
        let body = match kind {
            ItemKind::Text => EventBody::TextDelta { item_id, offset, text },
            ItemKind::Thinking => EventBody::ThinkingDelta { item_id, offset, text },
        };
        effects.push(Effect::Emit(Emission { turn: Some(turn.id), parent, what: What::Event(body) }));
    }

    /// The CLI begins a turn: ours, or one of its own.
    fn init(&mut self, init: &Init, now: Timestamp, effects: &mut Effects) {
        if self.turn.is_none() {
            self.begin_background(now, effects);
        }
        self.turn_listens(effects);
        self.conversation_began(init, effects);
        self.servers_at_turn(init, now, effects);
    }

    /// The CLI has a conversation from here on, under this id.
    fn conversation_began(&mut self, init: &Init, effects: &mut Effects) {
        let id = init.provider_session_id.unwrap_or(self.record.provider_session_id);
        if !self.record.provider_started || self.record.provider_session_id != id {
            self.record.provider_started = true;
            self.record.provider_session_id = id;
            effects.session_changed();
        }
    }

    fn status(&self, status: Option<&str>, effects: &mut Effects) {
        let status = match status {
            Some("requesting") => Status::Requesting,
            Some("compacting") => Status::Compacting,
            Some(_) | None => return,
        };
        effects.status(self.current_turn(), status, None);
    }

    fn assistant(&mut self, assistant: Assistant, now: Timestamp, effects: &mut Effects) {
        self.have_turn(now, effects);
        for block in assistant.blocks {
            self.block(block, assistant.parent.clone(), now, effects);
        }
    }

    /// Without a turn there is nothing to hang a message on; only what agents do straggles in after one.
    fn have_turn(&mut self, now: Timestamp, effects: &mut Effects) {
        if self.current_turn().or(self.last_turn).is_none() {
            self.begin_background(now, effects);
        }
    }

    fn block(&mut self, block: Block, parent: Option<String>, now: Timestamp, effects: &mut Effects) {
        match block {
            Block::Text(text) => {
                if let (Some(turn), None) = (&mut self.turn, &parent) {
                    turn.text_arrived(now);
                    turn.text.clone_from(&text);
                }
                self.finished(ItemKind::Text, ContentBlock::Text { text }, parent, effects);
            }
            Block::Thinking(text) => {
                self.finished(ItemKind::Thinking, ContentBlock::Thinking { text }, parent, effects);
            }
            Block::ToolUse { id, name, input } => self.tool_call(id, name, input, parent, effects),
            Block::Other(frame) => {
                let frame_type = "assistant".to_owned();
                effects.event(self.current_turn(), EventBody::Unknown { frame_type, frame });
            }
        }
    }

    /// A text is complete: its message takes the place of its deltas.
    fn finished(&mut self, kind: ItemKind, block: ContentBlock, parent: Option<String>, effects: &mut Effects) {
        let id = match &mut self.turn {
            Some(turn) => turn.items.finish(parent.as_deref(), kind),
            None => Default::default(),
        };
        self.emit_message(NewMessage { id, role: Role::Assistant, content: vec![block] }, parent, effects);
    }

    fn tool_call(&mut self, id: String, name: String, input: Value, parent: Option<String>, effects: &mut Effects) {
        if let (Some(turn), None) = (&mut self.turn, &parent) {
            turn.note_plan(&id, &name, &input);
            turn.tool_calls.push(ToolCallSummary { tool_use_id: id.clone(), name: name.clone(), is_error: None });
        }
        let title = title::of_tool_call(&name, &input, &self.record.cwd);
        let block = ContentBlock::ToolUse { tool_use_id: id, name, input };
        let message = NewMessage { id: Default::default(), role: Role::Assistant, content: vec![block] };
        self.emit_stored(What::ToolCall { message, title }, parent, effects);
    }

    fn user(&mut self, user: User, now: Timestamp, effects: &mut Effects) {
        if user.replay {
            return;
        }
        if !user.results.is_empty() {
            self.have_turn(now, effects);
        }
        for result in user.results {
            self.tool_result(result, user.structured.clone(), user.parent.clone(), effects);
        }
        let Some(text) = user.text.filter(|text| !text.starts_with(INTERRUPT_MARK)) else { return };
        if user.synthetic {
            // What the CLI puts into the person's mouth is no message of theirs.
            effects.notice(self.current_turn(), NoticeLevel::Info, title::clip(&text));
        } else {
            self.have_turn(now, effects);
            let content = vec![ContentBlock::Text { text }];
            let message = NewMessage { id: Default::default(), role: Role::User, content };
            self.emit_message(message, user.parent, effects);
        }
    }

    fn tool_result(
        &mut self,
        result: ToolResult,
        structured: Option<Value>,
        parent: Option<String>,
        effects: &mut Effects,
    ) {
        let ToolResult { tool_use_id, is_error, content } = result;
        let calls = self.turn.iter_mut().flat_map(|turn| &mut turn.tool_calls);
        for call in calls.filter(|call| call.tool_use_id == tool_use_id) {
            call.is_error = Some(is_error);
        }
        let block = ContentBlock::ToolResult { tool_use_id, is_error, content };
        let message = NewMessage { id: Default::default(), role: Role::User, content: vec![block] };
        self.emit_stored(What::ToolResult { message, structured }, parent, effects);
    }

    /// The CLI ends a turn.
    fn result(&mut self, result: &TurnResult, now: Timestamp, effects: &mut Effects) {
        self.withdraw_with_turn(PermissionResolver::TurnEnd, effects);
        let spent = self.totals.advance(result);
        let Some(turn) = &mut self.turn else { return };
        turn.spend(spent);
        // A background turn slipped in just before ours: this is its end, and ours is still to come.
        if turn.origin == TurnOrigin::Client && is_background(result) {
            return turn.is_still_to_come();
        }
        if turn.text.is_empty() && !result.is_error {
            turn.text.clone_from(&result.result);
        }
        let (stop_reason, error) = outcome(result, turn.is_interrupted());
        self.finish_turn(stop_reason, error, now, effects);
    }

    fn control_request(&mut self, request_id: String, request: ControlRequest, now: Timestamp, effects: &mut Effects) {
        match request {
            ControlRequest::CanUseTool(request) => self.can_use_tool(request_id, *request, now, effects),
            ControlRequest::McpMessage { server, message } => {
                self.mcp_message(request_id, &server, &message, now, effects);
            }
            ControlRequest::Other { subtype, .. } => {
                let response = Err(format!("claude-bridge does not handle {subtype} requests"));
                effects.write(CliInput::Answer { request_id, response });
            }
        }
    }
}

fn compacted(Compaction { trigger, tokens_before, tokens_after }: Compaction) -> EventBody {
    EventBody::Compacted { trigger, tokens_before, tokens_after }
}

/// More of a text.
struct Delta {
    index: u64,
    text: String,
    parent: Option<String>,
}

/// Whether a frame says how a turn goes.
fn is_of_a_turn(frame: &Frame) -> bool {
    !matches!(
        frame,
        Frame::ControlRequest { .. }
            | Frame::ControlResponse { .. }
            | Frame::Unknown { .. }
            | Frame::Malformed { .. }
            | Frame::Oversize { .. }
    )
}

/// Whether a frame is what the model says in the conversation itself, or what its tools answer.
fn is_of_the_conversation(frame: &Frame) -> bool {
    let parent = match frame {
        Frame::TextDelta { parent, .. } | Frame::ThinkingDelta { parent, .. } | Frame::MessageStart { parent, .. } => {
            parent
        }
        Frame::Assistant(assistant) => &assistant.parent,
        Frame::User(user) => &user.parent,
        _ => return false,
    };
    parent.is_none()
}

/// Whether a result ends a turn that no message began.
fn is_background(result: &TurnResult) -> bool {
    result.origin_kind.as_deref().is_some_and(|kind| !matches!(kind, "human" | "user"))
}

/// Why a turn ended, by the CLI's account and ours.
fn outcome(result: &TurnResult, interrupted: bool) -> (StopReason, Option<Error>) {
    if result.stop_reason.as_deref() == Some("refusal") {
        return (StopReason::Refused, None);
    }
    if !result.is_error {
        return (StopReason::Completed, None);
    }
    match result.subtype.as_str() {
        "error_max_turns" => (StopReason::MaxTurns, None),
        "error_max_budget_usd" => (StopReason::Failed, Some(failure(ErrorKind::BudgetExceeded, result))),
        "error_during_execution" if interrupted => (StopReason::Interrupted, None),
        _ => (StopReason::Failed, Some(failure(failure_kind(result), result))),
    }
}

fn failure_kind(result: &TurnResult) -> ErrorKind {
    match (result.api_error_status, result.api_error_type.as_deref()) {
        (Some(401 | 403), _) | (_, Some("authentication_error" | "permission_error")) => ErrorKind::Authentication,
        (Some(529), _) | (_, Some("overloaded_error")) => ErrorKind::OverloadedApi,
        _ => ErrorKind::ApiError,
    }
}

fn failure(kind: ErrorKind, result: &TurnResult) -> Error {
    let said = if result.result.is_empty() { result.errors.join("; ") } else { result.result.clone() };
    let message = if said.is_empty() { format!("the turn failed: {}", result.subtype) } else { said };
    let error = Error::new(kind, message);
    let error = match kind {
        ErrorKind::Authentication => error.hint("log in with `claude`, or check ANTHROPIC_API_KEY"),
        ErrorKind::OverloadedApi => error.hint("wait a moment and send the message again"),
        _ => error,
    };
    match result.api_error_status {
        Some(status) => error.detail("httpStatus", json!(status)),
        None => error,
    }
}

fn retry_detail(retry: &ApiRetry) -> String {
    let ApiRetry { attempt, max_retries, delay_ms, error_status, error } = retry;
    let error = error.as_deref().unwrap_or("the API failed");
    let status = error_status.map_or_else(String::new, |status| format!(" ({status})"));
    let seconds = *delay_ms as f64 / 1000.0;
    format!("{error}{status}: attempt {attempt} of {max_retries} in {seconds:.1} s")
}
