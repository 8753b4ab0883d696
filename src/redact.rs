//! What people say and what programs answer, on its way into the log: its length stands for it unless the person asked
//! for the text (`log.content`). Whatever may hold a message, a tool's input or output, or a secret is logged as
//! [`Content`]; with that, a log can be shown to others.

use std::fmt::{self, Display, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// One for the process, as the log is.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Whether from now on the text itself is logged.
pub fn show_content(shown: bool) {
    SHOWN.store(shown, Ordering::Relaxed);
}

/// Something that goes into the log only where the person wants to see it.
#[derive(Clone, Copy)]
pub struct Content<T>(pub T);

impl<T: Display> Display for Content<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_content(f, &self.0, SHOWN.load(Ordering::Relaxed))
    }
}

fn write_content(f: &mut impl Write, content: &impl Display, shown: bool) -> fmt::Result {
    if shown {
        return write!(f, "{content}");
    }
    let mut length = Length(0);
    write!(length, "{content}")?;
    write!(f, "({} bytes)", length.0)
}

/// Counts what is written to it.
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(shown: bool) -> String {
        let mut line = String::new();
        write_content(&mut line, &"a sécret", shown).unwrap();
        line
    }

    #[test]
    fn content_is_its_length_unless_it_is_asked_for() {
        assert_eq!((logged(false).as_str(), logged(true).as_str()), ("(9 bytes)", "a sécret"));
        assert_eq!(Content("x").to_string(), "(1 bytes)");
    }
}
