//! claude-bridge runs the Claude CLI for editors and dashboards.
//!
//! A program starts it as a child process and speaks JSON-RPC to it over stdin and stdout, in LSP's framing. It owns
//! one `claude` process per live session, under a guard that leaves nothing of it behind, streams what happens as
//! `$/progress` notifications, and keeps a history in one SQLite file that outlives every process.
//!
//! # One message, end to end
//!
//! stdin → [`rpc`]: a frame is found, its method looked up, its parameters decoded → [`service`]: the session's task
//! feeds `Send` to the pure `State::step`, which says what follows: append the message, write a line to the CLI →
//! [`claude`]: stdout is split into lines, each decoded to a frame → `step` again → the journal numbers the event,
//! [`store`] commits it, and the followers get it → [`rpc`]'s outbox → `$/progress`. The CLI's `result` ends the turn:
//! its last event, then the request's one response.
//!
//! # Code map
//!
//! | module | what it is, and what it alone may name |
//! |---|---|
//! | [`commands`] | what a person runs, one small module each; puts the parts together |
//! | [`rpc`] | methods, connection core, outbox, framing, LSP lifecycle, typed client; alone names tower-lsp and jsonrpsee |
//! | [`service`] | sessions and what can be asked of them; names no transport and no SQL |
//! | [`claude`] | the CLI: found, started, fed, read, ended; alone names sysinfo |
//! | [`store`] | rows in SQLite: a writer's thread, a few readers; names rusqlite |
//! | [`context`] | what Claude is told about its surroundings, studies included; frozen and hashed |
//! | [`optuna`] | other programs' databases of trials, read-only, by a connection of its own; names rusqlite too |
//! | [`demo`] | the built-in agent, which speaks the CLI's protocol and needs no account |
//! | [`config`] | layers, trust, messages for what is wrong; alone names toml |
//! | [`protocol`] | the wire types, by resource; no behaviour |
//! | [`ids`], [`error`], [`time`], [`redact`] | the shared vocabulary |
//!
//! Who may use whom: `commands → rpc → service → {claude, store, context → optuna}`, and `commands`, `rpc`, `service` →
//! `protocol`. `claude` and `store` know neither each other nor the protocol. A test (`tests/it/architecture.rs`) reads
//! the sources and fails on anything else.
//!
//! # Invariants
//!
//! - Nothing but frames is written to the real stdout.
//! - Every request gets exactly one response, and the response to `message/send` comes after its turn's last event.
//! - Each question of the CLI's whether a tool may be used gets one answer or is withdrawn, never both.
//! - A session's process, journal and followers are touched by its task alone. `State::step` waits for nothing and
//!   touches nothing: every order of events can be tested without a process.
//! - Events other than text deltas are committed before they are sent. Deltas are sent at once and stored within
//!   100 ms, merged. Event numbers rise for ever and are never reused.
//! - The reader of a client's requests never waits for the client to read. A client that lags is fed from the store,
//!   so that it costs no memory and loses nothing.
//! - Nothing that a session started outlives it, whoever is killed. One bridge at a time runs a session: it holds its
//!   lease in the store, and lives as long as its run folder is locked.
//! - A session that is known goes on: with its process, the CLI's transcript, our copy of that, or our messages.
//! - Secrets and prompts are in files of mode 0600, never in arguments.
//!
//! # What is deliberately absent
//!
//! No code for platforms it was never compiled on; no permission matcher (the rules are the CLI's own); no process per
//! message.

pub mod claude;
pub mod commands;
pub mod config;
pub mod context;
pub mod demo;
pub mod error;
pub mod ids;
pub mod optuna;
pub mod protocol;
pub mod redact;
pub mod rpc;
pub mod service;
pub mod store;
pub mod time;
