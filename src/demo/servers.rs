//! The host's own tools: MCP servers of type `sdk`, which are spoken to over the control channel.

use std::io::Write;

use serde_json::{Value, json};

use super::frames;
use super::halt::Halt;
use super::host::Host;

/// The version of MCP that is spoken.
const MCP_VERSION: &str = "2025-11-25";

/// The host's servers, and what they offer.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    names: Vec<String>,
    /// Those that were greeted.
    greeted: Vec<String>,
    /// Whether it has to be asked what they offer.
    pub(super) stale: bool,
    tools: Vec<HostTool>,
    /// How many messages there were, for their names.
    count: u64,
}

/// A tool of the host's.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HostTool {
    pub(super) server: String,
    pub(super) name: String,
    schema: Value,
}

impl Servers {
    /// From now on these are the host's.
    pub(super) fn set(&mut self, names: Vec<String>) {
        self.greeted.retain(|name| names.contains(name));
        self.stale = !names.is_empty();
        self.tools.retain(|tool| names.contains(&tool.server));
        self.names = names;
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn tools(&self) -> &[HostTool] {
        &self.tools
    }

    /// What is said of them when it is asked.
    pub(super) fn status(&self) -> Vec<Value> {
        let status = |name: &String| {
            let is_there = self.greeted.contains(name);
            let tools = self.tools.iter().filter(|tool| tool.server == *name).map(|tool| json!({"name": tool.name}));
            json!({
                "name": name, "status": if is_there { "connected" } else { "pending" }, "transport": "sdk",
                "scope": "dynamic", "source": "sdk", "tools": tools.collect::<Vec<_>>(),
            })
        };
        self.names.iter().map(status).collect()
    }
}

impl HostTool {
    /// Its name as the model has it.
    pub(super) fn full_name(&self) -> String {
        format!("mcp__{}__{}", self.server, self.name)
    }

    /// Its name for people.
    pub(super) fn display_name(&self) -> String {
        let word = |word: &str| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        self.name.split('_').map(word).collect::<Vec<_>>().join(" ")
    }

    /// Arguments that its schema allows, made up: what is required, and no more.
    pub(super) fn arguments(&self) -> Value {
        let required = self.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let made_up = |name: &str| (name.to_owned(), made_up(&self.schema["properties"][name]));
        Value::Object(required.map(made_up).collect())
    }
}

fn made_up(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("notes.md"),
    }
}

impl<W: Write> Host<W> {
    /// Asks the host's servers what they offer, where that is not known.
    pub(super) fn connect(&mut self) -> Result<(), Halt> {
        while std::mem::take(&mut self.session.servers.stale) {
            let mut tools = Vec::new();
            for server in self.session.servers.names.clone() {
                tools.extend(self.tools_of(&server)?);
            }
            self.session.servers.tools = tools;
        }
        Ok(())
    }

    fn tools_of(&mut self, server: &str) -> Result<Vec<HostTool>, Halt> {
        if !self.session.servers.greeted.iter().any(|name| name == server) {
            let hello = json!({"protocolVersion": MCP_VERSION, "capabilities": {}, "clientInfo": {
                "name": "claude-code", "version": super::VERSION,
            }});
            if self.mcp_request(server, "initialize", Some(hello))?.is_err() {
                return Ok(Vec::new());
            }
            self.mcp_notify(server, "notifications/initialized", None)?;
            self.session.servers.greeted.push(server.to_owned());
        }
        let listed = self.mcp_request(server, "tools/list", None)?.unwrap_or_default();
        let tools = listed["tools"].as_array().into_iter().flatten().filter_map(|tool| {
            let name = tool["name"].as_str()?.to_owned();
            Some(HostTool { server: server.to_owned(), name, schema: tool["inputSchema"].clone() })
        });
        Ok(tools.collect())
    }

    /// Calls a tool, and gives what it answers, or why there is no answer.
    pub(super) fn call_tool(
        &mut self,
        tool: &HostTool,
        arguments: &Value,
        tool_use_id: &str,
    ) -> Result<Result<Value, String>, Halt> {
        let progress = self.session.servers.count;
        let params = json!({"name": tool.name, "arguments": arguments, "_meta": {
            "claudecode/toolUseId": tool_use_id, "progressToken": progress,
        }});
        self.mcp_request(&tool.server, "tools/call", Some(params))
    }

    fn mcp_request(
        &mut self,
        server: &str,
        method: &str,
        params: Option<Value>,
    ) -> Result<Result<Value, String>, Halt> {
        let id = self.session.servers.count;
        self.session.servers.count += 1;
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        let withdrawal = frames::mcp_message(server, &cancelled(id));
        let answer = self.ask_until(frames::mcp_message(server, &message), Some(withdrawal))?;
        Ok(answer.and_then(|answer| {
            let answer = &answer["mcp_response"];
            match answer.get("error") {
                Some(error) => Err(error["message"].as_str().unwrap_or("an error").to_owned()),
                None => Ok(answer["result"].clone()),
            }
        }))
    }

    fn mcp_notify(&mut self, server: &str, method: &str, params: Option<Value>) -> Result<(), Halt> {
        let mut message = json!({"jsonrpc": "2.0", "method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        // Whatever is said to it: a notification wants no answer.
        self.ask_until(frames::mcp_message(server, &message), None).map(drop)
    }
}

fn cancelled(id: u64) -> Value {
    let params = json!({"requestId": id, "reason": "AbortError: remote-cancel"});
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_what_the_schema_requires_and_no_more() {
        let schema = json!({
            "type": "object", "required": ["path", "line", "how"],
            "properties": {
                "path": {"type": "string"}, "line": {"type": "integer"}, "how": {"enum": ["split", "tab"]},
                "preview": {"type": "boolean"},
            },
        });
        let tool = HostTool { server: "editor".into(), name: "open_file".into(), schema };
        assert_eq!(tool.arguments(), json!({"path": "notes.md", "line": 1, "how": "split"}));
        assert_eq!((tool.full_name().as_str(), tool.display_name().as_str()), ("mcp__editor__open_file", "Open File"));
    }
}
