use futures_util::future::join_all;
use tokio::task::coop::unconstrained;

use super::*;
use crate::error::ErrorKind;

/// A batch that uses every table.
fn everything(session: &SessionRow, hash: &str) -> Batch {
    let id = session.id;
    Batch {
        session: Some(SessionRow { context_hash: Some(hash.to_owned()), ..session.clone() }),
        context: Some(ContextRow { hash: hash.to_owned(), text: "told".to_owned() }),
        turns: vec![TurnRow { usage_by_model: vec![usage("opus")], ..turn(id) }],
        messages: vec![message(id, 1)],
        events: vec![event(id, 1), announcement(&message(id, 2))],
        permissions: vec![PermissionChange::Asked(permission(id))],
        grants: vec![grant(GrantScope::Session(id), "rule")],
        transcript: vec![transcript(id, ProviderSessionId::new(), "{}")],
        transcript_gaps: vec![TranscriptGap { session_id: id, provider_session_id: ProviderSessionId::new() }],
    }
}

#[tokio::test]
async fn a_batch_that_fails_leaves_nothing_behind() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.commit(events([event(row.id, 2)])).await.unwrap();
    let twice = Batch { session: Some(full(row.clone())), ..events([event(row.id, 1), event(row.id, 2)]) };
    assert_eq!(store.commit(twice).await.unwrap_err().kind(), ErrorKind::InternalError);
    assert_eq!(store.session(row.id).await.unwrap(), Some(row.clone()));
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [2]);
}

#[tokio::test]
async fn what_is_written_for_a_session_that_is_gone_is_refused() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    assert!(store.delete_session(row.id).await.unwrap());
    assert!(!store.delete_session(row.id).await.unwrap());
    let changed = Batch { session: Some(row.clone()), ..Batch::default() };
    for batch in [changed, events([event(row.id, 1)])] {
        let error = store.commit(batch).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SessionNotFound);
        assert!(error.message().contains(&row.id.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_commit_is_seen_by_others_when_it_resolves() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let other = home.other();
    for seq in 1..=200_u64 {
        store.commit(events([event(row.id, seq)])).await.unwrap();
        let count: u64 = other.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(count, seq);
    }
}

#[tokio::test]
async fn two_stores_write_to_one_file_in_turns() {
    let home = Home::new();
    let (one, first) = with_session(&home).await;
    let (other, second) = with_session(&home).await;
    for seq in 1..=50 {
        let both =
            tokio::join!(one.commit(events([event(first.id, seq)])), other.commit(events([event(second.id, seq)])));
        both.0.and(both.1).unwrap();
    }
    for row in [first, second] {
        assert_eq!(one.events(all_events(row.id)).await.unwrap().len(), 50);
        assert_eq!(other.events(all_events(row.id)).await.unwrap().len(), 50);
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_from_every_table() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.commit(everything(&row, "abc")).await.unwrap();
    store.take_lease(lease(row.id), None).await.unwrap();
    let db = home.other();
    db.execute("INSERT INTO imports SELECT id, 'f', 0 FROM sessions", []).unwrap();
    // The ids of what was deleted stay, so that it does not come back.
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'deleted_conversations' \
                  AND name NOT GLOB 'search*' OR name = 'search_days'";
    let mut statement = db.prepare(tables).unwrap();
    let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    // What is in the full-text index has a test of its own.
    assert!(tables.iter().all(|table| home.count(table) > 0), "a table is not part of this test: {tables:?}");
    assert!(store.delete_session(row.id).await.unwrap());
    for table in tables {
        assert_eq!(home.count(&table), 0, "{table}");
    }
}

#[tokio::test]
async fn what_other_sessions_have_stays_when_one_is_deleted() {
    let home = Home::new();
    let (store, deleted) = with_session(&home).await;
    let kept = session();
    store.create_session(kept.clone(), None).await.unwrap();
    store.commit(everything(&deleted, "abc")).await.unwrap();
    store.commit(everything(&kept, "abc")).await.unwrap();
    store.delete_session(deleted.id).await.unwrap();
    assert_eq!(store.context("abc").await.unwrap().as_deref(), Some("told"));
    assert_eq!(numbers(&store.events(all_events(kept.id)).await.unwrap()), [1, 2]);
    assert_eq!(home.count("turn_usage"), 1);
}

#[tokio::test]
async fn batches_are_written_in_the_order_they_were_given() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let open = turn(row.id);
    let text =
        |number: u32| Batch { turns: vec![TurnRow { text: number.to_string(), ..open.clone() }], ..Batch::default() };
    for round in 0..50 {
        for number in 0..10 {
            drop(store.commit(text(round * 11 + number)));
        }
        store.commit(text(round * 11 + 10)).await.unwrap();
        assert_eq!(store.open_turns(row.id).await.unwrap()[0].text, (round * 11 + 10).to_string());
    }
}

#[tokio::test]
async fn closing_writes_what_is_queued_and_lets_go_of_the_file() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    for seq in 1..=500 {
        drop(store.commit(events([event(row.id, seq)])));
    }
    // More than the queue takes at once; all of them are asked for, without a break, before the store is closed.
    let commits = unconstrained(join_all((501..=1_000).map(|seq| store.commit(events([event(row.id, seq)])))));
    let (outcomes, ()) = tokio::join!(commits, store.close());
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(home.count("events"), 1_000);
    assert!(!home.folder().join("history.db-wal").exists());
}

#[tokio::test]
async fn a_closed_store_answers_with_an_error() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let same = store.clone();
    tokio::join!(store.close(), same.close());
    for error in [
        same.session(row.id).await.unwrap_err(),
        same.commit(Batch::default()).await.unwrap_err(),
        same.delete_session(row.id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::StoreUnavailable);
        assert!(error.message().contains("is closed"), "{error}");
    }
    drop(same.commit(Batch::default()));
    same.close().await;
}

#[tokio::test]
async fn a_batch_that_was_not_written_is_given_back_as_it_was() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let mut other = home.other();
    let busy = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let batch = events([event(row.id, 1)]);
    let mut commit = store.commit(batch.clone());
    assert_eq!((&mut commit).await.unwrap_err().kind(), ErrorKind::StoreUnavailable);
    busy.commit().unwrap();
    let again = commit.into_batch();
    assert_eq!(again, batch);
    store.commit(again).await.unwrap();
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [1]);
}
