//! Finding and reading the script of this start.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::step::Step;

/// A script, and where it lies.
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    /// The folder it lies in; none where there is no script.
    pub(crate) folder: Option<PathBuf>,
    /// Which start of the process this is, from 1.
    pub(crate) start: u32,
}

impl Script {
    /// Reads the script file, or in a folder the one whose turn it is. `start` is known where this process was
    /// started again.
    pub(crate) fn find(place: Option<&Path>, start: Option<u32>) -> Result<Self, String> {
        let Some(place) = place else {
            return Ok(Self { steps: vec![Step::Echo], folder: None, start: 1 });
        };
        if place.is_file() {
            return Ok(Self { steps: read(place)?, folder: place.parent().map(Path::to_owned), start: 1 });
        }
        let start = start.map_or_else(|| count_start(place), Ok)?;
        let steps = read(&place.join(format!("{start}.ndjson")))?;
        Ok(Self { steps, folder: Some(place.to_owned()), start })
    }

    pub(crate) fn ignores_term(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::IgnoreTerm))
    }

    /// The control requests that some step expects, so that they are not answered without it.
    pub(crate) fn expected_controls(&self) -> Vec<String> {
        let mut subtypes = Vec::new();
        collect_controls(&self.steps, &mut subtypes);
        subtypes
    }
}

/// Takes the lowest number that no process before has taken.
fn count_start(folder: &Path) -> Result<u32, String> {
    let is_mine = |start: &u32| {
        let taken = folder.join(format!("{start}.started"));
        OpenOptions::new().write(true).create_new(true).open(taken).is_ok()
    };
    (1..10_000).find(is_mine).ok_or_else(|| format!("cannot count starts in {}", folder.display()))
}

fn read(path: &Path) -> Result<Vec<Step>, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("no script for this start: {name}: {error}"))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let step = |line| serde_json::from_str(line).map_err(|error| format!("{name}: {error} in {line}"));
    lines.map(step).collect()
}

fn collect_controls(steps: &[Step], into: &mut Vec<String>) {
    for step in steps {
        match step {
            Step::Expect(frame) => into.extend(control_subtype(frame)),
            Step::Turn(turn) => collect_controls(&turn.content, into),
            Step::Repeat { steps, .. } => collect_controls(steps, into),
            _ => {}
        }
    }
}

/// The subtype of a control request.
pub(crate) fn control_subtype(frame: &Value) -> Option<String> {
    let is_control = frame["type"] == "control_request";
    frame["request"]["subtype"].as_str().filter(|_| is_control).map(str::to_owned)
}
