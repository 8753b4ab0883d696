//! The use of a tool in a turn.

use std::io::Write;

use serde_json::{Value, json};

use super::Turn;
use crate::demo::frames::{self, Task};
use crate::demo::halt::Halt;
use crate::demo::meter;
use crate::demo::tools::{Question, Tool};

/// What the host says about the use of a tool.
pub(super) enum Permission {
    /// With this input.
    Granted(Value),
    Denied(String),
}

impl<W: Write> Turn<'_, W> {
    /// Calls a tool, asks for it where that is needed, and says what came of it.
    pub(super) fn use_tool(&mut self, tool: &Tool) -> Result<(), Halt> {
        let input = tool.input(&self.host.session.cwd);
        let id = self.begin_call(tool.name(), &input)?;
        let next = match self.permission(tool, &id, input)? {
            Permission::Granted(input) => self.run_tool(tool, &id, &input)?,
            Permission::Denied(why) => {
                self.host.send(frames::tool_denied(&id, &why))?;
                tool.regret(&why)
            }
        };
        self.end_call()?;
        self.say(&next)
    }

    /// Ends the message with a call, and gives the call's id.
    pub(super) fn begin_call(&mut self, name: &str, input: &Value) -> Result<String, Halt> {
        let id = format!("toolu_{}", frames::new_id());
        self.begin_message()?;
        self.close_text()?;
        if let Some(message) = &mut self.message {
            message.call(self.host, &id, name, input)?;
        }
        self.end_message("tool_use")?;
        self.tool = Some(id.clone());
        Ok(id)
    }

    /// The tool has answered: the model is asked what follows.
    pub(super) fn end_call(&mut self) -> Result<(), Halt> {
        self.tool = None;
        Ok(self.host.send(frames::requesting())?)
    }

    /// Has the tool do its work and gives what there is to be said about it.
    fn run_tool(&mut self, tool: &Tool, id: &str, input: &Value) -> Result<String, Halt> {
        self.host.pause(self.pace.moment)?;
        if *tool == Tool::Task {
            self.send_off(id)?;
        }
        if *tool == Tool::Plan && self.host.session.mode == "plan" {
            self.change_mode("default")?;
        }
        let outcome = tool.run(input);
        self.told = outcome.content.to_string().chars().count();
        self.host.send(frames::tool_result(id, outcome))?;
        if let (Tool::Task, Some(helper)) = (tool, self.helpers.last().cloned()) {
            self.hear(&helper)?;
        }
        Ok(tool.report(input))
    }

    fn permission(&mut self, tool: &Tool, id: &str, input: Value) -> Result<Permission, Halt> {
        match tool.question(&self.host.session.mode) {
            Some(question) => self.ask_leave(tool.name(), question, id, input),
            None => Ok(Permission::Granted(input)),
        }
    }

    /// Asks the host whether a tool may be used.
    pub(super) fn ask_leave(
        &mut self,
        name: &str,
        question: Question,
        id: &str,
        input: Value,
    ) -> Result<Permission, Halt> {
        let answer = self.host.ask(frames::can_use_tool(name, question, id, &input))?;
        let why = match answer {
            Ok(answer) if answer["behavior"] == "allow" => {
                self.follow_updates(&answer["updatedPermissions"])?;
                let changed = Some(&answer["updatedInput"]).filter(|input| input.is_object());
                return Ok(Permission::Granted(changed.cloned().unwrap_or(input)));
            }
            Ok(answer) if answer["interrupt"] == true => return Err(Halt::Interrupted),
            Ok(answer) => answer["message"].as_str().unwrap_or("the host gave no reason").to_owned(),
            Err(problem) => problem,
        };
        self.denials.push(json!({"tool_name": name, "tool_use_id": id, "tool_input": input}));
        Ok(Permission::Denied(why))
    }

    /// Takes over what an answer settles for the rest of the session.
    fn follow_updates(&mut self, updates: &Value) -> Result<(), Halt> {
        let updates = updates.as_array().into_iter().flatten();
        let mut modes =
            updates.filter(|update| update["type"] == "setMode").filter_map(|update| update["mode"].as_str());
        modes.next_back().map_or(Ok(()), |mode| self.change_mode(mode))
    }

    fn change_mode(&mut self, mode: &str) -> Result<(), Halt> {
        mode.clone_into(&mut self.host.session.mode);
        Ok(self.host.send(frames::mode_changed(mode))?)
    }

    /// Sends a helper off, who works while the turn goes on.
    fn send_off(&mut self, tool_use_id: &str) -> Result<(), Halt> {
        let task = Task { id: frames::new_id(), tool_use_id: tool_use_id.to_owned() };
        self.host.send(frames::background_tasks(&[&task]))?;
        self.host.send(frames::task_started(&task))?;
        self.helpers.push(task);
        Ok(())
    }

    /// Passes on what the helper says: whole messages, no deltas.
    fn hear(&mut self, helper: &Task) -> Result<(), Halt> {
        for said in ["One, two, …", "One, two, three."] {
            self.host.pause(self.pace.moment)?;
            let mut spent = meter::of_message(0, 0);
            spent.output = meter::tokens(said.len());
            let content = json!({"type": "text", "text": said});
            let id = format!("msg_{}", frames::new_id());
            let message = frames::api_message(&id, &self.host.session.model, &[content], spent);
            self.host.send(frames::said_by_helper(helper, message))?;
            self.charge_helper(spent);
        }
        Ok(())
    }
}
