use std::fs;
use std::path::Path;

use futures_util::future::join_all;

use super::*;
use crate::error::ErrorKind;

const DIARY: &str = "Dear diary, today I was no database. Dear diary, today I was no database either.";

/// A file and its log.
fn contents(file: &Path) -> [Vec<u8>; 2] {
    [file.to_owned(), crate::store::place::with_suffix(file, "-wal")].map(|file| fs::read(file).unwrap_or_default())
}

/// Whether a file and its log are what they were. The bytes are too many to be shown.
fn is_as_before(file: &Path, before: &[Vec<u8>; 2]) -> bool {
    contents(file) == *before
}

/// Overwrites the page where the table of sessions begins.
fn damage(home: &Home) {
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'sessions'";
    let page: usize = home.other().query_row(root, [], |row| row.get(0)).unwrap();
    let mut bytes = fs::read(home.file()).unwrap();
    bytes[(page - 1) * 4096..page * 4096].fill(0x5a);
    fs::write(home.file(), bytes).unwrap();
}

/// A history whose damage a store has come upon, and that is closed again.
async fn found_damaged() -> Home {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.close().await;
    damage(&home);
    let store = home.store();
    assert_eq!(store.session(row.id).await.unwrap_err().kind(), ErrorKind::StoreCorrupt);
    store.close().await;
    home
}

#[tokio::test]
async fn a_file_that_is_no_database_is_moved_aside_as_it_is_and_a_new_history_begins() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    fs::write(home.file(), DIARY).unwrap();
    fs::write(home.folder().join("history.db-wal"), "the latest").unwrap();
    let before = contents(&home.file());
    let (store, row) = with_session(&home).await;
    let moved = store.moved_aside().await.unwrap();
    assert!(moved.to_str().unwrap().contains("/history.damaged-20"), "{moved:?}");
    assert!(is_as_before(&moved, &before));
    assert_eq!(store.session(row.id).await.unwrap(), Some(row));
    store.close().await;
    let again = home.store();
    assert_eq!(again.moved_aside().await, None);
}

#[tokio::test]
async fn a_file_whose_damage_was_come_upon_is_moved_aside_at_the_next_start() {
    let home = found_damaged().await;
    let before = contents(&home.file());
    let (store, _) = with_session(&home).await;
    assert!(is_as_before(&store.moved_aside().await.unwrap(), &before));
    store.close().await;
    let again = home.store();
    assert_eq!(again.moved_aside().await, None);
}

#[tokio::test]
async fn a_file_that_is_found_sound_is_kept() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.close().await;
    let note = home.folder().join("history.suspect");
    fs::write(&note, "").unwrap();
    let store = home.store();
    assert_eq!(store.session(row.id).await.unwrap(), Some(row));
    assert_eq!((store.moved_aside().await, note.exists()), (None, false));
}

#[tokio::test]
async fn a_damaged_file_is_not_moved_while_another_has_it_open() {
    let home = Home::new();
    let (living, _) = with_session(&home).await;
    // Out of the log, which would be believed before the file.
    home.other().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    fs::write(home.file(), DIARY).unwrap();
    let before = contents(&home.file());
    let error = home.store().ready().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreCorrupt, "{error}");
    assert!(error.to_data().hint.unwrap().contains("end every claude-bridge"), "{error}");
    assert!(is_as_before(&home.file(), &before));
    living.close().await;
    let next = home.store();
    assert!(next.moved_aside().await.is_some());
}

#[tokio::test]
async fn of_many_that_find_a_damaged_file_one_moves_it() {
    let home = found_damaged().await;
    let stores: Vec<_> = (0..8).map(|_| home.store()).collect();
    let moved = join_all(stores.iter().map(Store::moved_aside)).await;
    assert_eq!(moved.iter().flatten().count(), 1, "{moved:?}");
    let row = session();
    stores[0].create_session(row.clone(), None).await.unwrap();
    assert_eq!(stores[7].session(row.id).await.unwrap(), Some(row));
}

#[tokio::test]
async fn a_history_of_a_newer_version_is_not_looked_through() {
    let home = found_damaged().await;
    let mut bytes = fs::read(home.file()).unwrap();
    // Where the version is, in the file's header.
    bytes[60..64].copy_from_slice(&1_000_u32.to_be_bytes());
    fs::write(home.file(), bytes).unwrap();
    let before = contents(&home.file());
    assert_eq!(home.store().ready().await.unwrap_err().kind(), ErrorKind::StoreNewer);
    assert!(is_as_before(&home.file(), &before));
}
