//! How fast and how small the built program is: each figure beside what it is to be compared with, from one run.
//!
//! `benches/run` builds everything and runs this; `benches/README.md` has the figures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a figure that cannot be taken is not to be printed"
)]

mod bridge;
mod clock;
mod following;
mod history;
mod interrupt;
mod peers;
mod replay;
mod report;
mod scenes;
mod script;
mod studies;
mod support;
mod tee;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == tee::COMMAND) {
        std::process::exit(tee::run(&arguments[1..]));
    }
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    for (name, scene) in scenes::ALL {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted.as_str() == *name) {
            scene();
        }
    }
}
