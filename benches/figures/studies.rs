//! Studies of many trials, and how fast what Claude is told of them is built.
//!
//! The databases are filled by SQL in Optuna's schema: Optuna itself writes some 220 trials a second.

use std::path::Path;
use std::time::Duration;

use claude_bridge::context::{Facts, Mode, Profile, build};
use rusqlite::Connection;

use crate::bridge::Bridge;
use crate::clock::{median, millis, now, percentile};
use crate::report::figure;

/// Optuna's tables and indexes, version 12 of its schema.
const SCHEMA: &str = "
    CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name VARCHAR(512) NOT NULL);
    CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
    CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY, direction VARCHAR(8) NOT NULL,
        study_id INTEGER NOT NULL, objective INTEGER NOT NULL, UNIQUE (study_id, objective));
    CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL,
        datetime_start DATETIME, datetime_complete DATETIME);
    CREATE INDEX ix_trials_study_id ON trials (study_id);
    CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL,
        value FLOAT, value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, objective));
    CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER, param_name VARCHAR(512),
        param_value FLOAT, distribution_json TEXT, UNIQUE (trial_id, param_name));
    CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER PRIMARY KEY, trial_id INTEGER, key VARCHAR(512),
        value_json TEXT, UNIQUE (trial_id, key));
    CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER PRIMARY KEY, trial_id INTEGER,
        key VARCHAR(512), value_json TEXT, UNIQUE (trial_id, key));
    INSERT INTO studies VALUES (1, 'study');";

/// What a study is filled with.
struct Filling {
    trials: u32,
    /// The directions of its objectives, and what each comes to, in terms of `i`, the number of the trial.
    objectives: &'static [(&'static str, &'static str)],
    constrained: bool,
}

const SCATTERED: &str = "abs(i * 2654435761 % 1000003) / 1000.0";

/// Builds contexts of studies, the largest with a million trials.
pub(crate) fn studies() {
    let one = Filling { trials: 10_000, objectives: &[("MINIMIZE", SCATTERED)], constrained: true };
    context("context of a study with 10,000 trials, constrained", &one, "50 ms");
    let many = Filling { trials: 1_000_000, constrained: false, ..one };
    context("… with 1,000,000 trials", &many, "1 s");
    context("… constrained", &Filling { constrained: true, ..many }, "1 s");
    let front =
        Filling { trials: 100_000, objectives: &[("MINIMIZE", "i"), ("MAXIMIZE", "i * 2.0")], constrained: false };
    context("… with a Pareto front of 100,000, two objectives", &front, "1 s");
    let three = &[("MINIMIZE", "i"), ("MINIMIZE", "100000 - i"), ("MAXIMIZE", SCATTERED)];
    context("… three objectives", &Filling { objectives: three, ..front }, "1 s");
}

fn context(what: &str, filling: &Filling, target: &str) {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("studies/study");
    std::fs::create_dir_all(study.join("3_results")).unwrap();
    std::fs::write(study.join("optimization_config.json"), r#"{"study_name": "study"}"#).unwrap();
    fill(&study.join("3_results/study.db"), filling);
    let profile = Profile::atomizer(folder.path());
    let mut times: Vec<Duration> = (0..7).map(|_| timed(&profile, folder.path())).collect();
    let (half, most) = (median(&mut times), percentile(&mut times, 1.0));
    let created = create(folder.path());
    let ours =
        format!("{:.1} ms (worst {:.1}); `session/create` {:.1} ms", millis(half), millis(most), millis(created));
    figure(what, &ours, "", target);
}

fn timed(profile: &Profile, cwd: &Path) -> Duration {
    let begun = now();
    let facts = Facts { mode: Mode::User, client: None, cwd, profile, study: Some("study"), at: "now" };
    let built = build(facts);
    let took = now() - begun;
    assert!(built.text.contains("trials:") && built.text.len() <= 16 * 1024, "{}", built.text);
    took
}

/// How long a session about the study takes to make.
fn create(root: &Path) -> Duration {
    let data = tempfile::tempdir().unwrap();
    let mut bridge =
        Bridge::start_for(&format!("profile = 'atomizer'\nroot = {:?}\n", root.to_str().unwrap()), data.path());
    let mut times: Vec<Duration> = (0..7)
        .map(|_| {
            let begun = now();
            bridge.request("session/create", r#"{"studyId":"study"}"#);
            now() - begun
        })
        .collect();
    bridge.end();
    median(&mut times)
}

fn fill(path: &Path, filling: &Filling) {
    let db = Connection::open(path).unwrap();
    db.execute_batch(&format!("PRAGMA synchronous = off; BEGIN; {SCHEMA}")).unwrap();
    let trials = filling.trials;
    let each = format!("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT {trials})");
    let run = |sql: &str| db.execute_batch(&format!("{each} {sql} FROM n;")).unwrap();
    let time = "datetime(1700000000 + i, 'unixepoch') || '.123456'";
    run(&format!(
        "INSERT INTO trials SELECT i + 1, i, 1, CASE WHEN i % 50 = 7 THEN 'PRUNED' ELSE 'COMPLETE' END, {time}, {time}"
    ));
    for (objective, (direction, value)) in filling.objectives.iter().enumerate() {
        db.execute("INSERT INTO study_directions VALUES (NULL, ?1, 1, ?2)", (direction, objective)).unwrap();
        run(&format!("INSERT INTO trial_values SELECT NULL, i + 1, {objective}, {value}, 'FINITE'"));
    }
    let distribution = r#"{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "log": false}}"#;
    for parameter in ["thickness", "angle", "radius"] {
        run(&format!("INSERT INTO trial_params SELECT NULL, i + 1, '{parameter}', i / 7.0, '{distribution}'"));
    }
    run("INSERT INTO trial_user_attributes SELECT NULL, i + 1, 'mass', i / 3.0");
    if filling.constrained {
        run("INSERT INTO trial_system_attributes SELECT NULL, i + 1, 'constraints', '[' || (i % 7 - 3.5) || ', -1.0]'");
    }
    db.execute_batch("COMMIT").unwrap();
}
