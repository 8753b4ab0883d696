//! The two places that text goes to: the answer, and what is said about it. On a terminal they are one; where stdout
//! is a pipe or a file, it gets the answer alone, as Claude wrote it, and stderr the rest.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use rustix::termios::tcgetwinsize;

/// What a terminal is taken for that does not tell how wide it is, in columns.
const WIDTH: usize = 80;

/// Erases the line that the cursor is in.
const ERASE: &str = "\r\u{1b}[K";

/// Where a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) enum Place {
    /// What Claude says.
    Answer,
    /// What is said about it.
    Aside,
}

/// The answer's stream and, where it is another, that of the asides.
pub(in crate::commands) struct Output {
    answer: Stream,
    aside: Option<Stream>,
    spins: bool,
}

/// A stream of text, and what it leads to.
pub(in crate::commands) struct Stream {
    to: Box<dyn Write>,
    looks: Looks,
    at_line_start: bool,
    begun: bool,
}

/// What can be shown at the other end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::commands) struct Looks {
    /// How wide the terminal is, in columns; `None`: it is none.
    pub(in crate::commands) terminal: Option<usize>,
    /// Whether styles are wanted.
    pub(in crate::commands) styled: bool,
    /// Whether a line can be erased.
    pub(in crate::commands) erasable: bool,
}

impl Output {
    /// The process's own stdout and stderr.
    pub(in crate::commands) fn standard() -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let answer = Looks::of(&stdout, AutoStream::choice(&stdout));
        let aside = Looks::of(&stderr, AutoStream::choice(&stderr));
        let aside = answer.terminal.is_none().then(|| Stream::new(stderr, aside));
        Self::new(Stream::new(stdout.lock(), answer), aside)
    }

    pub(in crate::commands) fn new(answer: Stream, aside: Option<Stream>) -> Self {
        Self { answer, aside, spins: false }
    }

    /// What can be shown at this place.
    pub(in crate::commands) fn looks(&self, place: Place) -> Looks {
        self.stream(place).looks
    }

    /// Whether the two places are one.
    pub(in crate::commands) fn is_one(&self) -> bool {
        self.aside.is_none()
    }

    /// Writes text, as it is.
    pub(in crate::commands) fn write(&mut self, place: Place, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.erase_spinner()?;
        self.stream_mut(place).write(text)
    }

    /// Writes a line, in a style where styles are wanted.
    pub(in crate::commands) fn line(&mut self, place: Place, style: Style, text: &str) -> io::Result<()> {
        let styled = self.paint(place, style, text);
        self.write(place, &format!("{styled}\n"))
    }

    /// A text in a style, where styles are wanted.
    pub(in crate::commands) fn paint(&self, place: Place, style: Style, text: &str) -> String {
        if self.looks(place).styled { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Ends the line that was begun, if one was.
    pub(in crate::commands) fn end_line(&mut self, place: Place) -> io::Result<()> {
        if self.stream(place).at_line_start { Ok(()) } else { self.write(place, "\n") }
    }

    /// Leaves a line empty, but for the first one.
    pub(in crate::commands) fn skip_line(&mut self, place: Place) -> io::Result<()> {
        self.end_line(place)?;
        if self.stream(place).begun { self.write(place, "\n") } else { Ok(()) }
    }

    /// Draws the spinner, where there is a terminal and no line is begun.
    pub(in crate::commands) fn spin(&mut self, picture: impl FnOnce(usize) -> String) -> io::Result<()> {
        let stream = self.stream_mut(Place::Aside);
        if let Looks { terminal: Some(width), erasable: true, .. } = stream.looks
            && stream.at_line_start
        {
            // One column less, since some terminals wrap when the last one is used.
            let picture = picture(width.saturating_sub(1));
            let painted = self.paint(Place::Aside, Style::new().dimmed(), &picture);
            self.stream_mut(Place::Aside).to.write_all(format!("{ERASE}{painted}").as_bytes())?;
            self.spins = true;
            self.flush()?;
        }
        Ok(())
    }

    /// Takes the spinner away.
    pub(in crate::commands) fn erase_spinner(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.spins) {
            self.stream_mut(Place::Aside).to.write_all(ERASE.as_bytes())?;
        }
        Ok(())
    }

    /// Lets the person see all that was written.
    pub(in crate::commands) fn flush(&mut self) -> io::Result<()> {
        self.answer.to.flush()?;
        self.aside.as_mut().map_or(Ok(()), |aside| aside.to.flush())
    }

    /// Somebody else wrote to the terminal, and left it at the beginning of a line. It may have another size now.
    pub(in crate::commands) fn was_interrupted(&mut self) {
        self.stream_mut(Place::Aside).begun = false;
        self.answer.looks.measure(io::stdout());
        if let Some(aside) = &mut self.aside {
            aside.looks.measure(io::stderr());
        }
    }

    /// The person typed a line behind what was written last: the cursor is where a line begins.
    pub(in crate::commands) fn was_answered(&mut self) {
        self.stream_mut(Place::Aside).at_line_start = true;
    }

    fn stream(&self, place: Place) -> &Stream {
        match (place, &self.aside) {
            (Place::Aside, Some(aside)) => aside,
            _ => &self.answer,
        }
    }

    fn stream_mut(&mut self, place: Place) -> &mut Stream {
        match (place, &mut self.aside) {
            (Place::Aside, Some(aside)) => aside,
            _ => &mut self.answer,
        }
    }
}

