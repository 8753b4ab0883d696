//! Databases of the real Optuna: what is read from them is what Optuna itself says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use claude_bridge::optuna::{Best, Direction, Parameter, StudyDigest, Trial};
use serde_json::{Value, json};

use crate::support::bridge::Bridge;
use crate::support::optuna::{self, Running};
use crate::support::studies;

fn read(file: &Path) -> Vec<StudyDigest> {
    let digest = claude_bridge::optuna::read(file, Duration::from_secs(10)).unwrap();
    assert_eq!(digest.more, 0);
    digest.studies
}

/// A trial in the words of `tests/optuna/studies.py`.
fn told_of(trial: &Trial) -> Value {
    let params: BTreeMap<_, _> = trial.parameters.iter().map(|(name, parameter)| (name, value_of(parameter))).collect();
    let parsed = |json: &String| -> Value { serde_json::from_str(json).unwrap() };
    let attributes: BTreeMap<_, _> = trial.attributes.iter().map(|(key, value)| (key, parsed(value))).collect();
    json!({"number": trial.number, "values": trial.values, "params": params, "attributes": attributes})
}

fn value_of(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Number(number) => json!(number),
        Parameter::Choice(choice) => choice.clone(),
    }
}

/// The same of what Optuna says: its numbers are written as Python does.
fn expected(trial: &Value) -> Value {
    let mut trial = trial.clone();
    let values = trial["values"].as_array().unwrap().iter();
    trial["values"] = values.map(|value| value.as_str().unwrap().parse::<f64>().unwrap()).collect();
    trial
}

/// Numbers alike, whole or not.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// Holds what was read against what Optuna says.
fn agrees(read: &StudyDigest, said: &Value) {
    assert_eq!(json!(read.name), said["name"]);
    let directions = read.directions.iter().map(|direction| match direction {
        Direction::Minimize => "minimize",
        Direction::Maximize => "maximize",
        Direction::NotSet => "not_set",
    });
    assert_eq!(json!(directions.collect::<Vec<_>>()), said["directions"], "{}", read.name);
    let counts = read.counts;
    let told = json!({
        "complete": counts.complete, "pruned": counts.pruned, "failed": counts.failed, "running": counts.running,
        "waiting": counts.waiting,
    });
    assert_eq!(told, said["counts"], "{}", read.name);
    assert_eq!(json!(read.infeasible), said["infeasible"], "{}", read.name);
    let best: Vec<Value> = said["best"].as_array().unwrap().iter().map(expected).collect();
    let shown = match &read.best {
        Best::None => Vec::new(),
        Best::Trial(trial) => vec![told_of(trial)],
        Best::Front { size, is_whole, top } => {
            assert_eq!((*size, *is_whole), (best.len() as u64, true), "{}", read.name);
            top.iter().map(told_of).collect()
        }
    };
    assert_eq!(shown.len(), best.len().min(5), "{}: {shown:?}, {best:?}", read.name);
    for trial in &shown {
        assert!(best.iter().any(|best| same(best, trial)), "{}: {trial} is not among {best:?}", read.name);
    }
}

#[test]
fn studies_of_every_kind_are_read_as_optuna_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let kinds = ["plain", "constrained", "old-constraints", "hopeless", "two", "three", "four"];
    let said = optuna::make(&file, &kinds);
    let before = fs::read(&file).unwrap();
    let read = read(&file);
    assert_eq!(read.len(), said.len());
    read.iter().zip(&said).for_each(|(read, said)| agrees(read, said));
    assert!(read[0].last_started.is_some() && read[0].last_ended.is_some());
    assert_eq!(fs::read(&file).unwrap(), before);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["study.db"]);
}

#[test]
fn infinite_values_and_studies_without_trials_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("study.db");
    let said = optuna::make(&file, &["infinite", "empty"]);
    let read = read(&file);
    read.iter().zip(&said).for_each(|(read, said)| {
        // JSON has no infinity.
        let said = match read.name.as_str() {
            "infinite" => {
                let Best::Trial(best) = &read.best else { panic!("{read:?}") };
                assert_eq!((best.number, best.values.as_slice()), (1, &[f64::NEG_INFINITY][..]));
                assert_eq!((&said["best"][0]["number"], &said["best"][0]["values"]), (&json!(1), &json!(["-inf"])));
                json!({"name": "infinite", "directions": ["minimize"], "counts": said["counts"], "infeasible": null, "best": []})
            }
            _ => said.clone(),
        };
        let finite = StudyDigest { best: Best::None, ..read.clone() };
        agrees(&finite, &said);
    });
}

/// A bridge whose root has the study `live`, and where its database is.
fn bridge_with_study() -> (Bridge, std::path::PathBuf) {
    let setup = Bridge::without_cli().options(json!({"profile": "atomizer"}));
    studies::make_root(&setup.folders().workspace);
    let folder = setup.folders().workspace.join("studies/live/3_results");
    fs::create_dir_all(&folder).unwrap();
    (setup.start(), folder.join("study.db"))
}

fn context(bridge: &Bridge) -> String {
    let shown = bridge.request("study/get", json!({"studyId": "live"}));
    let text = shown["context"]["text"].as_str().unwrap().to_owned();
    assert!(text.len() <= 16 * 1024);
    text
}

/// How many trials a context tells of.
fn trials(context: &str) -> u64 {
    let line =
        context.lines().find(|line| line.starts_with("Optuna study \"live\"")).unwrap_or_else(|| panic!("{context}"));
    let count = line.split("): ").nth(1).unwrap().split(' ').next().unwrap();
    count.parse().unwrap()
}

#[test]
fn the_context_is_built_while_an_optimisation_writes_and_neither_disturbs_the_other() {
    let (bridge, file) = bridge_with_study();
    let mut running = Running::start(&file);
    let mut last = 0;
    for _ in 0..15 {
        // It has been created: all of the trials before are in the file.
        let begun = running.next_trial();
        let told = trials(&context(&bridge));
        assert!(told >= begun && told >= last, "{told} trials, {begun} had begun, {last} were told before");
        last = told;
    }
    let said = running.stop();
    let read = read(&file);
    agrees(&read[0], &said[0]);
    assert_eq!(trials(&context(&bridge)), read[0].counts.total());
}

#[test]
fn what_is_shown_of_a_study_names_states_values_and_choices() {
    let (bridge, file) = bridge_with_study();
    optuna::make(&file, &["plain", "infinite", "constrained", "three"]);
    let text = context(&bridge);
    for part in [
        "Optuna study \"plain\" (maximize): 27 trials: 17 complete, 3 pruned, 4 failed, 1 running, 2 waiting.",
        "- trial 16: 4.7514; material = null, ribs = 3, x = 4.7514",
        "  noted: mass = 9.5028",
        "- trial 1: -infinity; no parameters",
        "Feasible: 15 of 30 complete trials; only those count below.",
        "Optuna study \"3 objectives\" (minimize, minimize, maximize): 60 trials: 53 complete",
        "Pareto front: 8 trials; the best by each objective, and the most balanced:",
        "Last activity: a trial began 20",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
}
