//! A turn being played: steps in, frames out, in the CLI's order.

mod host_tool;
mod tool_use;

use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::frames::{self, Outcome, Task};
use super::halt::{Ending, Halt};
use super::host::Host;
use super::memory::Notes;
use super::message::{Kind, Message};
use super::meter::{self, ByModel, Spent};
use super::script::{ApiFailure, Pace, Scenario, Step};

/// Where a turn stands among those of the process.
pub(super) struct Place {
    /// How many have ended before it.
    pub(super) index: u64,
    /// What began it, where it was no message.
    pub(super) origin: Option<Value>,
}

/// A turn being played.
pub(super) struct Turn<'a, W> {
    host: &'a mut Host<W>,
    notes: &'a mut Notes,
    place: Place,
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

impl<'a, W: Write> Turn<'a, W> {
    /// Begins a turn in which the model is told this many characters.
    pub(super) fn begin(host: &'a mut Host<W>, notes: &'a mut Notes, place: Place, told: usize) -> Result<Self, Halt> {
        host.connect()?;
        host.begin_turn();
        host.send(frames::init(&host.session))?;
        host.send(frames::requesting())?;
        Ok(Self {
            host,
            notes,
            place,
            pace: Pace::NATURAL,
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

    /// Plays the turn to its end and gives the helpers that are still at work.
    pub(super) fn play(mut self, scenario: &Scenario) -> Result<Vec<Task>, Halt> {
        self.pace = scenario.pace;
        let played = scenario.steps.iter().try_for_each(|step| self.step(step));
        match played.and_then(|()| self.end_message("end_turn")) {
            Ok(()) => self.finish()?,
            Err(Halt::Interrupted) => self.abort()?,
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
            Step::Call { name, arguments } => self.call_host(name, arguments.as_ref()),
            Step::Compact => self.compact(),
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
        self.write(Kind::Thought, text)?;
        self.close_text()
    }

    /// Says something; a text that is being written goes on in a paragraph of its own.
    fn say(&mut self, text: &str) -> Result<(), Halt> {
        if text.is_empty() {
            return Ok(());
        }
        let goes_on = self.message.as_ref().is_some_and(Message::is_open);
        if goes_on { self.write(Kind::Text, &format!("\n\n{text}")) } else { self.write(Kind::Text, text) }
    }

    fn write(&mut self, kind: Kind, text: &str) -> Result<(), Halt> {
        self.begin_message()?;
        let Some(message) = &mut self.message else { return Ok(()) };
        if !message.is_open() {
            message.open(self.host, kind)?;
        }
        for word in words(text) {
            message.append(self.host, word)?;
            if kind == Kind::Text {
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

    /// Summarises the conversation: of its tokens a fifth is left.
    fn compact(&mut self) -> Result<(), Halt> {
        self.host.send(frames::compacting())?;
        self.host.pause(self.pace.moment * 2)?;
        let before = self.notes.tokens;
        self.notes.tokens = before.div_ceil(5);
        self.host.tokens = self.notes.tokens;
        for frame in frames::compacted(before, self.notes.tokens) {
            self.host.send(frame)?;
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

    fn finish(&mut self) -> Result<(), Halt> {
        let (terminal_reason, stop_reason) = match self.failure {
            Some(_) => ("api_error", "stop_sequence"),
            None => ("completed", "end_turn"),
        };
        self.result(Ok(()), terminal_reason, Some(stop_reason))
    }

    /// Ends the turn as an interrupt does, which was acknowledged before.
    fn abort(&mut self) -> Result<(), Halt> {
        let (terminal_reason, stop_reason) = match self.tool.take() {
            Some(tool) => {
                self.host.send(frames::tool_interrupted(&tool))?;
                self.host.send(frames::interrupted_in_tool())?;
                ("aborted_tools", Some("tool_use"))
            }
            None => {
                match self.message.take() {
                    Some(message) => {
                        let spent = message.abort(self.host)?;
                        self.charge(spent);
                    }
                    None => self.host.send(frames::interrupted())?,
                }
                ("aborted_streaming", None)
            }
        };
        self.result(Err("the turn was interrupted"), terminal_reason, stop_reason)
    }

    fn result(
        &mut self,
        ended: Result<(), &str>,
        terminal_reason: &'static str,
        stop_reason: Option<&'static str>,
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
            index: self.place.index,
            origin: self.place.origin.clone(),
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
