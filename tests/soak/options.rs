//! What the command line asks for.

use std::hash::{BuildHasher, RandomState};

use super::scenario::{ALL, Scenario};

const USAGE: &str = "usage: tests/faults [--short] [--seed NUMBER] [--times NUMBER] [SCENARIO…]";

/// What the command line asks for.
pub(crate) struct Options {
    /// Few tries of everything, in a minute, whatever else the machine does: no limit of time counts.
    pub(crate) short: bool,
    /// What chance begins with.
    pub(crate) seed: u64,
    /// How often each is tried, where that is not left to the scenario.
    pub(crate) times: Option<u64>,
    pub(crate) scenarios: Vec<&'static Scenario>,
}

impl Options {
    /// None where a test runner asks: to it, there is no test here.
    pub(crate) fn of_this_process() -> Result<Option<Self>, String> {
        let mut words = std::env::args().skip(1);
        let seed = RandomState::new().hash_one(0) % 1_000_000;
        let mut options = Self { short: false, seed, times: None, scenarios: Vec::new() };
        if words.next().as_deref() != Some("faults") {
            return Ok(None);
        }
        while let Some(word) = words.next() {
            match word.as_str() {
                "--short" => options.short = true,
                "--seed" => options.seed = number(words.next())?,
                "--times" => options.times = Some(number(words.next())?),
                name => options.scenarios.push(scenario(name)?),
            }
        }
        if options.scenarios.is_empty() {
            options.scenarios.extend(&ALL);
        }
        Ok(Some(options))
    }
}

fn number(word: Option<String>) -> Result<u64, String> {
    word.and_then(|word| word.parse().ok()).ok_or_else(|| USAGE.to_owned())
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    let names = || ALL.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    ALL.iter().find(|scenario| scenario.name == name).ok_or_else(|| format!("{USAGE}\nSCENARIO is one of {}", names()))
}
