//! Rules of the protocol that hold for every stream of every test, so that no test has to say them.

use std::collections::HashMap;

use serde_json::Value;

use super::inbox::token_text;

/// What is known of the streams so far.
#[derive(Default)]
pub(super) struct Invariants {
    streams: HashMap<String, Stream>,
}

#[derive(Default)]
struct Stream {
    is_over: bool,
    last_seq: u64,
    /// Of each item that has deltas, how many bytes of text came.
    lengths: HashMap<String, u64>,
}

/// The parameters in which a request names the streams that it opens.
const TOKENS: [&str; 3] = ["workDoneToken", "partialResultToken", "subscriptionToken"];

impl Invariants {
    /// A request may open streams.
    pub(super) fn request_sent(&mut self, params: &Value) {
        for token in TOKENS.iter().filter_map(|name| params.get(name)) {
            self.streams.insert(token_text(token), Stream::default());
        }
    }

    /// The server may open one, where the client lets it: `window/workDoneProgress/create`.
    pub(super) fn server_request(&mut self, params: &Value) {
        if let Some(token) = params.get("token") {
            self.streams.insert(token_text(token), Stream::default());
        }
    }

    /// The response is the last thing that a request's own streams see; a subscription goes on.
    pub(super) fn request_answered(&mut self, params: &Value) {
        for token in TOKENS[..2].iter().filter_map(|name| params.get(name)) {
            self.streams.entry(token_text(token)).or_default().is_over = true;
        }
    }

    /// Progress comes only under tokens that are open.
    pub(super) fn check_token(&self, token: &str) -> Result<(), String> {
        match self.streams.get(token) {
            None => Err(format!("progress under {token}, a token that nobody gave")),
            Some(stream) if stream.is_over => Err(format!("progress under {token} after the response")),
            Some(_) => Ok(()),
        }
    }

    /// Events rise in number, and each delta goes on where the one before it ended.
    pub(super) fn check_event(&mut self, token: &str, event: &Value) -> Result<(), String> {
        let stream = self.streams.entry(token.to_owned()).or_default();
        let seq = event["seq"].as_u64().ok_or_else(|| format!("an event without a number: {event}"))?;
        if seq <= stream.last_seq {
            return Err(format!("event {seq} came after event {}: {event}", stream.last_seq));
        }
        stream.last_seq = seq;
        let (Some(item), Some(offset), Some(text)) =
            (event["itemId"].as_str(), event["offset"].as_u64(), event["text"].as_str())
        else {
            return Ok(());
        };
        let end = offset + text.len() as u64;
        match stream.lengths.insert(item.to_owned(), end) {
            Some(length) if length != offset => Err(format!("a delta at {offset} follows {length} bytes: {event}")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Invariants;

    fn opened() -> Invariants {
        let mut invariants = Invariants::default();
        invariants.request_sent(&json!({"partialResultToken": "t"}));
        invariants
    }

    fn delta(seq: u64, offset: u64, text: &str) -> Value {
        json!({"seq": seq, "kind": "textDelta", "itemId": "i", "offset": offset, "text": text})
    }

    #[test]
    fn a_token_is_open_from_its_request_to_its_response() {
        let mut invariants = opened();
        assert!(invariants.check_token("other").is_err());
        assert!(invariants.check_token("t").is_ok());
        invariants.request_answered(&json!({"partialResultToken": "t"}));
        assert!(invariants.check_token("t").is_err());
    }

    #[test]
    fn numbers_that_do_not_rise_are_told() {
        let mut invariants = opened();
        assert!(invariants.check_event("t", &json!({"seq": 4})).is_ok());
        assert!(invariants.check_event("t", &json!({"seq": 9})).is_ok());
        assert!(invariants.check_event("t", &json!({"seq": 9})).is_err());
        assert!(invariants.check_event("t", &json!({})).is_err());
    }

    #[test]
    fn a_gap_in_the_deltas_is_told_in_bytes() {
        let mut invariants = opened();
        assert!(invariants.check_event("t", &delta(1, 0, "ü")).is_ok());
        assert!(invariants.check_event("t", &delta(2, 2, "a")).is_ok());
        assert!(invariants.check_event("t", &delta(3, 4, "b")).is_err());
    }
}
