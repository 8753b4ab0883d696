//! Serving: what happens without a command. Reads the configuration once the client has said hello, since it brings
//! the last layer of it, and puts the parts together.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::logging::Logging;
use super::signals::{StopSignal, StopSignals};
use super::{demo_agent, guard, report};
use crate::claude;
use crate::config::{self, Config, Flags, McpServer, Places, RemoteTransport, Resolved, Sources};
use crate::context::Profile;
use crate::error::{Error, Result};
use crate::protocol::session as protocol;
use crate::rpc::lsp::{Boot, BootRequest, Booted};
use crate::rpc::server::{self, Ended, Served};
use crate::rpc::stdio;
use crate::service::{self, Service};

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agent {
    /// The Claude CLI, as the configuration has it.
    Configured,
    /// The built-in one, whatever the configuration says.
    Demo,
}

/// Serves the program that started this one until either ends.
///
/// # Errors
/// `internalError` where the log or the runtime cannot be set up.
pub(super) fn run(flags: Flags, agent: Agent, notices: Vec<String>) -> Result<ExitCode> {
    let logging = Logging::start(flags.log_level.unwrap_or_default())?;
    let (input, output) =
        stdio::take().map_err(|error| Error::internal(format!("stdin and stdout cannot be had: {error}")))?;
    let runtime = super::runtime()?;
    let boot = Arc::new(Server { flags, agent, notices, logging });
    let end = runtime.block_on(serve(input, output, boot).boxed_local())?;
    // A read that cannot be cancelled must not hold the exit.
    runtime.shutdown_background();

    if let Some(why) = end.why() {
        report(&format!("claude-bridge: {why}"));
    }
    Ok(ExitCode::from(end.code()))
}

/// Serves until the end, or until a second signal says that the end takes too long.
async fn serve(input: File, output: File, boot: Arc<Server>) -> Result<End> {
    let mut signals =
        StopSignals::catch().map_err(|error| Error::internal(format!("signals cannot be waited for: {error}")))?;
    let stop = Notify::new();
    let mut serving = std::pin::pin!(server::serve(input, output, boot, stop.notified()));
    let signal = tokio::select! {
        served = &mut serving => return Ok(End::of(served, None)),
        signal = signals.next() => signal,
    };
    stop.notify_one();
    Ok(tokio::select! {
        biased;
        again = signals.next() => End::AtOnce(again),
        served = serving => End::of(served, Some(signal)),
    })
}

/// What is known before the client says hello.
struct Server {
    flags: Flags,
    agent: Agent,
    notices: Vec<String>,
    logging: Logging,
}

impl Boot for Server {
    fn boot(&self, request: BootRequest) -> BoxFuture<'_, Result<Booted>> {
        Box::pin(async move {
            let flags = self.flags.clone();
            let client = request.client.as_ref().map(|client| client.name.clone());
            let resolved = tokio::task::spawn_blocking(move || resolve(&flags, &request))
                .await
                .map_err(|error| Error::internal(format!("the configuration could not be read: {error}")))??;
            self.logging.configure(&resolved.config.log)?;
            let notices = resolved.notices.clone();
            let service = Service::start(settings(resolved, client, guard::program()?, self.agent)?);
            let notices = self.notices.iter().cloned().chain(notices).collect();
            Ok(Booted { service, is_shared: false, notices })
        })
    }
}

/// The settings of a command that works on the history itself, in the folder that it is run in; and how it logs.
///
/// # Errors
/// `invalidParams` where the configuration is wrong.
pub(super) fn own_settings(flags: &Flags, agent: Agent) -> Result<(service::Settings, config::Log)> {
    let places = Places::find()?;
    let variables = &config::variables_of_this_process();
    let sources = Sources { places: &places, flags, workspace: None, options: None, variables };
    let resolved = config::resolve(&sources)?;
    let log = resolved.config.log.clone();
    Ok((settings(resolved, None, guard::program()?, agent)?, log))
}

fn resolve(flags: &Flags, request: &BootRequest) -> Result<Resolved> {
    let places = Places::find()?;
    config::resolve(&Sources {
        places: &places,
        variables: &config::variables_of_this_process(),
        flags,
        workspace: request.workspace.as_deref(),
        options: request.options.as_ref(),
    })
}

/// The configuration in the terms of those who follow it.
///
/// # Errors
/// `internalError` where the built-in agent is wanted and this program cannot be found.
pub(super) fn settings(
    resolved: Resolved,
    client: Option<String>,
    guard: PathBuf,
    agent: Agent,
) -> Result<service::Settings> {
    let Resolved { config, files, notices } = resolved;
    let mut settings = translated(config, client, guard);
    settings.read = service::Read { files, ignored: notices };
    if agent == Agent::Demo {
        settings.cli = demo_agent::stand_in(settings.cli, &settings.data_dir)?;
    }
    Ok(settings)
}

/// Whom the configuration says that we serve.
pub(super) fn profile(config: &Config) -> Profile {
    match config.profile {
        config::Profile::General => Profile::General,
        config::Profile::Atomizer => Profile::atomizer(&config.root),
    }
}

