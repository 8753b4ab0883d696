//! Conversations that the CLI had without us: its own transcripts, read.
//!
//! A transcript is a file of lines, each a JSON object, written by many versions of the CLI: what is not known is passed
//! over, what is broken is named. What an agent said is in files of its own, `ID/subagents/agent-*.jsonl`, which say in a
//! small file beside them, or by a result in the main one, which tool call they belong to. Versions 2.0 have these files
//! beside the main one, older ones have it all in the main file (`sidechains`).

mod sidechains;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use self::sidechains::Sidechains;
use super::frame::{Assistant, ModelUsage, Tokens};
use super::transcript::conversation_of_agent;
use crate::ids::ProviderSessionId;
use crate::time::Timestamp;

/// A conversation, by its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFiles {
    /// The CLI's id of it.
    pub id: ProviderSessionId,
    /// The main file, and below it those of agents.
    main: PathBuf,
    agents: Vec<PathBuf>,
    /// What changes when something is added: names, lengths, times.
    pub fingerprint: String,
    /// When something was added last.
    pub changed_at: Timestamp,
}

/// A conversation, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// What was said, in its order.
    pub entries: Vec<PastEntry>,
    /// The folder that it is about.
    pub cwd: Option<PathBuf>,
    /// Its title, where the CLI or the person gave it one.
    pub title: Option<String>,
    /// What each model used in all, and cost, by the CLI's account; absent where it kept none.
    pub cost: Option<BTreeMap<String, ModelUsage>>,
    /// The files by their names below `projects`, with their whole lines.
    pub files: Vec<(String, String)>,
    /// Lines that cannot be read: where, and why.
    pub broken: Vec<String>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq)]
pub struct PastEntry {
    /// The CLI's id of it.
    pub uuid: String,
    /// When.
    pub at: Timestamp,
    /// The tool call whose agent said it, or was told it.
    pub parent: Option<String>,
    /// What.
    pub said: PastSaid,
}

/// What was said.
#[derive(Clone, Debug, PartialEq)]
pub enum PastSaid {
    /// In the person's place: text, or the API's blocks, results of tools among them.
    User {
        /// What.
        content: Value,
        /// Whether it begins a turn, and nobody typed it: a background task ended.
        is_notification: bool,
        /// What a tool answered, in its own terms.
        structured: Option<Value>,
    },
    /// By Claude.
    Assistant {
        /// The blocks.
        assistant: Assistant,
        /// The model.
        model: String,
        /// What the API's message used, of which this is a part.
        tokens: Tokens,
    },
}

/// What of a line is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    uuid: String,
    parent_uuid: Option<String>,
    timestamp: Option<Timestamp>,
    cwd: Option<PathBuf>,
    #[serde(default)]
    is_meta: bool,
    #[serde(default)]
    is_compact_summary: bool,
    #[serde(default)]
    is_sidechain: bool,
    message: Option<Message>,
    tool_use_result: Option<Value>,
    summary: Option<String>,
    custom_title: Option<String>,
    ai_title: Option<String>,
    start_time: Option<i64>,
    model_usage: Option<Value>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: String,
    #[serde(default)]
    content: Value,
    #[serde(default)]
    model: String,
    usage: Option<Value>,
}

/// The conversations below a folder of projects, the one that was changed first comes first. A folder that is not there
/// has none.
///
/// # Errors
/// It cannot be read.
pub fn past_conversations(projects: &Path) -> io::Result<Vec<PastFiles>> {
    let mut found = Vec::new();
    for project in entries(projects)?.into_iter().filter(|path| path.is_dir()) {
        let files = entries(&project)?;
        let mut agents: HashMap<ProviderSessionId, Vec<PathBuf>> = HashMap::new();
        for path in &files {
            if let Some(id) = conversation_of_agent(path) {
                agents.entry(id).or_default().push(path.clone());
            }
        }
        for main in files {
            let id = main.file_stem().and_then(OsStr::to_str).and_then(|name| name.parse().ok());
            if let (Some(id), Some("jsonl")) = (id, main.extension().and_then(OsStr::to_str)) {
                found.push(files_of(id, main, agents.remove(&id).unwrap_or_default())?);
            }
        }
    }
    found.sort_by_key(|files| files.changed_at);
    Ok(found)
}

fn files_of(id: ProviderSessionId, main: PathBuf, mut agents: Vec<PathBuf>) -> io::Result<PastFiles> {
    let is_lines = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "jsonl");
    agents.extend(entries(&main.with_extension("").join("subagents"))?.into_iter().filter(is_lines));
    agents.sort();
    let mut fingerprint = String::new();
    let mut changed_at = Timestamp::from_millis(0);
    for path in std::iter::once(&main).chain(&agents) {
        let metadata = fs::metadata(path)?;
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let millis = changed.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0);
        changed_at = changed_at.max(Timestamp::from_millis(millis));
        fingerprint.push_str(&format!("{}:{millis};", metadata.len()));
    }
    Ok(PastFiles { id, main, agents, fingerprint, changed_at })
}

impl PastFiles {
    /// Reads it. A last line that is still being written waits for the next time.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(&self, projects: &Path) -> io::Result<Past> {
        let mut past = Past::default();
        let main = past.take_file(&self.main, projects)?;
        let calls = calls_of_agents(&main);
        let mut costs = BTreeMap::new();
        let mut sidechains = Sidechains::of(&main);
        for line in main {
            let parent = sidechains.call_of(&line);
            past.take_line(line, parent.as_deref(), &mut costs);
        }
        for path in &self.agents {
            let parent = past.call_of(path, &calls);
            for line in past.take_file(path, projects)? {
                past.take_line(line, Some(&parent), &mut costs);
            }
        }
        past.entries.sort_by_key(|entry| entry.at);
        past.cost = (!costs.is_empty()).then(|| total(&past.entries, costs));
        Ok(past)
    }
}

