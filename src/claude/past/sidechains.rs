//! What agents said, in the main file: the CLI's first versions kept it there, each agent a chain of lines of its own,
//! and noted nowhere which tool call it belongs to. A chain begins with what the call told the agent, word for word.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;

use super::Line;

/// The chains of a file, as far as it was gone through.
pub(super) struct Sidechains {
    /// The calls whose agents have not begun, by what these are told, in their order.
    calls: HashMap<String, VecDeque<String>>,
    /// The call that each line of a chain belongs to, by the CLI's id of the line.
    owners: HashMap<String, String>,
}

impl Sidechains {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut calls: HashMap<String, VecDeque<String>> = HashMap::new();
        let blocks = lines.iter().filter_map(|line| line.message.as_ref()?.content.as_array()).flatten();
        for block in blocks {
            let text = |pointer: &str| block.pointer(pointer).and_then(Value::as_str);
            if let (Some("tool_use"), Some(id), Some(prompt)) = (text("/type"), text("/id"), text("/input/prompt")) {
                calls.entry(prompt.trim().to_owned()).or_default().push_back(id.to_owned());
            }
        }
        Self { calls, owners: HashMap::new() }
    }

    /// The tool call whose agent a line is of, or a name of the chain's own where no call is known to have begun it;
    /// nothing where it is of the conversation itself. To be asked for the lines in their order.
    pub(super) fn call_of(&mut self, line: &Line) -> Option<String> {
        if !line.is_sidechain {
            return None;
        }
        let before = line.parent_uuid.as_ref().and_then(|before| self.owners.get(before)).cloned();
        let call = before.or_else(|| self.begun_by(line)).unwrap_or_else(|| format!("sidechain-{}", line.uuid));
        self.owners.insert(line.uuid.clone(), call.clone());
        Some(call)
    }

    fn begun_by(&mut self, line: &Line) -> Option<String> {
        let content = &line.message.as_ref()?.content;
        let prompt = content.as_str().or_else(|| content.pointer("/0/text")?.as_str())?;
        self.calls.get_mut(prompt.trim())?.pop_front()
    }
}
