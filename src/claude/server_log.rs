//! What MCP servers wrote to their stderr. Of one that fails the CLI answers only that it did, and keeps its words in a
//! log of its own: `claude-cli-nodejs/FOLDER/mcp-logs-SERVER/TIME.jsonl` below the person's cache, written a second later.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::time::sleep;

use super::environment::{self, Environment};
use super::settings::EnvPolicy;
use super::transcript::end_of;
use crate::ids::ProviderSessionId;

/// What comes before the words.
const STDERR: &str = "Server stderr: ";
/// How old a log may be that has just been written.
const RECENT: Duration = Duration::from_secs(60);
/// How often, and how many times, it is looked whether they are there.
const ROUND: Duration = Duration::from_millis(250);
const ROUNDS: u32 = 12;
/// How much of them is told: this many lines, none longer than this many characters.
const LINES: usize = 5;
const WIDTH: usize = 200;

/// The logs that one CLI keeps of its MCP servers.
#[derive(Clone, Debug)]
pub struct ServerLogs {
    folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    error: String,
    session_id: ProviderSessionId,
}

impl ServerLogs {
    /// Those of a CLI that is started with this policy; `None` where it would have no home.
    #[must_use]
    pub fn of(policy: &EnvPolicy) -> Option<Self> {
        Self::seen_by(&environment::inherited(policy))
    }

    fn seen_by(environment: &Environment) -> Option<Self> {
        let folder = |name: &str| environment.get(OsStr::new(name)).filter(|value| !value.is_empty()).map(Path::new);
        let cache = match folder("XDG_CACHE_HOME") {
            _ if cfg!(target_os = "macos") => folder("HOME")?.join("Library/Caches"),
            Some(cache) => cache.to_owned(),
            None => folder("HOME")?.join(".cache"),
        };
        Some(Self { folder: cache.join("claude-cli-nodejs") })
    }

    /// The last words of a server that has just failed in this conversation, as soon as they are there; `None` where it
    /// had none, or the CLI keeps them elsewhere.
    pub async fn wait_for_words(self, conversation: ProviderSessionId, server: String) -> Option<String> {
        for _ in 0..ROUNDS {
            sleep(ROUND).await;
            let (logs, server) = (self.clone(), server.clone());
            let look = tokio::task::spawn_blocking(move || logs.words(conversation, &server));
            match look.await {
                Ok(None) => {}
                Ok(words) => return words,
                Err(error) => tracing::warn!(%error, "the log of an MCP server was not looked at to its end"),
            }
        }
        None
    }

    fn words(&self, conversation: ProviderSessionId, server: &str) -> Option<String> {
        let name: String = server.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let folders = files_in(&self.folder).map(|folder| folder.join(format!("mcp-logs-{name}")));
        let recent = folders.flat_map(|folder| files_in(&folder)).filter(|path| is_recent(path));
        recent.filter_map(|path| words_in(&end_of(&path).ok()?, conversation)).last()
    }
}

fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

fn is_recent(path: &Path) -> bool {
    let written = path.metadata().and_then(|metadata| metadata.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age < RECENT))
}

/// The last words in the lines of a log.
fn words_in(log: &[u8], conversation: ProviderSessionId) -> Option<String> {
    let lines = log.split(|byte| *byte == b'\n').rev();
    let mut lines = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    lines.find_map(|line| {
        let said = line.error.strip_prefix(STDERR).filter(|_| line.session_id == conversation)?;
        let words = in_short(said);
        (!words.is_empty()).then_some(words)
    })
}

fn in_short(said: &str) -> String {
    let plain = |line: &str| line.trim().chars().filter(|c| !c.is_control()).take(WIDTH).collect::<String>();
    let lines: Vec<String> = said.lines().map(plain).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(error: &str, conversation: ProviderSessionId) -> String {
        json!({"error": error, "timestamp": "2026-11-27T18:15:36.180Z", "sessionId": conversation}).to_string() + "\n"
    }

    #[test]
    fn the_last_words_of_a_server_are_those_of_its_own_log_and_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (ProviderSessionId::new(), ProviderSessionId::new());
        let logs = ServerLogs { folder: folder.path().to_owned() };
        assert_eq!(logs.words(ours, "my.db"), None);
        let log = folder.path().join("-work/mcp-logs-my-db/2026-11-27T18-15-35-766Z.jsonl");
        fs::create_dir_all(log.parent().unwrap()).unwrap();
        let debug = json!({"debug": "Starting", "sessionId": ours}).to_string() + "\nnonsense\n";
        let text = debug
            + &line("Server stderr: too early\n", ours)
            + &line("Server stderr: no\u{1b} such\n\n  database\n", ours)
            + &line("Server stderr: of another\n", other)
            + &line("Connection failed", ours);
        fs::write(&log, text).unwrap();
        assert_eq!(logs.words(ours, "my.db").as_deref(), Some("no such\ndatabase"));
        assert_eq!(logs.words(other, "my.db").as_deref(), Some("of another"));
        assert_eq!(logs.words(ours, "db"), None);
    }

    #[test]
    fn long_words_are_told_from_their_end() {
        let said: Vec<String> = (0..9).map(|number| format!("{number}{}", "x".repeat(WIDTH))).collect();
        let short = in_short(&said.join("\n"));
        assert_eq!(short.lines().map(|line| &line[..1]).collect::<Vec<_>>(), ["4", "5", "6", "7", "8"]);
        assert_eq!(short.len(), LINES * (WIDTH + 1) - 1);
    }

    #[test]
    fn they_are_where_the_environment_of_the_cli_says() {
        let environment =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let home: Environment = environment(&[("HOME", "/home/ada")]);
        let expected = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let expected = Path::new("/home/ada").join(expected).join("claude-cli-nodejs");
        assert_eq!(ServerLogs::seen_by(&home).unwrap().folder, expected);
        assert!(ServerLogs::seen_by(&Environment::new()).is_none());
        if cfg!(target_os = "linux") {
            let elsewhere: Environment = environment(&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "/cache")]);
            assert_eq!(ServerLogs::seen_by(&elsewhere).unwrap().folder, Path::new("/cache/claude-cli-nodejs"));
        }
    }
}
