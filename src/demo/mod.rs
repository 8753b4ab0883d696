//! The built-in agent: it speaks the Claude CLI's protocol on its standard input and output, with neither a model nor
//! an account behind it, and touches no file but its own notes.
//!
//! It runs as a child process, as the CLI does, so that a demonstration, a plugin's tests and a real session take the
//! same way. What it does is decided by words in the message: `words` finds them, `script` turns them into steps,
//! `turn` plays the steps as the frames that `frames` builds, and `host` listens all the while, since an
//! interrupt may come at any time.

mod agent;
mod controls;
mod frames;
mod halt;
mod host;
mod input;
mod invocation;
mod memory;
mod message;
mod meter;
mod prompt;
mod script;
mod servers;
mod tools;
mod turn;
mod words;

use std::io::{BufRead, Write};
use std::path::Path;

use crate::error::{Error, Result};

use agent::Agent;
use halt::{Ending, Halt};
use host::{Host, Session};
use invocation::{Conversation, Invocation};
use memory::Memory;

/// The version of the CLI whose protocol this is.
const VERSION: &str = "2.1.330";

/// How the agent ended, in a process's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The process's exit code.
    pub code: u8,
    /// What is left to be said on standard error.
    pub last_words: Option<String>,
}

/// Runs the agent until its input ends.
///
/// `arguments` are the CLI's: those that mean something here are followed, the others are taken and ignored.
/// Conversations are remembered in `folder`, so that they can be resumed; without one, none outlives its process.
///
/// # Errors
/// `internalError` where the current folder, a thread or a conversation's notes cannot be had.
pub fn run(
    arguments: &[String],
    folder: Option<&Path>,
    input: impl BufRead + Send + 'static,
    mut output: impl Write,
) -> Result<Ended> {
    if arguments.iter().any(|argument| argument == "--version") {
        let said = writeln!(output, "{VERSION} (claude-bridge demo agent)");
        return Ok(said.map_or_else(|error| Halt::from(error).into_ended(), |()| Ended::well()));
    }
    let invocation = match Invocation::parse(arguments) {
        Ok(invocation) => invocation,
        Err(problem) => return Ok(Ended::badly(problem)),
    };
    let (memory, session) = match open(&invocation, folder)? {
        Opened::Ready(memory, session) => (memory, session),
        Opened::Known(id) => return Ok(Ended::badly(format!("Error: Session ID {id} is already in use."))),
        Opened::Unknown(id) => return Ok(refuse_resume(&id, output)),
    };
    let host = Host::new(input::read(input)?, output, *session);
    Ok(Agent::new(host, memory).run())
}

/// What becomes of the conversation that was asked for.
enum Opened {
    Ready(Memory, Box<Session>),
    /// It was to be new, and there is one.
    Known(String),
    /// It was to go on, and there is none.
    Unknown(String),
}

fn open(invocation: &Invocation, folder: Option<&Path>) -> Result<Opened> {
    let session = |id: &str| -> Result<Box<Session>> {
        let cwd = std::env::current_dir()
            .map_err(|error| Error::internal(format!("the folder of this process cannot be found: {error}")))?;
        Ok(Box::new(Session::new(id, cwd, invocation)))
    };
    match &invocation.conversation {
        Conversation::New(id) => match Memory::load(folder, id)? {
            Some(_) => Ok(Opened::Known(id.clone())),
            None => Ok(Opened::Ready(Memory::new(folder, id), session(id)?)),
        },
        Conversation::Resume { id, fork } => match Memory::load(folder, id)? {
            None => Ok(Opened::Unknown(id.clone())),
            Some(memory) => match fork {
                Some(fork) => Ok(Opened::Ready(memory.forked(folder, fork), session(fork)?)),
                None => Ok(Opened::Ready(memory, session(id)?)),
            },
        },
    }
}

/// Says that there is nothing to go on with, as the CLI does: on both streams.
fn refuse_resume(id: &str, mut output: impl Write) -> Ended {
    let problem = format!("No conversation found with session ID: {id}");
    match host::write_line(&mut output, &frames::no_conversation(id, &problem)) {
        Ok(()) => Ended::badly(problem),
        Err(error) => Halt::from(error).into_ended(),
    }
}

impl Ended {
    fn well() -> Self {
        Self { code: 0, last_words: None }
    }

    fn badly(last_words: String) -> Self {
        Self { code: 1, last_words: Some(last_words) }
    }
}

impl From<Ending> for Ended {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::well(),
            Ending::Failed(last_words) => Self::badly(last_words),
        }
    }
}
