//! A service in this process, and several clients that are connected to it.

use std::future::pending;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use claude_bridge::claude::{self, EnvPolicy};
use claude_bridge::context::Profile;
use claude_bridge::error::Result;
use claude_bridge::rpc::lsp::{Boot, BootRequest, Booted};
use claude_bridge::rpc::server::serve;
use claude_bridge::service::{Limits, Service, Settings};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::client::{Client, Pending};
use super::script::{Script, ScriptedCli};

/// Gives every connection the same service.
struct Shared(Service);

impl Boot for Shared {
    fn boot(&self, _: BootRequest) -> BoxFuture<'_, Result<Booted>> {
        let service = self.0.clone();
        Box::pin(async { Ok(Booted { service, is_shared: true, notices: Vec::new() }) })
    }
}

/// A service in this process, with its clients.
pub(crate) struct Scene {
    pub(crate) cli: ScriptedCli,
    boot: Arc<Shared>,
    clients: Vec<Client>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Scene {
    pub(crate) fn new(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cli = ScriptedCli::new([script]);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let settings = settings(folder.path(), &cli);
        let service = runtime.block_on(async { Service::start(settings) });
        Self { cli, boot: Arc::new(Shared(service)), clients: Vec::new(), runtime, _folder: folder }
    }

    /// Another client, which answers permissions in this way.
    pub(crate) fn client(&mut self, permissions: Option<&str>) -> Client {
        self.client_with(&permissions.map_or_else(|| json!({}), |how| json!({ "permissions": how })))
    }

    /// Another client, with these capabilities of ours.
    pub(crate) fn client_with(&mut self, ours: &Value) -> Client {
        let (to, input) = UnixStream::pair().unwrap();
        let (output, from) = UnixStream::pair().unwrap();
        self.runtime.spawn(serve(input, output, Arc::clone(&self.boot) as _, pending()));
        let client = Client::connect(from, to);
        let params = json!({"capabilities": {"experimental": {"claudeBridge": ours}}});
        client.start_request("initialize", params).result();
        self.clients.push(client.clone());
        client
    }

    /// The answers that the CLI was given.
    pub(crate) fn answers(&self) -> Vec<Value> {
        let answers = self.cli.received().into_iter().filter(|line| line["type"] == "control_response");
        answers.map(|mut line| line["response"]["response"].take()).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.clients.iter().for_each(|client| eprintln!("{}\n", client.transcript()));
            return;
        }
        self.runtime.block_on(self.boot.0.shut_down(Duration::from_secs(5)));
        let faults: Vec<String> = self.clients.iter().flat_map(Client::faults).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

fn settings(folder: &Path, cli: &ScriptedCli) -> Settings {
    let hour = Duration::from_secs(3600);
    Settings {
        profile: Profile::General,
        read: claude_bridge::service::Read::default(),
        data_dir: folder.join("data"),
        workspace: folder.to_owned(),
        client: None,
        cli: claude::Settings {
            guard: env!("CARGO_BIN_EXE_claude-bridge").into(),
            path: Some(ScriptedCli::path().to_owned()),
            args: Vec::new(),
            env: EnvPolicy { set: cli.environment().into_iter().collect(), ..EnvPolicy::default() },
            max_line_bytes: 1 << 20,
            setting_sources: None,
        },
        limits: Limits {
            queue: 8,
            idle_timeout: hour,
            stall_timeout: hour,
            wait_timeout: hour,
            permission_deadline: None,
            tool_timeout: hour,
        },
        max_live: 2,
        close_after: hour,
        retention: None,
        notes: "demo".into(),
        allowed_tools: None,
        disallowed_tools: Vec::new(),
        power: false,
        mcp_servers: Default::default(),
        mcp_timeout: Duration::from_secs(10),
        trusted: Vec::new(),
    }
}

/// Makes a session.
pub(crate) fn create(client: &Client) -> Value {
    client.start_request("session/create", json!({})).result()["session"]["id"].take()
}

/// Says something in it.
pub(crate) fn say(client: &Client, session: &Value) -> Pending {
    client.start_request("message/send", json!({"sessionId": session, "content": "Make it"}))
}

/// Goes on with it.
pub(crate) fn attach(client: &Client, session: &Value) {
    client.start_request("session/create", json!({"resumeSessionId": session})).result();
}
