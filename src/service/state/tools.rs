//! The client's own tools: which of them Claude is shown, and what becomes of each call.
//!
//! A turn has the tools of the client whose message it is; a turn that no message began has those of the client that was
//! with the session last. Each call is answered once, by the client, or with an error where that takes too long, or it
//! is withdrawn.

use std::sync::Arc;

use serde_json::Value;

use super::controls::Purpose;
use super::{ActiveTurn, Effect, Effects, Phase, State, Timer};
use crate::claude::{self, CanUseTool, Control};
use crate::protocol::tool::{ToolCallParams, ToolCallResult};
use crate::service::tools::mcp::{self, Message, ToolCall};
use crate::service::tools::{self, DeclaredTools, Tool, ToolboxId, Toolset};
use crate::time::Timestamp;

/// A call of a client's tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::service) struct CallId(pub(in crate::service) u64);

/// The tools that there are, and the calls that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Tools {
    /// Those of the client that was with the session last, where it has any.
    front: Option<Toolset>,
    /// Those that the process knows of, or is being told of; `None`: it has not asked.
    shown: Option<Arc<DeclaredTools>>,
    open: Vec<Open>,
    /// How many calls there have been, for their names.
    count: u64,
}

/// A call that waits for its answer.
#[derive(Debug)]
struct Open {
    id: CallId,
    /// The name to answer the CLI under.
    request_id: String,
    /// MCP's name of the call.
    message_id: Value,
    tool: String,
    /// Whether an agent calls it, which may work on when the turn has ended.
    by_agent: bool,
    called_at: Timestamp,
}

impl State {
    /// A client is with the session that has tools.
    pub(super) fn tools_are_there(&mut self, toolset: Toolset, now: Timestamp, effects: &mut Effects) {
        self.tools.front = Some(toolset);
        if self.turn.is_none() {
            self.enforce_servers(now, effects);
            self.show_tools(now, effects);
        }
    }

    /// A turn begins: its client, where that has tools, is the one that was with the session last.
    pub(super) fn tools_count(&mut self, turn: &ActiveTurn) {
        if turn.tools.is_some() {
            self.tools.front.clone_from(&turn.tools);
        }
    }

    /// Whether our server is wanted.
    pub(super) fn has_tools(&self) -> bool {
        self.tools.front.is_some() || self.queue.iter().any(|waiting| waiting.tools.is_some())
    }

    /// A process is being started, which knows of no tools.
    pub(super) fn forget_shown_tools(&mut self) {
        self.tools.shown = None;
    }

    /// Sees to it that the process knows the tools that count now.
    pub(super) fn show_tools(&mut self, now: Timestamp, effects: &mut Effects) {
        let Some(shown) = &self.tools.shown else { return };
        let tools = self.toolset().map_or_else(Arc::default, |toolset| Arc::clone(&toolset.tools));
        if self.phase == Phase::Up && !shown.is_like(&tools) {
            self.tools.shown = Some(tools);
            let control = Control::McpMessage { server: tools::SERVER.to_owned(), message: mcp::tools_changed() };
            self.request(control, Purpose::ToolsChanged, now, effects);
        }
    }

    /// The tools that count now.
    fn toolset(&self) -> Option<&Toolset> {
        match &self.turn {
            Some(turn) if turn.is_clients() => turn.tools.as_ref(),
            _ => self.tools.front.as_ref(),
        }
    }

    fn declared(&self, name: &str) -> Option<(ToolboxId, &Tool)> {
        let toolset = self.toolset()?;
        Some((toolset.toolbox, toolset.tools.find(name)?))
    }

    /// What becomes of the question whether a client's tool may be used; `None`: the person is asked.
    pub(super) fn own_tool_decided(&self, request: &CanUseTool) -> Option<Value> {
        let name = tools::name_of(&request.tool_name)?;
        match self.declared(name) {
            Some((_, tool)) if tool.definition.requires_approval => None,
            Some(_) => Some(claude::allow(request.input.clone(), None)),
            None => Some(claude::deny(&no_such_tool(name))),
        }
    }

    /// The process says something to a server that is ours.
    pub(super) fn mcp_message(
        &mut self,
        request_id: String,
        server: &str,
        message: &Value,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        if server != tools::SERVER {
            let response = Err(format!("claude-bridge has no MCP server {server}"));
            return effects.write(claude::Input::Answer { request_id, response });
        }
        let answer = match Message::read(message) {
            Message::Initialize { id, version } => mcp::initialized(&id, version.as_deref()),
            Message::Ping { id } => mcp::pong(&id),
            Message::ListTools { id } => self.list_tools(&id),
            Message::CallTool(call) => return self.call_tool(request_id, call, now, effects),
            Message::Cancelled { id } => {
                self.withdraw_calls(effects, |open| open.message_id == id);
                claude::mcp_taken()
            }
            Message::Notification => claude::mcp_taken(),
            Message::Other { id, method } => mcp::unknown(&id, &method),
        };
        answer_mcp(request_id, answer, effects);
    }

    fn list_tools(&mut self, id: &Value) -> Value {
        let tools = self.toolset().map_or_else(Arc::default, |toolset| Arc::clone(&toolset.tools));
        let listed = mcp::tools(id, &tools);
        self.tools.shown = Some(tools);
        listed
    }

