//! Subscriptions, in the few words that tests need.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::Bridge;

/// A subscription, and what it brought.
pub(crate) struct Subscription<'a> {
    bridge: &'a Bridge,
    /// Its token.
    pub(crate) token: String,
    /// The answer to the request.
    pub(crate) answer: Value,
    /// The events so far.
    pub(crate) events: Vec<Value>,
}

impl Bridge {
    /// Follows a session from after that event on.
    pub(crate) fn subscribe(&self, session: &str, after_seq: u64) -> Subscription<'_> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let token = format!("subscription-{}", LAST.fetch_add(1, Ordering::Relaxed));
        let params = json!({"sessionId": session, "afterSeq": after_seq, "subscriptionToken": token});
        let answer = self.request("session/subscribe", params);
        Subscription { bridge: self, token, answer, events: Vec::new() }
    }
}

impl Subscription<'_> {
    /// The number of the last event when it began.
    pub(crate) fn last_seq(&self) -> u64 {
        self.answer["lastSeq"].as_u64().expect("lastSeq is a number")
    }

    /// Takes events up to the first that this holds for, and gives that.
    pub(crate) fn until(&mut self, is_last: impl Fn(&Value) -> bool) -> Value {
        self.events.extend(self.bridge.events_until(&self.token, is_last));
        self.events.last().cloned().unwrap_or_default()
    }

    /// Takes events up to the first of this kind, and gives that.
    pub(crate) fn until_kind(&mut self, kind: &str) -> Value {
        self.until(|event| event["kind"] == kind)
    }

    /// Takes events up to that number.
    pub(crate) fn until_seq(&mut self, seq: u64) -> Value {
        self.until(|event| event["seq"].as_u64().is_some_and(|number| number >= seq))
    }

    /// Takes events until the text deltas make up this text.
    pub(crate) fn until_text(&mut self, text: &str) {
        while self.text() != text {
            let event = self.bridge.next_event(&self.token);
            assert!(self.text().len() < text.len(), "{text:?} is not what came: {:?}", self.text());
            self.events.push(event);
        }
    }

    /// What the text deltas so far make up.
    pub(crate) fn text(&self) -> String {
        let deltas = self.events.iter().filter(|event| event["kind"] == "textDelta");
        deltas.filter_map(|event| event["text"].as_str()).collect()
    }

    /// Waits until it ends by itself, and gives the kind of why.
    pub(crate) fn until_ended(&mut self) -> Value {
        loop {
            let mut value = self.bridge.next_progress(&self.token);
            if let Some(ended) = value.get("ended") {
                return ended["kind"].clone();
            }
            self.events.push(value["event"].take());
        }
    }

    /// Ends it; gives what came until then.
    pub(crate) fn end(mut self) -> Vec<Value> {
        self.bridge.request("session/unsubscribe", json!({"subscriptionToken": self.token}));
        let came = self.bridge.progress_so_far(&self.token);
        self.events.extend(came.into_iter().map(|mut value| value["event"].take()));
        self.events
    }
}
