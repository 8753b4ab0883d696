//! The host at the other end of the pipes: what is sent to it, and what comes from it while something else goes on.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::controls;
use super::frames;
use super::halt::{Ending, Halt};
use super::input::Line;
use super::invocation::Invocation;
use super::prompt::Prompt;
use super::servers::Servers;

/// What a session runs with; the host may change some of it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) cwd: PathBuf,
    pub(super) model: String,
    pub(super) mode: String,
    pub(super) may_bypass: bool,
    /// The MCP servers of the host's own.
    pub(super) servers: Servers,
}

impl Session {
    pub(super) fn new(id: &str, cwd: PathBuf, invocation: &Invocation) -> Self {
        let mode = invocation.permission_mode.as_deref().unwrap_or("default").to_owned();
        let (may_bypass, servers) = (invocation.may_bypass, Servers::default());
        let mut session = Self { id: id.to_owned(), cwd, model: String::new(), mode, may_bypass, servers };
        session.set_model(invocation.model.as_deref());
        session
    }

    /// Takes a model's name, whatever it is.
    pub(super) fn set_model(&mut self, model: Option<&str>) {
        let model = model.filter(|model| !matches!(*model, "" | "default"));
        self.model = model.unwrap_or(frames::MODEL).to_owned();
    }
}

/// The host at the other end of the pipes.
pub(super) struct Host<W> {
    lines: Receiver<Line>,
    output: W,
    pub(super) session: Session,
    /// How many tokens the conversation has, for whom it asks.
    pub(super) tokens: u64,
    /// What was said while a turn ran.
    waiting: VecDeque<Prompt>,
    /// Whether a turn runs, which an interrupt would end.
    in_turn: bool,
    /// Whether nothing can come any more.
    ended: bool,
    /// The question that it has to answer.
    question: Option<Question>,
}

/// A question to the host.
struct Question {
    id: String,
    /// The request that takes it back; `None`: it is taken back by its id.
    withdrawal: Option<Value>,
}

/// What comes next when nothing goes on.
pub(super) enum Next {
    Prompt(Prompt),
    /// The time is over.
    Time,
    /// Nothing will come any more.
    End,
}

impl<W: Write> Host<W> {
    pub(super) fn new(lines: Receiver<Line>, output: W, session: Session) -> Self {
        Self {
            lines,
            output,
            session,
            tokens: 0,
            waiting: VecDeque::new(),
            in_turn: false,
            ended: false,
            question: None,
        }
    }

    /// Sends a frame of the session's.
    pub(super) fn send(&mut self, mut frame: Value) -> io::Result<()> {
        frame["session_id"] = json!(self.session.id);
        frame["uuid"] = json!(frames::new_id());
        write_line(&mut self.output, &frame)
    }

    /// Sends a line that is no frame.
    pub(super) fn send_text(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{text}")?;
        self.output.flush()
    }

    /// From here on an interrupt means the turn.
    pub(super) fn begin_turn(&mut self) {
        self.in_turn = true;
    }

    /// From here on an interrupt means nothing.
    pub(super) fn end_turn(&mut self) {
        self.in_turn = false;
    }

    /// Waits for something to do, at most until a point in time.
    pub(super) fn next(&mut self, until: Option<Instant>) -> Result<Next, Halt> {
        loop {
            if let Some(prompt) = self.waiting.pop_front() {
                return Ok(Next::Prompt(prompt));
            }
            if self.ended {
                return Ok(Next::End);
            }
            match self.line(until) {
                Some(line) => self.take(line)?,
                None if !self.ended => return Ok(Next::Time),
                None => {}
            }
            self.connect()?;
        }
    }

    /// Lets time pass. What comes meanwhile is attended to; an interrupt ends the turn.
    pub(super) fn pause(&mut self, time: Duration) -> Result<(), Halt> {
        let until = Instant::now() + time;
        while let Some(line) = self.line(Some(until)) {
            self.take(line)?;
        }
        if self.ended {
            thread::sleep(until.saturating_duration_since(Instant::now()));
        }
        Ok(())
    }

    /// Asks the host something and waits for the answer, or why there is none.
    pub(super) fn ask(&mut self, request: Value) -> Result<Result<Value, String>, Halt> {
        self.ask_until(request, None)
    }

    /// The same, with the request that takes it back if the turn is interrupted meanwhile.
    pub(super) fn ask_until(
        &mut self,
        request: Value,
        withdrawal: Option<Value>,
    ) -> Result<Result<Value, String>, Halt> {
        let id = frames::new_id();
        write_line(&mut self.output, &frames::control_request(&id, request))?;
        self.question = Some(Question { id: id.clone(), withdrawal });
        while let Some(line) = self.line(None) {
            match line {
                Line::Answer { id: of, response } if of == id => {
                    self.question = None;
                    return Ok(response);
                }
                line => self.take(line)?,
            }
        }
        Ok(Err("there is nobody to answer any more".to_owned()))
    }

    /// Attends to nothing until nothing can come any more.
    pub(super) fn ignore(&mut self) {
        while self.line(None).is_some() {}
    }

    /// The next line; none when the time is over, or nothing can come any more.
    fn line(&mut self, until: Option<Instant>) -> Option<Line> {
        let received = match until {
            Some(until) => self.lines.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.lines.recv().map_err(RecvTimeoutError::from),
        };
        self.ended |= matches!(received, Err(RecvTimeoutError::Disconnected));
        received.ok()
    }

    fn take(&mut self, line: Line) -> Result<(), Halt> {
        match line {
            Line::Prompt(prompt) => self.waiting.push_back(prompt),
            Line::Request { id, request } => self.answer(&id, &request)?,
            // Nothing was asked under that name, or not any more.
            Line::Answer { .. } | Line::Other => {}
            Line::Broken(line) => {
                let last_words = format!("Error parsing streaming input line: {line}");
                return Err(Halt::Ended(Ending::Failed(last_words)));
            }
        }
        Ok(())
    }

    fn answer(&mut self, id: &str, request: &Value) -> Result<(), Halt> {
        let controls::Answer { response, before, after, interrupts } =
            controls::answer(&mut self.session, self.tokens, request);
        if interrupts && let Some(question) = self.question.take() {
            let frame = match question.withdrawal {
                Some(request) => frames::control_request(&frames::new_id(), request),
                None => frames::control_cancel(&question.id),
            };
            write_line(&mut self.output, &frame)?;
        }
        if let Some(frame) = before {
            self.send(frame)?;
        }
        let frame = match response {
            Ok(response) => frames::control_success(id, response),
            Err(problem) => frames::control_error(id, &problem),
        };
        write_line(&mut self.output, &frame)?;
        if let Some(frame) = after {
            self.send(frame)?;
        }
        if interrupts && self.in_turn { Err(Halt::Interrupted) } else { Ok(()) }
    }
}

/// Writes a frame, at once: somebody waits for it.
pub(super) fn write_line(output: &mut impl Write, frame: &Value) -> io::Result<()> {
    let mut line = frame.to_string();
    line.push('\n');
    output.write_all(line.as_bytes())?;
    output.flush()
}
