//! The scenarios, and how one is tried many times.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::chance::Chance;
use super::options::Options;
use super::tally::Row;
use super::{crowd, drain, kills, storm, take_over};

/// A fault, and how it is tried.
pub(crate) struct Scenario {
    /// What the command line calls it.
    pub(crate) name: &'static str,
    /// What happens, for the table.
    pub(crate) fault: &'static str,
    /// How many tries there are, in the short part and in the whole.
    pub(crate) tries: [u64; 2],
    /// How many of them at once.
    pub(crate) at_once: u64,
    /// What the times are of, and what none of them may exceed.
    pub(crate) limit: Option<(&'static str, Duration)>,
    pub(crate) play: fn(&mut Try) -> Result<Fine, Harm>,
}

/// One try.
pub(crate) struct Try {
    pub(crate) short: bool,
    pub(crate) chance: Chance,
}

/// A try that went as it has to.
#[derive(Default)]
pub(crate) struct Fine {
    /// How many faults it had.
    pub(crate) faults: u64,
    /// How long it took each time.
    pub(crate) took: Vec<Duration>,
    /// What else is to be known.
    pub(crate) remark: String,
}

/// What must not be. Whatever else goes wrong is a panic.
pub(crate) enum Harm {
    Lost(String),
    Leaked(String),
}

pub(crate) static ALL: [Scenario; 14] = [
    kills::BRIDGE,
    kills::CLI,
    kills::GUARD,
    kills::BRIDGE_AND_GUARD,
    kills::MEMORY,
    kills::COMMIT,
    take_over::TAKE_OVER,
    crowd::CROWD,
    crowd::FLOOD,
    drain::IDLE,
    drain::BUSY,
    drain::DEAF,
    drain::UNREAD,
    storm::SOAK,
];

impl Scenario {
    /// Tries it as often as the options say; tells of each harm as it comes, and of the whole in a line.
    pub(crate) fn run(&'static self, options: &Options) -> Row {
        let times = options.times.unwrap_or(self.tries[usize::from(!options.short)]);
        let next = AtomicU64::new(0);
        let row = Mutex::new(Row::new(self, !options.short));
        std::thread::scope(|scope| {
            for _ in 0..self.at_once.min(times) {
                scope.spawn(|| {
                    let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                    for number in numbers.take_while(|number| *number < times) {
                        let chance = Chance::new(options.seed.wrapping_add(number << 32));
                        let mut one = Try { short: options.short, chance };
                        let tried = catch_unwind(AssertUnwindSafe(|| (self.play)(&mut one)));
                        row.lock().expect("nobody panics with the lock").add(tried);
                    }
                });
            }
        });
        let row = row.into_inner().expect("nobody panicked with the lock");
        println!("{}", row.line());
        row
    }
}
