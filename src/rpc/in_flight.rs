//! The client's requests from their arrival to their answer. Here it is seen to that each gets exactly one.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::{AbortHandle, AbortRegistration};
use tokio::sync::Notify;

use super::afterwards::Afterwards;
use super::envelope::Id;
use super::lock;
use crate::error::{Error, ErrorKind, Result};

/// How many requests may be in progress at once.
pub(super) const LIMIT: usize = 1024;

/// The requests of one connection that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    requests: Mutex<Requests>,
    idle: Notify,
}

#[derive(Debug, Default)]
struct Requests {
    by_id: HashMap<Id, Request>,
    /// Tells a request from a later one with the same id.
    last_serial: u64,
}

#[derive(Debug)]
struct Request {
    serial: u64,
    cancellation: Arc<Cancellation>,
}

/// The right to answer one request.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) id: Id,
    pub(super) serial: u64,
    pub(super) cancellation: Arc<Cancellation>,
    pub(super) afterwards: Arc<Afterwards>,
}

/// What `$/cancelRequest` does to a request.
#[derive(Debug)]
pub(super) struct Cancellation {
    how: AtomicU8,
    abort: AbortHandle,
    signal: Notify,
}

impl Cancellation {
    const ABORT: u8 = 0;
    const ASK: u8 = 1;
    const IGNORE: u8 = 2;

    /// From now on the handler is told of a cancellation, ends what it began, and answers itself.
    pub(super) fn ask(&self) {
        self.how.store(Self::ASK, Ordering::Release);
    }

    /// From now on a cancellation is ignored.
    pub(super) fn ignore(&self) {
        self.how.store(Self::IGNORE, Ordering::Release);
    }

    /// Resolves once when the client has cancelled the request, for a handler that is asked.
    pub(super) async fn cancelled(&self) {
        self.signal.notified().await;
    }
}

impl InFlight {
    /// Takes a request in.
    ///
    /// # Errors
    /// `invalidRequest` if its id is that of another one in progress, `overloaded` if there are too many.
    pub(super) fn take(&self, id: Id) -> Result<(Ticket, AbortRegistration), (Id, Error)> {
        let mut requests = lock(&self.requests);
        if requests.by_id.len() >= LIMIT {
            let error = Error::new(ErrorKind::Overloaded, format!("{LIMIT} requests are in progress"));
            return Err((id, error.hint("wait for some of them to be answered").detail("limit", LIMIT)));
        }
        let (abort, registration) = AbortHandle::new_pair();
        let how = AtomicU8::new(Cancellation::ABORT);
        let cancellation = Arc::new(Cancellation { how, abort, signal: Notify::new() });
        let serial = requests.last_serial + 1;
        match requests.by_id.entry(id.clone()) {
            MapEntry::Vacant(entry) => entry.insert(Request { serial, cancellation: Arc::clone(&cancellation) }),
            MapEntry::Occupied(_) => {
                let message = format!("a request with the id {id} is in progress");
                return Err((id, Error::new(ErrorKind::InvalidRequest, message)));
            }
        };
        requests.last_serial = serial;
        Ok((Ticket { id, serial, cancellation, afterwards: Arc::default() }, registration))
    }

    /// Writes the answer of a request, unless it has one, and does what is to be done after it.
    pub(super) fn answer(&self, ticket: &Ticket, write: impl FnOnce(&Id)) {
        let mut requests = lock(&self.requests);
        let has_none = requests.by_id.get(&ticket.id).is_some_and(|request| request.serial == ticket.serial);
        if has_none {
            self.finish(&mut requests, &ticket.id, write);
        }
        drop(requests);
        if has_none {
            ticket.afterwards.run();
        }
    }

    /// Cancels a request. `write` is called where it ends at once and has to be answered.
    pub(super) fn cancel(&self, id: &Id, write: impl FnOnce(&Id)) {
        let mut requests = lock(&self.requests);
        let Some(request) = requests.by_id.get(id) else {
            tracing::debug!("the request {id} was cancelled, which is not in progress");
            return;
        };
        match request.cancellation.how.load(Ordering::Acquire) {
            Cancellation::ASK => request.cancellation.signal.notify_one(),
            Cancellation::IGNORE => tracing::debug!("the request {id} cannot be cancelled"),
            _ => {
                request.cancellation.abort.abort();
                self.finish(&mut requests, id, write);
            }
        }
    }

    /// Ends all requests that are left; `write` answers each.
    pub(super) fn give_up(&self, write: impl Fn(&Id)) {
        let mut requests = lock(&self.requests);
        let ids: Vec<Id> = requests.by_id.keys().cloned().collect();
        for id in ids {
            if let Some(request) = requests.by_id.get(&id) {
                request.cancellation.abort.abort();
            }
            self.finish(&mut requests, &id, &write);
        }
    }

    /// Resolves when every request has its answer.
    pub(super) async fn idle(&self) {
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if lock(&self.requests).by_id.is_empty() {
                return;
            }
            idle.await;
        }
    }

    /// The answer is written before the request is forgotten, so that nobody closes the outbox in between.
    fn finish(&self, requests: &mut Requests, id: &Id, write: impl FnOnce(&Id)) {
        write(id);
        requests.by_id.remove(id);
        if requests.by_id.is_empty() {
            self.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_request_is_answered_once() {
        let (requests, written) = (InFlight::default(), Cell::new(0));
        let (ticket, _registration) = requests.take(Id::Number(1)).unwrap();
        for _ in 0..2 {
            requests.answer(&ticket, |_| written.set(written.get() + 1));
        }
        requests.cancel(&Id::Number(1), |_| written.set(written.get() + 1));
        assert_eq!(written.get(), 1);
    }

    #[test]
    fn a_cancelled_request_does_not_answer_for_a_later_one_of_the_same_id() {
        let (requests, written) = (InFlight::default(), Cell::new(""));
        let (first, _registration) = requests.take(Id::Number(1)).unwrap();
        requests.cancel(&Id::Number(1), |_| written.set("cancelled"));
        let (second, _registration) = requests.take(Id::Number(1)).unwrap();
        requests.answer(&first, |_| written.set("first"));
        assert_eq!(written.get(), "cancelled");
        requests.answer(&second, |_| written.set("second"));
        assert_eq!(written.get(), "second");
    }

    #[test]
    fn an_id_in_progress_and_one_request_too_many_are_refused() {
        let requests = InFlight::default();
        let held: Vec<_> = (0..1023).map(|id| requests.take(Id::Number(id)).unwrap()).collect();
        let (_, error) = requests.take(Id::Number(7)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let _last = requests.take(Id::Number(1023)).unwrap();
        let (_, error) = requests.take(Id::Number(2000)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        requests.answer(&held[5].0, |_| {});
        assert!(requests.take(Id::Number(2000)).is_ok());
    }
}
