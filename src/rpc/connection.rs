//! The core of a connection: looks at the client's messages in the order they came, and starts what they ask for.

use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context as TaskContext, Waker};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{AbortRegistration, Abortable};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::context::Context;
use super::envelope::{self, Id, Message};
use super::framing::Framed;
use super::in_flight::{self, InFlight, Ticket};
use super::in_order::InOrder;
use super::lock;
use super::lsp::{Boot, Greeting, Lsp, no_method};
use super::outbox::Outbox;
use super::parent;
use super::peer::Peer;
use super::reply::Reply;
use super::server::Ended;
use super::table::Table;
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::message::ProgressToken;
use crate::redact::Content;
use crate::service::Service;

/// One client and what it has going on.
pub(super) struct Connection {
    table: &'static Table,
    lsp: Lsp,
    pub(super) peer: Arc<Peer>,
    pub(super) in_flight: InFlight,
    notifications: InOrder,
    service: OnceLock<Service>,
    /// Whether the application goes on without this client; known once it is initialized.
    is_shared: OnceLock<bool>,
    /// Held while a message is looked at, so that the order of arrival is the order of start.
    phase: Mutex<Phase>,
    ended: watch::Sender<Option<Ended>>,
    runtime: Handle,
}

/// How far the connection's life has come.
#[derive(Debug)]
enum Phase {
    Uninitialized,
    /// `initialize` is in progress; what came after it waits.
    Initializing(Vec<Held>),
    Ready,
    /// The client sent `shutdown`.
    ShutDown,
    /// The server goes down, whatever the client wants.
    Ending,
}

/// A message that waits for `initialize`.
#[derive(Debug)]
enum Held {
    Request(Request),
    Notification { method: String, params: Option<Box<RawValue>> },
}

impl Held {
    fn is_shutdown(&self) -> bool {
        matches!(self, Self::Request(request) if request.method == "shutdown")
    }
}

#[derive(Debug)]
struct Request {
    ticket: Ticket,
    registration: AbortRegistration,
    method: String,
    params: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct CancelParams<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
}

#[derive(Deserialize)]
struct TokenParams {
    token: ProgressToken,
}

impl Connection {
    /// A connection that answers into `outbox`, within the current tokio runtime.
    pub(super) fn new(table: &'static Table, boot: Arc<dyn Boot>, outbox: Arc<Outbox>) -> Arc<Self> {
        let runtime = Handle::current();
        Arc::new(Self {
            table,
            lsp: Lsp::new(boot, table.names()),
            peer: Peer::new(outbox),
            in_flight: InFlight::default(),
            notifications: InOrder::new(&runtime),
            service: OnceLock::new(),
            is_shared: OnceLock::new(),
            phase: Mutex::new(Phase::Uninitialized),
            ended: watch::Sender::new(None),
            runtime,
        })
    }

    /// Takes the next thing the client sent. Called from one thread, in order.
    pub(super) fn receive(self: &Arc<Self>, framed: Framed<'_>) {
        let mut phase = lock(&self.phase);
        match framed {
            Framed::Message(body) => {
                tracing::trace!("from the client: {}", Content(String::from_utf8_lossy(body)));
                match envelope::parse(body) {
                    Ok(message) => self.take(&mut phase, message),
                    Err(refused) => self.refuse(refused.id.as_ref(), refused.error),
                }
            }
            Framed::Garbage(what) => self.refuse(None, Error::new(ErrorKind::ParseError, format!("no frame: {what}"))),
            Framed::TooLarge { length, limit } => {
                let message = format!("a message of {length} bytes is over the limit of {limit}");
                self.refuse(None, Error::new(ErrorKind::PayloadTooLarge, message).detail("limit", limit));
            }
        }
    }

