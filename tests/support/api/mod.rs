//! A stand-in for the Messages API, on loopback, in the test's own process.
//!
//! It answers the requests of a conversation with the replies that the test scripted, in order, and echoes the last
//! user text where the script has nothing for it. It records every request, so that a test can say what reached the
//! model.

mod reply;
mod request;
mod server;
mod sse;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub(crate) use reply::{Gate, Reply};
pub(crate) use request::Request;

use super::DEADLINE;

/// The running stand-in. Dropping it stops it, and fails the test if a scripted reply was never asked for.
pub(crate) struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The server stops when this is dropped.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// What the test and the server share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    script: VecDeque<Scripted>,
    /// The conversation that was refused last, and how.
    refused: Option<(Vec<String>, Reply)>,
    conversation: Vec<Request>,
    side: Vec<Request>,
}

/// A reply, and what it is for.
struct Scripted {
    /// Words of the last message that it answers; any message where there are none.
    to: Option<String>,
    reply: Reply,
}

impl Api {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
        let address = listener.local_addr().expect("the listener's address");
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let for_server = Arc::clone(&shared);
        let thread = std::thread::spawn(move || server::run(listener, for_server, stopped));
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// What `ANTHROPIC_BASE_URL` has to be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Scripts the answer to the next request of a conversation that has none yet.
    pub(crate) fn reply(&self, reply: impl Into<Reply>) {
        self.shared.lock().script.push_back(Scripted { to: None, reply: reply.into() });
    }

    /// Scripts the answer to the next request whose last message has these words: several conversations at once reach
    /// the API in no certain order.
    pub(crate) fn reply_to(&self, words: &str, reply: impl Into<Reply>) {
        self.shared.lock().script.push_back(Scripted { to: Some(words.to_owned()), reply: reply.into() });
    }

    /// The requests of conversations so far, oldest first.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().conversation.clone()
    }

    /// The latest request of a conversation.
    pub(crate) fn last_request(&self) -> Request {
        self.shared.lock().conversation.last().cloned().expect("no request has reached the API")
    }

    /// What the CLI asked beside the conversation: titles, summaries of what it sees.
    pub(crate) fn side_requests(&self) -> Vec<Request> {
        self.shared.lock().side.clone()
    }

    /// Waits until `count` requests of conversations have come.
    pub(crate) fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        let state = self.shared.lock();
        let (state, waited) = self
            .shared
            .changed
            .wait_timeout_while(state, DEADLINE, |state| state.conversation.len() < count)
            .expect("no thread panicked with the lock");
        assert!(!waited.timed_out(), "waited for {count} requests to the API; {} came", state.conversation.len());
        state.conversation.clone()
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no thread panicked with the lock")
    }

    /// An id for the next message.
    fn next_id(&self) -> String {
        let state = self.lock();
        format!("msg_{:04}", state.conversation.len() + state.side.len())
    }

    /// Records a request and decides what answers it.
    fn take(&self, request: Request) -> Reply {
        let mut state = self.lock();
        let reply = if request.is_side_request() {
            state.side.push(request);
            Reply::text("beside the conversation")
        } else {
            let reply = state.answer(&request);
            state.conversation.push(request);
            reply
        };
        self.changed.notify_all();
        reply
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let conversation = request.conversation_texts();
        if let Some((_, refusal)) = self.refused.as_ref().filter(|(refused, _)| *refused == conversation) {
            return refusal.clone();
        }
        let echo = || Reply::text(format!("echo: {}", request.last_user_text()));
        let reply = self.next_reply(request).unwrap_or_else(echo);
        self.refused = reply.answers_every_try().then(|| (conversation, reply.clone()));
        reply
    }

    /// The next reply of the script to this request; one that is to be given several times stays in place until then.
    fn next_reply(&mut self, request: &Request) -> Option<Reply> {
        let answers = |scripted: &Scripted| scripted.to.as_ref().is_none_or(|words| request.asks(words));
        let at = self.script.iter().position(answers)?;
        let next = &mut self.script[at].reply;
        if next.is_for_one_more_after_this() {
            return Some(next.clone());
        }
        self.script.remove(at).map(|scripted| scripted.reply)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        if std::thread::panicking() {
            return;
        }
        assert!(!matches!(ended, Some(Err(_))), "the stand-in API panicked");
        let left = self.shared.lock().script.len();
        assert_eq!(left, 0, "{left} scripted replies were never asked for");
    }
}
