//! Which files a study has: texts with their sizes, and how much else there is.

use std::fs;
use std::path::Path;

use super::files::is_text;
use super::text::{capped, clipped, line, size};

/// What the section may take, in bytes.
const LIMIT: usize = 1600;
/// How deep it is looked, and how many files of a folder are told.
const MAX_DEPTH: usize = 3;
const MAX_OF_FOLDER: usize = 12;
/// How many files are looked at.
const MAX_FILES: usize = 2000;
/// What nobody wants to see.
const SKIPPED: [&str; 2] = ["__pycache__", "node_modules"];

/// The section on the files of the study in `folder`.
pub(super) fn section(folder: &Path) -> String {
    let mut map = Map::default();
    map.walk(folder, "", 1);
    let mut text = std::mem::take(&mut map.text);
    if text.is_empty() {
        line(&mut text, format_args!("There are no text files."));
    }
    if map.others > 0 {
        let (others, bytes) = (map.others, size(map.other_bytes));
        line(&mut text, format_args!("And {others} files that are no texts, {bytes} together."));
    }
    if map.seen > MAX_FILES {
        line(&mut text, format_args!("There are more than {MAX_FILES} files; the rest was not looked at."));
    }
    format!("## Files\n\n{}", capped(text.trim_end(), LIMIT))
}

#[derive(Default)]
struct Map {
    text: String,
    others: u64,
    other_bytes: u64,
    seen: usize,
}

impl Map {
    /// Lists a folder, files before folders, each in the order of their names.
    fn walk(&mut self, folder: &Path, prefix: &str, depth: usize) {
        let (files, folders) = entries(folder);
        let mut texts: usize = 0;
        for (name, bytes) in files {
            self.seen += 1;
            if self.seen > MAX_FILES {
                return;
            }
            if !is_text(&folder.join(&name)) {
                self.others += 1;
                self.other_bytes += bytes;
                continue;
            }
            texts += 1;
            if texts <= MAX_OF_FOLDER {
                line(&mut self.text, format_args!("- {} ({})", clipped(&format!("{prefix}{name}"), 160), size(bytes)));
            }
        }
        if texts > MAX_OF_FOLDER {
            let more = texts - MAX_OF_FOLDER;
            line(&mut self.text, format_args!("- {}… ({more} more)", clipped(prefix, 160)));
        }
        for name in folders {
            if depth < MAX_DEPTH && self.seen <= MAX_FILES {
                self.walk(&folder.join(&name), &format!("{prefix}{name}/"), depth + 1);
            }
        }
    }
}

/// The files of a folder with their sizes, and the folders in it. What is hidden, a link or neither is left out.
fn entries(folder: &Path) -> (Vec<(String, u64)>, Vec<String>) {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    let Ok(entries) = fs::read_dir(folder) else { return (files, folders) };
    for entry in entries.filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(metadata) = entry.metadata() else { continue };
        if name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if metadata.is_dir() {
            folders.push(name);
        } else if metadata.is_file() {
            files.push((name, metadata.len()));
        }
    }
    files.sort();
    folders.sort();
    (files, folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_listed_with_their_sizes_and_the_rest_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        write("README.md", b"# Hi\n");
        write("1_setup/model.prt", b"PK\0\0binary");
        write("1_setup/optimization_config.json", b"{}");
        write(".git/config", b"x");
        write("__pycache__/x.txt", b"x");
        write("2_iterations/a/b/too_deep.txt", b"x");
        write("3_results/study.db", b"SQLite format 3\0");
        for number in 0..20 {
            write(&format!("3_results/trial_{number:02}.csv"), b"1,2\n");
        }
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.txt")).unwrap();
        let told = section(folder.path());
        let expected =
            "## Files\n\n- README.md (5 B)\n- 1_setup/optimization_config.json (2 B)\n- 3_results/trial_00.csv (4 B)\n";
        assert!(told.starts_with(expected), "{told}");
        assert!(told.contains("- 3_results/trial_11.csv (4 B)\n- 3_results/… (8 more)\n"), "{told}");
        assert!(told.ends_with("And 2 files that are no texts, 26 B together."), "{told}");
        assert!(section(Path::new("/no/such")).contains("There are no text files."));
    }
}
