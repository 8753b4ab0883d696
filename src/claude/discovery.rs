//! Finding the Claude CLI, and asking whether it is new enough.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::children;
use super::environment;
use super::settings::Settings;
use crate::error::{Error, ErrorKind, Result};

/// The oldest version that this program was measured with.
pub const MIN_VERSION: &str = "2.1.197";

const NAME: &str = "claude";
const PROBE_DEADLINE: Duration = Duration::from_secs(10);
const GET_IT: &str = "install Claude Code (https://claude.com/claude-code), or set cli.path or CLAUDE_BRIDGE_CLI to it";

/// Where installers put the program, below the home folder: an editor that was started from a desktop often has a
/// `PATH` without them.
const IN_HOME: &[&str] = &[
    ".local/bin",
    ".claude/local",
    ".claude/local/node_modules/.bin",
    ".npm-global/bin",
    ".bun/bin",
    ".volta/bin",
    ".yarn/bin",
    ".local/share/pnpm",
];
const IN_SYSTEM: &[&str] = &["/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "/usr/bin"];

/// A Claude CLI that answered, and is new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cli {
    /// The program, absolute.
    pub path: PathBuf,
    /// Arguments that come before ours.
    pub args: Vec<String>,
    /// Its version: `2.1.330`.
    pub version: String,
}

/// Finds the CLI, and remembers the answer for as long as the file stays the same.
#[derive(Debug, Default)]
pub struct Discovery {
    known: Mutex<Option<(Fingerprint, Cli)>>,
}

/// What tells whether the program is still the one that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fingerprint {
    path: PathBuf,
    args: Vec<String>,
    modified: SystemTime,
    bytes: u64,
}

impl Discovery {
    /// The CLI to use: the configured one, else the first in `PATH`, else in the usual places.
    ///
    /// # Errors
    /// `cliNotFound` with what was searched, or what the program said; `cliUnsupported` with what was found and what
    /// is needed; `cliTimeout` if it does not tell its version within ten seconds.
    pub async fn discover(&self, settings: &Settings) -> Result<Cli> {
        let path = locate(settings, &Places::of_this_process())?;
        let fingerprint = Fingerprint::of(path, settings)?;
        if let Some(cli) = self.recall(&fingerprint) {
            return Ok(cli);
        }
        let cli = probe(&fingerprint, settings, PROBE_DEADLINE).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((fingerprint, cli.clone()));
        Ok(cli)
    }

    fn recall(&self, fingerprint: &Fingerprint) -> Option<Cli> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(of, _)| of == fingerprint).map(|(_, cli)| cli.clone())
    }
}

impl Fingerprint {
    fn of(path: PathBuf, settings: &Settings) -> Result<Self> {
        let facts = std::fs::metadata(&path).and_then(|metadata| Ok((metadata.modified()?, metadata.len())));
        match facts {
            Ok((modified, bytes)) => Ok(Self { path, args: settings.args.clone(), modified, bytes }),
            Err(error) => {
                let message = format!("cannot read the Claude CLI at {}: {error}", path.display());
                Err(not_found(message, &[path]))
            }
        }
    }
}

/// Where a program can be looked for.
struct Places {
    path: Vec<PathBuf>,
    usual: Vec<PathBuf>,
}

impl Places {
    fn of_this_process() -> Self {
        Self::new(std::env::var_os("PATH").as_deref(), std::env::home_dir().as_deref())
    }

    fn new(path: Option<&OsStr>, home: Option<&Path>) -> Self {
        let in_home = home.into_iter().flat_map(|home| IN_HOME.iter().map(move |folder| home.join(folder)));
        Self {
            path: path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default(),
            usual: in_home.chain(IN_SYSTEM.iter().map(PathBuf::from)).collect(),
        }
    }
}

/// The program's path. One that is configured and not there is an error: another would be a surprise.
fn locate(settings: &Settings, places: &Places) -> Result<PathBuf> {
    match &settings.path {
        None => search(NAME.as_ref(), places.path.iter().chain(&places.usual)),
        Some(name) if is_bare(name) => search(name, places.path.iter()),
        Some(path) if is_executable(path) => {
            std::path::absolute(path).map_err(|error| not_found(error.to_string(), std::slice::from_ref(path)))
        }
        Some(path) => {
            let message = format!("the configured Claude CLI is not an executable file: {}", path.display());
            Err(not_found(message, std::slice::from_ref(path)))
        }
    }
}

