//! The Claude CLI: found, started with all its MCP servers as for a session, asked, and ended.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::run_folder::RunFolder;
use super::super::servers::{ServerPlan, in_cli_form};
use super::super::settings::Settings;
use super::{check, failed, ok, warning};
use crate::claude::{
    self, Cli, Control, Conversation, Discovery, Frame, Input, Launch, McpServerReport, Output, Process,
};
use crate::context;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::ProviderSessionId;
use crate::protocol::health::{HealthCheck, HealthStatus};
use crate::protocol::session::McpServer;

/// How long the CLI may take to start.
const START: Duration = Duration::from_secs(30);
/// How long it may take for its other answers.
const ANSWER: Duration = Duration::from_secs(10);
/// How often it is asked while MCP servers are starting.
const ROUND: Duration = Duration::from_millis(100);
/// How long it has to end in good order.
const GRACE: Duration = Duration::from_secs(2);

/// What a CLI that was started said.
struct Told {
    credential: Option<String>,
    servers: Vec<McpServerReport>,
}

/// The CLI, which credential pays, and each MCP server.
pub(super) async fn checks(settings: &Settings, run_folder: &RunFolder) -> Vec<HealthCheck> {
    let cli = match Discovery::default().discover(&settings.cli).await {
        Ok(cli) => cli,
        Err(error) => return without_cli(settings, failed("cli", &error)),
    };
    let servers = servers(settings);
    let found = ok("cli", format!("{} at {}", cli.version, cli.path.display()));
    match try_out(settings, run_folder, cli, &servers).await {
        Ok(told) => {
            let mut checks = vec![found, credential(told.credential.as_deref())];
            checks.extend(server_checks(settings, &servers, &told.servers));
            checks
        }
        Err(error) => without_cli(settings, failed("cli", &error)),
    }
}

/// Without a CLI nothing is known of the rest.
fn without_cli(settings: &Settings, cli: HealthCheck) -> Vec<HealthCheck> {
    let unknown = |name: &str| warning(name, "not known: the Claude CLI does not start", "see cli");
    let mut checks = vec![cli, unknown("credential")];
    checks.extend(servers(settings).keys().map(|name| unknown(&of_server(name))));
    checks
}

fn servers(settings: &Settings) -> BTreeMap<String, McpServer> {
    let plan = ServerPlan::new(settings.profile.clone(), settings.mcp_servers.clone());
    plan.of_every_session(context::Mode::User)
}

async fn try_out(
    settings: &Settings,
    run_folder: &RunFolder,
    cli: Cli,
    servers: &BTreeMap<String, McpServer>,
) -> Result<Told> {
    let private_dir = run_folder.ready().await?.join(format!("health-{}", ProviderSessionId::new()));
    let launch = Launch {
        cli,
        cwd: settings.workspace.clone(),
        conversation: Conversation::New(ProviderSessionId::new()),
        model: None,
        effort: None,
        max_turns: None,
        max_budget_usd: None,
        allowed_tools: Vec::new(),
        disallowed_tools: Vec::new(),
        granted: Vec::new(),
        system_prompt: String::new(),
        mcp_servers: servers.iter().map(|(name, server)| (name.clone(), in_cli_form(server))).collect(),
        environment: settings.profile.environment(context::Mode::User, None),
        trusted: false,
        mcp_timeout: settings.mcp_timeout,
        private_dir,
    };
    let mut process = claude::start(&launch, &settings.cli).await?;
    let told = talk(&mut process, settings.mcp_timeout, !servers.is_empty()).await;
    end(process).await;
    told
}

async fn talk(process: &mut Process, mcp_timeout: Duration, has_servers: bool) -> Result<Told> {
    process.send(Input::Initialize { request_id: "health-0".to_owned(), our_servers: Vec::new() })?;
    let hello = answer(process, "health-0", START).await?;
    let credential = claude::credential(&hello);
    let until = Instant::now() + mcp_timeout;
    let mut servers = Vec::new();
    for number in 1.. {
        if !has_servers {
            break;
        }
        let request_id = format!("health-{number}");
        process.send(Input::Control { request_id: request_id.clone(), control: Control::McpStatus })?;
        servers = McpServerReport::all(&answer(process, &request_id, ANSWER).await?);
        if !servers.iter().any(McpServerReport::is_pending) || Instant::now() >= until {
            break;
        }
        sleep(ROUND).await;
    }
    Ok(Told { credential, servers })
}

