//! What the CLI says of itself when it is asked, and of the room that a conversation takes.

use serde_json::{Map, Value};

use super::fields::{Object, count, objects, take_object, text, texts};

/// How an MCP server is, by the CLI's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpServerReport {
    /// Its name.
    pub name: String,
    /// `connected`, `pending`, `failed`, …
    pub status: String,
    /// What went wrong, in the CLI's words.
    pub error: Option<String>,
    /// The names of its tools, where it is connected.
    pub tools: Vec<String>,
}

impl McpServerReport {
    /// Reads the answer to `Control::McpStatus`.
    #[must_use]
    pub fn all(answer: &Value) -> Vec<Self> {
        let none = Map::new();
        let servers = objects(answer.as_object().unwrap_or(&none), "mcpServers");
        let report = |server| Self {
            name: text(server, "name").unwrap_or_default(),
            status: text(server, "status").unwrap_or_default(),
            error: text(server, "error"),
            tools: objects(server, "tools").filter_map(|tool| text(tool, "name")).collect(),
        };
        servers.map(report).collect()
    }

    /// Whether it is still starting.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.status == "pending"
    }

    /// Whether it cannot be used, and will not be by itself.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.status == "failed"
    }
}

/// What fills the model's context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextReport {
    /// The model whose context it is.
    pub model: Option<String>,
    /// How many tokens are taken.
    pub total_tokens: u64,
    /// How many there is room for.
    pub max_tokens: u64,
    /// What takes them, and what is left.
    pub categories: Vec<ContextCategory>,
}

/// A part of the model's context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextCategory {
    /// Its name, for people.
    pub name: String,
    /// `used`, `free`, `buffer`, …
    pub kind: String,
    /// Its size.
    pub tokens: u64,
}

impl ContextReport {
    /// Reads the answer to `Control::ContextUsage`.
    #[must_use]
    pub fn read(answer: &Value) -> Self {
        let Some(answer) = answer.as_object() else { return Self::default() };
        let category = |category| ContextCategory {
            name: text(category, "name").unwrap_or_default(),
            kind: text(category, "kind").unwrap_or_default(),
            tokens: count(category, "tokens").unwrap_or_default(),
        };
        Self {
            model: text(answer, "model"),
            total_tokens: count(answer, "totalTokens").unwrap_or_default(),
            max_tokens: count(answer, "maxTokens").unwrap_or_default(),
            categories: objects(answer, "categories").map(category).collect(),
        }
    }
}

/// What a CLI can do, as it says when it is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The models that it offers.
    pub models: Vec<ModelOffer>,
    /// The commands that a message can be.
    pub commands: Vec<SlashCommand>,
    /// The agents that Claude can send.
    pub agents: Vec<AgentOffer>,
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelOffer {
    /// What it is chosen by.
    pub value: String,
    /// The API's name of the model that this is now.
    pub resolved: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// What it is good for.
    pub description: Option<String>,
    /// How hard it can be told to think.
    pub effort_levels: Vec<String>,
}

/// A command that a message can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlashCommand {
    /// Its name, without the slash.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// What can follow it.
    pub argument_hint: Option<String>,
}

/// An agent that Claude can send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentOffer {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

impl Capabilities {
    /// Reads the answer to `initialize`.
    #[must_use]
    pub fn read(answer: &Value) -> Self {
        let Some(answer) = answer.as_object() else { return Self::default() };
        let model = |model| {
            Some(ModelOffer {
                value: text(model, "value")?,
                resolved: text(model, "resolvedModel"),
                name: text(model, "displayName"),
                description: text(model, "description"),
                effort_levels: texts(model, "supportedEffortLevels"),
            })
        };
        let command = |command| {
            Some(SlashCommand {
                name: text(command, "name")?,
                description: text(command, "description"),
                argument_hint: text(command, "argumentHint").filter(|hint| !hint.is_empty()),
            })
        };
        let agent = |agent| Some(AgentOffer { name: text(agent, "name")?, description: text(agent, "description") });
        Self {
            models: objects(answer, "models").filter_map(model).collect(),
            commands: objects(answer, "commands").filter_map(command).collect(),
            agents: objects(answer, "agents").filter_map(agent).collect(),
        }
    }

    /// Whether a model can be chosen by this name, as far as the CLI has said which there are.
    #[must_use]
    pub fn offers_model(&self, name: &str) -> bool {
        let is_it = |model: &ModelOffer| model.value == name || model.resolved.as_deref() == Some(name);
        self.models.is_empty() || self.models.iter().any(is_it)
    }
}

/// The conversation was summarised to make room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Who wanted it: `manual` or `auto`.
    pub trigger: String,
    /// How many tokens it had before.
    pub tokens_before: Option<u64>,
    /// How many it has now.
    pub tokens_after: Option<u64>,
}

impl Compaction {
    pub(super) fn take(frame: &mut Object) -> Self {
        let facts = take_object(frame, "compact_metadata");
        Self {
            trigger: text(&facts, "trigger").unwrap_or_default(),
            tokens_before: count(&facts, "pre_tokens"),
            tokens_after: count(&facts, "post_tokens"),
        }
    }
}

/// Which credential pays, from the answer to `initialize`: an API key outranks a login without a word, and people
/// were billed by surprise.
#[must_use]
pub fn credential(answer: &Value) -> Option<String> {
    let account = answer.get("account")?;
    let named = |key: &str| account.get(key).and_then(Value::as_str).filter(|source| *source != "none");
    named("apiKeySource").or_else(|| named("tokenSource")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_answer_lacks_is_left_out_and_what_is_no_answer_is_empty() {
        let answer = json!({"mcpServers": [
            {"name": "calc", "status": "connected", "tools": [{"name": "add"}, {}]},
            {"name": "dead", "status": "failed", "error": "Connection closed"},
            7,
        ]});
        let servers = McpServerReport::all(&answer);
        assert_eq!((servers.len(), &servers[0].tools[..]), (2, &["add".to_owned()][..]));
        assert!(servers[1].is_failed() && servers[1].error.as_deref() == Some("Connection closed"));
        assert_eq!(McpServerReport::all(&Value::Null), []);
        assert_eq!(ContextReport::read(&json!([])), ContextReport::default());
        assert_eq!(Capabilities::read(&json!({"models": [{}], "agents": {}})), Capabilities::default());
    }

    #[test]
    fn a_model_is_offered_under_both_its_names_and_any_is_where_none_is_named() {
        let models = json!({"models": [{"value": "opus", "resolvedModel": "claude-opus-5-5"}]});
        let capabilities = Capabilities::read(&models);
        assert!(capabilities.offers_model("opus") && capabilities.offers_model("claude-opus-5-5"));
        assert!(!capabilities.offers_model("opus-9"));
        assert!(Capabilities::default().offers_model("opus-9"));
    }
}
