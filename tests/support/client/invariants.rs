//! Rules of the protocol that hold for every stream of every test, so that no test has to say them.

use std::collections::HashMap;

use serde_json::Value;

use super::inbox::token_key;

/// What is known of the streams so far.
#[derive(Default)]
pub(super) struct Invariants {
    streams: HashMap<String, Stream>,
}

#[derive(Default)]
struct Stream {
    /// The request that opened it; none where the server did.
    owner: Option<u64>,
    is_over: bool,
    last_seq: u64,
    /// Of each item that has deltas, how many bytes of text came.
    lengths: HashMap<String, u64>,
    /// Whether the turn that the stream is about has begun and not ended.
    in_turn: bool,
    work_done: WorkDone,
    /// The stream of the same request's events.
    events: Option<String>,
    /// Of a subscription: what its request asked for.
    subscription: Option<Subscription>,
}

/// What a `session/subscribe` asked for.
struct Subscription {
    session: Value,
    answered: bool,
}

/// How far work-done progress has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum WorkDone {
    #[default]
    Nothing,
    Begun,
    Ended,
}

/// The parameters in which a request names the streams that it opens.
const TOKENS: [&str; 3] = ["workDoneToken", "partialResultToken", "subscriptionToken"];

impl Invariants {
    /// A request may open streams. A token that is in use stays with the request that has it.
    pub(super) fn request_sent(&mut self, id: u64, params: &Value) {
        let events = params.get("partialResultToken").map(token_key);
        for token in tokens(params, &TOKENS) {
            if self.streams.get(&token).is_none_or(|stream| stream.is_over) {
                let stream = Stream { owner: Some(id), events: events.clone(), ..Stream::default() };
                self.streams.insert(token, stream);
            }
        }
        if let Some(token) = params.get("subscriptionToken").filter(|_| params.get("sessionId").is_some()) {
            self.subscription_asked(id, &token_key(token), params);
        }
    }

    /// All that comes under the token is of this session, and behind `afterSeq`.
    fn subscription_asked(&mut self, id: u64, token: &str, params: &Value) {
        if let Some(stream) = self.streams.get_mut(token).filter(|stream| stream.owner == Some(id)) {
            stream.last_seq = params["afterSeq"].as_u64().unwrap_or(0);
            stream.subscription = Some(Subscription { session: params["sessionId"].clone(), answered: false });
        }
    }

    /// The server may open one, where the client lets it: `window/workDoneProgress/create`.
    pub(super) fn server_request(&mut self, params: &Value) {
        if let Some(token) = params.get("token") {
            self.streams.insert(token_key(token), Stream::default());
        }
    }

    /// The response is the last thing that a request's own streams see; that of a subscription is the first, and the
    /// last is the response to `session/unsubscribe`.
    pub(super) fn request_answered(&mut self, id: u64, params: &Value, is_error: bool) -> Result<(), String> {
        let mut open = Vec::new();
        if let Some(token) = params.get("subscriptionToken").map(token_key)
            && let Some(stream) = self.streams.get_mut(&token)
        {
            match (&mut stream.subscription, stream.owner == Some(id)) {
                (Some(subscription), true) => {
                    subscription.answered = true;
                    stream.is_over |= is_error;
                }
                // Without a session it is the end of a subscription.
                (Some(_), false) => stream.is_over |= params.get("sessionId").is_none() && !is_error,
                (None, _) => {}
            }
        }
        for token in tokens(params, &TOKENS[..2]) {
            if let Some(stream) = self.streams.get_mut(&token).filter(|stream| stream.owner == Some(id)) {
                stream.is_over = true;
                open.extend((stream.work_done == WorkDone::Begun || stream.in_turn).then_some(token));
            }
        }
        if open.is_empty() {
            Ok(())
        } else {
            Err(format!("the response came before the end under {}", open.join(", ")))
        }
    }

    /// Progress comes only under tokens that are open, and in order.
    pub(super) fn check_progress(&mut self, token: &str, value: &Value) -> Result<(), String> {
        match self.streams.get(token) {
            None => Err(format!("progress under {token}, a token that nobody gave")),
            Some(stream) if stream.is_over => Err(format!("progress under {token} after the response")),
            Some(_) => match (value.get("event"), value.get("ended")) {
                (Some(event), _) => self.check_event(token, event),
                (None, Some(_)) => self.check_end(token),
                (None, None) => self.check_work_done(token, value),
            },
        }
    }