/// Waits for the answer of this name.
async fn answer(process: &mut Process, id: &str, limit: Duration) -> Result<Value> {
    let late = || Error::new(ErrorKind::CliTimeout, format!("the Claude CLI did not answer within {limit:?}"));
    let until = Instant::now() + limit;
    loop {
        let frames = match timeout_at(until, process.output.recv()).await.map_err(|_| late())? {
            Some(Output::Frames(frames)) => frames,
            Some(Output::Exited(exit)) => return Err(exit.to_error()),
            None => return Err(Error::new(ErrorKind::CliExited, "the Claude CLI ended")),
        };
        for frame in frames {
            if let Frame::ControlResponse { request_id, response } = frame
                && request_id == id
            {
                return response.map_err(|problem| {
                    Error::new(ErrorKind::CliProtocol, format!("the Claude CLI refused to answer: {problem}"))
                });
            }
        }
    }
}

/// Ends it with all that it started, and waits for that.
async fn end(mut process: Process) {
    process.stop(GRACE);
    let ended = async {
        while let Some(output) = process.output.recv().await {
            if matches!(output, Output::Exited(_)) {
                break;
            }
        }
    };
    if timeout(GRACE * 3, ended).await.is_err() {
        tracing::warn!(pid = process.pid, "the Claude CLI that was tried out has not ended in time");
    }
}

fn credential(source: Option<&str>) -> HealthCheck {
    const NAME: &str = "credential";
    match source {
        None => warning(
            NAME,
            "the Claude CLI knows of none",
            "run `claude` and log in, or set ANTHROPIC_API_KEY; the built-in agent of --demo needs none",
        ),
        Some(source @ "ANTHROPIC_API_KEY") => check(
            NAME,
            HealthStatus::Ok,
            format!("{source}: an API key, which is billed by use and outranks a login"),
            Some("to use your login instead: cli.env.remove = [\"ANTHROPIC_API_KEY\"]".to_owned()),
        ),
        Some(source) => ok(NAME, source),
    }
}

/// One check for each server.
fn server_checks(
    settings: &Settings,
    servers: &BTreeMap<String, McpServer>,
    reports: &[McpServerReport],
) -> Vec<HealthCheck> {
    if servers.is_empty() {
        return vec![ok("mcp", "no MCP server is configured")];
    }
    let of = |(name, server): (&String, &McpServer)| {
        server_check(&of_server(name), server, reports.iter().find(|report| report.name == *name), settings.mcp_timeout)
    };
    servers.iter().map(of).collect()
}

fn server_check(name: &str, server: &McpServer, report: Option<&McpServerReport>, limit: Duration) -> HealthCheck {
    let Some(report) = report else {
        return failed(
            name,
            &Error::internal("the Claude CLI does not know of it").hint("its configuration may be wrong"),
        );
    };
    match report.status.as_str() {
        "connected" => ok(name, format!("{} tools: {}", report.tools.len(), report.tools.join(", "))),
        "pending" => check(
            name,
            HealthStatus::Failed,
            format!("it did not answer within {limit:?}"),
            Some(format!("{}; mcp.timeout is how long a turn waits", by_itself(server))),
        ),
        "needs-auth" => warning(name, "it wants you to log in", "run `claude` and use /mcp"),
        status => {
            let detail = report.error.clone().unwrap_or_else(|| status.to_owned());
            check(name, HealthStatus::Failed, detail, Some(by_itself(server)))
        }
    }
}

/// How to find out more. Neither arguments nor headers: there may be secrets in them.
fn by_itself(server: &McpServer) -> String {
    match server {
        McpServer::Stdio { command, .. } => format!("run {command} by itself, with its arguments, to see what it says"),
        McpServer::Remote { url, .. } => format!("see whether {} can be reached from here", without_query(url)),
    }
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn of_server(name: &str) -> String {
    format!("mcp.{name}")
}
