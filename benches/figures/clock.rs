//! One clock for several processes.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time since the machine started: the same in every process.
pub(crate) fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

/// The value that a share of all values is not above.
pub(crate) fn percentile(values: &mut [Duration], share: f64) -> Duration {
    values.sort_unstable();
    let last = values.len() - 1;
    values[(last as f64 * share).round() as usize]
}

pub(crate) fn median(values: &mut [Duration]) -> Duration {
    percentile(values, 0.5)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
