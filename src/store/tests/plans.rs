use super::*;
use crate::store::{
    events, forks, leases, messages, permissions, search, sessions, standing, transcripts, turns, usage,
};

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
        sessions::PAGE_OF_STUDY,
        messages::ASCENDING,
        messages::DESCENDING,
        events::PAGE,
        turns::OPEN,
        turns::USAGE,
        leases::RELEASE_ALL,
        standing::BY_SESSION,
        forks::MESSAGES,
        forks::EVENTS,
        forks::LAST_SEQ,
        transcripts::BY_CONVERSATION,
        sessions::CLOSE_STALE,
        permissions::OPEN,
        permissions::GRANTS_OF_SESSION,
        permissions::GRANTS_OF_PROJECT,
        search::BEFORE,
        search::OF_SESSION,
    ] {
        assert_walks_an_index(&db, sql);
    }
}

#[tokio::test]
async fn a_search_walks_the_full_text_index_in_its_order_and_sorts_nothing() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let steps = plan(&home.other(), search::NEWEST);
    assert!(steps[0].starts_with("SCAN search VIRTUAL TABLE INDEX"), "{steps:?}");
    // One of them, in a subquery of its own, looks for what a copy is of.
    let (headings, searches): (Vec<_>, Vec<_>) = steps[1..].iter().partition(|step| step.starts_with("CORRELATED"));
    assert!(searches.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    assert_eq!((headings.len(), searches.len()), (1, 3), "{steps:?}");
}

#[tokio::test]
async fn a_summary_of_usage_reads_indexes_alone() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let db = home.other();
    for sql in [usage::BY_SESSION, usage::BY_DAY, usage::BY_MODEL] {
        let (groups, reads): (Vec<_>, Vec<_>) =
            plan(&db, sql).into_iter().partition(|step| step.starts_with("USE TEMP B-TREE"));
        assert!(reads[0].contains("USING COVERING INDEX turns_by_start"), "{reads:?}: {sql}");
        // The groups are few.
        assert!(
            reads.iter().all(|step| step.starts_with("SEARCH")) && groups.len() <= 2,
            "{reads:?} {groups:?}: {sql}"
        );
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
    assert_eq!(keys.len(), 10, "{keys:?}");
    for (table, column) in keys {
        assert_walks_an_index(&db, &format!("SELECT 1 FROM {table} WHERE {column} = ?1"));
    }
}
