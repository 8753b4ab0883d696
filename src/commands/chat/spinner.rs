//! The line that says what is waited for.

use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use crate::commands::terminal::wrap::cut;

/// How often it moves.
pub(super) const STEP: Duration = Duration::from_millis(100);

const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What is waited for, and since when.
#[derive(Debug)]
pub(super) struct Spinner {
    what: String,
    since: Instant,
    frame: usize,
}

impl Spinner {
    /// Waiting begins.
    pub(super) fn new(what: &str, now: Instant) -> Self {
        Self { what: what.to_owned(), since: now, frame: 0 }
    }

    /// Waiting for something else; for the same, it goes on.
    pub(super) fn wait_for(&mut self, what: &str, now: Instant) {
        if self.what != what {
            *self = Self { frame: self.frame, ..Self::new(what, now) };
        }
    }

    /// The next picture of it, at most `width` columns wide: `⠋ waiting for Claude · 3 s`.
    pub(super) fn turn(&mut self, now: Instant, width: usize) -> String {
        let frame = FRAMES[self.frame % FRAMES.len()];
        self.frame += 1;
        let elapsed = match now.duration_since(self.since).as_secs() {
            0 => String::new(),
            seconds => format!(" · {seconds} s"),
        };
        let room = width.saturating_sub(elapsed.width() + 2);
        format!("{frame} {}{elapsed}", cut(&self.what, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_what_is_waited_for_and_since_when() {
        let now = Instant::now();
        let mut spinner = Spinner::new("a", now);
        assert_eq!(spinner.turn(now, 40), "⠋ a");
        spinner.wait_for("a", now + Duration::from_secs(2));
        assert_eq!(spinner.turn(now + Duration::from_secs(3), 40), "⠙ a · 3 s");
        spinner.wait_for("something long", now + Duration::from_secs(3));
        assert_eq!(spinner.turn(now + Duration::from_secs(15), 18), "⠹ somethin… · 12 s");
    }
}
