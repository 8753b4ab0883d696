//! The server, as a child process, and the client that speaks to it: what an editor does.

mod complaints;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::cli::SettingArgs;
use crate::error::{Error, ErrorData, Result};
use crate::protocol::event::NoticeLevel;
use crate::protocol::lifecycle::{ClientCapabilities, PermissionSupport, ServerCapabilities};
use crate::protocol::session::Mode;
use crate::rpc::client::{CONNECTION_CLOSED, Client, FromServer, Incoming, Pending, RpcError};
use crate::rpc::method::Method;
use complaints::Complaints;

/// How long the server has to answer `shutdown`, and then to go: it takes 1.5 seconds at most for either.
const PATIENCE: Duration = Duration::from_secs(3);

/// JSON-RPC's code for a method that is not there.
const NO_METHOD: i64 = -32601;

/// A server that runs and was initialized.
pub(super) struct Connection {
    client: Client,
    incoming: Incoming,
    server: Child,
    /// What the server writes to stderr, unless the person wants to see it.
    complaints: Option<Complaints>,
    /// What the server said of itself.
    capabilities: Option<ServerCapabilities>,
}

/// How the server is started, and what it is told at `initialize`.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// Who speaks to it, for people: `claude-bridge chat`.
    pub(super) client: &'static str,
    pub(super) arguments: Vec<OsString>,
    /// Whether its log is wanted on the terminal.
    pub(super) shows_log: bool,
    /// Whether there is a person who can be asked for a permission.
    pub(super) asks: bool,
    /// `initializationOptions`.
    pub(super) options: Value,
}

/// What came from the server without having been asked for.
pub(super) enum Heard {
    /// An event of a session, as it was sent.
    Event(Value),
    /// Something a person should know.
    Notice(NoticeLevel, String),
}

impl Start {
    /// For a command that asks nobody and shows nothing on the way.
    pub(super) fn quiet(client: &'static str, settings: &SettingArgs) -> Self {
        let shows_log = settings.log_level().is_some();
        Self { client, arguments: settings.to_arguments(), shows_log, asks: false, options: Value::Null }
    }
}

impl Connection {
    /// Starts the server for the folder that this process is in.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) async fn open_here(start: &Start) -> Result<Self> {
        let folder = std::env::current_dir()
            .map_err(|error| Error::internal(format!("the folder of this process cannot be found: {error}")))?;
        Self::open(start, &folder).await
    }

    /// Starts the server, for the folder that this is about.
    ///
    /// # Errors
    /// If it cannot be started, or refuses to serve.
    pub(super) async fn open(start: &Start, folder: &Path) -> Result<Self> {
        let mut connection = spawn(start).map_err(|error| {
            Error::internal(format!("the server, which is this program, cannot be started: {error}"))
        })?;
        let uri = file_uri(folder);
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        // A permission is then an event among the others, in their order, and so is its end.
        let permissions = start.asks.then_some(PermissionSupport::Poll);
        let ours = ClientCapabilities { permissions, tools: Vec::new() };
        let hello = json!({
            "processId": std::process::id(),
            "clientInfo": {"name": start.client, "version": env!("CARGO_PKG_VERSION")},
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": name}],
            "capabilities": {"experimental": {"claudeBridge": ours}},
            "initializationOptions": start.options,
        });
        let hello = connection.client.request_raw("initialize", hello).await;
        let mut hello = hello.map_err(|error| connection.told(&error))?;
        let theirs = hello["capabilities"]["experimental"]["claudeBridge"].take();
        connection.capabilities = serde_json::from_value(theirs).ok();
        connection.client.notify("initialized", &json!({}));
        Ok(connection)
    }

    /// The modes that a session can be in here.
    pub(super) fn modes(&self) -> &[Mode] {
        self.capabilities.as_ref().map_or(&[], |capabilities| &capabilities.modes)
    }

    /// Calls a method and waits for its answer.
    pub(super) async fn request<M: Method>(&self, params: M::Params) -> Result<M::Result> {
        self.client.request::<M>(params).await.map_err(|error| self.told(&error))
    }

    /// Calls a method, to wait for its answer later.
    pub(super) fn send<M: Method>(&self, params: &M::Params) -> Pending {
        self.client.send(M::NAME, params)
    }

    /// Waits for what comes next; `None` once the server is gone.
    pub(super) async fn hear(&mut self) -> Option<Heard> {
        loop {
            let message = self.incoming.recv().await?;
            if let Some(heard) = self.understand(message) {
                return Some(heard);
            }
        }
    }

    /// What came already.
    pub(super) fn heard(&mut self) -> Vec<Heard> {
        let messages: Vec<FromServer> = std::iter::from_fn(|| self.incoming.try_recv().ok()).collect();
        messages.into_iter().filter_map(|message| self.understand(message)).collect()
    }

    /// Why a request failed.
    pub(super) fn told(&self, error: &RpcError) -> Error {
        if error.code != CONNECTION_CLOSED {
            return read_error(error);
        }
        let ended = Error::internal("the server ended before it had answered");
        match self.complaints.as_ref().map(Complaints::text).filter(|text| !text.is_empty()) {
            Some(text) => ended.hint(format!("it said: {text}")),
            None => ended.hint("--log-level=debug shows what it does"),
        }
    }

    /// Ends the server.
    ///
    /// # Errors
    /// If it would not go.
    pub(super) async fn close(mut self) -> Result<()> {
        let shutdown = self.client.request_raw("shutdown", Value::Null);
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, shutdown).await {
            self.client.notify("exit", &Value::Null);
        }
        self.client.close(PATIENCE).await;
        match tokio::time::timeout(PATIENCE, self.server.wait()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Error::internal(format!("the server's end cannot be waited for: {error}"))),
            Err(_) => Err(Error::internal(format!("the server did not end within {PATIENCE:?} and was killed"))),
        }
    }

    fn understand(&self, message: FromServer) -> Option<Heard> {
        match message {
            FromServer::Notification { method, params } => notification(&method, params),
            FromServer::Request { id, method, .. } => {
                self.client.refuse(&id, NO_METHOD, &format!("this client has no {method}"));
                None
            }
            FromServer::Unreadable(text) => {
                Some(Heard::Notice(NoticeLevel::Error, format!("the server said something unreadable: {text}")))
            }
        }
    }
}

