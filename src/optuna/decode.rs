//! Values as Optuna stores them.

use rusqlite::types::ValueRef;
use serde_json::Value;

use super::Direction;

/// A trial's parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// A number; of an integer parameter it is whole.
    Number(f64),
    /// One of several choices, as JSON.
    Choice(Value),
}

/// A parameter from the number that is stored and the distribution that it was drawn from: of a categorical one the
/// number is the place among the choices.
pub(super) fn parameter(value: f64, distribution: &str) -> Parameter {
    let choices = serde_json::from_str::<Value>(distribution).ok().and_then(|mut distribution| {
        match distribution["attributes"]["choices"].take() {
            Value::Array(choices) => Some(choices),
            _ => None,
        }
    });
    let chosen = choices.and_then(|mut choices| {
        let place = place(value).filter(|place| *place < choices.len())?;
        Some(choices.swap_remove(place))
    });
    chosen.map_or(Parameter::Number(value), Parameter::Choice)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be whole and small")]
fn place(value: f64) -> Option<usize> {
    (value >= 0.0 && value.fract() == 0.0 && value < 1e6).then_some(value as usize)
}

/// An objective's value from its columns `value` and `value_type`.
pub(super) fn value(number: Option<f64>, kind: &str) -> f64 {
    match kind {
        "INF_POS" => f64::INFINITY,
        "INF_NEG" => f64::NEG_INFINITY,
        _ => number.unwrap_or(f64::NAN),
    }
}

pub(super) fn direction(name: &str) -> Direction {
    match name {
        "MINIMIZE" => Direction::Minimize,
        "MAXIMIZE" => Direction::Maximize,
        _ => Direction::NotSet,
    }
}

/// A text of the file, whatever it is stored as.
pub(super) fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            // Nothing of a trial's that is shown is longer than this.
            String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned()
        }
    }
}
