//! The Claude CLI as a child process: the only place that knows how it is found, started, spoken to and ended.
//!
//! The path of the bytes is the list of the files. `discovery` finds the program; `options` says how it is started,
//! with `environment` and `files` for what it sees; `process` owns it, and `unix` is how the system does that. What it
//! prints goes through `relay`, `lines` and `frame`; what it is told is in `input`, with `control` for what is no
//! message, `permission` for what it may do, and `mcp` for servers that are ours; `server_log` has what
//! others said. Nothing here knows of sessions, history or clients.
//!
//! Nothing that it starts outlives us. Each CLI runs under a `guard`, a process that `unix` talks to by `wire`. Whom it
//! has started is known by `processes` and `family`, which end them; a guard that is killed is stood in for by `unix`,
//! with `children` to tell orphans from our own; and when both are killed, `leftovers` ends at the next start whom the
//! `record` names.

mod children;
mod control;
mod discovery;
mod environment;
mod family;
mod files;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod input;
mod leftovers;
mod lines;
mod mcp;
mod options;
mod pace;
mod past;
mod permission;
mod process;
mod processes;
mod record;
mod relay;
mod server_log;
mod settings;
mod stderr;
mod transcript;
mod unix;
mod wire;

pub use control::Control;
pub use discovery::{Cli, Discovery, MIN_VERSION};
pub use frame::{
    AgentOffer, ApiRetry, Assistant, Block, BlockKind, CanUseTool, Capabilities, Compaction, ContextCategory,
    ContextReport, ControlRequest, Frame, Init, McpServerReport, McpServerStatus, ModelOffer, ModelUsage, SlashCommand,
    Tokens, ToolResult, Transcript, TurnResult, User, credential, decode,
};
pub use guard::{GUARD, guard};
pub use input::Input;
pub use leftovers::{end_leftovers, leftovers};
pub use mcp::{mcp_answer, mcp_taken, our_server};
pub use options::{Conversation, Launch};
pub use past::{Past, PastEntry, PastFiles, PastSaid, past_conversations};
pub use permission::{Allows, Grant, GrantedMode, PLAN_TOOL, QUESTION_TOOL, Rule, Suggestion, allow, answered, deny};
pub use process::{Exit, ExitStatusKind, Output, Process, start};
pub use server_log::ServerLogs;
pub use settings::{EnvPolicy, Settings};
pub use transcript::{Transcripts, is_main_transcript, is_transcript_name, moved_transcript, transcript_name};
