#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

const FILES: [&str; 5] = ["history.bridges", "history.db", "history.db-shm", "history.db-wal", "history.lock"];

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn modes(home: &Home) -> BTreeMap<String, u32> {
    let files = fs::read_dir(home.folder()).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), mode(&path))).collect()
}

#[tokio::test]
async fn the_folder_and_all_its_files_are_private_to_the_user() {
    let home = Home::new();
    let (store, _) = with_session(&home).await;
    assert_eq!(modes(&home), FILES.map(|name| (name.to_owned(), 0o600)).into());
    assert_eq!(mode(&home.folder()), 0o700);
    store.close().await;
}

#[tokio::test]
async fn rights_that_others_had_are_taken_away() {
    let home = Home::new();
    let (one, row) = with_session(&home).await;
    // Open, so that all of its files are there.
    for name in FILES {
        fs::set_permissions(home.folder().join(name), fs::Permissions::from_mode(0o666)).unwrap();
    }
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let other = home.store();
    assert_eq!(other.session(row.id).await.unwrap(), Some(row));
    assert_eq!(modes(&home), FILES.map(|name| (name.to_owned(), 0o600)).into());
    assert_eq!(mode(&home.folder()), 0o700);
    one.close().await;
}
