//! What the tries of a scenario came to.

use std::time::{Duration, Instant};

use super::scenario::{Fine, Harm, Scenario};

/// What the tries of a scenario came to.
pub(crate) struct Row {
    scenario: &'static Scenario,
    /// Whether the limits of time count.
    in_time: bool,
    began: Instant,
    faults: u64,
    lost: u64,
    leaked: u64,
    failed: u64,
    took: Vec<Duration>,
    remark: String,
}

impl Row {
    pub(crate) fn new(scenario: &'static Scenario, in_time: bool) -> Self {
        let (took, remark) = (Vec::new(), String::new());
        Self { scenario, in_time, began: Instant::now(), faults: 0, lost: 0, leaked: 0, failed: 0, took, remark }
    }

    /// Counts a try, and tells what harm it did.
    pub(crate) fn add(&mut self, tried: std::thread::Result<Result<Fine, Harm>>) {
        let name = self.scenario.name;
        match tried {
            Ok(Ok(fine)) => return self.add_fine(fine),
            Ok(Err(Harm::Lost(what))) => {
                self.lost += 1;
                eprintln!("{name}: lost: {what}");
            }
            Ok(Err(Harm::Leaked(what))) => {
                self.leaked += 1;
                eprintln!("{name}: leaked: {what}");
            }
            // The panic has said what it is.
            Err(_) => self.failed += 1,
        }
        self.faults += 1;
    }

    fn add_fine(&mut self, fine: Fine) {
        self.faults += fine.faults;
        if let Some((what, limit)) = self.scenario.limit.filter(|_| self.in_time) {
            for late in fine.took.iter().filter(|took| **took > limit) {
                self.failed += 1;
                eprintln!("{}: {what} took {late:?}, more than {limit:?}", self.scenario.name);
            }
        }
        self.took.extend(fine.took);
        self.took.sort();
        self.remark = fine.remark;
    }

    /// Whether nothing was lost, leaked or otherwise wrong.
    pub(crate) fn is_fine(&self) -> bool {
        self.lost + self.leaked + self.failed == 0
    }

    /// The row as a line for somebody who waits.
    pub(crate) fn line(&self) -> String {
        let Self { scenario: Scenario { name, .. }, faults, lost, leaked, failed, remark, .. } = self;
        let (times, seconds) = (self.times(), self.began.elapsed().as_secs());
        let verdict = if self.is_fine() { "ok" } else { "FAILED" };
        let counts = format!("{faults:>5} faults, {lost} lost, {leaked} leaked, {failed} otherwise wrong");
        let times = times.map(|[median, worst]| format!("; median {median}, worst {worst}")).unwrap_or_default();
        let remark = if remark.is_empty() { String::new() } else { format!("; {remark}") };
        format!("{name:<18}{verdict:<7}{counts}{times}{remark} ({seconds} s)")
    }

    /// The median and the worst time.
    fn times(&self) -> Option<[String; 2]> {
        let (median, worst) = (self.took.get(self.took.len() / 2)?, self.took.last()?);
        Some([median, worst].map(|time| format!("{} ms", time.as_millis())))
    }
}

/// Prints all rows as the table of `tests/README.md`.
pub(crate) fn print_table(rows: &[Row]) {
    println!(
        "\n| scenario | fault | tried | lost | leaked | otherwise wrong | what is timed | median | worst | beside |"
    );
    println!("|---|---|--:|--:|--:|--:|---|--:|--:|---|");
    for row in rows {
        let Row { scenario: Scenario { name, fault, limit, .. }, faults, lost, leaked, failed, remark, .. } = row;
        let timed = limit.map(|(what, limit)| format!("{what} (limit {limit:?})")).unwrap_or_default();
        let [median, worst] = row.times().unwrap_or_default();
        println!(
            "| `{name}` | {fault} | {faults} | {lost} | {leaked} | {failed} | {timed} | {median} | {worst} | {remark} |"
        );
    }
}