fn search<'a>(name: &Path, folders: impl Iterator<Item = &'a PathBuf>) -> Result<PathBuf> {
    // An empty or relative entry of PATH means the working folder, which may be a stranger's repository.
    let mut searched: Vec<PathBuf> = Vec::new();
    for candidate in folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)) {
        if is_executable(&candidate) {
            return Ok(candidate);
        }
        if !searched.contains(&candidate) {
            searched.push(candidate);
        }
    }
    let message = format!("the Claude CLI, `{}`, was found in none of {} places", name.display(), searched.len());
    Err(not_found(message, &searched))
}

fn is_bare(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.as_os_str().is_empty())
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn not_found(message: String, searched: &[PathBuf]) -> Error {
    let searched: Vec<String> = searched.iter().map(|path| path.display().to_string()).collect();
    Error::new(ErrorKind::CliNotFound, message).hint(GET_IT).detail("searched", searched)
}

/// Asks the program for its version.
async fn probe(fingerprint: &Fingerprint, settings: &Settings, deadline: Duration) -> Result<Cli> {
    let path = &fingerprint.path;
    let said = match tokio::time::timeout(deadline, ask_version(path, settings)).await {
        Ok(Ok(said)) => said,
        Ok(Err(error)) => {
            let message = format!("the Claude CLI at {} cannot be run: {error}", path.display());
            return Err(not_found(message, std::slice::from_ref(path)));
        }
        Err(_) => {
            let message = format!("{} did not tell its version within {deadline:?}", path.display());
            return Err(Error::new(ErrorKind::CliTimeout, message).hint("run it with --version to see what it does"));
        }
    };
    match Version::parse(&said) {
        Some(version) if Some(version) >= Version::parse(MIN_VERSION) => {
            Ok(Cli { path: path.clone(), args: settings.args.clone(), version: version.to_string() })
        }
        Some(version) => Err(unsupported(path, &version.to_string(), "is too old")),
        None => Err(unsupported(path, said.trim(), "did not tell its version")),
    }
}

fn unsupported(path: &Path, found: &str, problem: &str) -> Error {
    let message =
        format!("the Claude CLI at {} {problem} (found \"{found}\", needed {MIN_VERSION} or later)", path.display());
    Error::new(ErrorKind::CliUnsupported, message)
        .hint(format!("update it with `claude update`, or {GET_IT}"))
        .detail("path", path.display().to_string())
        .detail("found", found)
        .detail("needed", MIN_VERSION)
}

/// What the program prints for `--version`, or what it complains about instead.
async fn ask_version(path: &Path, settings: &Settings) -> std::io::Result<String> {
    let mut command = Command::new(path);
    command.args(&settings.args).arg("--version").env_clear().envs(environment::inherited(&settings.env));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let (mut child, _own) = children::spawn(&mut command)?;
    let (stdout, stderr) = tokio::try_join!(beginning(child.stdout.take()), beginning(child.stderr.take()))?;
    child.wait().await?;
    Ok(if stdout.trim().is_empty() { stderr } else { stdout })
}

/// As much of what a pipe says as an honest answer can take.
async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(1024).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version([u64; 3]);

