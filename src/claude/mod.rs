//! The Claude CLI as a child process: the only place that knows how it is found, started, spoken to and ended.
//!
//! The path of the bytes is the list of the files. `discovery` finds the program; `options` says how it is started,
//! with `environment` and `files` for what it sees; `process` owns it, and `unix` is how the system does that. What it
//! prints goes through `relay`, `lines` and `frame`; what it is told is in `input`. Nothing here knows of sessions,
//! history or clients.

mod discovery;
mod environment;
mod files;
mod frame;
mod input;
mod lines;
mod options;
mod pace;
mod process;
mod relay;
mod settings;
mod stderr;
mod unix;

pub use discovery::{Cli, Discovery, MIN_VERSION};
pub use frame::{
    ApiRetry, Assistant, Block, BlockKind, CanUseTool, ControlRequest, Frame, Init, McpServerStatus, ModelUsage,
    Tokens, ToolResult, TurnResult, User, decode,
};
pub use input::Input;
pub use options::{Conversation, Launch};
pub use process::{Exit, ExitStatusKind, Output, Process, start};
pub use settings::{EnvPolicy, Settings};
