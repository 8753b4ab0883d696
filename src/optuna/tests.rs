//! What is no database, or a strange one. That of the real Optuna is read in `tests/it/optuna.rs`.

use std::fs;
use std::time::Instant;

use rusqlite::Connection;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

const TABLES: &str = "CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512));
    CREATE TABLE study_directions (direction VARCHAR(8), study_id INTEGER, objective INTEGER);
    CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state VARCHAR(8),
        datetime_start DATETIME, datetime_complete DATETIME);
    CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT, value_type VARCHAR(7));
    CREATE TABLE trial_params (trial_id INTEGER, param_name TEXT, param_value FLOAT, distribution_json TEXT);
    CREATE TABLE trial_user_attributes (trial_id INTEGER, key TEXT, value_json TEXT);
    CREATE TABLE trial_system_attributes (trial_id INTEGER, key TEXT, value_json TEXT);";

/// A database of these statements.
fn made(sql: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a study?%20#.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    (folder, path)
}

fn problem(path: &Path) -> Problem {
    read(path, SECOND).unwrap_err()
}

#[test]
fn what_is_no_database_of_optunas_is_told_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(problem(&folder.path().join("none.db")), Problem::Missing);
    assert_eq!(problem(folder.path()), Problem::NotAFile);
    let text = folder.path().join("text.db");
    fs::write(&text, "x".repeat(5000)).unwrap();
    assert_eq!(problem(&text), Problem::NotADatabase);
    let (_folder, other) = made("CREATE TABLE notes (id);");
    assert_eq!(problem(&other), Problem::NotOptunas("no such table: studies".to_owned()));
    let old = TABLES.replace("objective INTEGER", "step INTEGER");
    let (_folder, old) = made(&(old + "INSERT INTO studies VALUES (1, 'x');"));
    assert!(matches!(problem(&old), Problem::NotOptunas(message) if message.starts_with("no such column: objective")));
}

#[test]
fn a_damaged_database_is_told_as_such() {
    let sql = format!(
        "{TABLES} INSERT INTO studies VALUES (1, 'x'); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
         LIMIT 5000) INSERT INTO trials SELECT i, i, 1, 'COMPLETE', NULL, NULL FROM n;"
    );
    let (_folder, path) = made(&sql);
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xaa);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(problem(&path), Problem::NotADatabase);
    fs::write(&path, &bytes[..half]).unwrap();
    assert_eq!(problem(&path), Problem::NotADatabase);
}

#[test]
fn a_database_that_somebody_locks_is_not_waited_for_for_long() {
    let (_folder, path) = made(TABLES);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(problem(&path), Problem::Locked);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(read(&path, SECOND), Ok(Digest { studies: Vec::new(), more: 0 }));
}

#[test]
fn a_query_without_end_is_ended() {
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i";
    let view = format!("CREATE VIEW studies AS {endless} AS study_id, '' AS study_name FROM n;");
    let (_folder, path) = made(&view);
    let began = Instant::now();
    assert_eq!(read(&path, SECOND / 4), Err(Problem::TooSlow));
    assert!(began.elapsed() < 10 * SECOND);
}

#[test]
fn values_that_are_none_of_optunas_break_nothing() {
    let (_folder, path) = made(&format!(
        "{TABLES} INSERT INTO studies VALUES (1, x'ff00');
         INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', 5, 'x'), (2, 1, 1, 'WHATEVER', NULL, NULL);
         INSERT INTO trial_values VALUES (1, 0, NULL, 'FINITE');
         INSERT INTO trial_params VALUES (1, 'a', 7, 'no json'), (1, 'b', 99, '{{\"attributes\": {{\"choices\": [1]}}}}'),
             (1, 'c', NULL, NULL);"
    ));
    let digest = read(&path, SECOND).unwrap();
    let study = &digest.studies[0];
    assert_eq!((study.counts.total(), study.directions.len()), (1, 0));
    let Best::Trial(trial) = &study.best else { panic!("{study:?}") };
    assert!(trial.values[0].is_nan());
    assert_eq!(trial.parameters[..2], [("a".into(), Parameter::Number(7.0)), ("b".into(), Parameter::Number(99.0))]);
}

#[test]
fn reading_leaves_the_file_and_its_folder_as_they_are() {
    for journal in ["delete", "wal"] {
        let (folder, path) = made(&format!("PRAGMA journal_mode = {journal}; {TABLES}"));
        let files = || -> Vec<_> {
            let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        let before = (fs::read(&path).unwrap(), files());
        read(&path, SECOND).unwrap();
        assert_eq!((fs::read(&path).unwrap(), files()), before, "{journal}");
    }
}

#[test]
fn many_studies_in_a_file_are_counted_and_not_all_read() {
    let (_folder, path) = made(&format!(
        "{TABLES} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20)
         INSERT INTO studies SELECT i, 'study ' || i FROM n;"
    ));
    let digest = read(&path, SECOND).unwrap();
    assert_eq!((digest.studies.len(), digest.more), (8, 12));
    assert_eq!(digest.studies[7].name, "study 8");
}
