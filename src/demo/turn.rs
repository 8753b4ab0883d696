//! A turn being played: steps in, frames out, in the CLI's order.

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::frames::{self, Outcome, Task};
use super::halt::{Ending, Halt};
use super::host::Host;
use super::memory::Notes;
use super::message::Message;
use super::meter::{self, ByModel, Spent};
use super::script::{ApiFailure, Pace, Scenario, Step};
use super::tools::Tool;

/// A turn being played.
pub(super) struct Turn<'a, W> {
    host: &'a mut Host<W>,
    notes: &'a mut Notes,
    pace: Pace,
    began: Instant,
    /// How much the model is told with the next message of it, in characters.
    told: usize,
    message: Option<Message>,
    /// The ids of all messages that were begun.
    messages: Vec<String>,
    /// The last text.
    text: String,
    first_text: Option<Duration>,
    /// The call of the tool that is at work.
    tool: Option<String>,
    denials: Vec<Value>,
    failure: Option<ApiFailure>,
    /// What the agent itself used, and what all did, helpers included.
    spent: Spent,
    spent_by_all: ByModel,
    helpers: Vec<Task>,
}

/// What the host says about the use of a tool.
enum Permission {
    /// With this input.
    Granted(Value),
    Denied(String),
}

impl<'a, W: Write> Turn<'a, W> {
    /// Begins a turn in which the model is told this many characters.
    pub(super) fn begin(host: &'a mut Host<W>, notes: &'a mut Notes, pace: Pace, told: usize) -> Result<Self, Halt> {
        host.begin_turn();
        host.send(frames::init(&host.session))?;
        host.send(frames::requesting())?;
        Ok(Self {
            host,
            notes,
            pace,
            began: Instant::now(),
            told,
            message: None,
            messages: Vec::new(),
            text: String::new(),
            first_text: None,
            tool: None,
            denials: Vec::new(),
            failure: None,
            spent: Spent::default(),
            spent_by_all: ByModel::new(),
            helpers: Vec::new(),
        })
    }

    /// Plays the turn to its end and gives the helpers that are still at work. `index` is the place of its result among
    /// the process's, `origin` what began it, where it was no message.
    pub(super) fn play(mut self, scenario: &Scenario, index: u64, origin: Option<Value>) -> Result<Vec<Task>, Halt> {
        let played = scenario.steps.iter().try_for_each(|step| self.step(step));
        match played.and_then(|()| self.end_message("end_turn")) {
            Ok(()) => self.finish(index, origin)?,
            Err(Halt::Interrupted) => self.abort(index, origin)?,
            Err(Halt::Ended(ending)) => return Err(Halt::Ended(ending)),
        }
        self.host.end_turn();
        Ok(self.helpers)
    }

    fn step(&mut self, step: &Step) -> Result<(), Halt> {
        match step {
            Step::Think(text) => self.think(text),
            Step::Say(text) => self.say(text),
            Step::Use(tool) => self.use_tool(tool),
            Step::Wait(time) => self.host.pause(*time),
            Step::Retry { attempt, of, delay } => self.retry(*attempt, *of, *delay),
            Step::Fail(failure) => self.fail(*failure),
            Step::Garbage => Ok(self.host.send_text("This line is not JSON, as the demo agent was asked.")?),
            Step::Die => {
                let last_words = "demo-agent: ended in the middle of a sentence, as it was asked to";
                Err(Halt::Ended(Ending::Failed(last_words.to_owned())))
            }
            Step::Hang => {
                self.host.ignore();
                Err(Halt::Ended(Ending::Done))
            }
        }
    }

    fn think(&mut self, text: &str) -> Result<(), Halt> {
        self.close_text()?;
        self.write(true, text)?;
        self.close_text()
    }

    /// Says something; a text that is being written goes on in a paragraph of its own.
    fn say(&mut self, text: &str) -> Result<(), Halt> {
        if text.is_empty() {
            return Ok(());
        }
        let goes_on = self.message.as_ref().is_some_and(Message::is_open);
        if goes_on { self.write(false, &format!("\n\n{text}")) } else { self.write(false, text) }
    }

    fn write(&mut self, is_thought: bool, text: &str) -> Result<(), Halt> {
        self.begin_message()?;
        let Some(message) = &mut self.message else { return Ok(()) };
        if !message.is_open() {
            message.open(self.host, is_thought)?;
        }
        for word in words(text) {
            message.append(self.host, word)?;
            if !is_thought {
                self.first_text.get_or_insert_with(|| self.began.elapsed());
            }
            self.host.pause(self.pace.word)?;
        }
        Ok(())
    }

    fn begin_message(&mut self) -> Result<(), Halt> {
        if self.message.is_some() {
            return Ok(());
        }
        self.host.pause(self.pace.moment)?;
        let usage = meter::of_message(self.told, self.notes.tokens);
        self.told = 0;
        let message = Message::begin(self.host, usage)?;
        self.messages.push(message.id.clone());
        self.message = Some(message);
        Ok(())
    }

    fn close_text(&mut self) -> Result<(), Halt> {
        let Some(message) = &mut self.message else { return Ok(()) };
        if let Some(text) = message.close(self.host)? {
            self.text = text;
        }
        Ok(())
    }

