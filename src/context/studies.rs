//! The studies of a profile: found below one folder, named by their paths there.
//!
//! An id is never made into a path that leaves the folder: it is resolved inside of it, links included, and what comes
//! out elsewhere is no study.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::layout::Layout;

/// How deep studies may lie: `<geometry>/<study>`, and as much again.
const MAX_DEPTH: usize = 4;
/// How many folders are looked at; more of them are no studies but something else.
const MAX_FOLDERS: usize = 20_000;

/// A study: a folder with an optimisation's configuration, its results and its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Its path below the folder of all studies, with `/` between the names.
    pub id: String,
    /// Where it is, by its real path.
    pub folder: PathBuf,
    /// Where its parts are.
    pub layout: Layout,
}

/// The studies below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studies {
    folder: PathBuf,
}

impl Studies {
    pub(super) fn below(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All of them, sorted by id. Links are not followed: what they lead to has a name of its own.
    #[must_use]
    pub fn all(&self) -> Vec<Study> {
        let mut studies = Vec::new();
        let mut seen = 0;
        if let Ok(folder) = self.folder.canonicalize() {
            walk(&folder, "", &mut seen, &mut studies);
        }
        studies.sort_by(|one, other| one.id.cmp(&other.id));
        studies
    }

    /// The study of that id, under the name that it has in the list of all.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Study> {
        let path = Path::new(id);
        if id.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let root = self.folder.canonicalize().ok()?;
        let folder = root.join(path).canonicalize().ok()?;
        let below = folder.strip_prefix(&root).ok()?;
        let names: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        let id = names.filter(|names| (1..=MAX_DEPTH).contains(&names.len()))?.join("/");
        let layout = Layout::of(&folder)?;
        Some(Study { id, folder, layout })
    }
}

/// Adds the studies below `folder`, whose path below the folder of all studies is `prefix`.
fn walk(folder: &Path, prefix: &str, seen: &mut usize, studies: &mut Vec<Study>) {
    for name in folders_in(folder) {
        *seen += 1;
        if *seen > MAX_FOLDERS {
            tracing::warn!(folder = %folder.display(), "there are too many folders; what is beyond is not looked at");
            return;
        }
        let id = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let path = folder.join(&name);
        match Layout::of(&path) {
            Some(layout) => studies.push(Study { id, folder: path, layout }),
            None if id.matches('/').count() + 1 < MAX_DEPTH => walk(&path, &id, seen, studies),
            None => {}
        }
    }
}

/// The names of the folders in a folder, those that are hidden and links left out, in their order.
fn folders_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))?;
            entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))
        })
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn make(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
    }

    /// Studies of every layout, and what is none.
    fn some() -> (tempfile::TempDir, Studies) {
        let folder = tempfile::tempdir().unwrap();
        let studies = folder.path().join("studies");
        make(
            &studies,
            &[
                "beam/optimization_config.json",
                "beam/3_results/study.db",
                "mirror/m1/1_setup/atomizer_spec.json",
                "mirror/m1/1_setup/optimization_config.json",
                "mirror/m1/2_results/study.db",
                "mirror/m2/optimization_results/history.json",
                "mirror/README.md",
                "notes/readme.txt",
                ".hidden/optimization_config.json",
                "a/b/c/d/1_setup/x",
                "a/b/c/d2/e/1_setup/x",
            ],
        );
        make(folder.path(), &["outside/optimization_config.json"]);
        symlink(folder.path().join("outside"), studies.join("escape")).unwrap();
        symlink("mirror/m1", studies.join("alias")).unwrap();
        (folder, Studies::below(studies))
    }

    #[test]
    fn studies_of_every_layout_are_found_and_nothing_else() {
        let (_folder, studies) = some();
        let ids: Vec<_> = studies.all().into_iter().map(|study| study.id).collect();
        assert_eq!(ids, ["a/b/c/d", "beam", "mirror/m1", "mirror/m2"]);
        let layout = |id: &str| studies.find(id).unwrap().layout;
        assert_eq!(layout("beam").configuration, Some("optimization_config.json"));
        assert_eq!(layout("beam").database, Some("3_results/study.db"));
        assert_eq!(layout("mirror/m1").configuration, Some("1_setup/atomizer_spec.json"));
        assert_eq!(layout("mirror/m1").database, Some("2_results/study.db"));
        assert_eq!(layout("mirror/m2"), Layout::default());
    }

    #[test]
    fn an_id_leads_nowhere_but_to_a_study_in_the_folder() {
        let (folder, studies) = some();
        for study in studies.all() {
            assert_eq!(studies.find(&study.id).as_ref(), Some(&study));
        }
        let outside = folder.path().join("outside").display().to_string();
        let ids = ["", ".", "..", "/", "escape", "../outside", "beam/../../outside", "beam/..", "./beam", &outside];
        let others = ["mirror", "notes", "nobody", "beam/optimization_config.json", "beam/3_results", "x\0y"];
        for id in ids.iter().chain(&others) {
            assert_eq!(studies.find(id), None, "{id:?}");
        }
        assert_eq!(studies.find("alias").unwrap().id, "mirror/m1");
    }

    #[test]
    fn where_there_is_no_folder_there_are_no_studies() {
        let studies = Studies::below("/no/such/folder".into());
        assert_eq!((studies.all(), studies.find("beam")), (Vec::new(), None));
    }
}
