//! How often a CLI that streams is read.
//!
//! Each read wakes this program, and each of its writes the client. A CLI that writes a frame every 30 µs would have
//! both spend more on waking than on the frames, and on a small machine take that time from the CLI itself. So one
//! whose output is always there at once, in small pieces, is left alone for a moment, and then read in larger ones.
//! No model is that fast; what a person waits for is never held back.

use std::time::Duration;

/// Output that came within this time was, as it were, there already.
const AT_ONCE: Duration = Duration::from_micros(100);
/// From this on a piece is large enough, in bytes. Below what a pipe holds, so that the CLI never waits for long.
const LARGE: usize = 48 << 10;
/// After so many small pieces at once the CLI is left alone.
const PATIENCE: u32 = 4;
/// For so long.
const PAUSE: Duration = Duration::from_millis(2);

/// How often a CLI is read.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How many small pieces came at once, in a row.
    quick: u32,
}

impl Pace {
    /// Takes in that a piece of so many bytes came after so long, and says how long to leave the CLI alone.
    pub(super) fn pause(&mut self, bytes: usize, waited: Duration) -> Option<Duration> {
        let quick = bytes < LARGE && waited < AT_ONCE;
        self.quick = if quick { self.quick.saturating_add(1) } else { 0 };
        (self.quick >= PATIENCE).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_micros(30);
    const LATE: Duration = Duration::from_millis(1);

    fn pauses(pieces: impl IntoIterator<Item = (usize, Duration)>) -> Vec<bool> {
        let mut pace = Pace::default();
        pieces.into_iter().map(|(bytes, waited)| pace.pause(bytes, waited).is_some()).collect()
    }

    #[test]
    fn small_pieces_in_quick_succession_are_gathered_and_the_first_of_them_are_not_held_back() {
        assert_eq!(pauses([(350, SOON); 5]), [false, false, false, true, true]);
    }

    #[test]
    fn a_stream_at_a_persons_pace_is_read_at_once() {
        assert_eq!(pauses([(350, LATE); 20]), [false; 20]);
        assert_eq!(pauses([(350, SOON), (350, SOON), (350, SOON), (350, LATE), (350, SOON)]), [false; 5]);
    }

    #[test]
    fn a_flood_that_fills_the_pipe_is_read_without_a_pause() {
        assert_eq!(pauses([(64 << 10, SOON); 20]), [false; 20]);
    }
}