    /// Only subscriptions end by themselves.
    fn check_end(&mut self, token: &str) -> Result<(), String> {
        let stream = self.streams.entry(token.to_owned()).or_default();
        stream.is_over = true;
        if stream.subscription.as_ref().is_some_and(|subscription| subscription.answered) {
            return Ok(());
        }
        Err(format!("an end under {token}, which is no subscription"))
    }

    /// Work-done progress begins, reports and ends, once each but for the reports, and ends behind the turn.
    fn check_work_done(&mut self, token: &str, value: &Value) -> Result<(), String> {
        let stream = self.streams.entry(token.to_owned()).or_default();
        let before = stream.work_done;
        stream.work_done = match (before, value["kind"].as_str()) {
            (WorkDone::Nothing, Some("begin")) | (WorkDone::Begun, Some("report")) => WorkDone::Begun,
            (WorkDone::Begun, Some("end")) => WorkDone::Ended,
            _ => return Err(format!("work-done progress under {token} was {before:?} when this came: {value}")),
        };
        let events = stream.events.clone().and_then(|token| self.streams.get(&token));
        if value["kind"] == "end" && events.is_some_and(|events| events.in_turn) {
            return Err(format!("the work-done progress under {token} ended before the turn"));
        }
        Ok(())
    }

    /// Events rise in number, and each delta goes on where the one before it ended.
    fn check_event(&mut self, token: &str, event: &Value) -> Result<(), String> {
        let stream = self.streams.entry(token.to_owned()).or_default();
        let seq = event["seq"].as_u64().ok_or_else(|| format!("an event without a number: {event}"))?;
        if seq <= stream.last_seq {
            return Err(format!("event {seq} came after event {}: {event}", stream.last_seq));
        }
        let before = std::mem::replace(&mut stream.last_seq, seq);
        if let Some(subscription) = &stream.subscription {
            if !subscription.answered {
                return Err(format!("event {seq} came under {token} before the answer"));
            }
            if subscription.session != event["sessionId"] {
                return Err(format!("under {token} came an event of another session: {event}"));
            }
            if event["firstSeq"].as_u64().is_some_and(|first| first <= before || first >= seq) {
                return Err(format!("merged deltas repeat what came before event {before}, or are none: {event}"));
            }
        }
        match event["kind"].as_str() {
            Some("turnStarted") => stream.in_turn = true,
            Some("turnCompleted") => stream.in_turn = false,
            _ => {}
        }
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

/// The tokens that stand in `params` under these names.
fn tokens(params: &Value, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| params.get(name)).map(token_key).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Invariants;

    const EVENTS: &str = "\"e\"";
    const WORK: &str = "\"w\"";

    fn params() -> Value {
        json!({"partialResultToken": "e", "workDoneToken": "w"})
    }

    fn opened() -> Invariants {
        let mut invariants = Invariants::default();
        invariants.request_sent(1, &params());
        invariants
    }

    fn event(invariants: &mut Invariants, event: &Value) -> Result<(), String> {
        invariants.check_progress(EVENTS, &json!({"event": event}))
    }

    fn work(invariants: &mut Invariants, kind: &str) -> Result<(), String> {
        invariants.check_progress(WORK, &json!({"kind": kind}))
    }

    fn delta(seq: u64, offset: u64, text: &str) -> Value {
        json!({"seq": seq, "kind": "textDelta", "itemId": "i", "offset": offset, "text": text})
    }

    #[test]
    fn a_token_is_open_from_its_request_to_its_response() {
        let mut invariants = opened();
        assert!(invariants.check_progress("\"other\"", &json!({"event": {"seq": 1}})).is_err());
        assert!(event(&mut invariants, &json!({"seq": 1})).is_ok());
        assert!(invariants.request_answered(1, &params(), false).is_ok());
        assert!(event(&mut invariants, &json!({"seq": 2})).is_err());
    }

    #[test]
    fn a_request_that_is_refused_for_its_token_leaves_the_stream_alone() {
        let mut invariants = opened();
        invariants.request_sent(2, &params());
        assert!(invariants.request_answered(2, &params(), false).is_ok());
        assert!(event(&mut invariants, &json!({"seq": 1})).is_ok());
    }

    #[test]
    fn a_number_is_another_token_than_its_text() {
        let mut invariants = Invariants::default();
        invariants.request_sent(1, &json!({"partialResultToken": 5}));
        assert!(invariants.check_progress("\"5\"", &json!({"event": {"seq": 1}})).is_err());
        assert!(invariants.check_progress("5", &json!({"event": {"seq": 1}})).is_ok());
    }

    #[test]
    fn numbers_that_do_not_rise_are_told() {
        let mut invariants = opened();
        assert!(event(&mut invariants, &json!({"seq": 4})).is_ok());
        assert!(event(&mut invariants, &json!({"seq": 9})).is_ok());
        assert!(event(&mut invariants, &json!({"seq": 9})).is_err());
        assert!(event(&mut invariants, &json!({})).is_err());
    }

    #[test]
    fn a_gap_in_the_deltas_is_told_in_bytes() {
        let mut invariants = opened();
        assert!(event(&mut invariants, &delta(1, 0, "ü")).is_ok());
        assert!(event(&mut invariants, &delta(2, 2, "a")).is_ok());
        assert!(event(&mut invariants, &delta(3, 4, "b")).is_err());
    }

    #[test]
    fn work_done_progress_begins_reports_and_ends_once() {
        let mut invariants = opened();
        assert!(work(&mut invariants, "report").is_err());
        let mut invariants = opened();
        for kind in ["begin", "report", "report", "end"] {
            assert!(work(&mut invariants, kind).is_ok(), "{kind}");
        }
        assert!(work(&mut invariants, "end").is_err());
        assert!(invariants.request_answered(1, &params(), false).is_ok());
    }

    #[test]
    fn the_turn_ends_before_the_work_and_both_before_the_response() {
        let mut invariants = opened();
        event(&mut invariants, &json!({"seq": 1, "kind": "turnStarted"})).unwrap();
        work(&mut invariants, "begin").unwrap();
        assert!(work(&mut invariants, "end").is_err());
        let told = invariants.request_answered(1, &params(), false).unwrap_err();
        assert_eq!(told, "the response came before the end under \"e\"");
        let mut invariants = opened();
        work(&mut invariants, "begin").unwrap();
        assert!(invariants.request_answered(1, &params(), false).is_err());
    }

    fn subscribed() -> Invariants {
        let mut invariants = Invariants::default();
        invariants.request_sent(1, &json!({"sessionId": "s", "afterSeq": 3, "subscriptionToken": "e"}));
        invariants
    }

    fn answered() -> Invariants {
        let mut invariants = subscribed();
        let params = json!({"sessionId": "s", "afterSeq": 3, "subscriptionToken": "e"});
        invariants.request_answered(1, &params, false).unwrap();
        invariants
    }

    #[test]
    fn a_subscription_streams_from_its_answer_to_the_answer_to_its_end() {
        let first = json!({"seq": 4, "sessionId": "s"});
        assert!(event(&mut subscribed(), &first).is_err());
        let mut invariants = answered();
        assert!(event(&mut invariants, &first).is_ok());
        invariants.request_answered(2, &json!({"subscriptionToken": "e"}), true).unwrap();
        assert!(event(&mut invariants, &json!({"seq": 5, "sessionId": "s"})).is_ok());
        invariants.request_answered(3, &json!({"subscriptionToken": "e"}), false).unwrap();
        assert!(event(&mut invariants, &json!({"seq": 6, "sessionId": "s"})).is_err());
    }

    #[test]
    fn a_subscription_has_only_its_session_behind_its_number() {
        assert!(event(&mut answered(), &json!({"seq": 3, "sessionId": "s"})).is_err());
        assert!(event(&mut answered(), &json!({"seq": 4, "sessionId": "t"})).is_err());
        assert!(event(&mut answered(), &json!({"seq": 9, "firstSeq": 3, "sessionId": "s"})).is_err());
        assert!(event(&mut answered(), &json!({"seq": 9, "firstSeq": 4, "sessionId": "s"})).is_ok());
    }

    #[test]
    fn nothing_follows_the_end_of_a_subscription_and_nothing_else_ends_by_itself() {
        let end = json!({"ended": {"kind": "sessionNotFound"}});
        let mut invariants = answered();
        assert!(invariants.check_progress(EVENTS, &end).is_ok());
        assert!(event(&mut invariants, &json!({"seq": 4, "sessionId": "s"})).is_err());
        assert!(opened().check_progress(EVENTS, &end).is_err());
    }
}