fn translated(config: Config, client: Option<String>, guard: PathBuf) -> service::Settings {
    let profile = profile(&config);
    let Config { cli, sessions, trust, .. } = config;
    let workspace = if profile == Profile::General { config.workspace } else { config.root };
    service::Settings {
        read: service::Read::default(),
        client,
        profile,
        workspace,
        data_dir: config.data_dir,
        limits: service::Limits {
            queue: sessions.queue,
            idle_timeout: sessions.idle_timeout,
            stall_timeout: sessions.stall_timeout,
            wait_timeout: sessions.wait_timeout,
            permission_deadline: config.permission_deadline,
            tool_timeout: config.tool_timeout,
        },
        max_live: sessions.max_live,
        close_after: sessions.close_after,
        retention: config.retention,
        notes: demo_agent::FOLDER.into(),
        allowed_tools: config.allowed_tools,
        disallowed_tools: config.disallowed_tools,
        power: config.power_mode,
        mcp_servers: config.mcp_servers.into_iter().map(|(name, server)| (name, mcp_server(server))).collect(),
        mcp_timeout: config.mcp_timeout,
        trusted: trust.folders().to_vec(),
        cli: claude::Settings {
            guard,
            path: cli.path,
            args: cli.args,
            env: claude::EnvPolicy { pass: cli.env_pass, set: cli.env_set, remove: cli.env_remove },
            max_line_bytes: cli.max_line_bytes,
            setting_sources: cli.setting_sources,
        },
    }
}

fn mcp_server(server: McpServer) -> protocol::McpServer {
    match server {
        McpServer::Stdio { command, args, env } => protocol::McpServer::Stdio { command, args, env },
        McpServer::Remote { transport, url, headers } => {
            let transport = match transport {
                RemoteTransport::Http => protocol::McpTransport::Http,
                RemoteTransport::Sse => protocol::McpTransport::Sse,
            };
            protocol::McpServer::Remote { transport, url, headers }
        }
    }
}

/// How serving ended, as the exit code says it. (2 is a command line that is wrong, which clap says.)
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// 0: after `shutdown` and `exit`, or the client was gone with nothing in progress.
    Clean,
    /// 1: `exit` came without `shutdown`.
    NoShutdown,
    /// 3: the client was gone, for this reason, while requests were in progress.
    CutShort(String),
    /// 128 and its number: this signal came; what was in progress was ended in good order.
    Signalled { signal: StopSignal, cut_short: bool },
    /// 128 and its number: this was the second signal, and nothing was waited for any more.
    AtOnce(StopSignal),
}

impl End {
    /// How it ended, with the signal that came before, if one did.
    fn of(Served { ended, cut_short }: Served, signal: Option<StopSignal>) -> Self {
        match (ended, signal) {
            (Ended::Stopped, Some(signal)) => Self::Signalled { signal, cut_short },
            (Ended::ExitWithoutShutdown, _) => Self::NoShutdown,
            (Ended::ClientDropped { reason }, _) => Self::CutShort(reason),
            (Ended::EndOfInput, _) if cut_short => Self::CutShort("stdin ended".to_owned()),
            (Ended::ParentGone, _) if cut_short => Self::CutShort("the client's process is gone".to_owned()),
            (Ended::ExitAfterShutdown | Ended::EndOfInput | Ended::ParentGone | Ended::Stopped, _) => Self::Clean,
        }
    }

    fn code(&self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::NoShutdown => 1,
            Self::CutShort(_) => 3,
            Self::Signalled { signal, .. } | Self::AtOnce(signal) => signal.exit_code(),
        }
    }

    /// What the person is told, in one line.
    fn why(&self) -> Option<String> {
        match self {
            Self::Clean => None,
            Self::NoShutdown => Some("ended by `exit` without `shutdown`".to_owned()),
            Self::CutShort(reason) => Some(format!("ended with work in progress: {reason}")),
            Self::Signalled { signal, cut_short: false } => Some(format!("ended by {signal}")),
            Self::Signalled { signal, cut_short: true } => Some(format!("ended with work in progress: {signal}")),
            Self::AtOnce(signal) => Some(format!("ended at once by {signal}, the second signal")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_orderly_end_is_silent_and_successful() {
        let signal = Some(StopSignal::Terminate);
        let ends = [
            (Ended::ExitAfterShutdown, true, None, 0, None),
            (Ended::EndOfInput, false, None, 0, None),
            (Ended::ParentGone, false, None, 0, None),
            (Ended::ExitWithoutShutdown, false, None, 1, Some("ended by `exit` without `shutdown`")),
            (Ended::EndOfInput, true, None, 3, Some("ended with work in progress: stdin ended")),
            (Ended::ParentGone, true, None, 3, Some("ended with work in progress: the client's process is gone")),
            (
                Ended::ClientDropped { reason: "EPIPE".into() },
                false,
                None,
                3,
                Some("ended with work in progress: EPIPE"),
            ),
            (Ended::Stopped, false, signal, 143, Some("ended by SIGTERM")),
            (Ended::Stopped, true, signal, 143, Some("ended with work in progress: SIGTERM")),
            // The signal came when it was ending already.
            (Ended::EndOfInput, true, signal, 3, Some("ended with work in progress: stdin ended")),
        ];
        for (ended, cut_short, signal, code, why) in ends {
            let end = End::of(Served { ended, cut_short }, signal);
            assert_eq!((end.code(), end.why().as_deref()), (code, why), "{end:?}");
        }
    }
}
