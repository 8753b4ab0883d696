//! What LSP itself defines: its lifecycle, served by tower-lsp.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tower_lsp::jsonrpc::{self, ErrorCode};
use tower_lsp::ls_types::{InitializeParams, InitializeResult, ServerCapabilities, ServerInfo, Uri};
use tower_lsp::{ExitedError, LanguageServer, LspService};
use tower_service::Service as _;

use super::lock;
use super::reply::Reply;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::event::EventBody;
use crate::protocol::lifecycle::{PermissionSupport, ServerCapabilities as BridgeCapabilities};
use crate::redact::Content;
use crate::service::Service;
use crate::service::tools::DeclaredTools;

/// Starts the application when a client initializes the server.
pub trait Boot: Send + Sync {
    /// Starts it for this client. An error is the answer to `initialize`, which may then be tried again.
    fn boot(&self, request: BootRequest) -> BoxFuture<'_, Result<Booted>>;
}

/// What the client said about itself at `initialize`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BootRequest {
    /// `initializationOptions`.
    pub options: Option<Value>,
    /// The first workspace folder, else `rootUri`, where it is a file's.
    pub workspace: Option<PathBuf>,
    /// Who it is.
    pub client: Option<ClientName>,
}

/// `clientInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName {
    /// The client's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
}

/// The application, started.
#[derive(Debug)]
pub struct Booted {
    /// A handle on it.
    pub service: Service,
    /// Whether it serves others too, and goes on when this client has gone.
    pub is_shared: bool,
    /// What the person should know; sent as warnings after the answer to `initialize`.
    pub notices: Vec<String>,
}

/// What an `initialize` that succeeded leaves for the connection.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) booted: Booted,
    pub(super) process_id: Option<u32>,
    pub(super) shows_progress: bool,
    pub(super) permissions: Option<PermissionSupport>,
    pub(super) tools: Arc<DeclaredTools>,
}

/// LSP's side of the server.
pub(super) struct Lsp {
    service: Mutex<LspService<Backend>>,
    outcome: Outcome,
}

/// How the last `initialize` ended, until the connection takes it.
type Outcome = Arc<Mutex<Option<Result<Greeting>>>>;

impl Lsp {
    /// A server that was not initialized, with our own `methods`.
    pub(super) fn new(boot: Arc<dyn Boot>, methods: Vec<String>) -> Self {
        let outcome = Outcome::default();
        let backend = Backend { boot, methods, outcome: Arc::clone(&outcome) };
        // What we ask and tell the client goes through `Peer`, so that tower-lsp's own channel is not needed.
        let (service, _) = LspService::new(|_| backend);
        Self { service: Mutex::new(service), outcome }
    }

    /// Answers a request that is not in our table. `serial` tells it from the others.
    pub(super) fn request(&self, serial: u64, method: &str, params: Option<&RawValue>) -> BoxFuture<'static, Reply> {
        // tower-lsp would take it for the notification, and end without an answer.
        if method == "exit" {
            let error = Error::new(ErrorKind::InvalidRequest, "exit is a notification: it has no id");
            return std::future::ready(Reply::Error(error)).boxed();
        }
        let name = method.to_owned();
        let id = i64::try_from(serial).unwrap_or(i64::MAX);
        let answer = self.call(jsonrpc::Request::build(name.clone()).id(id), method, params);
        async move {
            match answer.await {
                Ok(Some(response)) => response.into_parts().1.map_or_else(
                    |error| Reply::Error(from_tower(&name, &error)),
                    |result| Reply::Result(result.to_string()),
                ),
                Ok(None) => Reply::Error(no_method(&name)),
                Err(error) => Reply::Error(Error::internal(format!("{name}: {error}"))),
            }
        }
        .boxed()
    }

    /// Handles a notification.
    pub(super) fn notify(&self, method: &str, params: Option<&RawValue>) -> BoxFuture<'static, ()> {
        let handled = self.call(jsonrpc::Request::build(method.to_owned()), method, params);
        async move {
            if let Err(error) = handled.await {
                tracing::debug!("a notification is not handled: {}", Content(error));
            }
        }
        .boxed()
    }

    /// How the `initialize` that was answered last ended, if it came as far as booting.
    pub(super) fn take_outcome(&self) -> Option<Result<Greeting>> {
        lock(&self.outcome).take()
    }

    fn call(
        &self,
        request: jsonrpc::RequestBuilder,
        method: &str,
        params: Option<&RawValue>,
    ) -> BoxFuture<'static, Result<Option<jsonrpc::Response>, ExitedError>> {
        let request = match adapt_params(method, params) {
            Some(params) => request.params(params),
            None => request,
        };
        let mut service = lock(&self.service);
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => std::future::ready(Err(error)).boxed(),
            // It never waits: only its transport would put it into the state in which it does.
            Poll::Ready(Ok(())) | Poll::Pending => service.call(request.finish()),
        }
    }
}

