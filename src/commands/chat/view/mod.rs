//! The conversation as a person sees it: events in, lines out.

#[cfg(test)]
mod tests;
mod text;

use std::io;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use serde::Deserialize;
use serde_json::Value;

use super::markdown::Markdown;
use super::rule::{quoted, rule_for};
use super::show::{Prompt, Show};
use super::spinner::Spinner;
use super::words::{outcome, summary, waiting_for};
use crate::commands::terminal::figures::count;
use crate::commands::terminal::line::Line;
use crate::commands::terminal::output::{Output, Place};
use crate::commands::terminal::words::{harmless, one_line};
use crate::commands::terminal::wrap::{Wrap, cut};
use crate::error::{Error, ErrorData, ErrorKind};
use crate::ids::PermissionId;
use crate::protocol::event::{EventBody, NoticeLevel, SessionEvent};
use crate::protocol::message::Role;
use crate::protocol::permission::Permission;
use crate::protocol::turn::{StopReason, Turn};
use text::{Texts, Voice};

/// How long nothing came before the spinner shows between two lines of an answer.
const PAUSE: Duration = Duration::from_millis(300);

/// How wide a line about a tool is where there is no terminal, in columns.
const LINE: usize = 120;

const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ASKING: Style = AnsiColor::Yellow.on_default();

/// Shows a conversation to a person.
pub(super) struct View {
    out: Output,
    texts: Texts,
    /// Tools that were called and have not answered.
    tools: Vec<Tool>,
    /// What is waited for, while a turn runs.
    spinner: Option<Spinner>,
    /// When something last happened in the turn.
    last_event: Option<Instant>,
    last: Block,
    /// What Claude asked and has no answer to, in a few words.
    asked: Vec<(PermissionId, String)>,
    /// The error that was told last: some are told twice.
    told: Option<String>,
}

/// What was shown last: different things are kept apart by an empty line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Text,
    Tools,
    Notices,
}

/// A tool that was called.
struct Tool {
    id: String,
    title: String,
    /// Whether an agent called it that Claude had started.
    nested: bool,
}

impl View {
    pub(super) fn new(out: Output) -> Self {
        Self {
            texts: Texts::new(&out),
            out,
            tools: Vec::new(),
            spinner: None,
            last_event: None,
            last: Block::Notices,
            asked: Vec::new(),
            told: None,
        }
    }

