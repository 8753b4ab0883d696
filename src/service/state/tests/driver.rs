//! A session driven by hand.

use serde_json::json;

use crate::claude::{self, Assistant, Block, Exit, ExitStatusKind, Frame, Init, TurnResult};
use crate::error::Result;
use crate::ids::{ProviderSessionId, SessionId, TurnId};
use crate::protocol::message::{Content, ContentBlock};
use crate::protocol::session::Mode;
use crate::protocol::turn::Turn;
use crate::protocol::usage::Usage;
use crate::service::content::Prompt;
use crate::service::record::{Record, Rest};
use crate::service::state::{Effect, Effects, Input, Known, Limits, State, What};
use crate::time::Timestamp;

pub(super) fn record() -> Record {
    let now = Timestamp::from_millis(0);
    Record {
        id: SessionId::new(),
        title: String::new(),
        mode: Mode::User,
        told_mode: Mode::User,
        study: Default::default(),
        cwd: "/".into(),
        model: None,
        effort: None,
        max_turns: None,
        max_budget_usd: None,
        mcp_servers: Default::default(),
        rest: Rest::Parked,
        created_at: now,
        last_active_at: now,
        message_count: 0,
        provider_session_id: ProviderSessionId::new(),
        provider_started: false,
        fork: None,
        context: None,
        credential: None,
        usage: Usage::default(),
        cost_usd: 0.0,
    }
}

/// A session driven by hand, with a memory of what it did.
pub(super) struct Driver {
    pub(super) state: State,
    pub(super) seen: Vec<Effect>,
    pub(super) now: i64,
}

impl Driver {
    pub(super) fn new() -> Self {
        let state = State::new(record(), Limits { queue: 2, ..Limits::for_tests() });
        Self { state: state.with_disallowed(vec!["WebFetch".into()]), seen: Vec::new(), now: 0 }
    }

    /// One whose process takes messages.
    pub(super) fn up() -> Self {
        let mut driver = Self::new();
        driver.step(Input::Warm);
        driver.come_up();
        driver.take();
        driver
    }

    pub(super) fn step(&mut self, input: Input) -> &mut Self {
        let mut effects = Effects::default();
        self.now += 1;
        self.state.step(input, Timestamp::from_millis(self.now), &mut effects);
        self.seen.extend(effects.drain());
        self
    }

    pub(super) fn come_up(&mut self) -> &mut Self {
        let response = Ok(json!({"account": {"apiKeySource": "ANTHROPIC_API_KEY", "tokenSource": "none"}}));
        self.step(Input::Spawned(Known::default()));
        self.frame(Frame::ControlResponse { request_id: "initialize".into(), response })
    }

    pub(super) fn frame(&mut self, frame: Frame) -> &mut Self {
        self.step(Input::Frame(frame))
    }

    pub(super) fn send(&mut self, text: &str) -> TurnId {
        let turn = TurnId::new();
        self.step(message(turn, text));
        turn
    }

    pub(super) fn delta(&mut self, text: &str) -> &mut Self {
        self.frame(Frame::TextDelta { index: 0, text: text.into(), parent: None })
    }

    pub(super) fn says(&mut self, text: &str) -> &mut Self {
        self.speaks(Block::Text(text.into()))
    }

    /// So many seconds pass.
    pub(super) fn wait(&mut self, seconds: i64) -> &mut Self {
        self.now += 1000 * seconds;
        self
    }

    pub(super) fn speaks(&mut self, block: Block) -> &mut Self {
        self.frame(Frame::Assistant(Assistant {
            message_id: "msg_1".into(),
            blocks: vec![block],
            parent: None,
            synthetic: false,
            api_error_status: None,
        }))
    }

    pub(super) fn init(&mut self) -> &mut Self {
        self.frame(Frame::Init(Box::<Init>::default()))
    }

    pub(super) fn ends(&mut self) -> &mut Self {
        self.frame(Frame::Result(Box::new(TurnResult { subtype: "success".into(), ..TurnResult::default() })))
    }

    pub(super) fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.seen)
    }

    /// The kinds of the events since the last look, and the answers, in order.
    pub(super) fn story(&mut self) -> Vec<String> {
        self.take().iter().filter_map(tell).collect()
    }
}

pub(super) fn message(turn: TurnId, text: &str) -> Input {
    Input::Send { turn, prompt: Prompt::new(Content::Text(text.into())).unwrap(), tools: None }
}

pub(super) fn tell(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Emit(emission) => match &emission.what {
            What::Event(body) => Some(body.kind().to_owned()),
            What::Message(message) => Some(format!("message {}", words(&message.content))),
            What::ToolCall { .. } => Some("toolCall".into()),
            What::ToolResult { .. } => Some("toolResult".into()),
            What::SessionChanged => None,
        },
        Effect::Write(input) => Some(format!("→ {}", sent(input))),
        Effect::Answer { outcome, .. } => Some(format!("answer {}", ended(outcome))),
        Effect::Start { .. } => Some("start".into()),
        Effect::Stop => Some("stop".into()),
        Effect::Kill => Some("kill".into()),
        Effect::Reply { outcome, .. } => Some(match outcome {
            Ok(told) => format!("reply {told:?}"),
            Err(error) => format!("reply {:?}", error.kind()),
        }),
        Effect::Ask(_) => Some("ask".into()),
        Effect::StopAsking(_) => Some("stop asking".into()),
        Effect::CallTool { .. } => Some("call".into()),
        Effect::StopCalling(_) => Some("stop calling".into()),
        Effect::LookForWords(server) => Some(format!("look for words of {server}")),
        Effect::Grant(..) => Some("grant".into()),
        Effect::SaveTurn(_) | Effect::KeepTranscript(_) | Effect::SetTimer(..) | Effect::ClearTimer(_) => None,
    }
}

fn words(content: &[ContentBlock]) -> &str {
    match content {
        [ContentBlock::Text { text } | ContentBlock::Thinking { text }] => text,
        _ => "?",
    }
}

fn sent(input: &claude::Input) -> &'static str {
    match input {
        claude::Input::Initialize { .. } => "initialize",
        claude::Input::User { .. } => "user",
        claude::Input::Interrupt { .. } => "interrupt",
        claude::Input::Answer { .. } => "answer",
        claude::Input::Control { control, .. } => control.subtype(),
    }
}

fn ended(outcome: &Result<Turn>) -> String {
    match outcome {
        Ok(turn) => format!("{:?}", turn.stop_reason),
        Err(error) => format!("{:?}", error.kind()),
    }
}

pub(super) fn killed() -> Exit {
    Exit { status: ExitStatusKind::Signal(9), stderr_tail: vec!["last words".into()] }
}

pub(super) fn interrupted() -> Frame {
    let subtype = "error_during_execution".into();
    Frame::Result(Box::new(TurnResult { subtype, is_error: true, ..TurnResult::default() }))
}