/// What tower-lsp would refuse, but clients do send: `initialize` without `capabilities`, `shutdown` with params.
fn adapt_params(method: &str, params: Option<&RawValue>) -> Option<Value> {
    let mut params: Option<Value> = params.and_then(|raw| serde_json::from_str(raw.get()).ok());
    match method {
        "shutdown" => None,
        "initialize" => {
            let params = params.get_or_insert_with(|| Map::new().into());
            if let Some(fields) = params.as_object_mut() {
                fields.entry("capabilities").or_insert_with(|| Map::new().into());
            }
            Some(params.take())
        }
        _ => params,
    }
}

pub(super) fn no_method(name: &str) -> Error {
    Error::new(ErrorKind::MethodNotFound, format!("there is no method {name}"))
        .hint("the answer to initialize lists the methods")
}

fn from_tower(method: &str, error: &jsonrpc::Error) -> Error {
    match error.code {
        ErrorCode::MethodNotFound => no_method(method),
        ErrorCode::InvalidParams => Error::invalid_params(format!("the params of {method}: {}", error.message)),
        ErrorCode::InvalidRequest => Error::new(ErrorKind::InvalidRequest, format!("{method}: {}", error.message)),
        _ => Error::internal(format!("{method}: {} (code {})", error.message, error.code)),
    }
}

struct Backend {
    boot: Arc<dyn Boot>,
    methods: Vec<String>,
    outcome: Outcome,
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> jsonrpc::Result<InitializeResult> {
        let window = params.capabilities.window.as_ref();
        let shows_progress = window.and_then(|window| window.work_done_progress).unwrap_or(false);
        let process_id = params.process_id;
        let ours = params.capabilities.experimental.as_ref().and_then(|experimental| experimental.get("claudeBridge"));
        let (permissions, tools) = (permission_support(ours), declared_tools(ours));
        let greeting = match tools {
            Ok(tools) => self.boot.boot(boot_request(params)).await.map(|booted| (booted, tools)),
            Err(error) => Err(error),
        };
        let answer = match &greeting {
            Ok((booted, _)) => Ok(self.answer(&booted.service)),
            // The connection answers with the error itself.
            Err(_) => Err(jsonrpc::Error::internal_error()),
        };
        let greeting =
            greeting.map(|(booted, tools)| Greeting { booted, process_id, shows_progress, permissions, tools });
        *lock(&self.outcome) = Some(greeting);
        answer
    }

    async fn shutdown(&self) -> jsonrpc::Result<()> {
        Ok(())
    }
}

impl Backend {
    fn answer(&self, service: &Service) -> InitializeResult {
        let bridge = BridgeCapabilities {
            protocol_version: PROTOCOL_VERSION,
            methods: self.methods.clone(),
            modes: service.modes(),
            events: EventBody::KINDS.map(str::to_owned).to_vec(),
        };
        let experimental = Some(json!({ "claudeBridge": bridge }));
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        InitializeResult {
            server_info: Some(ServerInfo { name: env!("CARGO_PKG_NAME").to_owned(), version }),
            capabilities: ServerCapabilities { experimental, ..ServerCapabilities::default() },
            ..InitializeResult::default()
        }
    }
}

/// Where a client says what it can do that is not LSP's own.
const CAPABILITIES: &str = "capabilities.experimental.claudeBridge";

/// How the client answers permissions. What cannot be read may be a newer way, and is as good as absent.
fn permission_support(ours: Option<&Value>) -> Option<PermissionSupport> {
    let support = ours?.get("permissions").filter(|support| !support.is_null())?;
    serde_path_to_error::deserialize(support)
        .inspect_err(|problem| tracing::warn!("{CAPABILITIES}.permissions does not count: {problem}"))
        .ok()
}

/// The client's tools. One that is no good is its author's mistake, who is told of it at once: Claude would have to do
/// without it, or every request to the API would fail.
fn declared_tools(ours: Option<&Value>) -> Result<Arc<DeclaredTools>> {
    let Some(tools) = ours.and_then(|ours| ours.get("tools")).filter(|tools| !tools.is_null()) else {
        return Ok(Arc::default());
    };
    let place = format!("{CAPABILITIES}.tools");
    let definitions = serde_path_to_error::deserialize(tools).map_err(|problem| {
        let path = problem.path().to_string();
        let at = if path == "." { String::new() } else { path };
        Error::invalid_params(format!("{place}{at}: {}", problem.inner()))
            .hint("a tool has a name, a description and an inputSchema")
    })?;
    DeclaredTools::new(definitions, &place)
}

fn boot_request(params: InitializeParams) -> BootRequest {
    let folder = params.workspace_folders.unwrap_or_default().into_iter().next().map(|folder| folder.uri);
    #[expect(deprecated, reason = "older clients have no workspace folders")]
    let root = folder.or(params.root_uri);
    BootRequest {
        options: params.initialization_options,
        workspace: root.as_ref().and_then(file_path),
        client: params.client_info.map(|client| ClientName { name: client.name, version: client.version }),
    }
}

fn file_path(uri: &Uri) -> Option<PathBuf> {
    if !uri.scheme().as_str().eq_ignore_ascii_case("file") {
        tracing::warn!("the workspace {} is not in the file system", uri.as_str());
        return None;
    }
    uri.to_file_path().map(Into::into)
}
