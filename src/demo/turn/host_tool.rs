//! The call of a tool of the host's in a turn.

use std::io::Write;

use serde_json::{Value, json};

use super::Turn;
use super::tool_use::Permission;
use crate::demo::frames;
use crate::demo::halt::Halt;
use crate::demo::servers::HostTool;
use crate::demo::tools::{Outcome, Question};

impl<W: Write> Turn<'_, W> {
    /// Calls the host's tool of this name, with these arguments or made-up ones, and says what came of it.
    pub(super) fn call_host(&mut self, name: &str, arguments: Option<&Value>) -> Result<(), Halt> {
        let known = self.host.session.servers.tools();
        let Some(tool) = known.iter().find(|tool| tool.name == name).cloned() else {
            let names: Vec<String> = known.iter().map(|tool| format!("`{}`", tool.name)).collect();
            let declared = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return self.say(&format!("Your editor has no tool `{name}`. It declared: {declared}."));
        };
        let input = arguments.cloned().unwrap_or_else(|| tool.arguments());
        let id = self.begin_call(&tool.full_name(), &input)?;
        let next = self.call_begun(&tool, &id, input)?;
        self.end_call()?;
        self.say(&next)
    }

    /// Asks for leave, has the host do it, and gives what there is to be said about it.
    fn call_begun(&mut self, tool: &HostTool, id: &str, input: Value) -> Result<String, Halt> {
        let question = Question {
            display_name: Some(tool.display_name()),
            description: None,
            suggestions: Some(json!([{
                "type": "addRules", "rules": [{"toolName": tool.full_name()}], "behavior": "allow",
                "destination": "localSettings",
            }])),
            needs_person: false,
        };
        let name = &tool.name;
        let input = match self.ask_leave(&tool.full_name(), question, id, input)? {
            Permission::Granted(input) => input,
            Permission::Denied(why) => {
                self.host.send(frames::tool_denied(id, &why))?;
                return Ok(format!("I may not call `{name}`. I was told:\n\n> {}", why.replace('\n', "\n> ")));
            }
        };
        let (said, failed) = match self.host.call_tool(tool, &input, id)? {
            Ok(answer) => (answer["content"].clone(), answer["isError"] == true),
            Err(problem) => (json!([{"type": "text", "text": problem}]), true),
        };
        let text = text_of(&said);
        self.told = text.chars().count();
        if failed {
            self.host.send(frames::tool_denied(id, &text))?;
            return Ok(format!("`{name}` failed:\n\n> {}", text.replace('\n', "\n> ")));
        }
        self.host.send(frames::tool_result(id, Outcome { content: said.clone(), structured: said }))?;
        Ok(format!("`{name}` answered:\n\n> {}", text.replace('\n', "\n> ")))
    }
}

fn text_of(content: &Value) -> String {
    let texts = content.as_array().into_iter().flatten().filter_map(|block| block["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}
