//! The CLI's own transcripts: files from which it can go on with a conversation, and how a lost one is put back.
//!
//! They are `projects/FOLDER/ID.jsonl` below the CLI's configuration folder, those of agents beside them in `ID/`.
//! Here a transcript's name is its path below `projects`.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use memchr::memmem;

use super::environment::{self, Environment};
use super::settings::EnvPolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::ProviderSessionId;
use crate::time::Timestamp;

/// What a line of the person's has.
const USER: &str = r#""type":"user""#;
/// How long the name of a folder may be before the CLI cuts it and adds a hash, in characters.
const LONGEST_FOLDER: usize = 200;
/// How much of a transcript is looked through for the latest words, in bytes.
const END: u64 = 4 << 20;

/// The name of the transcript at `path`, as the CLI names the file; `None` if it is at no place known to us.
#[must_use]
pub fn transcript_name(path: &str) -> Option<&str> {
    let (_, name) = path.rsplit_once("/projects/")?;
    is_plain(name).then_some(name)
}

/// Where one CLI keeps its transcripts.
#[derive(Clone, Debug)]
pub struct Transcripts {
    folder: PathBuf,
}

impl Transcripts {
    /// Those of a CLI that is started with this policy; `None` where it would have no home.
    #[must_use]
    pub fn of(policy: &EnvPolicy) -> Option<Self> {
        Self::seen_by(&environment::inherited(policy))
    }

    fn seen_by(environment: &Environment) -> Option<Self> {
        let folder = |name: &str| environment.get(&OsString::from(name)).filter(|value| !value.is_empty());
        let config = match folder("CLAUDE_CONFIG_DIR") {
            Some(config) => PathBuf::from(config),
            None => Path::new(folder("HOME")?).join(".claude"),
        };
        Some(Self { folder: config.join("projects") })
    }

    /// The folder that they are in, a folder each for the folders that conversations are about.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the CLI has this transcript.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.folder.join(name).is_file()
    }

    /// Whether the CLI has noted these words of the person's in a transcript. Only its end is looked at, where the
    /// latest words are. A transcript that cannot be read has noted nothing.
    #[must_use]
    pub fn has_noted(&self, name: &str, words: &str) -> bool {
        // As both JavaScript and we write it into JSON.
        let words = serde_json::Value::from(words).to_string();
        let words = words.trim_matches('"');
        // The words are in the line that queues the message, too, which is written first and is not read again.
        let is_noted = |line: &[u8]| [USER, words].iter().all(|part| memmem::find(line, part.as_bytes()).is_some());
        end_of(&self.folder.join(name)).is_ok_and(|end| end.split(|byte| *byte == b'\n').any(is_noted))
    }

    /// Writes transcripts from a copy, `(name, lines)` in their order; several parts of one name follow each other. A
    /// file that is in the way is kept beside it under another name.
    ///
    /// # Errors
    /// `internalError` that names the file which could not be written, or a name that leads elsewhere.
    pub fn restore<'a>(&self, parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<()> {
        let mut files: Vec<(&str, String)> = Vec::new();
        for (name, lines) in parts {
            match files.iter_mut().find(|(other, _)| *other == name) {
                Some((_, text)) => text.push_str(lines),
                None => files.push((name, lines.to_owned())),
            }
        }
        files.iter().try_for_each(|(name, text)| {
            let path = self.path(name)?;
            write(&path, text.as_bytes()).map_err(|error| cannot_write(&path, &error))
        })
    }

    /// Removes all that the CLI keeps of a conversation: its transcript, those of its agents, and what [`Self::restore`]
    /// left beside it. Says how many files and folders those were.
    ///
    /// # Errors
    /// `internalError` that names what could not be removed.
    pub fn remove(&self, conversation: ProviderSessionId) -> Result<usize> {
        let mut removed = 0;
        for folder in folders_in(&self.folder).map_err(|error| cannot_remove(&self.folder, &error))? {
            for path in of_conversation(&folder, conversation).map_err(|error| cannot_remove(&folder, &error))? {
                removed += usize::from(remove(&path).map_err(|error| cannot_remove(&path, &error))?);
            }
        }
        Ok(removed)
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        if is_plain(name) {
            return Ok(self.folder.join(name));
        }
        Err(Error::internal(format!("{name:?} is no name of a transcript")))
    }
}