impl Version {
    /// Reads `2.1.330 (Claude Code)`.
    fn parse(said: &str) -> Option<Self> {
        let mut parts = said.split_whitespace().next()?.splitn(3, '.');
        let mut next = || parts.next().and_then(leading_number);
        Some(Self([next()?, next()?, next()?]))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// The number that a part begins with: `330-beta.1` is 330.
fn leading_number(part: &str) -> Option<u64> {
    let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
    part[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    /// A program for `locate`, which only looks at it.
    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// Settings whose CLI is a shell that runs `script`; the file itself is not executed, since one that was just
    /// written can be busy in another thread's child.
    fn scripted(script: &str) -> Settings {
        Settings { path: Some("/bin/sh".into()), args: vec!["-c".into(), script.into()], ..Settings::default() }
    }

    fn configured(path: &Path) -> Settings {
        Settings { path: Some(path.to_owned()), ..Settings::default() }
    }

    #[test]
    fn path_comes_before_the_usual_places() {
        let home = tempfile::tempdir().unwrap();
        let usual = program(&home.path().join(".local/bin"), "claude", 0o755);
        let first = home.path().join("first");
        let path = std::env::join_paths([&first, &home.path().join("second")]).unwrap();
        let places = Places::new(Some(&path), Some(home.path()));
        assert_eq!(locate(&Settings::default(), &places).unwrap(), usual);
        let in_path = program(&first, "claude", 0o755);
        assert_eq!(locate(&Settings::default(), &places).unwrap(), in_path);
    }

    #[test]
    fn a_cli_that_is_nowhere_is_reported_with_every_place_that_was_searched() {
        let home = tempfile::tempdir().unwrap();
        program(home.path(), "claude", 0o644);
        let places = Places { path: vec![home.path().into(), ".".into()], usual: vec![home.path().join(".bun/bin")] };
        let error = locate(&Settings::default(), &places).unwrap_err().to_data();
        assert_eq!(error.kind, ErrorKind::CliNotFound);
        assert!(error.hint.unwrap().contains("CLAUDE_BRIDGE_CLI"));
        let expected = [home.path().join("claude"), home.path().join(".bun/bin/claude")];
        assert_eq!(error.details["searched"], serde_json::to_value(expected).unwrap());
    }

    #[test]
    fn a_configured_cli_that_is_missing_is_an_error_though_another_is_in_path() {
        let home = tempfile::tempdir().unwrap();
        program(home.path(), "claude", 0o755);
        let places = Places { path: vec![home.path().into()], usual: Vec::new() };
        let missing = home.path().join("elsewhere/claude");
        let error = locate(&configured(&missing), &places).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CliNotFound);
        assert!(error.message().contains(missing.to_str().unwrap()));
    }

    #[test]
    fn a_configured_name_without_a_folder_is_looked_for_in_path_alone() {
        let home = tempfile::tempdir().unwrap();
        let beta = program(home.path(), "claude-beta", 0o755);
        let places = Places { path: vec![home.path().into()], usual: Vec::new() };
        assert_eq!(locate(&configured("claude-beta".as_ref()), &places).unwrap(), beta);
        assert!(locate(&configured("claude-gamma".as_ref()), &places).is_err());
    }

    #[tokio::test]
    async fn a_cli_tells_its_version() {
        let cli = Discovery::default().discover(&scripted("echo '2.1.330 (Claude Code)'")).await.unwrap();
        assert_eq!((cli.path.as_path(), cli.version.as_str()), (Path::new("/bin/sh"), "2.1.330"));
    }

    #[tokio::test]
    async fn a_cli_that_is_too_old_is_refused_with_what_is_needed() {
        let error = Discovery::default().discover(&scripted("echo '2.1.196 (Claude Code)'")).await.unwrap_err();
        let error = error.to_data();
        assert_eq!(error.kind, ErrorKind::CliUnsupported);
        assert_eq!((&error.details["found"], &error.details["needed"]), (&"2.1.196".into(), &MIN_VERSION.into()));
    }

    #[tokio::test]
    async fn a_program_that_says_something_else_is_refused_with_what_it_said() {
        let error = Discovery::default().discover(&scripted("echo 'no node here' >&2; exit 127")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CliUnsupported);
        assert!(error.message().contains("no node here"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_never_answers_is_given_up() {
        let settings = scripted("exec sleep 600");
        let fingerprint = Fingerprint::of("/bin/sh".into(), &settings).unwrap();
        let error = probe(&fingerprint, &settings, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CliTimeout);
    }

    #[tokio::test]
    async fn a_program_is_asked_once_for_as_long_as_it_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("asked");
        let settings = scripted(&format!("echo x >> '{}'; echo 2.1.330", asked.display()));
        let discovery = Discovery::default();
        let first = discovery.discover(&settings).await.unwrap();
        assert_eq!(discovery.discover(&settings).await.unwrap(), first);
        assert_eq!(fs::read_to_string(&asked).unwrap(), "x\n");
        let others = Settings { args: vec!["-c".into(), "echo 2.2.0".into()], ..settings };
        assert_eq!(discovery.discover(&others).await.unwrap().version, "2.2.0");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let parse = |said| Version::parse(said);
        assert!(parse("2.1.1000 (Claude Code)") > parse(MIN_VERSION));
        assert!(parse("10.0.0") > parse("9.9.9"));
        assert_eq!(parse("2.1.330-beta.1").unwrap().to_string(), "2.1.330");
        assert_eq!((parse("claude"), parse(""), parse("2.1")), (None, None, None));
    }
}