    /// Ends the connection; the first reason counts.
    pub(super) fn end(&self, why: Ended) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(why);
            first
        });
    }

    /// Why the connection ended, if it did.
    pub(super) fn has_ended(&self) -> Option<Ended> {
        self.ended.borrow().clone()
    }

    /// Waits for the connection's end.
    pub(super) async fn ended(&self) -> Ended {
        let mut ended = self.ended.subscribe();
        loop {
            if let Some(why) = ended.borrow_and_update().clone() {
                return why;
            }
            if ended.changed().await.is_err() {
                return Ended::EndOfInput;
            }
        }
    }

    /// The application, where the client has initialized it and it ends with the client.
    pub(super) fn own_service(&self) -> Option<&Service> {
        self.service.get().filter(|_| self.is_shared.get() == Some(&false))
    }

    /// From now on every request is refused with `shuttingDown`, those included that wait for `initialize`.
    pub(super) fn stop_admitting(&self) {
        let before = mem::replace(&mut *lock(&self.phase), Phase::Ending);
        if let Phase::Initializing(held) = before {
            for message in held {
                if let Held::Request(request) = message {
                    self.answer(&request.ticket, &Reply::Error(shutting_down()));
                }
            }
        }
    }

    /// Answers what is still in progress with `shuttingDown`, and ends what the client has going on: nobody is there.
    pub(super) fn give_up(&self) {
        self.in_flight.give_up(|id| Reply::Error(shutting_down()).write(Some(id), &self.peer.outbox));
        self.peer.calls.close();
        if let Some(service) = self.service.get() {
            self.peer.subscriptions.end_all(service);
        }
    }

    fn take(self: &Arc<Self>, phase: &mut Phase, message: Message<'_>) {
        match message {
            Message::Response { id, outcome } => self.peer.calls.answer(&id, outcome),
            Message::Notification { method, params } => self.notification(phase, method, params),
            Message::Request { id, method, params } => match self.in_flight.take(id) {
                Err((id, error)) => self.refuse(Some(&id), error),
                Ok((ticket, registration)) => {
                    let params = params.map(RawValue::to_owned);
                    self.request(phase, Request { ticket, registration, method, params });
                }
            },
        }
    }

    fn request(self: &Arc<Self>, phase: &mut Phase, request: Request) {
        if let Phase::Initializing(held) = phase
            && request.method != "initialize"
        {
            held.push(Held::Request(request));
            return;
        }
        match admit(phase, &request.method) {
            Err(error) => self.answer(&request.ticket, &Reply::Error(error)),
            Ok(()) if request.method == "initialize" => self.initialize(phase, request),
            Ok(()) => self.start(phase, request),
        }
    }

    /// Starts a request: polls it once in place, so that requests start in the order they came.
    fn start(self: &Arc<Self>, phase: &mut Phase, request: Request) {
        if request.method == "shutdown" {
            *phase = Phase::ShutDown;
        }
        let Request { ticket, registration, method, params } = request;
        let work = self.handler(&ticket, &method, params.as_deref());
        let work = Abortable::new(guard(work), registration);
        let connection = Arc::clone(self);
        let mut task = Box::pin(async move {
            // A request that was aborted has its answer.
            if let Ok(reply) = work.await {
                connection.answer(&ticket, &reply);
            }
        });
        let _runtime = self.runtime.enter();
        if task.as_mut().poll_unpin(&mut TaskContext::from_waker(Waker::noop())).is_pending() {
            self.runtime.spawn(task);
        }
    }

    fn handler(&self, ticket: &Ticket, method: &str, params: Option<&RawValue>) -> BoxFuture<'static, Reply> {
        if let Some(service) = self.service.get() {
            let (service, peer) = (service.clone(), Arc::clone(&self.peer));
            let (cancellation, afterwards) = (Arc::clone(&ticket.cancellation), Arc::clone(&ticket.afterwards));
            let context = Context { service, peer, cancellation, afterwards };
            if let Some(answer) = self.table.call(method, params, context) {
                return answer.boxed();
            }
        }
        if method.starts_with("$/") {
            return std::future::ready(Reply::Error(no_method(method))).boxed();
        }
        self.lsp.request(ticket.serial, method, params)
    }

    /// Starts `initialize`. It is never run in place: starting the application takes a while.
    fn initialize(self: &Arc<Self>, phase: &mut Phase, request: Request) {
        *phase = Phase::Initializing(Vec::new());
        let Request { ticket, method, params, .. } = request;
        ticket.cancellation.ignore();
        let work = guard(self.lsp.request(ticket.serial, &method, params.as_deref()));
        let connection = Arc::clone(self);
        self.runtime.spawn(async move {
            let reply = work.await;
            connection.initialized(&ticket, reply);
        });
    }

    /// Answers `initialize` and goes on with what came after it.
    fn initialized(self: &Arc<Self>, ticket: &Ticket, reply: Reply) {
        let mut phase = lock(&self.phase);
        let (reply, greeting) = match self.lsp.take_outcome() {
            Some(Err(error)) => (Reply::Error(error), None),
            Some(Ok(greeting)) if reply.is_ok() => (reply, Some(greeting)),
            _ => (reply, None),
        };
        let next = if greeting.is_some() { Phase::Ready } else { Phase::Uninitialized };
        let held = match mem::replace(&mut *phase, next) {
            Phase::Initializing(held) => held,
            ending => {
                *phase = ending;
                Vec::new()
            }
        };
        let warnings = greeting.map_or_else(Vec::new, |greeting| self.greet(greeting));
        self.answer(ticket, &reply);
        for warning in warnings {
            self.peer.warn(warning);
        }
        self.tell_of_history();
        for message in held {
            match message {
                Held::Request(request) => self.request(&mut phase, request),
                Held::Notification { method, params } => self.notification(&mut phase, method, params.as_deref()),
            }
        }
    }

    /// Keeps what `initialize` brought; returns what the person should know.
    fn greet(self: &Arc<Self>, greeting: Greeting) -> Vec<String> {
        self.service.get_or_init(|| greeting.booted.service);
        self.is_shared.get_or_init(|| greeting.booted.is_shared);
        self.peer.shows_progress.get_or_init(|| greeting.shows_progress);
        self.peer.permissions.get_or_init(|| greeting.permissions);
        self.peer.tools.get_or_init(|| greeting.tools);
        if let Some(pid) = greeting.process_id {
            let connection = Arc::downgrade(self);
            self.runtime.spawn(async move {
                parent::ended(pid).await;
                if let Some(connection) = connection.upgrade() {
                    connection.end(Ended::ParentGone);
                }
            });
        }
        greeting.booted.notices
    }

    /// Tells the person, once the history is open, if it is not the one that was there.
    fn tell_of_history(&self) {
        let Some(service) = self.service.get().cloned() else { return };
        let peer = Arc::clone(&self.peer);
        self.runtime.spawn(async move {
            if let Some(warning) = service.history_warning().await {
                peer.show_warning(warning);
            }
        });
    }

    fn notification(&self, phase: &mut Phase, method: String, params: Option<&RawValue>) {
        match (method.as_str(), phase) {
            ("exit", Phase::ShutDown) => self.end(Ended::ExitAfterShutdown),
            // A client that waits for no answers says all it has to say at once.
            ("exit", Phase::Initializing(held)) if held.iter().any(Held::is_shutdown) => {
                self.end(Ended::ExitAfterShutdown);
            }
            ("exit", _) => self.end(Ended::ExitWithoutShutdown),
            ("$/cancelRequest", _) => self.cancel(params),
            ("window/workDoneProgress/cancel", _) => self.cancel_progress(params),
            (name, _) if name.starts_with("$/") => tracing::debug!("the notification {name} is ignored"),
            (_, Phase::Initializing(held)) if held.len() < 2 * in_flight::LIMIT => {
                held.push(Held::Notification { method, params: params.map(RawValue::to_owned) });
            }
            (name, Phase::Ready) => self.notifications.run(self.lsp.notify(name, params)),
            (name, _) => tracing::debug!("the notification {name} is ignored: the server is not ready for it"),
        }
    }

    fn cancel(&self, params: Option<&RawValue>) {
        let params: Option<CancelParams<'_>> = params.and_then(|params| serde_json::from_str(params.get()).ok());
        let Some(id) = params.and_then(|params| Id::parse(params.id)) else {
            tracing::warn!("a $/cancelRequest names no request");
            return;
        };
        self.in_flight.cancel(&id, |id| {
            let error = Error::new(ErrorKind::RequestCancelled, "the request was cancelled");
            Reply::Error(error).write(Some(id), &self.peer.outbox);
        });
    }

    fn cancel_progress(&self, params: Option<&RawValue>) {
        match params.map(|params| serde_json::from_str::<TokenParams>(params.get())) {
            Some(Ok(params)) => self.peer.tokens.cancel(&params.token),
            _ => tracing::warn!("a window/workDoneProgress/cancel names no token"),
        }
    }

    /// The one place where a request that was taken in is answered.
    fn answer(&self, ticket: &Ticket, reply: &Reply) {
        self.in_flight.answer(ticket, |id| reply.write(Some(id), &self.peer.outbox));
    }

    /// Answers what was never taken in.
    fn refuse(&self, id: Option<&Id>, error: Error) {
        Reply::Error(error).write(id, &self.peer.outbox);
    }
}

/// Whether a request may come now.
fn admit(phase: &Phase, method: &str) -> Result<()> {
    let refuse = |kind, message: &str| Err(Error::new(kind, message));
    match (phase, method) {
        (Phase::Uninitialized, "initialize") => Ok(()),
        (Phase::Uninitialized, _) => {
            Err(Error::new(ErrorKind::ServerNotInitialized, format!("{method} came before initialize"))
                .hint("send initialize first"))
        }
        (Phase::ShutDown, _) => refuse(ErrorKind::InvalidRequest, "the server was shut down: only exit may follow"),
        (Phase::Ending, _) => Err(shutting_down()),
        (_, "initialize") => refuse(ErrorKind::InvalidRequest, "initialize may be sent only once"),
        (Phase::Initializing(_) | Phase::Ready, _) => Ok(()),
    }
}

fn shutting_down() -> Error {
    Error::new(ErrorKind::ShuttingDown, "the server is going down")
}

/// Turns a panic into an answer.
fn guard(work: BoxFuture<'static, Reply>) -> impl Future<Output = Reply> + Send {
    AssertUnwindSafe(work)
        .catch_unwind()
        .map(|reply| reply.unwrap_or_else(|_| Reply::Error(Error::internal("the method's handler panicked"))))
}