/// The folders in a folder; none where it is not there.
fn folders_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}

/// The conversation of an agent's file that is beside those of conversations, as versions 2.0 of the CLI have it; nothing
/// where it is no such file.
pub(super) fn conversation_of_agent(path: &Path) -> Option<ProviderSessionId> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Beginning {
        session_id: ProviderSessionId,
    }
    let name = path.file_name()?.to_str()?;
    if !(name.starts_with("agent-") && name.ends_with(".jsonl")) {
        return None;
    }
    let beginning = || -> io::Result<Beginning> {
        let mut line = String::new();
        io::BufReader::new(File::open(path)?).read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    };
    match beginning() {
        Ok(beginning) => Some(beginning.session_id),
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "which conversation this agent's file is of cannot be read");
            None
        }
    }
}

/// The files of a conversation in a folder, and the folder of its agents' files.
fn of_conversation(folder: &Path, conversation: ProviderSessionId) -> io::Result<Vec<PathBuf>> {
    let own = conversation.to_string();
    let is_own = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || conversation_of_agent(path) == Some(conversation)
    };
    let paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(is_own).collect())
}

/// Removes a file, or a folder with all that is in it; says whether it was there.
fn remove(path: &Path) -> io::Result<bool> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

/// The end of a file, as much of it as holds many turns.
pub(super) fn end_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(END);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end)
}

/// Whether a name is that of a conversation's own transcript, rather than of one of its agents'.
#[must_use]
pub fn is_main_transcript(name: &str, conversation: ProviderSessionId) -> bool {
    Path::new(name).file_stem().and_then(OsStr::to_str) == Some(&conversation.to_string())
}

/// Whether this can be the name of a transcript.
#[must_use]
pub fn is_transcript_name(name: &str) -> bool {
    is_plain(name) && name.contains('/') && name.ends_with(".jsonl")
}

/// The name that a transcript has where its conversation goes on in another folder, given by its real path.
#[must_use]
pub fn moved_transcript(name: &str, cwd: &Path) -> String {
    let rest = name.split_once('/').map_or(name, |(_, rest)| rest);
    format!("{}/{rest}", folder_name(cwd))
}

/// The name of the folder in which the CLI keeps the transcripts of conversations in `cwd`, as it makes it.
fn folder_name(cwd: &Path) -> String {
    let path = cwd.to_string_lossy();
    let name: String = path
        .encode_utf16()
        .map(|unit| u8::try_from(unit).ok().filter(u8::is_ascii_alphanumeric).map_or('-', char::from))
        .collect();
    if name.len() <= LONGEST_FOLDER {
        return name;
    }
    let hash =
        path.encode_utf16().fold(0_i32, |hash, unit| (hash << 5).wrapping_sub(hash).wrapping_add(i32::from(unit)));
    format!("{}-{}", &name[..LONGEST_FOLDER], base36(hash.unsigned_abs()))
}

fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).unwrap_or('0'));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// A path that stays below the folder it is joined to.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// Writes a file whole, or not at all.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let unique = Timestamp::now().as_millis();
    let new = path.with_extension(format!("{unique}.new"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let written = file.write_all(content).and_then(|()| make_way(path, unique)).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        fs::remove_file(&new)?;
    }
    written
}

fn make_way(path: &Path, unique: i64) -> io::Result<()> {
    match fs::rename(path, path.with_extension(format!("{unique}.unreadable"))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::InternalError, format!("cannot put the transcript {} back: {error}", path.display()))
        .hint("check that the folder is yours, and that its disk is neither full nor read-only")
}

