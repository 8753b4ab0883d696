//! The conversation as a person reads it: who said what and when, tool calls folded, what it cost at the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::fence::{code, guard, inline, plain, quote};
use super::tools;
use crate::ids::TurnId;
use crate::protocol::archive::{ArchivedTurn, ArchivedUsage, SessionArchive};
use crate::protocol::message::{ContentBlock, Message, Range, Role};
use crate::protocol::turn::StopReason;
use crate::protocol::usage::Usage;
use crate::time::Timestamp;

/// The document of a session.
pub(super) fn write(archive: &SessionArchive) -> String {
    let mut writer = Writer::of(archive);
    writer.head();
    writer.conversation();
    writer.usage();
    writer.out
}

/// What tools answered, by the call.
pub(super) type Answers<'a> = HashMap<&'a str, &'a ContentBlock>;

struct Writer<'a> {
    archive: &'a SessionArchive,
    answers: Answers<'a>,
    /// What agents said, by the call that began them.
    of_agents: HashMap<&'a str, Vec<&'a Message>>,
    out: String,
}

impl<'a> Writer<'a> {
    fn of(archive: &'a SessionArchive) -> Self {
        let mut answers = Answers::new();
        let mut of_agents: HashMap<&str, Vec<&Message>> = HashMap::new();
        for message in &archive.messages {
            if let Some(parent) = &message.parent_tool_use_id {
                of_agents.entry(parent).or_default().push(message);
            }
            for block in &message.content {
                if let ContentBlock::ToolResult { tool_use_id, .. } = block {
                    answers.insert(tool_use_id, block);
                }
            }
        }
        Self { archive, answers, of_agents, out: String::new() }
    }

    fn head(&mut self) {
        let session = &self.archive.session;
        let title = if session.title.is_empty() { "Untitled" } else { &session.title };
        self.paragraph(&format!("# {}", plain(title)));
        let mut facts = vec![
            format!("**Session** {}", inline(&session.id.to_string())),
            format!("**Folder** {}", inline(&session.cwd)),
        ];
        facts.extend(session.model.as_ref().map(|model| format!("**Model** {}", inline(model))));
        facts.push(format!("**From** {} **to** {}", time(session.created_at), time(session.last_active_at)));
        let facts: Vec<String> = facts.iter().map(|fact| format!("- {fact}")).collect();
        self.paragraph(&facts.join("\n"));
    }

    fn conversation(&mut self) {
        let archive = self.archive;
        let mut speaker = None;
        let mut turn = None;
        let calls = calls(archive);
        let is_of_a_call =
            |message: &Message| message.parent_tool_use_id.as_deref().is_some_and(|call| calls.contains(call));
        for message in archive.messages.iter().filter(|message| !is_of_a_call(message)) {
            if turn.is_some_and(|turn| turn != message.turn_id) {
                self.end_of_turn(turn);
                speaker = None;
            }
            turn = Some(message.turn_id);
            if is_answer(message) {
                continue;
            }
            let is_agents = message.parent_tool_use_id.is_some();
            if speaker != Some((message.role, is_agents)) {
                let who = if is_agents { agents_name(message.role) } else { name(message.role) };
                self.paragraph(&format!("## {who} · {}", time(message.created_at)));
                speaker = Some((message.role, is_agents));
            }
            self.message(message);
        }
        self.end_of_turn(turn);
    }

    fn message(&mut self, message: &Message) {
        for block in &message.content {
            let text = self.block(block, message.role);
            self.paragraph(&text);
        }
    }

    fn block(&self, block: &ContentBlock, role: Role) -> String {
        match (block, role) {
            (ContentBlock::Text { text }, Role::User) => quote(&guard(text)),
            (ContentBlock::Text { text }, Role::Assistant) => guard(text),
            (ContentBlock::Image { media_type, data }, _) => image(media_type, data.len()),
            (ContentBlock::File { path, range, text }, _) => file(path, *range, text.as_deref()),
            (ContentBlock::Thinking { text }, _) => folded("Thoughts", &quote(&guard(text))),
            (ContentBlock::ToolUse { tool_use_id, name, input }, _) => {
                let agent = self.agent(tool_use_id);
                tools::call(
                    name,
                    input,
                    self.answers.get(tool_use_id.as_str()).copied(),
                    &agent,
                    &self.archive.session.cwd,
                )
            }
            (ContentBlock::ToolResult { .. }, _) => String::new(),
        }
    }

    /// What the agent did that a tool call began.
    fn agent(&self, tool_use_id: &str) -> String {
        let mut text = String::new();
        for message in self.of_agents.get(tool_use_id).into_iter().flatten().filter(|message| !is_answer(message)) {
            let who = agents_name(message.role);
            let blocks: Vec<String> = message.content.iter().map(|block| self.block(block, message.role)).collect();
            let is_text = message.content.iter().any(|block| matches!(block, ContentBlock::Text { .. }));
            if is_text {
                text.push_str(&format!("**{who}**\n\n"));
            }
            text.push_str(blocks.join("\n").trim_end());
            text.push_str("\n\n");
        }
        text
    }

