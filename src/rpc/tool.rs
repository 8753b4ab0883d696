//! The client as one that has tools.

use std::sync::Arc;

use super::calls::Outcome;
use super::peer::Peer;
use super::question::Question;
use crate::protocol::tool::{ToolCallParams, ToolCallResult};
use crate::redact::Content;
use crate::service::tools::{DeclaredTools, PendingToolResult, Toolbox};

/// The request that calls a tool.
const TOOL_CALL: &str = "tool/call";

impl Toolbox for Peer {
    fn tools(&self) -> &Arc<DeclaredTools> {
        self.tools.get_or_init(Arc::default)
    }

    fn call(&self, call: &ToolCallParams) -> PendingToolResult {
        let question = Question::ask(self, TOOL_CALL, call);
        let name = call.name.clone();
        Box::pin(async move { read(&name, question.answer().await) })
    }

    fn is_gone(&self) -> bool {
        self.calls.is_closed()
    }
}

/// What the model is told of an answer that is none begins with the tool's name.
fn read(name: &str, outcome: Option<Outcome>) -> Result<ToolCallResult, String> {
    match outcome {
        Some(Ok(answer)) => serde_json::from_str(answer.get()).map_err(|problem| {
            tracing::warn!("the client's answer to {TOOL_CALL} is none: {}", Content(&problem));
            format!("{name} gave an answer that cannot be read. Whether it did anything is not known.")
        }),
        Some(Err(error)) => Err(format!("{name} failed: {}", error.message)),
        None => Err(format!("{name} gave no answer: the client that has it is gone.")),
    }
}