fn cannot_remove(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::InternalError, format!("cannot remove {}: {error}", path.display()))
        .hint("check that the folder is yours; the Claude CLI keeps its transcripts there")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NAME: &str = "-home-ada/0193a5f0-0000-7000-8000-000000000001.jsonl";

    fn in_folder(folder: &Path) -> Transcripts {
        let environment = [("CLAUDE_CONFIG_DIR".into(), folder.into()), ("HOME".into(), "/elsewhere".into())];
        Transcripts::seen_by(&Environment::from(environment)).unwrap()
    }

    #[test]
    fn a_transcript_is_named_by_its_path_below_the_projects() {
        let path = format!("/home/projects/ada/.claude/projects/{NAME}");
        assert_eq!(transcript_name(&path), Some(NAME));
        for strange in ["/home/ada/x.jsonl", "/home/ada/projects/../../etc/x", "/home/ada/projects/", ""] {
            assert_eq!(transcript_name(strange), None, "{strange}");
        }
    }

    #[test]
    fn a_conversations_own_transcript_has_its_id() {
        let id = "0193a5f0-0000-7000-8000-000000000001".parse().unwrap();
        assert!(is_main_transcript(NAME, id));
        assert!(!is_main_transcript("-home-ada/0193a5f0-0000-7000-8000-000000000001/subagents/agent-1.jsonl", id));
    }

    #[test]
    fn the_cli_keeps_them_in_its_configuration_folder_or_at_home() {
        let home = Environment::from([("HOME".into(), "/home/ada".into()), ("CLAUDE_CONFIG_DIR".into(), "".into())]);
        assert_eq!(Transcripts::seen_by(&home).unwrap().folder, Path::new("/home/ada/.claude/projects"));
        assert!(Transcripts::seen_by(&Environment::new()).is_none());
    }

    #[test]
    fn what_is_put_back_is_whole_private_and_loses_nothing_that_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let transcripts = in_folder(folder.path());
        assert!(!transcripts.has(NAME));
        transcripts.restore([(NAME, "1\n"), ("-home-ada/x/agent.jsonl", "a\n"), (NAME, "2\n")]).unwrap();
        let path = folder.path().join("projects").join(NAME);
        assert!(transcripts.has(NAME));
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        transcripts.restore([(NAME, "3\n")]).unwrap();
        let mut texts: Vec<_> = fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        texts.sort();
        assert_eq!(texts, ["1\n2\n", "3\n"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "3\n");
    }

    /// Seen with 2.1.330.
    #[test]
    fn a_transcript_moves_to_the_folder_that_the_cli_would_make() {
        let moved = |cwd: &str| moved_transcript("-home-ada/x/agent-1.jsonl", Path::new(cwd));
        assert_eq!(moved("/tmp/h-cli/My Proj_ü.x"), "-tmp-h-cli-My-Proj---x/x/agent-1.jsonl");
        let long = "a".repeat(120);
        let expected = format!("-tmp-h-cli-{long}-{}-n7d60v/x/agent-1.jsonl", "a".repeat(68));
        assert_eq!(moved(&format!("/tmp/h-cli/{long}/{long}-x")), expected);
    }

    #[test]
    fn all_of_a_conversation_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let transcripts = in_folder(folder.path());
        let id: ProviderSessionId = "0193a5f0-0000-7000-8000-000000000001".parse().unwrap();
        let agent = format!("-home-ada/{id}/subagents/agent-1.jsonl");
        transcripts.restore([(NAME, "0\n")]).unwrap();
        // What was there is kept beside it.
        transcripts.restore([(NAME, "1\n"), (agent.as_str(), "2\n"), ("-home-ada/other.jsonl", "3\n")]).unwrap();
        assert_eq!(transcripts.remove(id).unwrap(), 3);
        assert_eq!(transcripts.remove(id).unwrap(), 0);
        assert!(!transcripts.has(NAME) && !transcripts.has(&agent) && transcripts.has("-home-ada/other.jsonl"));
    }

    #[test]
    fn words_are_found_as_the_cli_writes_them() {
        let folder = tempfile::tempdir().unwrap();
        let transcripts = in_folder(folder.path());
        assert!(!transcripts.has_noted(NAME, "Grüße"));
        let line = |kind: &str| format!(r#"{{"type":"{kind}","content":"Say \"Grüße\" in a/b"}}"#) + "\n";
        transcripts.restore([(NAME, line("queue-operation").as_str())]).unwrap();
        assert!(!transcripts.has_noted(NAME, "Say \"Grüße\" in a/b"));
        transcripts.restore([(NAME, line("user").as_str())]).unwrap();
        assert!(transcripts.has_noted(NAME, "Say \"Grüße\" in a/b"));
        assert!(!transcripts.has_noted(NAME, "Say Grüße"));
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let transcripts = in_folder(folder.path());
        for name in ["../x.jsonl", "/etc/x.jsonl", "a/../../x", ""] {
            assert!(transcripts.restore([(name, "x")]).is_err(), "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
