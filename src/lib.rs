//! claude-bridge: a JSON-RPC sidecar that runs the Claude CLI for editors and dashboards.

pub mod claude;
pub mod commands;
pub mod config;
pub mod context;
pub mod error;
pub mod ids;
pub mod protocol;
pub mod rpc;
pub mod service;
pub mod store;
pub mod time;
