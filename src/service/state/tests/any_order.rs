//! What holds in whatever order things happen.

use std::collections::HashMap;

use proptest::prelude::*;

use super::{Driver, interrupted, killed};
use crate::error::Error;
use crate::ids::TurnId;
use crate::protocol::event::EventBody;
use crate::service::state::{Effect, Input, Phase, Timer, What};

/// Anything that can happen, in any order.
fn any_input() -> impl Strategy<Value = u8> {
    0..18_u8
}

fn happen(session: &mut Driver, what: u8, sent: &mut Vec<TurnId>) {
    match what {
        0 => drop(session.step(Input::Warm)),
        1..=3 => sent.push(session.send("text")),
        4 => {
            if let Some(turn) = sent.last() {
                session.step(Input::Cancel { turn: *turn });
            }
        }
        5 => drop(session.step(Input::Interrupt { include_queued: false })),
        6 => drop(session.step(Input::Interrupt { include_queued: true })),
        7 => drop(session.step(Input::Close)),
        8 => drop(session.come_up()),
        9 if session.state.phase != Phase::Up => drop(session.step(Input::SpawnFailed(Error::internal("no")))),
        9 => {}
        10 => drop(session.init()),
        11 => drop(session.delta("more")),
        12 => drop(session.says("more")),
        13 => drop(session.ends()),
        14 => drop(session.frame(interrupted())),
        15 => drop(session.step(Input::Exited(killed()))),
        16 => drop(session.step(Input::Timer(Timer::Interrupt))),
        _ => drop(session.step(Input::Timer(Timer::Start))),
    }
}

proptest! {
    #[test]
    fn whatever_happens_every_message_is_answered_exactly_once(story in prop::collection::vec(any_input(), 0..60)) {
        let mut session = Driver::new();
        let mut sent = Vec::new();
        for what in story {
            happen(&mut session, what, &mut sent);
            prop_assert!(!session.state.is_down() || session.state.current_turn().is_none(), "a turn without a process");
        }
        // The end: the process goes, and this program with it.
        session.step(Input::ShutDown).step(Input::Timer(Timer::Drain)).step(Input::Exited(killed()));
        let mut answers: HashMap<TurnId, u32> = HashMap::new();
        let mut open = 0_i32;
        for effect in &session.seen {
            match effect {
                Effect::Answer { turn, .. } => *answers.entry(*turn).or_default() += 1,
                Effect::Emit(emission) => match &emission.what {
                    What::Event(EventBody::TurnStarted { .. }) => open += 1,
                    What::Event(EventBody::TurnCompleted { .. }) => open -= 1,
                    _ => {}
                },
                _ => {}
            }
            prop_assert!((0..=1).contains(&open), "turns overlap");
        }
        prop_assert_eq!(open, 0, "a turn was left open");
        for turn in sent {
            prop_assert_eq!(answers.remove(&turn), Some(1));
        }
        prop_assert!(answers.is_empty());
    }
}
