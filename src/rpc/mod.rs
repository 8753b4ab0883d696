//! JSON-RPC over LSP's framing: the only place that names tower-lsp and jsonrpsee.
//!
//! The files follow the bytes: [`stdio`] reads them, [`framing`] finds the messages, `envelope` tells requests from
//! notifications and responses, `connection` admits, starts, cancels and answers them, [`table`] finds the handler
//! of one of our [`methods`], [`lsp`] is for what LSP itself defines. What goes back is framed in the client's
//! [`outbox`]; a turn's events reach it through `progress`. [`server`] puts the whole together, and [`client`] is
//! the other side.
//!
//! Invariants:
//! - Messages are looked at in the order they came. `$/cancelRequest`, `exit` and responses act at once.
//! - Every request gets exactly one response, written by `InFlight::answer` and nowhere else.
//! - The reader never waits for the writer: replies are always taken, stream events are refused while there is no room.
//! - Nothing but frames is written to the real stdout.

mod afterwards;
mod calls;
pub mod client;
mod connection;
mod context;
mod envelope;
pub mod framing;
mod in_flight;
mod in_order;
pub mod lsp;
pub mod method;
pub mod methods;
pub mod outbox;
mod parent;
mod peer;
mod permission;
mod progress;
mod question;
mod reply;
pub mod server;
pub mod stdio;
mod subscription;
pub mod table;
mod tokens;
mod tool;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex whose data is whole between any two statements, so that a panic elsewhere does not matter.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