    fn end_message(&mut self, stop_reason: &str) -> Result<(), Halt> {
        self.close_text()?;
        if let Some(message) = self.message.take() {
            let spent = message.end(self.host, stop_reason)?;
            self.charge(spent);
        }
        Ok(())
    }

    fn charge(&mut self, spent: Spent) {
        self.spent.add(spent);
        self.charge_helper(spent);
    }

    fn charge_helper(&mut self, spent: Spent) {
        let model = &self.host.session.model;
        self.notes.charge(model, spent);
        self.spent_by_all.entry(model.clone()).or_default().add(spent);
        self.host.tokens = self.notes.tokens;
    }

    fn use_tool(&mut self, tool: &Tool) -> Result<(), Halt> {
        let id = format!("toolu_{}", frames::new_id());
        let input = tool.input(&self.host.session.cwd);
        self.begin_message()?;
        self.close_text()?;
        if let Some(message) = &mut self.message {
            message.call(self.host, &id, tool.name(), &input)?;
        }
        self.end_message("tool_use")?;
        self.tool = Some(id.clone());
        let next = match self.permission(tool, &id, input)? {
            Permission::Granted(input) => self.run_tool(tool, &id, &input)?,
            Permission::Denied(why) => {
                self.host.send(frames::tool_denied(&id, &why))?;
                tool.regret(&why)
            }
        };
        self.tool = None;
        self.host.send(frames::requesting())?;
        self.say(&next)
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
        let Some(question) = tool.question(&self.host.session.mode) else { return Ok(Permission::Granted(input)) };
        let answer = self.host.ask(frames::can_use_tool(tool, question, id, &input))?;
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
        self.denials.push(json!({"tool_name": tool.name(), "tool_use_id": id, "tool_input": input}));
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

    fn retry(&mut self, attempt: u32, of: u32, delay: Duration) -> Result<(), Halt> {
        self.end_message("pause_turn")?;
        self.host.send(frames::api_retry(attempt, of, milliseconds(delay)))?;
        self.host.pause(delay)
    }

    fn fail(&mut self, failure: ApiFailure) -> Result<(), Halt> {
        self.end_message("pause_turn")?;
        self.host.send(frames::api_error(&frames::new_id(), failure))?;
        failure.text.clone_into(&mut self.text);
        self.failure = Some(failure);
        Ok(())
    }

    fn finish(&mut self, index: u64, origin: Option<Value>) -> Result<(), Halt> {
        let (terminal_reason, stop_reason) = match self.failure {
            Some(_) => ("api_error", "stop_sequence"),
            None => ("completed", "end_turn"),
        };
        self.result(Ok(()), terminal_reason, Some(stop_reason), index, origin)
    }

    /// Ends the turn as an interrupt does, which was acknowledged before.
    fn abort(&mut self, index: u64, origin: Option<Value>) -> Result<(), Halt> {
        let (terminal_reason, stop_reason) = match self.tool.take() {
            Some(tool) => {
                self.host.send(frames::tool_interrupted(&tool))?;
                self.host.send(frames::interrupted(true))?;
                ("aborted_tools", Some("tool_use"))
            }
            None => {
                match self.message.take() {
                    Some(message) => {
                        let spent = message.abort(self.host)?;
                        self.charge(spent);
                    }
                    None => self.host.send(frames::interrupted(false))?,
                }
                ("aborted_streaming", None)
            }
        };
        self.result(Err("the turn was interrupted"), terminal_reason, stop_reason, index, origin)
    }

    fn result(
        &mut self,
        ended: Result<(), &str>,
        terminal_reason: &'static str,
        stop_reason: Option<&'static str>,
        index: u64,
        origin: Option<Value>,
    ) -> Result<(), Halt> {
        let frame = frames::result(&Outcome {
            said: ended.map(|()| self.text.as_str()),
            failure: self.failure,
            terminal_reason,
            stop_reason,
            messages: &self.messages,
            denials: &self.denials,
            milliseconds: milliseconds(self.began.elapsed()),
            first_text_ms: self.first_text.map(milliseconds),
            usage: self.spent,
            since_last: &self.spent_by_all,
            in_all: &self.notes.spent,
            index,
            origin,
        });
        Ok(self.host.send(frame)?)
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The words of a text, each with the white space after it; together they are the text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|sign: char| !sign.is_whitespace()).unwrap_or(rest.len());
        let space = rest[word..].find(char::is_whitespace).map_or(rest.len(), |at| word + at);
        let next = rest[space..].find(|sign: char| !sign.is_whitespace()).map_or(rest.len(), |at| space + at);
        let (found, left) = rest.split_at(next);
        rest = left;
        (!found.is_empty()).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_up_the_text_they_come_from() {
        for text in ["", " ", "one", "one two\n\n  three ", "\n\nleading", "naïve 日本 語"] {
            assert_eq!(words(text).collect::<String>(), text);
        }
        assert_eq!(words("\n\none  two").collect::<Vec<_>>(), ["\n\none  ", "two"]);
    }
}
