//! What the CLI says of itself, in the protocol's words.

use crate::claude::{AgentOffer, Capabilities, ContextReport, McpServerReport, ModelOffer, SlashCommand};
use crate::protocol::capabilities::{
    AgentInfo, CommandInfo, ContextPart, ContextUsage, ModelInfo, SessionCapabilitiesResult,
};
use crate::protocol::mcp::{McpServerInfo, McpServerState};

pub(super) fn server_info(report: &McpServerReport) -> McpServerInfo {
    let status = match report.status.as_str() {
        "pending" => McpServerState::Pending,
        "connected" => McpServerState::Connected,
        "failed" => McpServerState::Failed,
        "needs-auth" => McpServerState::NeedsAuth,
        "disabled" => McpServerState::Disabled,
        _ => McpServerState::Other,
    };
    McpServerInfo { name: report.name.clone(), status, tools: report.tools.clone(), error: report.error.clone() }
}

/// A server of a session that has no process.
pub(super) fn stopped_server(name: &str) -> McpServerInfo {
    McpServerInfo { name: name.to_owned(), status: McpServerState::Stopped, tools: Vec::new(), error: None }
}

pub(super) fn context_usage(report: ContextReport) -> ContextUsage {
    let ContextReport { model, total_tokens, max_tokens, categories } = report;
    let categories = categories.into_iter();
    let categories =
        categories.map(|part| ContextPart { name: part.name, tokens: part.tokens, kind: part.kind }).collect();
    ContextUsage { total_tokens, max_tokens, model, categories }
}

pub(super) fn capabilities(known: &Capabilities, cli_version: Option<String>) -> SessionCapabilitiesResult {
    SessionCapabilitiesResult {
        cli_version,
        models: known.models.iter().cloned().map(model).collect(),
        commands: known.commands.iter().cloned().map(command).collect(),
        agents: known.agents.iter().cloned().map(agent).collect(),
    }
}

fn model(offer: ModelOffer) -> ModelInfo {
    let ModelOffer { value, resolved, name, description, effort_levels } = offer;
    ModelInfo { name: name.unwrap_or_else(|| value.clone()), id: value, description, resolved, effort_levels }
}

fn command(command: SlashCommand) -> CommandInfo {
    let SlashCommand { name, description, argument_hint } = command;
    CommandInfo { name, description, argument_hint }
}

fn agent(offer: AgentOffer) -> AgentInfo {
    AgentInfo { name: offer.name, description: offer.description }
}
