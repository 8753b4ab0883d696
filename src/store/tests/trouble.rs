use std::fs::{self, File};
use std::time::{Duration, Instant};

use rusqlite::TransactionBehavior::{Deferred, Immediate};

use super::*;
use crate::error::ErrorKind;

const MIB: usize = 1 << 20;

/// An event of about 64 KiB.
fn sizeable(session_id: SessionId, seq: u64) -> EventRow {
    let body = format!(r#"{{"kind":"notice","text":"{}"}}"#, "x".repeat(MIB / 16));
    EventRow { payload: EventPayload::Json { kind: "notice".to_owned(), body }, ..event(session_id, seq) }
}

fn log_bytes(home: &Home) -> usize {
    usize::try_from(fs::metadata(home.folder().join("history.db-wal")).unwrap().len()).unwrap()
}

#[test]
fn the_bundled_sqlite_has_no_known_bug_in_its_log() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

#[tokio::test]
async fn opening_does_not_wait_for_ever_for_another_that_opens() {
    let home = Home::new();
    with_session(&home).await.0.close().await;
    let lock = home.folder().join("history.lock");
    let held = File::open(&lock).unwrap();
    held.lock().unwrap();
    let began = Instant::now();
    let error = home.store().ready().await.unwrap_err();
    assert!((5..10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    assert!(error.message().contains(lock.to_str().unwrap()), "{error}");
    drop(held);
    home.store().ready().await.unwrap();
}

/// Waits until a store says that its file is open.
async fn until_ready(store: &Store) {
    let waits = async {
        while store.ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waits).await.expect("the file was never opened");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_opened_when_what_was_in_the_way_is_gone() {
    let home = Home::new();
    fs::write(home.folder(), "in the way").unwrap();
    let (store, row) = (home.store(), session());
    let error = store.create_session(row.clone(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
    assert_eq!(store.commit(events([event(row.id, 1)])).await.unwrap_err(), error);
    fs::remove_file(home.folder()).unwrap();
    until_ready(&store).await;
    store.create_session(row.clone(), None).await.unwrap();
    store.commit(events([event(row.id, 1)])).await.unwrap();
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [1]);
}

#[tokio::test]
async fn a_store_that_cannot_open_its_file_can_be_closed() {
    let home = Home::new();
    fs::write(home.folder(), "in the way").unwrap();
    let store = home.store();
    store.ready().await.unwrap_err();
    store.close().await;
    assert_eq!(store.moved_aside().await, None);
}

#[tokio::test]
async fn a_write_lock_that_is_held_for_long_fails_what_waits_and_nothing_else() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.commit(events([event(row.id, 1)])).await.unwrap();
    let mut other = home.other();
    let lock = other.transaction_with_behavior(Immediate).unwrap();
    let began = Instant::now();
    let error = store.commit(events([event(row.id, 2)])).await.unwrap_err();
    assert!((5..10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(error.kind(), ErrorKind::StoreUnavailable, "{error}");
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [1]);
    // What comes after it does not wait that long again.
    let began = Instant::now();
    store.commit(events([event(row.id, 2)])).await.unwrap_err();
    assert!(began.elapsed().as_secs() < 3, "{:?}", began.elapsed());
    lock.commit().unwrap();
    store.commit(events([event(row.id, 3)])).await.unwrap();
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [1, 3]);
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_called_stored_while_the_file_is_moved_away() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let elsewhere = home.folder().join("elsewhere");
    fs::rename(home.file(), &elsewhere).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::write(home.file(), "").unwrap();
        }
        let error = store.commit(events([event(row.id, 1)])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
        assert!(error.message().contains("was moved or deleted"), "{error}");
    }
    fs::rename(&elsewhere, home.file()).unwrap();
    store.commit(events([event(row.id, 2)])).await.unwrap();
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [2]);
}

#[tokio::test]
async fn the_log_shrinks_again_when_a_long_reader_is_done() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let mut other = home.other();
    let reading = other.transaction_with_behavior(Deferred).unwrap();
    let count = || reading.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, u64>(0)).unwrap();
    assert_eq!(count(), 0);
    for seq in 1..=800 {
        store.commit(events([sizeable(row.id, seq)])).await.unwrap();
    }
    assert!(log_bytes(&home) > 48 * MIB);
    assert_eq!(count(), 0);
    drop(reading);
    for seq in 801..=900 {
        store.commit(events([sizeable(row.id, seq)])).await.unwrap();
    }
    assert!(log_bytes(&home) <= 20 * MIB, "{}", log_bytes(&home));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_bounded_while_the_history_is_read_and_written_without_a_break() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    for seq in 1..=16 {
        store.commit(events([sizeable(row.id, seq)])).await.unwrap();
    }
    let read = |store: Store| async move {
        loop {
            let page = EventQuery { max_bytes: MIB, ..all_events(row.id) };
            assert!(store.events(page).await.unwrap().len() > 10);
        }
    };
    let readers = [tokio::spawn(read(store.clone())), tokio::spawn(read(store.clone()))];
    let mut longest = 0;
    let began = Instant::now();
    let mut seq = 16;
    while began.elapsed() < Duration::from_secs(3) && seq < 1_500 {
        seq += 1;
        store.commit(events([sizeable(row.id, seq)])).await.unwrap();
        longest = longest.max(log_bytes(&home));
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    assert!(longest <= 32 * MIB, "{longest} bytes after {seq} events");
}
