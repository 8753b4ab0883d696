//! The agent: answers messages in turns, one after the other, and comes back to what it left behind.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Instant;

use serde_json::Value;

use super::Ended;
use super::frames::{self, Task};
use super::halt::{Ending, Halt};
use super::host::{Host, Next};
use super::memory::Memory;
use super::prompt::Prompt;
use super::script::{self, Pace, Scenario};
use super::turn::{Place, Turn};

/// The agent of one conversation.
pub(super) struct Agent<W> {
    host: Host<W>,
    memory: Memory,
    /// How many turns have ended.
    results: u64,
    /// The helpers that are at work, the first to come back first.
    errands: VecDeque<Errand>,
}

/// A helper at work.
struct Errand {
    task: Task,
    back_at: Instant,
    pace: Pace,
}

impl<W: Write> Agent<W> {
    pub(super) fn new(mut host: Host<W>, memory: Memory) -> Self {
        host.tokens = memory.notes.tokens;
        Self { host, memory, results: 0, errands: VecDeque::new() }
    }

    /// Answers until nothing can come any more.
    pub(super) fn run(mut self) -> Ended {
        match self.serve() {
            Ok(()) => Ended::well(),
            Err(halt) => halt.into_ended(),
        }
    }

    fn serve(&mut self) -> Result<(), Halt> {
        loop {
            match self.host.next(self.errands.front().map(|errand| errand.back_at))? {
                Next::Prompt(prompt) => self.reply(&prompt)?,
                Next::Time => self.welcome_back()?,
                Next::End => return Ok(()),
            }
        }
    }

    /// Answers a message. It is remembered first, so that it is not lost if the answer never ends.
    fn reply(&mut self, prompt: &Prompt) -> Result<(), Halt> {
        self.memory.note(prompt.gist());
        self.save()?;
        let scenario = script::of_message(prompt, &self.memory.notes);
        self.turn(&scenario, prompt.length, None)
    }

    /// Begins a turn of its own, since a helper has come back.
    fn welcome_back(&mut self) -> Result<(), Halt> {
        let Some(Errand { task, pace, .. }) = self.errands.pop_front() else { return Ok(()) };
        for frame in frames::task_done(&task) {
            self.host.send(frame)?;
        }
        self.turn(&script::of_return(pace), 0, Some(frames::origin_of_return()))
    }

    fn turn(&mut self, scenario: &Scenario, told: usize, origin: Option<Value>) -> Result<(), Halt> {
        let pace = scenario.pace;
        let place = Place { index: self.results, origin };
        let helpers = Turn::begin(&mut self.host, &mut self.memory.notes, place, told)?.play(scenario)?;
        self.results += 1;
        let back_at = Instant::now() + pace.errand;
        self.errands.extend(helpers.into_iter().map(|task| Errand { task, back_at, pace }));
        self.save()
    }

    fn save(&self) -> Result<(), Halt> {
        self.memory.save().map_err(|problem| Halt::Ended(Ending::Failed(problem)))
    }
}
