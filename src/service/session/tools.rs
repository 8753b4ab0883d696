//! The toolboxes of a session's clients, and the calls that are under way.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::Task;
use crate::protocol::tool::{ToolCallParams, ToolCallResult};
use crate::service::state::{CallId, Input};
use crate::service::tools::{PendingToolResult, Toolbox, ToolboxId, Toolset};

/// The toolboxes that are there, and what was called and has not answered.
#[derive(Default)]
pub(super) struct Calling {
    toolboxes: Vec<(ToolboxId, Arc<dyn Toolbox>)>,
    /// How many there have been, for their names.
    count: u64,
    open: Vec<(CallId, PendingToolResult)>,
}

/// How a call has ended.
pub(super) type Called = (CallId, Result<ToolCallResult, String>);

impl Calling {
    /// Takes in a client's toolbox, unless it is known, and gives what the session's state knows it by.
    pub(super) fn meet(&mut self, toolbox: &Arc<dyn Toolbox>) -> Toolset {
        let tools = Arc::clone(toolbox.tools());
        self.toolboxes.retain(|(_, known)| !known.is_gone());
        let known = self.toolboxes.iter().find(|(_, known)| Arc::ptr_eq(known, toolbox));
        let id = known.map(|(id, _)| *id).unwrap_or_else(|| {
            self.count += 1;
            self.toolboxes.push((ToolboxId(self.count), Arc::clone(toolbox)));
            ToolboxId(self.count)
        });
        Toolset { toolbox: id, tools }
    }

    /// Calls a tool.
    pub(super) fn call(&mut self, id: CallId, toolbox: ToolboxId, call: &ToolCallParams) {
        let known = self.toolboxes.iter().find(|(known, _)| *known == toolbox);
        let pending: PendingToolResult = match known {
            Some((_, toolbox)) => toolbox.call(call),
            None => Box::pin(std::future::ready(Err(gone(&call.name)))),
        };
        self.open.push((id, pending));
    }

    /// A call's answer is not wanted any more: it is withdrawn.
    pub(super) fn stop(&mut self, id: CallId) {
        self.open.retain(|(open, _)| *open != id);
    }

    /// Waits for what comes next. Can be dropped and called again.
    pub(super) async fn called(&mut self) -> Called {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Called> {
        for at in 0..self.open.len() {
            let (id, pending) = &mut self.open[at];
            if let Poll::Ready(outcome) = pending.as_mut().poll(context) {
                let id = *id;
                drop(self.open.remove(at));
                return Poll::Ready((id, outcome));
            }
        }
        Poll::Pending
    }
}

impl Task {
    /// Takes in a client that has tools.
    pub(super) async fn bring_tools(&mut self, toolbox: Option<Arc<dyn Toolbox>>) {
        if let Some(toolbox) = toolbox {
            let toolset = self.calling.meet(&toolbox);
            self.feed(Input::Tools(toolset)).await;
        }
    }
}

fn gone(tool: &str) -> String {
    format!("{tool} could not be called: the client that has it is gone.")
}
