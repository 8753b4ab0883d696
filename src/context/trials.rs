//! What came of a study so far, from its Optuna database.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::files;
use super::text::{capped, clipped, line, number, size};
use crate::optuna::{self, Best, Direction, Parameter, StudyDigest, Trial};

/// How long reading may take.
const TIME_LIMIT: Duration = Duration::from_secs(3);
/// What the section may take, in bytes.
const LIMIT: usize = 3600;
/// How many parameters and notes of a trial are told.
const MAX_PARTS: usize = 24;
/// How long a name or a choice may be, in characters.
const NAME: usize = 60;

/// The section on the database `name` of the study in `folder`.
pub(super) fn section(folder: &Path, name: Option<&str>) -> String {
    let Some(name) = name else {
        return "## Trials\n\nThere is no study.db in 3_results/, 2_results/ or optimization_results/: nothing has run \
                yet, or not with Optuna."
            .to_owned();
    };
    let bytes = folder.join(name).metadata().map_or(0, |metadata| metadata.len());
    let told = match read(folder, name) {
        Ok(digest) => capped(&told(&digest), LIMIT),
        Err(reason) => format!("It cannot be read: {reason}."),
    };
    format!("## Trials ({name}, {})\n\n{}", size(bytes), told.trim_end())
}

/// How far it has come, in a few lines.
pub(super) fn progress(folder: &Path, name: &str) -> String {
    match read(folder, name) {
        Ok(digest) => capped(&told(&digest), LIMIT / 2).trim_end().to_owned(),
        Err(reason) => format!("{name} cannot be read: {reason}."),
    }
}

fn read(folder: &Path, name: &str) -> Result<optuna::Digest, String> {
    let path = files::inside(folder, name)?;
    optuna::read(&path, TIME_LIMIT).map_err(|problem| clipped(&problem.to_string(), 200))
}

/// What a database looks like from outside: if that is the same, nothing was written to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature(Vec<Option<(SystemTime, u64)>>);

/// The signature of the database `name` of the study in `folder`.
pub(super) fn signature(folder: &Path, name: &str) -> Signature {
    let of = |suffix: &str| {
        let metadata = folder.join(format!("{name}{suffix}")).metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    Signature(vec![of(""), of("-wal")])
}

fn told(digest: &optuna::Digest) -> String {
    let mut text = String::new();
    if digest.studies.is_empty() {
        line(&mut text, format_args!("No study has been made in it yet."));
    }
    for study in &digest.studies {
        tell(study, &mut text);
    }
    if digest.more > 0 {
        line(&mut text, format_args!("The file has {} more studies, which are not looked at here.", digest.more));
    }
    text
}

fn tell(study: &StudyDigest, text: &mut String) {
    let counts = study.counts;
    line(
        text,
        format_args!(
            "Optuna study \"{}\" ({}): {} trials: {} complete, {} pruned, {} failed, {} running, {} waiting.",
            clipped(&study.name, NAME),
            directions(&study.directions),
            counts.total(),
            counts.complete,
            counts.pruned,
            counts.failed,
            counts.running,
            counts.waiting
        ),
    );
    if let Some(infeasible) = study.infeasible {
        let feasible = counts.complete.saturating_sub(infeasible);
        line(
            text,
            format_args!("Feasible: {feasible} of {} complete trials; only those count below.", counts.complete),
        );
    }
    let times = [("began", &study.last_started), ("ended", &study.last_ended)];
    let times: Vec<String> =
        times.iter().filter_map(|(what, time)| Some(format!("{what} {}", clipped(time.as_ref()?, 30)))).collect();
    if !times.is_empty() {
        let times = times.join(", ");
        line(text, format_args!("Last activity: a trial {times} (local time of the machine that ran it)."));
    }
    match &study.best {
        Best::None => line(text, format_args!("No trial counts as best yet.")),
        Best::Trial(trial) => {
            line(text, format_args!("Best:"));
            tell_trial(trial, text);
        }
        Best::Front { size, is_whole, top } => {
            let at_least = if *is_whole { "" } else { "at least " };
            let some =
                if top.len() as u64 == *size { "" } else { "; the best by each objective, and the most balanced" };
            line(text, format_args!("Pareto front: {at_least}{size} trials{some}:"));
            top.iter().for_each(|trial| tell_trial(trial, text));
        }
    }
}

fn directions(directions: &[Direction]) -> String {
    let names = directions.iter().map(|direction| match direction {
        Direction::Minimize => "minimize",
        Direction::Maximize => "maximize",
        Direction::NotSet => "no direction",
    });
    names.collect::<Vec<_>>().join(", ")
}

fn tell_trial(trial: &Trial, text: &mut String) {
    let values: Vec<String> = trial.values.iter().map(|value| number(*value)).collect();
    let parameters = trial.parameters.iter().map(|(name, parameter)| {
        let value = match parameter {
            Parameter::Number(value) => number(*value),
            Parameter::Choice(choice) => clipped(&choice.to_string(), NAME),
        };
        format!("{} = {value}", clipped(name, NAME))
    });
    line(text, format_args!("- trial {}: {}; {}", trial.number, values.join(", "), listed(parameters)));
    let notes = trial.attributes.iter().map(|(key, value)| {
        let value = value.parse().map_or_else(|_| clipped(value, NAME), number);
        format!("{} = {value}", clipped(key, NAME))
    });
    if notes.len() > 0 {
        line(text, format_args!("  noted: {}", listed(notes)));
    }
}

fn listed(parts: impl ExactSizeIterator<Item = String>) -> String {
    let left_out = parts.len().saturating_sub(MAX_PARTS);
    let mut parts: Vec<String> = parts.take(MAX_PARTS).collect();
    if left_out > 0 {
        parts.push(format!("and {left_out} more"));
    }
    if parts.is_empty() { "no parameters".to_owned() } else { parts.join(", ") }
}