impl Stream {
    pub(in crate::commands) fn new(to: impl Write + 'static, looks: Looks) -> Self {
        Self { to: Box::new(to), looks, at_line_start: true, begun: false }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.to.write_all(text.as_bytes())?;
        self.at_line_start = text.ends_with('\n');
        self.begun = true;
        Ok(())
    }
}

impl Looks {
    fn of(stream: &(impl IsTerminal + AsFd), choice: ColorChoice) -> Self {
        let mut looks = Self {
            terminal: stream.is_terminal().then_some(WIDTH),
            styled: choice != ColorChoice::Never,
            erasable: std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        looks.measure(stream);
        looks
    }

    fn measure(&mut self, stream: impl AsFd) {
        if let (Some(width), Ok(size)) = (&mut self.terminal, tcgetwinsize(stream))
            && size.ws_col > 0
        {
            *width = usize::from(size.ws_col);
        }
    }
}

#[cfg(test)]
pub(in crate::commands) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// A writer that keeps what it is given, for whoever holds another handle on it.
    #[derive(Clone, Default)]
    pub(in crate::commands) struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Paper {
        pub(in crate::commands) fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(in crate::commands) const TERMINAL: Looks = Looks { terminal: Some(40), styled: true, erasable: true };
    pub(in crate::commands) const PIPE: Looks = Looks { terminal: None, styled: false, erasable: false };

    #[test]
    fn the_spinner_is_erased_by_what_follows_and_never_cuts_a_line() {
        let paper = Paper::default();
        let mut output = Output::new(Stream::new(paper.clone(), TERMINAL), None);
        output.write(Place::Answer, "a").unwrap();
        output.spin(|_| "S".to_owned()).unwrap();
        output.write(Place::Aside, "b\n").unwrap();
        output.spin(|width| width.to_string()).unwrap();
        output.write(Place::Answer, "c\n").unwrap();
        assert_eq!(paper.text(), "ab\n\r\u{1b}[K\u{1b}[2m39\u{1b}[0m\r\u{1b}[Kc\n");
    }

    #[test]
    fn there_is_no_spinner_where_there_is_no_terminal() {
        let (answer, aside) = (Paper::default(), Paper::default());
        let mut output = Output::new(Stream::new(answer.clone(), PIPE), Some(Stream::new(aside.clone(), PIPE)));
        output.spin(|_| "S".to_owned()).unwrap();
        output.line(Place::Aside, Style::new().bold(), "b").unwrap();
        assert_eq!((answer.text(), aside.text()), (String::new(), "b\n".to_owned()));
    }
}
