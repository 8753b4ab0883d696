//! The real Claude CLI, at the version that `tests/cli/package.json` pins, against a stand-in Messages API.

pub(crate) mod calc;
mod canvas;
mod carrying;
mod control;
mod conversation;
mod discovery;
mod editor_tools;
mod ends;
mod failures;
mod forking;
mod interrupts;
mod orphans;
mod permissions;
mod resuming;
mod secrets;
mod server_set;
mod servers;
mod stored;
mod studies;
mod tools;
mod two_sessions;
mod user_mode;
