//! CLIs that behave well, and CLIs that do not.

use serde_json::json;

use crate::chance::Chance;
use crate::support::script::{Script, Turn};

/// How long a line of the CLI's may be, in bytes.
pub(super) const LINE_LIMIT: usize = 1 << 20;

const SIGABRT: i32 = 6;

/// CLIs that answer.
pub(super) fn calm(count: usize) -> Vec<Script> {
    vec![Script::echo(); count]
}

/// A CLI of which anything may be expected.
pub(super) fn wild(chance: &mut Chance) -> Script {
    (0..4).fold(Script::new(), |script, _| script.answer(turn(chance))).times(1_000)
}

fn turn(chance: &mut Chance) -> Turn {
    let strange = json!({"type": "strange", "value": chance.below(1000)});
    match chance.below(16) {
        0..=2 => Turn::text("A few ").then("words."),
        3..=6 => tools(chance),
        7 | 8 => Turn::text("Much: ").deltas(500 + chance.below(5_000), "word ").think("Hm.").then("That is all."),
        9 => Turn::text("Garbage: ").emit_bytes(b"{\"type\": \xff\xfe}\nno JSON\n{\n\n[]\n\0\n").then("there."),
        10 => Turn::text("Long: ").emit_repeated("x", 2 * LINE_LIMIT).emit_bytes(b"\n").then("there."),
        11 => Turn::silent().call("t", "Read", json!({})).returns("t", "long ".repeat(60_000)).then("Read."),
        12 => Turn::text("Loud.").stderr_repeated("all is lost\n", 10_000).emit(strange),
        13 => Turn::text("For ever").until_interrupted(),
        14 => Turn::text("I will not").exit(i32::from(chance.below(2) == 0)),
        _ => Turn::text("I cannot").signal(SIGABRT),
    }
}

fn tools(chance: &mut Chance) -> Turn {
    (0..1 + chance.below(20)).fold(Turn::text("Let me see. "), |turn, number| {
        let id = format!("t{number}");
        turn.call(&id, "Bash", json!({"command": "true"})).returns(&id, "ü".repeat(300)).then("So. ")
    })
}
