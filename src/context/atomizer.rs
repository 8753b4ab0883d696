//! The Atomizer profile: its MCP server, what its sessions have in their environment, what user mode may do.
//!
//! The server's name is written here alone, so that the rules which allow its tools cannot drift apart from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::studies::{Studies, Study};
use super::text::{capped, clipped};
use super::{Mode, general, study, trials};

/// The name of the MCP server: what counts in `mcp__NAME__tool`.
const SERVER: &str = "atomizer";
/// What is started, below the root.
const PROGRAM: &str = "mcp-server/atomizer-tools/dist/index.js";
/// How Python is called.
const INTERPRETERS: [&str; 2] = ["python", "python3"];
/// Where a study's scripts are, in its folder.
const SCRIPT_FOLDERS: [&str; 2] = ["", "1_setup"];
/// How many scripts are allowed by their paths; what is beyond can be run from its own folder.
const MAX_SCRIPTS: usize = 200;

/// What the section on a study, or on the studies, may take in bytes: all of the text is to stay below 16 KiB.
const ABOUT: usize = 12 * 1024 + 512;

const IDENTITY: &str = r"## Atomizer

You are the assistant of Atomizer, which runs engineering optimisations: finite-element models whose design variables Optuna changes, trial after trial. People talk to you about their studies: folders with the configuration of an optimisation, its results and its reports. The tools of the MCP server `atomizer` work on them; where one of them does what you need, use it rather than a command of your own.";

const USER_MODE: &str = r"## What you may do

The session is in user mode. Without asking you can read what is below the root, write `STUDY_REPORT.md` and Markdown files in `3_results/` of a study, run the studies' own Python scripts from their folder (`cd FOLDER && python3 run_optimization.py`; not `python3 -c`, and nothing else behind or around it), and use the tools of the MCP server `atomizer`. All else, configurations and scripts included, needs the person's permission. When something is refused, do not look for a way around: say what you wanted to do and why, and go on with what you can.";

/// The Atomizer profile, found below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atomizer {
    root: PathBuf,
    /// Its studies.
    pub studies: Studies,
}

/// An MCP server that a profile brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileServer {
    /// Its name.
    pub name: &'static str,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

impl Atomizer {
    pub(super) fn new(root: &Path) -> Self {
        // The rules are about real paths, as the CLI sees them.
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Self { studies: Studies::below(root.join("studies")), root }
    }

    pub(super) fn server(&self) -> ProfileServer {
        let program = self.root.join(PROGRAM).to_string_lossy().into_owned();
        ProfileServer { name: SERVER, command: "node".to_owned(), args: vec![program] }
    }

    /// What the CLI and the MCP server are told of the session.
    pub(super) fn environment(&self, mode: Mode, study: Option<&str>) -> BTreeMap<String, String> {
        let mode = match mode {
            Mode::User => "user",
            Mode::Power => "power",
        };
        let mut variables = BTreeMap::from([
            ("ATOMIZER_MODE".to_owned(), mode.to_owned()),
            ("ATOMIZER_ROOT".to_owned(), self.root.to_string_lossy().into_owned()),
        ]);
        variables.extend(study.map(|id| ("ATOMIZER_STUDY".to_owned(), id.to_owned())));
        variables
    }

    /// What the session is about, as it is at the time `at`.
    pub(super) fn about(&self, study: Option<&str>, at: &str) -> String {
        format!("{IDENTITY}\n\nRoot: {}\n\n{}", clipped(&self.root.to_string_lossy(), 1000), self.section(study, at))
    }

    fn section(&self, id: Option<&str>, at: &str) -> String {
        let section = match id.map(|id| (id, self.studies.find(id))) {
            None => study::list(&self.studies.all(), at),
            Some((_, Some(found))) => study::section(&found, at),
            Some((id, None)) => {
                let id = clipped(id, 200);
                format!("# The study\n\nThis session is about the study `{id}`, which was not there any more at {at}.")
            }
        };
        capped(&section, ABOUT)
    }

