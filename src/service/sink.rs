//! Where a session's events go: the side of a connection that the service sees.

use std::future::Future;
use std::pin::Pin;

use crate::error::Error;
use crate::protocol::event::EventMeta;

/// An event as it goes over the wire, encoded once for all who follow it.
#[derive(Clone, Copy, Debug)]
pub struct EncodedEvent<'a> {
    /// Where and when.
    pub meta: &'a EventMeta,
    /// Its kind, as on the wire.
    pub kind: &'a str,
    /// The whole `SessionEvent` as JSON.
    pub json: &'a str,
    /// What a person is told about it in a line, where it is worth one: "Read src/main.rs".
    pub headline: Option<&'a str>,
}

/// What became of an event that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// The follower has it.
    Taken,
    /// The follower lags; it did not take the event. Offer it again, or let it read the store later.
    Full,
    /// Nobody is there any more.
    Gone,
}

/// A follower of a session's events.
///
/// Never blocks: one that lags says so, and the service sees to it that it gets what it missed, in order.
pub trait EventSink: Send + Sync {
    /// Hands over one event. It may be kept until [`Self::release`], so that what came together goes out together.
    fn offer(&self, event: EncodedEvent<'_>) -> Offer;

    /// Lets go out what was taken.
    fn release(&self);

    /// Resolves when the follower has room again, or is gone. Lets go out what was taken, since room comes of that.
    fn has_room(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// A follower of all events, for as long as it likes.
pub trait Subscriber: EventSink {
    /// Whether it does not want any more.
    fn is_over(&self) -> bool;

    /// There will be no more, and why. Never blocks.
    fn end(&self, why: &Error);
}