fn spawn(server: &Start) -> std::io::Result<Connection> {
    // Pipes of the standard library block, which is what the client's threads need.
    let (stdin, to_server) = std::io::pipe()?;
    let (from_server, stdout) = std::io::pipe()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--stdio").args(&server.arguments).stdin(stdin).stdout(stdout).kill_on_drop(true);
    let complaints = if server.shows_log {
        None
    } else {
        let (from_server, stderr) = std::io::pipe()?;
        command.stderr(stderr);
        Some(Complaints::of(from_server)?)
    };
    // Ctrl-C is for us: the server is told what to do about it.
    #[cfg(unix)]
    command.process_group(0);
    let server = command.spawn()?;
    // The server alone holds its ends of the pipes, so that each side sees the other's end.
    drop(command);
    let (client, incoming) = Client::over(from_server, to_server)?;
    Ok(Connection { client, incoming, server, complaints, capabilities: None })
}

fn notification(method: &str, mut params: Value) -> Option<Heard> {
    match method {
        "$/progress" => Some(params["value"]["event"].take()).filter(|event| !event.is_null()).map(Heard::Event),
        "window/logMessage" | "window/showMessage" => {
            let level = match params["type"].as_u64() {
                Some(1) => NoticeLevel::Error,
                Some(2) => NoticeLevel::Warning,
                _ => NoticeLevel::Info,
            };
            Some(Heard::Notice(level, params["message"].as_str()?.to_owned()))
        }
        _ => None,
    }
}

/// What the server answered, as an error of our own.
fn read_error(error: &RpcError) -> Error {
    let data: Option<ErrorData> = error.data.clone().and_then(|data| serde_json::from_value(data).ok());
    let Some(data) = data else { return Error::internal(error.to_string()) };
    let ours = Error::new(data.kind, error.message.clone());
    let ours = data.details.into_iter().fold(ours, |ours, (name, value)| ours.detail(&name, value));
    match data.hint {
        Some(hint) => ours.hint(hint),
        None => ours,
    }
}

fn file_uri(path: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escape = |byte: &u8| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let escaped: String = path.as_os_str().as_encoded_bytes().iter().map(escape).collect();
    format!("file://{escaped}")
}

#[cfg(test)]
mod tests {
    use crate::error::ErrorKind;

    use super::*;

    #[test]
    fn a_folder_with_spaces_and_umlauts_becomes_a_uri() {
        assert_eq!(file_uri(Path::new("/a b/ü#?%")), "file:///a%20b/%C3%BC%23%3F%25");
    }

    #[test]
    fn an_error_of_the_server_keeps_its_kind_its_hint_and_its_facts() {
        let error = Error::new(ErrorKind::CliNotFound, "no claude").hint("install it").detail("searched", vec!["/a"]);
        let mut data = serde_json::to_value(error.to_data()).unwrap();
        let answer = RpcError { code: 1020, message: "no claude".to_owned(), data: Some(data.clone()) };
        assert_eq!(read_error(&answer), error);
        data["kind"] = json!("brandNew");
        let answer = RpcError { data: Some(data), ..answer };
        assert_eq!(read_error(&answer).message(), "no claude (code 1020)");
    }

    #[test]
    fn of_what_the_server_says_events_and_messages_are_heard() {
        let event = notification("$/progress", json!({"token": "t", "value": {"event": {"kind": "x"}}}));
        assert!(matches!(event, Some(Heard::Event(event)) if event == json!({"kind": "x"})));
        let message = notification("window/logMessage", json!({"type": 2, "message": "careful"}));
        assert!(matches!(message, Some(Heard::Notice(NoticeLevel::Warning, text)) if text == "careful"));
        assert!(notification("$/progress", json!({"token": "t", "value": {"kind": "begin"}})).is_none());
        assert!(notification("telemetry/event", json!({})).is_none());
    }
}