    fn call_tool(&mut self, request_id: String, call: ToolCall, now: Timestamp, effects: &mut Effects) {
        match self.callable(&call) {
            Ok(toolbox) => self.pass_on(request_id, call, toolbox, now, effects),
            Err(why) => answer_mcp(request_id, mcp::failed(&call.id, why), effects),
        }
    }

    /// Whom a call goes to; or what the model is told instead.
    fn callable(&self, call: &ToolCall) -> Result<ToolboxId, String> {
        if self.phase != Phase::Up || self.turn.as_ref().is_some_and(ActiveTurn::is_interrupted) {
            return Err("The person interrupted this turn.".to_owned());
        }
        let (toolbox, tool) = self.declared(&call.name).ok_or_else(|| no_such_tool(&call.name))?;
        tool.check(&call.arguments)?;
        Ok(toolbox)
    }

    fn pass_on(
        &mut self,
        request_id: String,
        call: ToolCall,
        toolbox: ToolboxId,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        self.tools.count += 1;
        let id = CallId(self.tools.count);
        let ToolCall { id: message_id, name, arguments, tool_use_id } = call;
        let by_agent = !self.turn.as_ref().is_some_and(|turn| turn.calls(tool_use_id.as_deref()));
        let tool = name.clone();
        self.tools.open.push(Open { id, request_id, message_id, tool, by_agent, called_at: now });
        let call = ToolCallParams { session_id: self.record.id, name, arguments, tool_use_id };
        effects.push(Effect::CallTool { id, toolbox, call: Box::new(call) });
        self.watch_calls(now, effects);
    }

    /// The client answers, or will not, and this is why.
    pub(super) fn tool_answered(
        &mut self,
        id: CallId,
        outcome: Result<ToolCallResult, String>,
        now: Timestamp,
        effects: &mut Effects,
    ) {
        let Some(at) = self.tools.open.iter().position(|open| open.id == id) else { return };
        let open = self.tools.open.remove(at);
        // From here on it is the process again that has to say something.
        self.heard_at = now;
        let answer = match outcome {
            Ok(answer) => mcp::called(&open.message_id, answer),
            Err(why) => mcp::failed(&open.message_id, why),
        };
        answer_mcp(open.request_id, answer, effects);
        self.watch_calls(now, effects);
    }

    /// Gives up the calls that the client has not answered in time.
    pub(super) fn calls_are_due(&mut self, now: Timestamp, effects: &mut Effects) {
        let timeout = self.limits.tool_timeout;
        let late = |open: &Open| now.since(open.called_at) >= timeout;
        let late: Vec<(CallId, String)> =
            self.tools.open.iter().filter(|open| late(open)).map(|open| (open.id, open.tool.clone())).collect();
        for (id, tool) in late {
            effects.push(Effect::StopCalling(id));
            let why = format!("{tool} did not answer within {timeout:?}. Whether it did anything is not known.");
            self.tool_answered(id, Err(why), now, effects);
        }
        self.watch_calls(now, effects);
    }

    /// Whether the session waits for the client.
    pub(super) fn waits_for_tool(&self) -> bool {
        !self.tools.open.is_empty()
    }

    /// The process takes a question back.
    pub(super) fn call_taken_back(&mut self, request_id: &str, effects: &mut Effects) {
        self.withdraw_calls(effects, |open| open.request_id == request_id);
    }

    /// The turn ends, and with it what the conversation itself called. Agents that work on still wait.
    pub(super) fn withdraw_calls_with_turn(&mut self, effects: &mut Effects) {
        let agents_work_on = self.background_tasks > 0;
        self.withdraw_calls(effects, |open| !(open.by_agent && agents_work_on));
    }

    /// The process ends, and with it all that it called.
    pub(super) fn withdraw_all_calls(&mut self, effects: &mut Effects) {
        self.withdraw_calls(effects, |_| true);
    }

    fn withdraw_calls(&mut self, effects: &mut Effects, which: impl Fn(&Open) -> bool) {
        let withdrawn: Vec<Open> = self.tools.open.extract_if(.., |open| which(open)).collect();
        for open in &withdrawn {
            effects.push(Effect::StopCalling(open.id));
        }
        if !withdrawn.is_empty() && self.tools.open.is_empty() {
            effects.push(Effect::ClearTimer(Timer::Tool));
        }
    }

    /// Wakes up when the next call is due.
    fn watch_calls(&self, now: Timestamp, effects: &mut Effects) {
        let timeout = self.limits.tool_timeout;
        match self.tools.open.iter().map(|open| now.since(open.called_at)).max() {
            Some(waited) => effects.push(Effect::SetTimer(Timer::Tool, timeout.saturating_sub(waited))),
            None => effects.push(Effect::ClearTimer(Timer::Tool)),
        }
    }
}

fn answer_mcp(request_id: String, answer: Value, effects: &mut Effects) {
    effects.write(claude::Input::Answer { request_id, response: Ok(claude::mcp_answer(answer)) });
}

fn no_such_tool(name: &str) -> String {
    format!("The client that this message came from has no tool {name}. Go on without it.")
}