impl Past {
    /// The tool call that an agent's file belongs to; the agent's own name where nothing says it.
    fn call_of(&mut self, path: &Path, calls: &HashMap<String, String>) -> String {
        let name = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let told = self.take_about(&path.with_extension("meta.json"));
        let by_file = told.as_ref().and_then(|told| told.get("toolUseId")).and_then(Value::as_str);
        let by_result = name.strip_prefix("agent-").and_then(|agent| calls.get(agent)).map(String::as_str);
        by_file.or(by_result).unwrap_or(name).to_owned()
    }

    /// Reads what a file beside an agent's own says of it, if there is one; one that is broken is noted.
    fn take_about(&mut self, path: &Path) -> Option<Value> {
        let told = match fs::read(path) {
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => return None,
            read => read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::from)),
        };
        told.inspect_err(|problem| self.broken.push(format!("{}: {problem}", path.display()))).ok()
    }

    /// Reads a file's whole lines; those that are broken are noted.
    fn take_file(&mut self, path: &Path, projects: &Path) -> io::Result<Vec<Line>> {
        let bytes = fs::read(path)?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
        let mut lines = Vec::new();
        let mut kept = String::with_capacity(text.len());
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(line) => lines.push(line),
                Err(problem) => {
                    self.broken.push(format!("{}:{}: {problem}", path.display(), at + 1));
                    continue;
                }
            }
            kept.push_str(line);
            kept.push('\n');
        }
        if let Ok(name) = path.strip_prefix(projects) {
            self.files.push((name.to_string_lossy().into_owned(), kept));
        }
        Ok(lines)
    }

    fn take_line(&mut self, line: Line, parent: Option<&str>, costs: &mut BTreeMap<i64, BTreeMap<String, ModelUsage>>) {
        if self.cwd.is_none() {
            self.cwd.clone_from(&line.cwd);
        }
        match line.kind.as_str() {
            "summary" => self.title = self.title.take().or(line.summary),
            "ai-title" => self.title = self.title.take().or(line.ai_title),
            "custom-title" => self.title = line.custom_title.or(self.title.take()),
            // The totals of one process; the last ones of it count.
            "cost-state" => {
                if let (Some(start), Some(usage)) = (line.start_time, line.model_usage) {
                    costs.insert(start, ModelUsage::by_model(&usage));
                }
            }
            // What the CLI tells the model in the person's place is no message.
            "user" | "assistant" if !line.is_meta && !line.is_compact_summary => self.take_message(line, parent),
            _ => {}
        }
    }

    fn take_message(&mut self, line: Line, parent: Option<&str>) {
        let (Some(at), Some(message)) = (line.timestamp, line.message) else { return };
        let said = if line.kind == "user" {
            let is_notification = message.content.as_str().is_some_and(|text| text.starts_with("<task-notification>"));
            PastSaid::User { content: message.content, is_notification, structured: line.tool_use_result }
        } else {
            let Message { id, content, model, usage } = message;
            let tokens = usage.as_ref().map_or_else(Tokens::default, Tokens::of_message);
            PastSaid::Assistant { assistant: Assistant::of_message(id, &model, content), model, tokens }
        };
        self.entries.push(PastEntry { uuid: line.uuid, at, parent: parent.map(str::to_owned), said });
    }
}

/// Which tool call each agent belongs to, by what the results in the main file say.
fn calls_of_agents(lines: &[Line]) -> HashMap<String, String> {
    let mut calls = HashMap::new();
    for line in lines {
        let agent = line.tool_use_result.as_ref().and_then(|result| result.get("agentId")).and_then(Value::as_str);
        let call = line.message.as_ref().and_then(|message| message.content.pointer("/0/tool_use_id"));
        if let (Some(agent), Some(call)) = (agent, call.and_then(Value::as_str)) {
            calls.insert(agent.to_owned(), call.to_owned());
        }
    }
    calls
}

/// What the conversation used by the account of all its processes. Some versions count from zero in each, some go on from
/// the one before: which it was shows in what its messages say was written.
fn total(
    entries: &[PastEntry],
    processes: BTreeMap<i64, BTreeMap<String, ModelUsage>>,
) -> BTreeMap<String, ModelUsage> {
    let mut written: HashMap<&str, u64> = HashMap::new();
    for entry in entries {
        if let PastSaid::Assistant { assistant, tokens, .. } = &entry.said {
            written.insert(&assistant.message_id, tokens.output);
        }
    }
    let written: u64 = written.into_values().sum();
    let last = processes.values().next_back().cloned().unwrap_or_default();
    let sum = sum(processes.into_values());
    let output = |usage: &BTreeMap<String, ModelUsage>| usage.values().map(|used| used.tokens.output).sum::<u64>();
    if output(&last).abs_diff(written) <= output(&sum).abs_diff(written) { last } else { sum }
}

fn sum(processes: impl Iterator<Item = BTreeMap<String, ModelUsage>>) -> BTreeMap<String, ModelUsage> {
    let mut all: BTreeMap<String, ModelUsage> = BTreeMap::new();
    for (model, used) in processes.flatten() {
        let sum = all.entry(model).or_default();
        sum.tokens.add(used.tokens);
        sum.cost_usd += used.cost_usd;
    }
    all
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        entries => entries?.map(|entry| Ok(entry?.path())).collect(),
    }
}
