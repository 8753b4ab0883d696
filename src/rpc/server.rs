//! The server as a function of its streams.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::lsp::Boot;
use super::outbox::Outbox;
use super::stdio;
use super::table::Table;

/// From the connection's end to the end of [`serve`]: editors kill what is still there after two seconds.
const BUDGET: Duration = Duration::from_millis(1400);

/// How much of it requests in progress have to answer by themselves. What is left is enough for a turn to be
/// interrupted and for a CLI that takes no notice to be killed; see `service::state` and `service::session`.
const ANSWERS: Duration = Duration::from_millis(250);

/// How much of it is kept for the answers of requests that the end of the application ended.
const LAST_ANSWERS: Duration = Duration::from_millis(100);

/// How much of it is kept for writing what is left.
const FLUSH: Duration = Duration::from_millis(250);

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client sent `shutdown` and `exit`.
    ExitAfterShutdown,
    /// The client sent `exit` without `shutdown`.
    ExitWithoutShutdown,
    /// The client's stream ended.
    EndOfInput,
    /// The process that the client named as our parent ended.
    ParentGone,
    /// Whoever runs this process wants it to stop.
    Stopped,
    /// The client stopped reading, or could not be written to.
    ClientDropped {
        /// What happened.
        reason: String,
    },
}

/// How serving ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Why.
    pub ended: Ended,
    /// Whether requests were in progress that could not be finished.
    pub cut_short: bool,
}

/// Serves one client until it is done or `stop` resolves, ends what it began, and says how it ended: within 1.5 s of
/// the cause.
pub async fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    boot: Arc<dyn Boot>,
    stop: impl Future<Output = ()>,
) -> Served {
    serve_table(Table::of_the_protocol(), input, output, boot, stop).await
}

pub(super) async fn serve_table(
    table: &'static Table,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    boot: Arc<dyn Boot>,
    stop: impl Future<Output = ()>,
) -> Served {
    let outbox = Arc::new(Outbox::default());
    let connection = Connection::new(table, boot, Arc::clone(&outbox));
    if let Err(error) = start_threads(&connection, input, output) {
        connection.end(Ended::ClientDropped { reason: format!("no thread could be started for it: {error}") });
    }
    let ended = tokio::select! {
        ended = connection.ended() => ended,
        reason = outbox.gone() => Ended::ClientDropped { reason },
        () = stop => Ended::Stopped,
    };
    connection.end(ended.clone());
    tracing::info!("the connection ends: {ended:?}");
    let cut_short = wind_up(&connection, &ended, Instant::now() + BUDGET).await;
    Served { ended, cut_short }
}

fn start_threads(
    connection: &Arc<Connection>,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> std::io::Result<()> {
    stdio::spawn_writer(Arc::clone(&connection.peer.outbox), output)?;
    let (receiver, at_end) = (Arc::clone(connection), Arc::clone(connection));
    let found = move |framed: super::framing::Framed<'_>| {
        receiver.receive(framed);
        match receiver.has_ended() {
            // The client is there, and is told that we are not for long.
            None | Some(Ended::Stopped | Ended::ParentGone) => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    };
    stdio::spawn_reader(input, found, move || {
        // Nobody will answer what the client was asked.
        at_end.peer.calls.close();
        at_end.end(Ended::EndOfInput);
    })
}

/// Lets requests answer, ends what does not, and writes the answers. Says whether any had to be ended.
async fn wind_up(connection: &Connection, ended: &Ended, deadline: Instant) -> bool {
    // Scripts send all they have, close their end, and want the answers; whoever is gone wants none.
    let answers = match ended {
        Ended::EndOfInput | Ended::ExitAfterShutdown | Ended::ExitWithoutShutdown => ANSWERS,
        Ended::ParentGone | Ended::Stopped | Ended::ClientDropped { .. } => Duration::ZERO,
    };
    let cut_short = !settle(connection, Instant::now() + answers).await;
    connection.stop_admitting();
    if let Some(service) = connection.own_service() {
        let answered = deadline - FLUSH;
        let grace = answered.saturating_duration_since(Instant::now()).saturating_sub(LAST_ANSWERS);
        if timeout_at(answered, service.shut_down(grace)).await.is_err() {
            tracing::warn!("the application did not end within {grace:?}");
        }
        settle(connection, answered).await;
    }
    connection.give_up();
    let left = deadline.saturating_duration_since(Instant::now());
    if !connection.peer.outbox.close_and_flush(left).await {
        tracing::info!("the client did not read all that was written to it");
    }
    cut_short
}

/// Waits until no request is in progress; says whether that came to be.
async fn settle(connection: &Connection, deadline: Instant) -> bool {
    timeout_at(deadline, connection.in_flight.idle()).await.is_ok()
}