    pub(super) fn rules(mode: Mode) -> &'static str {
        match mode {
            Mode::User => USER_MODE,
            Mode::Power => general::rules(mode),
        }
    }

    /// What Claude is told where the session is about another study than it was told before.
    pub(super) fn note(&self, study: Option<&str>, at: &str) -> String {
        format!(
            "<session_study>\nThis holds from now on, whatever you were told of a study before.\n\n{}\n</session_study>",
            self.section(study, at)
        )
    }

    /// How far the study has come.
    pub(super) fn progress(&self, id: &str, at: &str) -> Option<String> {
        let study = self.studies.find(id)?;
        let told = trials::progress(&study.folder, study.layout.database?);
        let id = clipped(id, 200);
        Some(format!("<study_progress>\nThe study `{id}` has come further. At {at}:\n{told}\n</study_progress>"))
    }

    /// What the study's database looks like from outside.
    pub(super) fn signature(&self, id: &str) -> Option<trials::Signature> {
        let study = self.studies.find(id)?;
        Some(trials::signature(&study.folder, study.layout.database?))
    }

    /// What needs no permission in user mode: to read below the root, to write reports, to run the scripts that the
    /// studies have now, to use the profile's MCP server. Scripts are named one by one: a rule with a wildcard, such as
    /// `Bash(python studies/*.py)`, also matches `python studies/notes.md x.py`.
    pub(super) fn allowed_tools(&self) -> Vec<String> {
        let root = pattern(&self.root);
        let mut rules = vec![
            format!("Read(/{root}/**)"),
            format!("Edit(/{root}/studies/**/STUDY_REPORT.md)"),
            format!("Edit(/{root}/studies/**/3_results/*.md)"),
            format!("mcp__{SERVER}"),
        ];
        for script in self.scripts() {
            rules.extend(INTERPRETERS.map(|python| format!("Bash({python} {script}:*)")));
        }
        rules
    }

    /// How the studies' scripts can be called: by name in their own folder, by path from the root.
    fn scripts(&self) -> BTreeSet<String> {
        let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
        for Study { id, folder, .. } in self.studies.all() {
            for place in SCRIPT_FOLDERS {
                for name in scripts_in(&folder.join(place)) {
                    let path: PathBuf = ["studies", &id, place, &name].iter().collect();
                    paths.extend(path.to_str().filter(|path| is_plain(path)).map(str::to_owned));
                    names.insert(name);
                }
            }
        }
        names.into_iter().chain(paths.into_iter().take(MAX_SCRIPTS)).collect()
    }
}

/// The names of the Python files in a folder that a rule can name as they are.
fn scripts_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| {
        let entry = entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))?;
        entry.file_name().into_string().ok()
    });
    names.filter(|name| name.ends_with(".py") && is_plain(name)).collect()
}

/// Whether a path means the same to a rule, to a shell and to Python: no option, no wildcard, nothing to be quoted.
fn is_plain(path: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    path.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && path.chars().all(is_word)
}

/// A path as it stands in a rule, where some characters are wildcards.
fn pattern(path: &Path) -> String {
    let is_special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '#' | '\\');
    let path = path.to_string_lossy();
    path.chars().flat_map(|c| is_special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_named_one_by_one_and_only_where_the_name_is_plain() {
        let folder = tempfile::tempdir().unwrap();
        let studies = folder.path().join("studies");
        let files = ["a/run_optimization.py", "g/b/1_setup/model.py", "g/b/run_optimization.py", "g/b/notes.md"];
        let odd = ["a/-c.py", "a/x y.py", "a/*.py", "a/$(x).py", "a/sub/deep.py", "a/q;r.py", "a/'.py"];
        for file in files.iter().chain(&odd) {
            let path = studies.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir_all(studies.join("a/1_setup")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", studies.join("a/link.py")).unwrap();
        let atomizer = Atomizer::new(folder.path());
        let scripts: Vec<String> = atomizer.scripts().into_iter().collect();
        let expected = [
            "model.py",
            "run_optimization.py",
            "studies/a/run_optimization.py",
            "studies/g/b/1_setup/model.py",
            "studies/g/b/run_optimization.py",
        ];
        assert_eq!(scripts, expected);
    }

    #[test]
    fn the_rules_name_the_real_root_the_reports_and_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("we[i]rd*");
        fs::create_dir_all(&root).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&root, &link).unwrap();
        let real = root.to_str().unwrap().replace('[', "\\[").replace(']', "\\]").replace('*', "\\*");
        let expected = [
            format!("Read(/{real}/**)"),
            format!("Edit(/{real}/studies/**/STUDY_REPORT.md)"),
            format!("Edit(/{real}/studies/**/3_results/*.md)"),
            "mcp__atomizer".to_owned(),
        ];
        assert_eq!(Atomizer::new(&link).allowed_tools(), expected);
    }

    #[test]
    fn the_environment_tells_mode_root_and_study() {
        let atomizer = Atomizer::new(Path::new("/no/root"));
        let told = |mode, study| {
            let variables = atomizer.environment(mode, study).into_iter();
            variables.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(Mode::User, None), "ATOMIZER_MODE=user ATOMIZER_ROOT=/no/root");
        assert_eq!(told(Mode::Power, Some("g/b")), "ATOMIZER_MODE=power ATOMIZER_ROOT=/no/root ATOMIZER_STUDY=g/b");
    }
}
