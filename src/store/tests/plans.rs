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

/// Nothing is read from end to end but what the statement itself has put together, by these names.
fn assert_reads_no_table_through(db: &Connection, sql: &str, made: &[&str]) {
    let steps = plan(db, sql);
    assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{steps:?}: {sql}");
    for step in steps.iter().filter_map(|step| step.strip_prefix("SCAN ")) {
        assert!(made.contains(&step), "{step}: {sql}");
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
        sessions::STALE,
        permissions::OPEN,
        permissions::GRANTS_OF_SESSION,
        permissions::GRANTS_OF_PROJECT,
        permissions::REVOKE_IN_SESSION,
        permissions::REVOKE_IN_PROJECT,
        search::BEFORE,
        search::OF_SESSION,
        search::BY_POSITION,
        search::IS_TAKEN,
        search::LAST,
        search::FIRST,
    ] {
        assert_walks_an_index(&db, sql);
    }
}

#[tokio::test]
async fn a_search_walks_the_full_text_index_in_its_order_and_sorts_nothing() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let db = home.other();
    // Those beside it look for what a copy is of, and for the study.
    for (sql, subqueries, others) in [(search::NEWEST, 1, 3), (search::CANDIDATES, 2, 3)] {
        let steps = plan(&db, sql);
        assert!(steps[0].starts_with("SCAN search VIRTUAL TABLE INDEX"), "{steps:?}");
        let (headings, searches): (Vec<_>, Vec<_>) = steps[1..].iter().partition(|step| step.starts_with("CORRELATED"));
        assert!(searches.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        assert_eq!((headings.len(), searches.len()), (subqueries, others), "{steps:?}");
    }
    let steps = plan(&db, search::NUMBERS);
    assert!(steps.iter().any(|step| step.starts_with("SCAN search VIRTUAL TABLE INDEX")), "{steps:?}");
    assert!(!steps.iter().any(|step| step.starts_with("USE TEMP")), "{steps:?}");
    assert_reads_no_table_through(&db, search::BOUNDS, &["CONSTANT ROW"]);
}

#[tokio::test]
async fn what_is_summed_or_joined_first_is_read_by_indexes_too() {
    let home = Home::new();
    home.store().ready().await.unwrap();
    let db = home.other();
    // The sums of the sessions, and the conversations of one.
    assert_reads_no_table_through(&db, usage::BY_STUDY, &["t"]);
    assert_reads_no_table_through(&db, sessions::CONVERSATIONS, &["own"]);
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