    /// Says something to the person, in a few words.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        self.out.line(Place::Aside, DIM, text)?;
        self.out.flush()
    }

    /// Leaves a line empty before the next prompt.
    pub(super) fn make_room(&mut self) -> io::Result<()> {
        self.out.skip_line(Place::Aside)?;
        self.out.flush()
    }

    /// The person typed a line: the cursor is where it was before, one line on.
    pub(super) fn was_prompted(&mut self) {
        self.out.was_interrupted();
        self.texts = Texts::new(&self.out);
    }

    /// Says something to the person, in lines.
    pub(super) fn lines(&mut self, lines: &[Line]) -> io::Result<()> {
        self.out.lines(Place::Aside, lines)?;
        self.out.flush()
    }

    /// A text of Claude's that is whole.
    fn whole_text(&mut self, text: &str) -> io::Result<()> {
        let looks = self.out.looks(Place::Aside);
        let mut shown = String::new();
        if looks.styled {
            let mut markdown = Markdown::new(looks.terminal.unwrap_or(LINE));
            markdown.push(&harmless(text), &mut shown);
            markdown.finish(&mut shown);
        } else {
            shown = harmless(text);
        }
        self.out.write(Place::Aside, &shown)?;
        self.out.end_line(Place::Aside)
    }

    /// Something that was asked is settled: the tool goes on, or does not.
    fn resolved(&mut self, id: PermissionId) {
        if let Some(at) = self.asked.iter().position(|(asked, _)| *asked == id) {
            let (_, title) = self.asked.remove(at);
            self.wait_for(&title);
        }
    }

    fn compacted(&mut self, before: Option<u64>, after: Option<u64>) -> io::Result<()> {
        let sizes = match (before, after) {
            (Some(before), Some(after)) => format!(": {} tokens became {}", count(before), count(after)),
            _ => String::new(),
        };
        self.notice(NoticeLevel::Info, &format!("the conversation was summarised{sizes}"))
    }

    /// Tells an error, once.
    pub(super) fn error(&mut self, error: &ErrorData) -> io::Result<()> {
        if self.told.as_ref() == Some(&error.message) {
            return Ok(());
        }
        self.told = Some(error.message.clone());
        self.start(Place::Aside, Block::Notices)?;
        self.marked((BAD, "✗"), Style::new(), &error.message)?;
        for hint in error.hint.as_deref().into_iter().chain(more_hints(error.kind)) {
            self.marked((Style::new(), " "), DIM, hint)?;
        }
        Ok(())
    }

    fn known(&mut self, event: SessionEvent) -> io::Result<()> {
        let nested = event.meta.parent_tool_use_id.is_some();
        match event.body {
            EventBody::TextDelta { .. } | EventBody::ThinkingDelta { .. } | EventBody::Message { .. } if nested => {
                Ok(())
            }
            EventBody::TextDelta { item_id, offset, text } => {
                let fresh = self.texts.delta(item_id, Voice::Speaking, offset, &text);
                self.text(Voice::Speaking, &fresh)
            }
            EventBody::ThinkingDelta { item_id, offset, text } => {
                let fresh = self.texts.delta(item_id, Voice::Thinking, offset, &text);
                self.text(Voice::Thinking, &fresh)
            }
            EventBody::Message { message } if message.role == Role::Assistant => self.message(&message),
            EventBody::ToolCall { tool_use_id, title, .. } => {
                let title = one_line(&title);
                self.wait_for(&title);
                self.tools.push(Tool { id: tool_use_id, title, nested });
                Ok(())
            }
            EventBody::ToolResult { tool_use_id, is_error, content, truncated_bytes, .. } => {
                self.tool_result(&tool_use_id, is_error, &content, truncated_bytes.is_some())
            }
            EventBody::Notice { level, text } => self.notice(level, &text),
            EventBody::Error { error } => self.error(&error),
            EventBody::Compacted { tokens_before, tokens_after, .. } => self.compacted(tokens_before, tokens_after),
            EventBody::PermissionRequested { permission } => {
                self.asked.push((permission.id, one_line(&permission.title)));
                Ok(())
            }
            EventBody::PermissionResolved { permission_id, .. } => {
                self.resolved(permission_id);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Shows more of a text.
    fn text(&mut self, voice: Voice, fresh: &str) -> io::Result<()> {
        // What Claude thinks is for those who watch, not for those who take the answer elsewhere.
        if fresh.is_empty() || (voice == Voice::Thinking && !self.out.is_one()) {
            return Ok(());
        }
        if !self.texts.is_open(voice) {
            self.start(voice.place(), Block::Text)?;
            self.texts.open(voice);
        }
        let shown = self.texts.render(fresh);
        self.out.write(voice.place(), &shown)
    }

    /// Ends the text that is being shown, if one is.
    fn end_text(&mut self) -> io::Result<()> {
        if let Some((voice, rest)) = self.texts.close() {
            self.out.write(voice.place(), &rest)?;
            self.out.end_line(voice.place())?;
        }
        Ok(())
    }

    /// A message is complete: shows what its deltas did not bring.
    fn message(&mut self, message: &crate::protocol::message::Message) -> io::Result<()> {
        for voice in [Voice::Thinking, Voice::Speaking] {
            let missing = self.texts.complete(message, voice);
            if missing.replaces {
                self.end_text()?;
                self.notice(NoticeLevel::Info, "the text above became this one:")?;
            }
            self.text(voice, &missing.text)?;
            if self.texts.is_open(voice) {
                self.end_text()?;
            }
        }
        self.wait_for(waiting_for("requesting", None).as_str());
        Ok(())
    }

    fn tool_result(&mut self, id: &str, is_error: bool, content: &Value, is_cut: bool) -> io::Result<()> {
        let Some(at) = self.tools.iter().position(|tool| tool.id == id) else { return Ok(()) };
        let tool = self.tools.remove(at);
        let said = outcome(content, is_error, is_cut, self.width());
        self.tool_line(&tool, !is_error, &said)?;
        let next = self.tools.last().map_or_else(|| waiting_for("requesting", None), |tool| tool.title.clone());
        self.wait_for(&next);
        Ok(())
    }

    /// `✓ Read src/main.rs · 120 lines`
    fn tool_line(&mut self, tool: &Tool, succeeded: bool, said: &str) -> io::Result<()> {
        self.start(Place::Aside, Block::Tools)?;
        let (style, sign) = if succeeded { (GOOD, "✓") } else { (BAD, "✗") };
        let indent = if tool.nested { "  " } else { "" };
        let room = self.width().saturating_sub(indent.len() + 2);
        let title = cut(&tool.title, room);
        let rest = match room.saturating_sub(unicode_width::UnicodeWidthStr::width(title.as_str()) + 3) {
            0..8 => String::new(),
            _ if said.is_empty() => String::new(),
            room => cut(&format!(" · {said}"), room + 3),
        };
        let (sign, rest) = (self.out.paint(Place::Aside, style, sign), self.out.paint(Place::Aside, DIM, &rest));
        self.out.write(Place::Aside, &format!("{indent}{sign} {title}{rest}\n"))
    }

    /// How wide a line about something may be.
    fn width(&self) -> usize {
        self.out.looks(Place::Aside).terminal.unwrap_or(LINE)
    }

    /// A sign in a style of its own, and behind it a text, broken where a line ends.
    fn marked(&mut self, sign: (Style, &str), style: Style, text: &str) -> io::Result<()> {
        let looks = self.out.looks(Place::Aside);
        let of = |style| if looks.styled { style } else { Style::new() };
        let (mut wrap, mut shown) = (Wrap::new(looks.terminal.unwrap_or(usize::MAX)), String::new());
        wrap.begin(of(sign.0), &format!("{} ", sign.1), Some("  "), &mut shown);
        wrap.text(of(style), &one_line(text), &mut shown);
        wrap.newline(&mut shown);
        self.out.write(Place::Aside, &shown)
    }

    /// Ends what was shown before, and keeps it apart from what comes.
    fn start(&mut self, place: Place, block: Block) -> io::Result<()> {
        self.end_text()?;
        let is_apart = block == Block::Text || block != self.last;
        self.last = block;
        if is_apart { self.out.skip_line(place) } else { self.out.end_line(place) }
    }

    fn wait_for(&mut self, what: &str) {
        if let Some(spinner) = &mut self.spinner {
            spinner.wait_for(what, Instant::now());
        }
    }

    /// The turn is over: shows what was kept, and which tools never answered.
    fn finish(&mut self) -> io::Result<()> {
        (self.spinner, self.last_event) = (None, None);
        self.out.erase_spinner()?;
        self.end_text()?;
        for tool in std::mem::take(&mut self.tools) {
            self.tool_line(&tool, false, "no answer")?;
        }
        self.texts.forget();
        self.asked.clear();
        Ok(())
    }

    fn stop_reason(&mut self, turn: &Turn) -> io::Result<()> {
        let words = match turn.stop_reason {
            StopReason::Completed => return Ok(()),
            StopReason::Interrupted => "interrupted",
            StopReason::MaxTurns => "stopped: the session allows no more requests in one turn",
            StopReason::Refused => "Claude refused to go on",
            StopReason::Failed => match &turn.error {
                Some(error) => return self.error(error),
                None => "the turn failed",
            },
        };
        self.start(Place::Aside, Block::Notices)?;
        self.marked((WARNING, "■"), Style::new(), words)
    }
}

impl Show for View {
    fn begin(&mut self) -> io::Result<()> {
        self.spinner = Some(Spinner::new(&waiting_for("requesting", None), Instant::now()));
        (self.told, self.last) = (None, Block::Notices);
        self.tick()
    }

    fn event(&mut self, event: &Value) -> io::Result<()> {
        self.last_event = Some(Instant::now());
        // A status that is new is told too; of other events that are new nothing is known.
        if event["kind"] == "status" {
            self.wait_for(&waiting_for(event["status"].as_str().unwrap_or_default(), event["detail"].as_str()));
        } else if let Ok(event) = SessionEvent::deserialize(event) {
            self.known(event)?;
        }
        self.out.flush()
    }

    fn notice(&mut self, level: NoticeLevel, text: &str) -> io::Result<()> {
        self.start(Place::Aside, Block::Notices)?;
        let style = match level {
            NoticeLevel::Info => DIM,
            NoticeLevel::Warning => WARNING,
            NoticeLevel::Error => BAD,
        };
        self.marked((style, "!"), Style::new(), text)?;
        self.out.flush()
    }

    fn tick(&mut self) -> io::Result<()> {
        let now = Instant::now();
        match &mut self.spinner {
            Some(spinner) if self.last_event.is_none_or(|last| now.duration_since(last) >= PAUSE) => {
                self.out.spin(|width| spinner.turn(now, width))
            }
            _ => Ok(()),
        }
    }

    fn interrupting(&mut self) -> io::Result<()> {
        self.wait_for("interrupting; Ctrl-C again leaves");
        self.tick()
    }

    fn prompt(&mut self, prompt: &Prompt) -> io::Result<()> {
        self.out.erase_spinner()?;
        if prompt.begins {
            self.start(Place::Aside, Block::Text)?;
        }
        self.out.lines(Place::Aside, &prompt.lines)?;
        if let Some((text, below)) = &prompt.text {
            self.out.write(Place::Aside, "\n")?;
            self.whole_text(text)?;
            self.out.write(Place::Aside, "\n")?;
            self.out.lines(Place::Aside, below)?;
        }
        let line = self.out.paint(Place::Aside, ASKING, &prompt.line);
        self.out.write(Place::Aside, &line)?;
        self.out.flush()
    }

    fn was_answered(&mut self, by_person: bool) -> io::Result<()> {
        self.last_event = Some(Instant::now());
        self.last = Block::Notices;
        if by_person {
            self.out.was_answered();
        } else {
            self.out.end_line(Place::Aside)?;
        }
        self.out.flush()
    }

    fn denied(&mut self, permission: &Permission) -> io::Result<()> {
        let title = one_line(&permission.title);
        self.notice(NoticeLevel::Warning, &format!("denied: {title}. There is no terminal to ask you on."))?;
        match rule_for(permission) {
            Some(rule) => self.marked((Style::new(), " "), DIM, &format!("to allow it: --allow {}", quoted(&rule))),
            None => Ok(()),
        }
    }

    fn aside(&mut self, text: &str) -> io::Result<()> {
        self.marked((DIM, " "), DIM, text)?;
        self.out.flush()
    }

    fn end(&mut self, turn: &Turn) -> io::Result<()> {
        self.finish()?;
        self.stop_reason(turn)?;
        self.out.skip_line(Place::Aside)?;
        self.say(&summary(turn))
    }

    fn fail(&mut self, error: &Error) -> io::Result<()> {
        self.finish()?;
        self.error(&error.to_data())?;
        self.out.flush()
    }
}

/// What else can be done about an error, by someone in a terminal.
fn more_hints(kind: ErrorKind) -> Option<&'static str> {
    (kind == ErrorKind::CliNotFound).then_some("or try it with the built-in agent: claude-bridge chat --demo")
}
