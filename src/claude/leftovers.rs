//! What a bridge that is dead left running: found by its records, never by name.

use std::io;
use std::path::Path;

use super::family::{self, Family};
use super::processes;
use super::record;

/// Ends the processes that the records in the private folders inside `folder` name, with their descendants. Whoever
/// calls this knows that the bridge of that folder is dead.
///
/// # Errors
/// Those of listing the folder.
pub async fn end_leftovers(folder: &Path) -> io::Result<()> {
    let mut left = Vec::new();
    let mut private = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = private.next_entry().await? {
        left.extend(record::read(&entry.path().join(record::NAME)));
    }
    if left.is_empty() {
        return Ok(());
    }
    let mut family = Family::of(left);
    family::end(&mut family, |family| family.update(&processes::all(), |_| false)).await;
    Ok(())
}

/// The processes that [`end_leftovers`] would end, by their numbers, without their descendants.
///
/// # Errors
/// Those of listing the folder.
pub fn leftovers(folder: &Path) -> io::Result<Vec<u32>> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        left.extend(record::read(&entry?.path().join(record::NAME)));
    }
    left.retain(|id| processes::find(id.pid).is_some_and(|entry| entry.id == *id && !entry.ended));
    Ok(left.into_iter().map(|id| id.pid).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::{Child, Command};

    use super::super::processes::Identity;
    use super::super::record::{NAME, Record};
    use super::*;

    fn sleep() -> (Child, Identity) {
        let child = Command::new("sleep").arg("600").spawn().unwrap();
        let id = processes::find(child.id()).unwrap().id;
        (child, id)
    }

    #[tokio::test]
    async fn recorded_processes_are_ended_and_a_later_one_with_the_number_of_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let ((mut recorded, id), (mut stranger, other)) = (sleep(), sleep());
        let earlier = Identity { start: other.start - 1, ..other };
        fs::create_dir(folder.path().join("session")).unwrap();
        Record::at(folder.path().join("session").join(NAME)).write([id, earlier].into_iter()).unwrap();

        assert_eq!(leftovers(folder.path()).unwrap(), [id.pid]);
        end_leftovers(folder.path()).await.unwrap();
        assert_eq!(leftovers(folder.path()).unwrap(), [0; 0]);

        assert!(recorded.try_wait().unwrap().is_some());
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
