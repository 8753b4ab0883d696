//! A session's process: the seat it needs, its start, what it says, its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

use crate::claude::{self, Output, Process};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::session::ProcessInfo;
use crate::service::launch::{Launched, Launcher};
use crate::service::seats::{Request, Seat, Seats};
use crate::service::state::{Rung, State};

/// How long a process gets to end by itself, and again after it was asked to.
const STOP_GRACE: Duration = Duration::from_millis(300);

/// A session's process, or its lack of one.
#[derive(Debug)]
pub(super) struct Runner {
    launcher: Arc<Launcher>,
    seats: Seats,
    /// Held as long as there is a process, or one is being started.
    seat: Option<Seat>,
    attempt: Attempt,
    process: Option<Process>,
    info: Option<ProcessInfo>,
}

/// How far a start has come.
#[derive(Debug)]
enum Attempt {
    /// None is under way.
    None,
    /// It waits for a seat.
    Waiting(Rung, oneshot::Receiver<Seat>),
    /// The process is being started.
    Starting(JoinHandle<Result<Launched>>),
    /// It was given up before there was a seat.
    CalledOff,
}

/// What a runner has to tell.
#[derive(Debug)]
pub(super) enum News {
    /// There is a seat: [`Runner::launch`] can go on.
    Room(Rung),
    /// The start is over, one way or the other.
    Launched(Result<Box<Launched>>),
    /// The process said or did something.
    Output(Output),
    /// Another session needs the seat.
    SeatWanted,
}

impl Runner {
    pub(super) fn new(launcher: Arc<Launcher>, seats: Seats) -> Self {
        Self { launcher, seats, seat: None, attempt: Attempt::None, process: None, info: None }
    }

    /// The process, as clients are told of it.
    pub(super) fn info(&self) -> Option<&ProcessInfo> {
        self.info.as_ref()
    }

    /// Whether a start is under way.
    pub(super) fn is_starting(&self) -> bool {
        !matches!(self.attempt, Attempt::None)
    }

    /// Begins a start. Says whether there was room; where there is none, an urgent one waits for it.
    pub(super) fn start(&mut self, state: &State, rung: Rung, urgent: bool) -> bool {
        let seat = match urgent {
            true => match self.seats.request() {
                Request::Granted(seat) => Some(seat),
                Request::Waiting(seat) => {
                    self.attempt = Attempt::Waiting(rung, seat);
                    None
                }
            },
            false => self.seats.take(),
        };
        let has_room = seat.is_some();
        self.seat = seat;
        if has_room {
            self.launch(state, rung);
        }
        has_room
    }

    /// Starts a process, for which there is a seat.
    pub(super) fn launch(&mut self, state: &State, rung: Rung) {
        let (launcher, record) = (Arc::clone(&self.launcher), state.record.clone());
        let servers = state.started_servers().clone();
        self.attempt = Attempt::Starting(tokio::spawn(async move { launcher.launch(&record, rung, servers).await }));
    }

    /// Takes a process over that was started.
    pub(super) fn take(&mut self, process: Process, cli_version: String) {
        self.info = Some(ProcessInfo { pid: process.pid, started_at: process.started_at, cli_version });
        self.process = Some(process);
    }

    /// Waits for the next thing to tell. Can be dropped and called again.
    pub(super) async fn news(&mut self) -> News {
        tokio::select! {
            output = hear_from(self.process.as_mut()) => self.heard(output),
            news = progress_of(&mut self.attempt) => self.progressed(news),
            () = seat_wanted(self.seat.as_ref()) => News::SeatWanted,
        }
    }

    fn heard(&mut self, output: Output) -> News {
        if matches!(output, Output::Exited(_)) {
            self.process = None;
            self.info = None;
            self.seat = None;
        }
        News::Output(output)
    }

    fn progressed(&mut self, progress: Progress) -> News {
        self.attempt = Attempt::None;
        match progress {
            Progress::Seated(rung, seat) => {
                self.seat = Some(seat);
                News::Room(rung)
            }
            Progress::Ended(launched) => {
                if launched.is_err() {
                    self.seat = None;
                }
                News::Launched(launched.map(Box::new))
            }
        }
    }

    /// Hands a line to the process.
    pub(super) fn write(&self, input: claude::Input) {
        let Some(process) = &self.process else { return };
        if let Err(error) = process.send(input) {
            // It no longer reads. Its end, which follows, ends the turn with what it said last.
            tracing::warn!(pid = process.pid, %error, "the Claude CLI is ended");
            process.kill();
        }
    }

    /// Ends the process in good order, or its start.
    pub(super) fn stop(&mut self) {
        match &self.process {
            Some(process) => process.stop(STOP_GRACE),
            None => self.call_off(),
        }
    }

    /// Ends the process now, or its start.
    pub(super) fn kill(&mut self) {
        match &self.process {
            Some(process) => process.kill(),
            None => self.call_off(),
        }
    }

    /// Gives up a start that is under way: a task's end drops the process, which ends it.
    fn call_off(&mut self) {
        match &self.attempt {
            Attempt::Starting(task) => task.abort(),
            Attempt::Waiting(..) => self.attempt = Attempt::CalledOff,
            Attempt::None | Attempt::CalledOff => {}
        }
    }

    /// Says whether there is anything to do for the process, so that it may give way to another session's.
    pub(super) fn set_idle(&mut self, idle: bool) {
        if let Some(seat) = &mut self.seat {
            seat.set_idle(idle);
        }
    }
}

/// How a start has gone on.
enum Progress {
    Seated(Rung, Seat),
    Ended(Result<Launched>),
}

async fn hear_from(process: Option<&mut Process>) -> Output {
    match process {
        // The exit always comes before the end of the channel, and with it the process goes.
        Some(process) => match process.output.recv().await {
            Some(output) => output,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

async fn progress_of(attempt: &mut Attempt) -> Progress {
    match attempt {
        Attempt::None => std::future::pending().await,
        Attempt::Waiting(rung, seat) => match seat.await {
            Ok(seat) => Progress::Seated(*rung, seat),
            Err(_) => Progress::Ended(Err(called_off())),
        },
        Attempt::Starting(task) => Progress::Ended(task.await.unwrap_or_else(|problem| Err(not_launched(&problem)))),
        Attempt::CalledOff => Progress::Ended(Err(called_off())),
    }
}

async fn seat_wanted(seat: Option<&Seat>) {
    match seat {
        Some(seat) => seat.wanted().await,
        None => std::future::pending().await,
    }
}

fn not_launched(problem: &JoinError) -> Error {
    if problem.is_cancelled() {
        return called_off();
    }
    Error::internal(format!("starting the Claude CLI failed: {problem}"))
}

fn called_off() -> Error {
    Error::new(ErrorKind::CliExited, "the start of the Claude CLI was called off")
}
