//! Two bridges on one history, either of which is killed again and again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::scenario::{Fine, Harm, Scenario, Try};
use crate::support::bridge::Bridge;
use crate::support::commits::{Received, busy_turn};
use crate::support::script::Script;

const KILLS: usize = 6;

pub(crate) const TAKE_OVER: Scenario = Scenario {
    name: "take-over",
    fault: "two bridges at work on one history, SIGKILL of either; the other takes its sessions over",
    tries: [1, 10],
    at_once: 1,
    limit: Some(("until the other has answered in all of its sessions", Duration::from_secs(10))),
    play: take_over,
};

/// What was received, by session.
type Events = Vec<(String, Vec<Value>)>;

fn take_over(one: &mut Try) -> Result<Fine, Harm> {
    let scripts = || vec![Script::new().answer(busy_turn()).times(100); 40];
    let first = Bridge::with_scripted_cli(scripts()).start();
    let data = first.folders().data.clone();
    let mut bridges = [first, Bridge::with_scripted_cli(scripts()).data(&data).start()];
    let sessions = bridges.each_ref().map(|bridge| [bridge.create_session(), bridge.create_session()]);
    let mut received = Received::default();
    let mut took = Vec::new();
    for _ in 0..KILLS {
        let victim = usize::from(one.chance.below(2) == 1);
        let mut events = kill(&mut bridges, &sessions, victim, one.chance.milliseconds(80));
        let began = Instant::now();
        let heir = &bridges[1 - victim];
        events.extend(sessions[victim].iter().map(|session| (session.clone(), heir.say(session, "Go on").events)));
        took.push(began.elapsed());
        bridges[victim].restart();
        give_back(&bridges[1 - victim], &bridges[victim], &sessions[victim]);
        for (session, events) in events {
            received.add(&session, events).map_err(Harm::Lost)?;
        }
        received.check(&bridges[0].history_file()).map_err(Harm::Lost)?;
    }
    bridges.iter_mut().for_each(Bridge::shutdown);
    let found = received.check(&bridges[0].history_file()).map_err(Harm::Lost)?;
    let remark = format!("{found} events sent and found, the last time");
    Ok(Fine { faults: KILLS as u64, took, remark })
}

/// Lets both bridges work in their sessions and kills one of them after a moment.
fn kill(bridges: &mut [Bridge; 2], sessions: &[[String; 2]; 2], victim: usize, delay: Duration) -> Events {
    let start = |at: usize| -> Vec<_> {
        sessions[at].iter().map(|session| (session, bridges[at].start_saying(session, "Hi"))).collect()
    };
    let (mut cut, whole) = (start(victim), start(1 - victim));
    cut[0].1.until("turnStarted");
    std::thread::sleep(delay);
    bridges[victim].kill_in_mid_turn();
    let cut = cut.iter_mut().map(|(session, saying)| ((*session).clone(), saying.so_far().events));
    let mut events: Events = cut.collect();
    events.extend(whole.into_iter().map(|(session, saying)| (session.clone(), saying.end().events)));
    bridges[victim].wait_for_exit();
    events
}

/// The heir has the sessions until it closes them; then they are free.
fn give_back(heir: &Bridge, owner: &Bridge, sessions: &[String]) {
    for session in sessions {
        let refusal = owner.refusal("message/send", json!({"sessionId": session, "content": "Mine?"}));
        assert_eq!(refusal.kind(), "sessionHeld");
        heir.request("session/close", json!({"sessionId": session}));
        owner.wait_for_session(session, "free", |session| session.get("heldBy").is_none());
    }
}
