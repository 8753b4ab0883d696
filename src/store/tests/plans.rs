use super::*;
use crate::store::{events, leases, messages, permissions, sessions, transcripts, turns};

/// What SQLite is going to do for a statement, whose parameters are all unbound.
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    statement.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>().unwrap()
}

fn assert_walks_an_index(db: &Connection, sql: &str) {
    // The steps of a subquery follow its heading.
    for step in plan(db, sql).iter().filter(|step| !step.starts_with("CORRELATED SCALAR SUBQUERY")) {
        assert!(step.starts_with("SEARCH") && step.contains("USING"), "{step}: {sql}");
    }
}

#[tokio::test]
async fn every_query_walks_an_index_and_none_sorts() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let db = home.other();
    for sql in [
        sessions::PAGE,
        messages::ASCENDING,
        messages::DESCENDING,
        events::PAGE,
        turns::OPEN,
        turns::USAGE,
        leases::RELEASE_ALL,
        transcripts::BY_CONVERSATION,
        sessions::CLOSE_STALE,
        permissions::OPEN,
        permissions::GRANTS_OF_SESSION,
        permissions::GRANTS_OF_PROJECT,
    ] {
        assert_walks_an_index(&db, sql);
    }
}

#[tokio::test]
async fn what_a_deletion_takes_along_is_found_by_an_index() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let db = home.other();
    let keys = "SELECT t.name, k.\"from\" FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS k";
    let mut statement = db.prepare(keys).unwrap();
    let keys = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let keys: Vec<(String, String)> = keys.collect::<Result<_, _>>().unwrap();
    assert_eq!(keys.len(), 9, "{keys:?}");
    for (table, column) in keys {
        assert_walks_an_index(&db, &format!("SELECT 1 FROM {table} WHERE {column} = ?1"));
    }
}