    /// How a turn ended, where that needs a word.
    fn end_of_turn(&mut self, turn: Option<TurnId>) {
        let ended = self.archive.turns.iter().find(|other| Some(other.turn.id) == turn);
        let Some(ArchivedTurn { turn, ended_at, .. }) = ended else { return };
        let said = match (turn.stop_reason, ended_at) {
            (_, None) => "This turn was still running.".to_owned(),
            (StopReason::Completed, _) => return,
            (StopReason::Interrupted, _) => "This turn was interrupted.".to_owned(),
            (StopReason::MaxTurns, _) => "This turn reached the limit of requests to the model.".to_owned(),
            (StopReason::Refused, _) => "The model refused to go on.".to_owned(),
            (StopReason::Failed, _) => match &turn.error {
                Some(error) => format!("This turn failed: {}", plain(&error.message)),
                None => "This turn failed.".to_owned(),
            },
        };
        self.paragraph(&format!("*{said}*"));
    }

    fn usage(&mut self) {
        let archive = self.archive;
        self.paragraph("## Usage");
        let mut by_model: BTreeMap<&str, (usize, ArchivedUsage)> = BTreeMap::new();
        for turn in &archive.turns {
            for (model, used) in &turn.usage_by_model {
                let (turns, sum) =
                    by_model.entry(model).or_insert((0, ArchivedUsage { usage: Usage::default(), cost_usd: 0.0 }));
                *turns += 1;
                add(sum, used);
            }
        }
        let mut table =
            "| | Turns | Input | Output | Cache read | Cache written | Cost |\n|---|--:|--:|--:|--:|--:|--:|"
                .to_owned();
        for (model, (turns, used)) in by_model {
            table.push_str(&row(&plain(model), turns, used.usage, used.cost_usd));
        }
        let session = &archive.session;
        table.push_str(&row("**All**", archive.turns.len(), session.usage, session.cost_usd));
        self.paragraph(&table);
    }

    /// Adds a block, with an empty line behind it.
    fn paragraph(&mut self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            self.out.push_str(if self.out.is_empty() { "" } else { "\n" });
            self.out.push_str(text);
            self.out.push('\n');
        }
    }
}

/// What is seen when it is opened.
pub(super) fn folded(summary: &str, text: &str) -> String {
    format!("<details>\n<summary>{summary}</summary>\n\n{}\n\n</details>\n", text.trim_end())
}

/// A picture, which Markdown does not hold.
pub(super) fn image(media_type: &str, base64_length: usize) -> String {
    format!("*(a picture, {}, {} KB)*\n", plain(media_type), (base64_length * 3 / 4).div_ceil(1000))
}

/// The language that a file's code is shown in.
pub(super) fn language(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if extension.chars().all(|character| character.is_ascii_alphanumeric()) { extension } else { "" }
}

fn file(path: &str, range: Option<Range>, text: Option<&str>) -> String {
    let lines = range.map_or_else(String::new, |range| {
        let (first, last) = (range.start.line + 1, range.end.line + 1);
        if first == last { format!(", line {first}") } else { format!(", lines {first} to {last}") }
    });
    let text = text.map_or_else(String::new, |text| format!("\n{}", code(language(path), text)));
    format!("File {}{lines}\n{text}", inline(path))
}

/// Tools answer in the person's place; what they said stands with the call.
fn is_answer(message: &Message) -> bool {
    message.content.iter().all(|block| matches!(block, ContentBlock::ToolResult { .. }))
}

/// The tool calls there are. What an agent said is shown with its call; where that is not known, by itself.
fn calls(archive: &SessionArchive) -> HashSet<&str> {
    let blocks = archive.messages.iter().flat_map(|message| &message.content);
    let calls = blocks.filter_map(|block| match block {
        ContentBlock::ToolUse { tool_use_id, .. } => Some(tool_use_id.as_str()),
        _ => None,
    });
    calls.collect()
}

fn agents_name(role: Role) -> &'static str {
    match role {
        Role::User => "Task",
        Role::Assistant => "Agent",
    }
}

fn name(role: Role) -> &'static str {
    match role {
        Role::User => "User",
        Role::Assistant => "Claude",
    }
}

/// `2026-11-22 10:11:12 UTC`
fn time(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.split('.').next().unwrap_or(&text).replace('T', " "))
}

fn add(sum: &mut ArchivedUsage, used: &ArchivedUsage) {
    sum.usage.input_tokens += used.usage.input_tokens;
    sum.usage.output_tokens += used.usage.output_tokens;
    sum.usage.cache_read_tokens += used.usage.cache_read_tokens;
    sum.usage.cache_write_tokens += used.usage.cache_write_tokens;
    sum.cost_usd += used.cost_usd;
}

fn row(name: &str, turns: usize, usage: Usage, cost_usd: f64) -> String {
    let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
    let tokens = [input_tokens, output_tokens, cache_read_tokens, cache_write_tokens].map(grouped).join(" | ");
    format!("\n| {name} | {turns} | {tokens} | ${cost_usd:.4} |")
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests;
