//! Faults, many times over, with what was lost and what was left counted: `tests/faults` builds and runs this.

#![cfg(test)]

#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "tests/it uses more of it")]
mod support;

mod chance;
mod crowd;
mod drain;
mod kills;
mod options;
mod scenario;
mod storm;
mod take_over;
mod tally;

use std::process::ExitCode;

use options::Options;

fn main() -> ExitCode {
    let options = match Options::of_this_process() {
        Ok(Some(options)) => options,
        // Whoever runs all tests runs `tests/faults` beside it.
        Ok(None) => return ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    println!("seed {}", options.seed);
    let rows: Vec<_> = options.scenarios.iter().map(|scenario| scenario.run(&options)).collect();
    if !options.short {
        tally::print_table(&rows);
    }
    if rows.iter().all(tally::Row::is_fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
