//! The subscriptions of a client: each streams a session's events under a token of its own.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};

use super::lock;
use super::outbox::Outbox;
use super::peer::Peer;
use super::progress::{event_head, value_head};
use super::reply::to_json;
use super::tokens::{Json, Lease};
use crate::error::{Error, Result};
use crate::ids::SessionId;
use crate::protocol::message::ProgressToken;
use crate::protocol::subscription::EndValue;
use crate::service::Service;
use crate::service::sink::{EncodedEvent, EventSink, Offer, Subscriber};

/// The subscriptions of one client.
#[derive(Debug, Default)]
pub(super) struct Subscriptions(Mutex<HashMap<ProgressToken, Arc<Subscription>>>);

/// One of them.
pub(super) struct Subscription {
    outbox: Arc<Outbox>,
    session: SessionId,
    token: ProgressToken,
    /// All of a `$/progress` notification that comes before the event.
    head: String,
    /// Looked at while an event is handed over, so that none comes once it is closed.
    gate: watch::Sender<Gate>,
    subscriptions: Arc<Subscriptions>,
    /// Frees the token where it is given up.
    lease: Mutex<Option<Lease>>,
}

/// Whether events go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// Not yet: the request has no answer.
    Shut,
    Open,
    /// Not any more.
    Closed,
}

/// A subscription that begins. It ends where this is dropped before the request was answered.
pub(super) struct Opening {
    subscription: Arc<Subscription>,
    service: Service,
}

impl Subscriptions {
    /// Begins a subscription, which takes its token into use.
    ///
    /// # Errors
    /// `invalidParams` if the token is in use.
    pub(super) fn begin(peer: &Peer, service: &Service, session: SessionId, token: ProgressToken) -> Result<Opening> {
        let lease = peer.tokens.take(token.clone(), Arc::new(Notify::new()))?;
        let subscription = Arc::new(Subscription {
            outbox: Arc::clone(&peer.outbox),
            session,
            token: token.clone(),
            head: event_head(&lease.json()),
            gate: watch::Sender::new(Gate::Shut),
            subscriptions: Arc::clone(&peer.subscriptions),
            lease: Mutex::new(Some(lease)),
        });
        lock(&peer.subscriptions.0).insert(token, Arc::clone(&subscription));
        Ok(Opening { subscription, service: service.clone() })
    }

    /// Ends the subscription under a token: nothing comes under it any more.
    ///
    /// # Errors
    /// `invalidParams` if there is none.
    pub(super) fn end(&self, service: &Service, token: &ProgressToken) -> Result<()> {
        let found = lock(&self.0).get(token).cloned();
        let Some(subscription) = found else {
            let message = format!("subscriptionToken: no subscription has the token {}", Json(token));
            return Err(Error::invalid_params(message).hint("it may have ended by itself, as `ended` under it says"));
        };
        subscription.finish(service);
        Ok(())
    }

    /// Ends them all: the client is gone.
    pub(super) fn end_all(&self, service: &Service) {
        let all: Vec<_> = lock(&self.0).values().cloned().collect();
        all.iter().for_each(|subscription| subscription.finish(service));
    }
}

impl Opening {
    /// Whom to hand the events to.
    pub(super) fn subscriber(&self) -> Arc<dyn Subscriber> {
        Arc::<Subscription>::clone(&self.subscription)
    }

    /// The request was answered: events go through, unless it was ended meanwhile.
    pub(super) fn open(self) {
        self.subscription.gate.send_if_modified(|gate| {
            let was_shut = *gate == Gate::Shut;
            if was_shut {
                *gate = Gate::Open;
            }
            was_shut
        });
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if *self.subscription.gate.borrow() == Gate::Shut {
            self.subscription.finish(&self.service);
        }
    }
}

impl Subscription {
    /// The client wants no more of it.
    fn finish(&self, service: &Service) {
        self.close();
        service.unsubscribed(self.session);
    }

    /// Lets nothing through any more, and frees the token.
    fn close(&self) {
        // Once: the token may be another's by the next time.
        if self.gate.send_replace(Gate::Closed) == Gate::Closed {
            return;
        }
        lock(&self.subscriptions.0).remove(&self.token);
        drop(lock(&self.lease).take());
    }
}

impl EventSink for Subscription {
    fn offer(&self, event: EncodedEvent<'_>) -> Offer {
        match *self.gate.borrow() {
            Gate::Shut => Offer::Full,
            Gate::Open => self.outbox.offer(&[&self.head, event.json, "}}}"]),
            Gate::Closed => Offer::Gone,
        }
    }

    fn release(&self) {
        self.outbox.release();
    }

    fn has_room(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            let mut gate = self.gate.subscribe();
            // The sender is our own, so that this only ends with another state.
            let is_open = gate.wait_for(|gate| *gate != Gate::Shut).await.is_ok_and(|gate| *gate == Gate::Open);
            if is_open {
                self.outbox.has_room().await;
            }
        })
    }
}

impl Subscriber for Subscription {
    fn is_over(&self) -> bool {
        *self.gate.borrow() == Gate::Closed
    }

    fn end(&self, why: &Error) {
        let is_open = *self.gate.borrow() == Gate::Open;
        if is_open {
            let value = to_json(&EndValue { ended: why.to_data() });
            self.outbox.push(&[&value_head(&Json(&self.token).to_string()), &value, "}}"]);
        }
        self.close();
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.token).field(&*self.gate.borrow()).finish()
    }
}
