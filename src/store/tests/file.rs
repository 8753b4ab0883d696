use std::fs;

use super::*;
use crate::error::{Error, ErrorKind};

async fn refusal(home: &Home) -> Error {
    let store = home.store();
    let error = store.ready().await.unwrap_err();
    assert_eq!(store.session(SessionId::new()).await.unwrap_err(), error);
    assert_eq!(store.create_session(session(), None).await.unwrap_err(), error);
    drop(store.commit(Batch::default()));
    store.close().await;
    assert_eq!(store.ready().await.unwrap_err(), error);
    assert!(error.message().contains(home.file().to_str().unwrap()), "{error}");
    assert!(error.to_data().hint.is_some(), "{error}");
    error
}

/// The database and its log.
fn contents(home: &Home) -> [Vec<u8>; 2] {
    ["history.db", "history.db-wal"].map(|name| fs::read(home.folder().join(name)).unwrap_or_default())
}

fn with_newer_version(home: &Home) -> Connection {
    fs::create_dir(home.folder()).unwrap();
    let db = home.other();
    db.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE of_the_future (x); PRAGMA user_version = 1000;").unwrap();
    db
}

#[tokio::test]
async fn a_history_of_a_newer_version_is_refused_and_left_as_it_is() {
    let home = Home::new();
    with_newer_version(&home).close().unwrap();
    let before = contents(&home);
    assert_eq!(refusal(&home).await.kind(), ErrorKind::StoreNewer);
    assert_eq!(contents(&home), before);
}

#[tokio::test]
async fn a_history_of_a_newer_version_that_crashed_is_left_as_it_is() {
    let (living, crashed) = (Home::new(), Home::new());
    let db = with_newer_version(&living);
    fs::create_dir(crashed.folder()).unwrap();
    for name in ["history.db", "history.db-wal"] {
        fs::copy(living.folder().join(name), crashed.folder().join(name)).unwrap();
    }
    db.close().unwrap();
    let before = contents(&crashed);
    assert!(!before[1].is_empty());
    assert_eq!(refusal(&crashed).await.kind(), ErrorKind::StoreNewer);
    assert_eq!(contents(&crashed), before);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let home = Home::new();
    fs::write(home.folder(), "a file").unwrap();
    let error = home.store().ready().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    assert!(error.message().contains(home.folder().to_str().unwrap()), "{error}");
}

#[tokio::test]
async fn a_folder_in_the_files_place_is_no_history() {
    let home = Home::new();
    fs::create_dir_all(home.file()).unwrap();
    assert_eq!(refusal(&home).await.kind(), ErrorKind::StoreUnavailable);
}

#[tokio::test]
async fn what_was_written_is_found_after_opening_again() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let rows = [event(row.id, 1), announcement(&message(row.id, 2))];
    store.commit(events(rows.clone())).await.unwrap();
    store.close().await;
    let again = home.store();
    assert_eq!(again.session(row.id).await.unwrap(), Some(row.clone()));
    assert_eq!(again.events(all_events(row.id)).await.unwrap(), rows);
}

#[tokio::test]
async fn many_may_open_a_history_that_is_not_there_yet() {
    let home = Home::new();
    let stores: Vec<_> = (0..8).map(|_| home.store()).collect();
    for store in &stores {
        store.ready().await.unwrap();
    }
}
