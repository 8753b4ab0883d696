//! Who is asked, for how long.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::oneshot;

use super::*;
use crate::ids::SessionId;

/// A client that can be asked, and the requests that it was sent.
#[derive(Default)]
struct Client {
    asked: Mutex<Vec<oneshot::Sender<Option<PermissionAnswer>>>>,
    gone: AtomicBool,
}

impl Asker for Client {
    fn ask(&self, _: &Permission) -> PendingAnswer {
        let (sender, receiver) = oneshot::channel();
        self.asked.lock().unwrap().push(sender);
        Box::pin(receiver.map(|answer| answer.ok().flatten()))
    }

    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

impl Client {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    /// How many requests it has that were not withdrawn.
    fn open(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|sender| !sender.is_closed()).count()
    }

    fn says(&self, answer: Option<PermissionAnswer>) {
        self.asked.lock().unwrap().pop().unwrap().send(answer).unwrap();
    }

    fn goes(&self) {
        self.gone.store(true, Ordering::Relaxed);
        self.asked.lock().unwrap().clear();
    }
}

fn asker(client: &Arc<Client>) -> Arc<dyn Asker> {
    Arc::<Client>::clone(client)
}

fn permission() -> Permission {
    let permission = json!({"id": PermissionId::new(), "sessionId": SessionId::new(), "turnId": TurnId::new(),
        "toolUseId": "t", "toolName": "Bash", "title": "Run ls", "input": {}, "kind": "tool",
        "createdAt": "2026-01-01T00:00:00.000Z"});
    serde_json::from_value(permission).unwrap()
}

fn answer() -> Option<PermissionAnswer> {
    serde_json::from_value(json!({"behavior": "allow"})).unwrap()
}

/// What has come of asking so far.
fn heard(asking: &mut Asking) -> Option<&'static str> {
    asking.heard().now_or_never().map(|heard| match heard {
        Heard::Answer(..) => "answer",
        Heard::Nobody(_) => "nobody",
    })
}

#[test]
fn who_comes_while_something_waits_is_asked_too_and_once() {
    let (mut asking, [one, two]) = (Asking::default(), [Client::new(), Client::new()]);
    asking.attach(asker(&one), Tie::Session);
    asking.ask(permission());
    asking.attach(asker(&two), Tie::Subscription);
    asking.attach(asker(&two), Tie::Session);
    asking.attach(asker(&one), Tie::Subscription);
    assert_eq!([&one, &two].map(|client| client.open()), [1, 1]);
    assert_eq!(heard(&mut asking), None);
}

#[test]
fn the_first_answer_counts_and_the_others_are_told() {
    let (mut asking, [one, two]) = (Asking::default(), [Client::new(), Client::new()]);
    for client in [&one, &two] {
        asking.attach(asker(client), Tie::Session);
    }
    let permission = permission();
    asking.ask(permission.clone());
    two.says(answer());
    assert_eq!(heard(&mut asking), Some("answer"));
    asking.stop(permission.id);
    assert_eq!(one.open(), 0);
    assert_eq!(heard(&mut asking), None);
}

#[test]
fn where_all_abstain_or_are_gone_there_is_nobody() {
    let (mut asking, [one, two]) = (Asking::default(), [Client::new(), Client::new()]);
    for client in [&one, &two] {
        asking.attach(asker(client), Tie::Session);
    }
    asking.ask(permission());
    one.says(None);
    assert_eq!(heard(&mut asking), None);
    two.goes();
    assert_eq!(heard(&mut asking), Some("nobody"));
}

#[test]
fn who_stops_following_is_asked_no_more_and_what_it_was_asked_is_withdrawn() {
    let (mut asking, [one, two]) = (Asking::default(), [Client::new(), Client::new()]);
    for client in [&one, &two] {
        asking.attach(asker(client), Tie::Subscription);
    }
    asking.ask(permission());
    asking.dismiss(&[asker(&one)], |_| false);
    asking.ask(permission());
    assert_eq!([&one, &two].map(|client| client.open()), [2, 0]);
    asking.dismiss(&[], |_| false);
    assert_eq!(heard(&mut asking), Some("nobody"));
}

#[test]
fn who_made_the_session_or_waits_for_its_turn_is_asked_also_without_following() {
    let (mut asking, [maker, sender]) = (Asking::default(), [Client::new(), Client::new()]);
    let turn = TurnId::new();
    for client in [&maker, &sender] {
        asking.attach(asker(client), Tie::Subscription);
    }
    asking.attach(asker(&maker), Tie::Session);
    asking.message(turn);
    asking.attach(asker(&sender), Tie::Message(turn));
    asking.ask(permission());
    asking.dismiss(&[], |due| due == turn);
    assert_eq!([&maker, &sender].map(|client| client.open()), [1, 1]);
    asking.dismiss(&[], |_| false);
    assert_eq!([&maker, &sender].map(|client| client.open()), [1, 1], "what its message leads to is asked of it");
    maker.goes();
    asking.dismiss(&[], |_| false);
    asking.ask(permission());
    assert_eq!([&maker, &sender].map(|client| client.open()), [0, 2]);
}

#[test]
fn who_sent_a_message_is_asked_after_its_turn_until_another_sends_one_or_it_stops_following() {
    let (mut asking, [one, two]) = (Asking::default(), [Client::new(), Client::new()]);
    let [first, second] = [TurnId::new(), TurnId::new()];
    asking.message(first);
    asking.attach(asker(&one), Tie::Message(first));
    asking.dismiss(&[], |_| false);
    asking.ask(permission());
    assert_eq!(one.open(), 1);
    asking.message(second);
    asking.attach(asker(&two), Tie::Message(second));
    asking.attach(asker(&two), Tie::Subscription);
    asking.dismiss(&[asker(&two)], |_| false);
    assert_eq!([&one, &two].map(|client| client.open()), [0, 1]);
    asking.dismiss(&[], |_| false);
    assert_eq!(two.open(), 0);
}
